package trading

import (
	"strings"

	"github.com/shopspring/decimal"
)

// Guard are the prices at which what an order opens is to be closed again. The order that opens carries them, so that who
// executes it can guard from the first moment on what it has filled.
//
// A paper account does: orders of its own rest beside the position from the fill on, within the bar too. A Broker of a
// venue leaves the Guard alone, unless the venue can tie such orders to one entry. Then they are known by their GuardIDs, in
// fills, in Order and in Cancel; they only reduce; and they give way to the orders that an Engine sends for the same Leg. An
// Engine sends those in the step in which it hears of the fill: for so long a position at any other venue has no guard.
type Guard struct {
	TakeProfit decimal.Decimal `json:"take_profit,omitzero"` // a limit order; zero for none
	StopLoss   decimal.Decimal `json:"stop_loss,omitzero"`   // a stop order; zero for none
	FromFill   bool            `json:"from_fill,omitempty"`  // see Ticket.FromFill
}

// IsZero reports whether it guards nothing.
func (g Guard) IsZero() bool { return !g.TakeProfit.IsPositive() && !g.StopLoss.IsPositive() }

// Equal reports whether it is the same as another one.
func (g Guard) Equal(o Guard) bool {
	return g.TakeProfit.Equal(o.TakeProfit) && g.StopLoss.Equal(o.StopLoss) && g.FromFill == o.FromFill
}

// LegPrice is the price of a leg; zero for none.
func (g Guard) LegPrice(l Leg) decimal.Decimal {
	if l == TakeProfit {
		return g.TakeProfit
	}
	return g.StopLoss
}

// GuardAt is the Guard of an order once what it opened has cost paid: as far from that, as a fraction, as it was to be from
// the price that was expected, where it counts from the fill or would stand on the wrong side of it.
func (o Order) GuardAt(paid, tick decimal.Decimal) Guard {
	g, expected := o.Guard, o.DecisionPrice
	switch {
	case o.LimitPrice.IsPositive():
		expected = o.LimitPrice
	case o.StopPrice.IsPositive():
		expected = o.StopPrice
	}
	if !paid.IsPositive() || !expected.IsPositive() || !g.FromFill && !g.wrongSide(o.Side, paid) {
		return g
	}
	g.FromFill = false
	for _, price := range []*decimal.Decimal{&g.TakeProfit, &g.StopLoss} {
		*price = price.Mul(paid).Div(expected).DivRound(tick, 0).Mul(tick)
	}
	return g
}

// wrongSide reports whether a leg stands on the wrong side of what was paid.
func (g Guard) wrongSide(side Side, paid decimal.Decimal) bool {
	profit := g.TakeProfit.IsPositive() && g.TakeProfit.Cmp(paid)*int(side) <= 0
	loss := g.StopLoss.IsPositive() && g.StopLoss.Cmp(paid)*int(side) >= 0
	return profit || loss
}

// The ends of a GuardID.
const (
	lossEnd   = "-sl"
	profitEnd = "-tp"
)

// GuardID is the client ID of the order that guards, as one leg, what an order opens.
func (o Order) GuardID(l Leg) string {
	if l == TakeProfit {
		return o.ClientID + profitEnd
	}
	return o.ClientID + lossEnd
}

// Guards returns the client ID of the order by whose Guard a fill came about, and as which leg: its order's ID is a GuardID.
// "" says that it is no such fill.
func (f Fill) Guards() (entry string, l Leg) {
	if entry, ok := strings.CutSuffix(f.ClientID, lossEnd); ok {
		return entry, StopLoss
	}
	if entry, ok := strings.CutSuffix(f.ClientID, profitEnd); ok {
		return entry, TakeProfit
	}
	return "", ""
}
