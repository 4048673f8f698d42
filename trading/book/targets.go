package book

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Target is what to hold of an instrument. It holds until another one replaces it.
type Target struct {
	Symbol     string          `json:"symbol"`
	Strategy   string          `json:"strategy"` // which owns the instrument; "" for nobody
	SignalID   string          `json:"signal_id"`
	Quantity   decimal.Decimal `json:"quantity"`
	ValidUntil time.Time       `json:"valid_until"` // until when it may open something; closing is always right
	Attempts   int             `json:"attempts"`    // orders made for it
	Last       string          `json:"last"`        // client ID of the last of them
	Deferred   bool            `json:"deferred"`    // its first order is still to be made
	Ticket     trading.Ticket  `json:"ticket,omitzero"`
	Legs       int             `json:"legs,omitempty"`        // orders made for its bracket
	LastStop   string          `json:"last_stop,omitempty"`   // client ID of the last StopLoss of it
	LastProfit string          `json:"last_profit,omitempty"` // and of the last TakeProfit
	Approved   bool            `json:"approved,omitempty"`    // a person asked for it: orders are placed in any case
	Orphan     string          `json:"orphan,omitempty"`      // what its signals were made with, where that speaks no more
}

// Guarded is how much of the position a bracket of the target guards: what is held on the target's side, and no more
// than the target.
func (t Target) Guarded(held decimal.Decimal) decimal.Decimal {
	if t.Quantity.Sign()*held.Sign() <= 0 {
		return decimal.Zero
	}
	return decimal.Min(t.Quantity.Abs(), held.Abs())
}

// Side is the side of orders that lead to a target from nothing.
func (t Target) Side() trading.Side {
	if t.Quantity.IsNegative() {
		return trading.Sell
	}
	return trading.Buy
}

// LastLeg is the client ID of the latest order that was made for a leg of its bracket; "" where none was.
func (t Target) LastLeg(l trading.Leg) string {
	if l == trading.TakeProfit {
		return t.LastProfit
	}
	return t.LastStop
}

// targets are what is to be held, by symbol.
type targets map[string]*Target

// Targets returns what is to be held, by symbol.
func (s targets) Targets() []Target {
	all := make([]Target, 0, len(s))
	for _, t := range s {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(x, y Target) int { return cmp.Compare(x.Symbol, y.Symbol) })
	return all
}

// Target returns what is to be held of symbol.
func (s targets) Target(symbol string) (Target, bool) {
	t, ok := s[symbol]
	if !ok {
		return Target{}, false
	}
	return *t, true
}

// WithBracket returns the targets that have a bracket, by symbol.
func (s targets) WithBracket() []Target {
	for _, t := range s {
		if t.Ticket.HasBracket() { // Most books have none, and copy nothing.
			return slices.DeleteFunc(s.Targets(), func(t Target) bool { return !t.Ticket.HasBracket() })
		}
	}
	return nil
}

// quantity is what is to be held of symbol; zero where nothing says so.
func (s targets) quantity(symbol string) decimal.Decimal {
	if t := s[symbol]; t != nil {
		return t.Quantity
	}
	return decimal.Zero
}

// set lets a signal set its target.
func (s targets) set(e journal.SignalSeen) *Target {
	t := &Target{
		Symbol: e.Symbol, Strategy: e.Strategy, SignalID: e.SignalID,
		Quantity: e.Target, ValidUntil: e.ValidUntil, Deferred: e.Deferred, Ticket: e.Ticket,
	}
	s[e.Symbol] = t
	return t
}

// reduce replaces a target by a smaller one, in the name of the strategy that owns the instrument.
func (s targets) reduce(e journal.CloseAsked) *Target {
	next := &Target{Symbol: e.Symbol, SignalID: e.ID, Quantity: e.Quantity, Deferred: true, Approved: true}
	if t := s[e.Symbol]; t != nil {
		next.Strategy, next.Orphan = t.Strategy, t.Orphan
		if t.Quantity.Sign()*e.Quantity.Sign() > 0 {
			next.Ticket = t.Ticket
		}
	}
	s[e.Symbol] = next
	return next
}

// amend changes how a target is reached. An order that rests for it gives way to one of the new shape.
func (s targets) amend(e journal.Amended, pending []*OrderState) {
	t := s[e.Symbol]
	t.Ticket = e.Ticket
	for _, o := range pending {
		if o.Rests() && o.Leg == "" && !t.Ticket.Shapes(o.Order) {
			t.Deferred = true
		}
	}
}

// count takes note of an order that was made for its target.
func (s targets) count(o *trading.Order) {
	switch t := s[o.Symbol]; {
	case t == nil || t.SignalID != o.SignalID:
	case o.Leg == trading.TakeProfit:
		t.Legs++
		t.LastProfit = o.ClientID
	case o.Leg != "":
		t.Legs++
		t.LastStop = o.ClientID
	default:
		t.Attempts++
		t.Last = o.ClientID
		t.Deferred = false
	}
}

// guardFilled lets a leg that filled bring the target down to what is left: what the bracket has closed is not opened
// again. What a rung has closed brings it down to what that keeps, and no further where something else has done so already.
func (s targets) guardFilled(f *trading.Fill, o *OrderState, held decimal.Decimal) {
	t := s[f.Symbol]
	if t == nil || t.Quantity.Sign() != -int(f.Side) {
		return
	}
	keep := decimal.Min(t.keptAt(o.LimitPrice), t.Quantity.Abs())
	left := decimal.Max(t.Quantity.Abs().Sub(f.Quantity), keep)
	t.Quantity = f.Side.Signed(decimal.Min(left, t.Guarded(held))).Neg()
}

// lastIs reports whether an order is the last one of the target that stands: what is to be done next depends on it.
func (s targets) lastIs(o *OrderState) bool {
	t := s[o.Symbol]
	return t != nil && (o.ClientID == t.Last || o.ClientID == t.LastStop || o.ClientID == t.LastProfit)
}
