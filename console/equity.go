package console

import (
	"context"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// equityDays is how far back /api/equity goes where nobody asks for more.
const equityDays = 90

// sample is what the account was worth.
type sample struct {
	At     time.Time       `json:"at"`
	Equity decimal.Decimal `json:"equity"`
	PaidIn decimal.Decimal `json:"paid_in"` // deposits less withdrawals by then: no profit and no loss
}

// equity answers GET /api/equity.
func (a *api) equity(w http.ResponseWriter, r *http.Request) {
	since, as := a.cfg.Clock.Now().AddDate(0, 0, -equityDays), format{}
	if wrong := parse(r.URL.RawQuery, map[string]setter{"since": setTime(&since), "format": as.set}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if a.cfg.Equity == nil {
		absent(w, r, "equity", "Equity")
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	marks, err := ask(ctx, a.calls, "equity", func(ctx context.Context) ([]journal.Mark, error) {
		return a.cfg.Equity(ctx, since)
	})
	if err != nil {
		a.unreadable(w, r, "equity", err)
		return
	}
	samples := make([]sample, 0, len(marks))
	for _, m := range marks {
		samples = append(samples, sample{m.At.UTC(), m.Equity, m.PaidIn})
	}
	answerList(a, w, r, as, sampleTable, samples)
}
