package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// barView is a bar as it is shown.
type barView struct {
	Time     time.Time `json:"time"` // its open
	Interval string    `json:"interval"`
	Open     float64   `json:"open"`
	High     float64   `json:"high"`
	Low      float64   `json:"low"`
	Close    float64   `json:"close"`
	Volume   float64   `json:"volume"`
}

// maxBars is the largest limit of a request for bars: they are small, and a chart is one request.
const maxBars = 100_000

// bars answers GET /api/bars.
func (a *api) bars(w http.ResponseWriter, r *http.Request) {
	symbol, limit := "", signal.DefaultLimit
	if wrong := parse(r.URL.RawQuery, map[string]setter{
		"symbol": setText(&symbol), "limit": setLimitTo(&limit, maxBars),
	}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if a.cfg.Bars == nil {
		absent(w, r, "bars", "Bars")
		return
	}
	if symbol == "" {
		answer.Refuse(w, r, *badParameter("symbol", "missing; bars are of one symbol"))
		return
	}
	type held struct {
		bars  []signal.Bar
		known bool
	}
	type key struct{ symbol string }
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	found, err := ask(ctx, a.reads, key{symbol}, func(context.Context) (h held, _ error) {
		h.bars, h.known = a.cfg.Bars(symbol)
		return h, nil
	})
	switch {
	case err != nil:
		a.unreadable(w, r, "bars", err)
		return
	case !found.known:
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusNotFound, Parameter: "symbol", Detail: fmt.Sprintf("symbol: there are no bars of %.100q", symbol),
		})
		return
	}
	newest := found.bars[max(0, len(found.bars)-limit):]
	shown := make([]barView, 0, len(newest))
	for _, b := range newest {
		shown = append(shown, barView{b.Time.UTC(), b.Interval.String(), b.Open, b.High, b.Low, b.Close, b.Volume})
	}
	a.json(w, r, http.StatusOK, shown)
}
