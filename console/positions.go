package console

import (
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// holding is a position as it is shown.
type holding struct {
	trading.Position
	AveragePrice decimal.Decimal `json:"average_price"`
}

// heldPosition is what the account holds of an instrument.
type heldPosition struct {
	holding
	Margin *marginView `json:"margin,omitempty"` // where the broker tells
}

// marginView is a trading.Margin as it is shown: without a liquidation there is no distance to it, and not one of zero.
type marginView struct {
	Liquidation decimal.NullDecimal `json:"liquidation"`
	Distance    decimal.NullDecimal `json:"distance"`
	Maintenance decimal.Decimal     `json:"maintenance,omitzero"`
	FundingAt   time.Time           `json:"funding_at,omitzero"`
	Funding     decimal.NullDecimal `json:"funding_due,omitzero"`
}

func newMargin(m trading.Margin) *marginView {
	return &marginView{
		Liquidation: m.Liquidation, Distance: decimal.NullDecimal{Decimal: m.Distance, Valid: m.Liquidation.Valid},
		Maintenance: m.Maintenance, FundingAt: utc(m.FundingAt),
		Funding: decimal.NullDecimal{Decimal: m.Funding, Valid: !m.FundingAt.IsZero()},
	}
}

// positions answers GET /api/positions.
func (a *api) positions(w http.ResponseWriter, r *http.Request) {
	if s, as, ok := a.knownAccountAs(w, r); ok {
		answerList(a, w, r, as, positionTable, heldPositions(s))
	}
}

func heldPositions(s engine.Status) []heldPosition {
	held := make([]heldPosition, 0, len(s.Positions))
	for _, p := range s.Positions {
		one := heldPosition{holding: holding{p, p.AveragePrice()}}
		if m, ok := s.Margins[p.Symbol]; ok {
			one.Margin = newMargin(m)
		}
		held = append(held, one)
	}
	return held
}

// knownAccountAs is the account, and how whoever asks wants to have a list of it; false says that the request has had its
// answer.
func (a *api) knownAccountAs(w http.ResponseWriter, r *http.Request) (s engine.Status, as format, ok bool) {
	if wrong := parse(r.URL.RawQuery, map[string]setter{"format": as.set}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return s, as, false
	}
	s, ok, wrong := a.account(r, w)
	if !ok && !wrong {
		refuse(w, r, &answer.Problem{Status: http.StatusServiceUnavailable, Detail: errNoAccount.Error()})
	}
	return s, as, ok && !wrong
}
