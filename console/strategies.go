package console

import (
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// stakeView is what a strategy has in an instrument that several share. Profit is Realized and Unrealized, and Net is that
// less fees.
type stakeView struct {
	Strategy string          `json:"strategy"` // "" for what no strategy asked for
	Target   decimal.Decimal `json:"target"`
	holding
	Unrealized decimal.Decimal `json:"unrealized"`
	Profit     decimal.Decimal `json:"profit"`
	Net        decimal.Decimal `json:"net"`
	Orphan     string          `json:"orphan,omitempty"`
}

// strategies answers GET /api/strategies.
func (a *api) strategies(w http.ResponseWriter, r *http.Request) {
	if s, as, ok := a.knownAccountAs(w, r); ok {
		answerList(a, w, r, as, stakeTable, stakes(s))
	}
}

func stakes(s engine.Status) []stakeView {
	all := make([]stakeView, 0, len(s.Stakes))
	for _, one := range s.Stakes {
		all = append(all, stakeView{
			Strategy: one.Strategy, Target: one.Target, holding: holding{one.Position, one.AveragePrice()},
			Unrealized: one.Profit.Sub(one.Realized), Profit: one.Profit, Net: one.Profit.Sub(one.Fees), Orphan: one.Orphan,
		})
	}
	return all
}
