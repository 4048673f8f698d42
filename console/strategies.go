package console

import (
	"net/http"

	"github.com/shopspring/decimal"
)

// stakeView is what a strategy has in an instrument that several share. Net is its profit, less fees.
type stakeView struct {
	Strategy string          `json:"strategy"` // "" for what no strategy asked for
	Target   decimal.Decimal `json:"target"`
	holding
	Profit decimal.Decimal `json:"profit"`
	Net    decimal.Decimal `json:"net"`
	Orphan string          `json:"orphan,omitempty"`
}

// strategies answers GET /api/strategies.
func (a *api) strategies(w http.ResponseWriter, r *http.Request) {
	s, ok := a.knownAccount(w, r)
	if !ok {
		return
	}
	all := make([]stakeView, 0, len(s.Stakes))
	for _, one := range s.Stakes {
		all = append(all, stakeView{
			one.Strategy, one.Target, holding{one.Position, one.AveragePrice()}, one.Profit, one.Profit.Sub(one.Fees), one.Orphan,
		})
	}
	a.json(w, r, http.StatusOK, all)
}
