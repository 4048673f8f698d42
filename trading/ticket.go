package trading

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// TicketPolicy decides how a position is opened, and what guards it then. It is asked synchronously when a target is set
// that opens something, must not block, and for the same arguments must give the same answer.
type TicketPolicy interface {
	// Ticket shapes the order that opens on side. An error refuses the signal.
	Ticket(s Sizing, side Side) (Ticket, error)
}

// Ticket is the shape of the order that opens a position, and the bracket that guards the position. The zero value is a
// market order and no bracket. What closes a position is always a market order.
//
// An order that rests is canceled when the signal is not valid any more, when nothing may be opened, and when another
// target takes its place. The legs of a bracket are reduce-only orders, made as the position fills and as large as it
// is. When one has filled, the target is what is left, and the other is cut to that; until the next signal nothing is
// opened again.
type Ticket struct {
	Type        OrderType       `json:"type,omitempty"` // "" means Market
	LimitPrice  decimal.Decimal `json:"limit_price,omitzero"`
	StopPrice   decimal.Decimal `json:"stop_price,omitzero"`
	TimeInForce TimeInForce     `json:"time_in_force,omitempty"`
	PostOnly    bool            `json:"post_only,omitempty"`
	TakeProfit  decimal.Decimal `json:"take_profit,omitzero"` // a limit order; zero for none
	StopLoss    decimal.Decimal `json:"stop_loss,omitzero"`   // a stop order; zero for none
	// FromFill moves the bracket to what was paid, once that is known: each leg is as far from it, as a fraction, as it was
	// to be from the price of the decision.
	FromFill bool `json:"from_fill,omitempty"`
	// Unfilled says what becomes of an order that rests and is not filled in time. The zero one lets it wait until the signal
	// is not valid any more.
	Unfilled Unfilled `json:"unfilled,omitzero"`
	// Rungs take parts of the profit before TakeProfit does; nil for none. An Exit sets them, as they count from what is held,
	// and an Engine whose venue lets orders rest beside each other keeps a limit order at each. What they point to does not
	// change.
	Rungs *[]Rung `json:"rungs,omitempty"`
}

// IsZero tells whether it is a market order without a bracket.
func (t Ticket) IsZero() bool {
	return !t.Rests() && t.TimeInForce == "" && !t.PostOnly && !t.HasBracket()
}

// HasBracket reports whether a bracket guards the position.
func (t Ticket) HasBracket() bool {
	return t.TakeProfit.IsPositive() || t.StopLoss.IsPositive() || len(t.RungsOf(TakeProfit)) > 0
}

// Rests reports whether the order that opens may stay open for long, waiting for a price.
func (t Ticket) Rests() bool { return Order{Type: t.Type}.Rests() }

// Shape gives an order that opens its type, its prices and its Guard.
func (t Ticket) Shape(o Order) Order {
	if t.Rests() {
		o.Type = t.Type
	}
	o.LimitPrice, o.StopPrice, o.TimeInForce, o.PostOnly = t.LimitPrice, t.StopPrice, t.TimeInForce, t.PostOnly
	if t.HasBracket() {
		o.Guard = Guard{TakeProfit: t.TakeProfit, StopLoss: t.StopLoss, FromFill: t.FromFill}
	}
	return o
}

// Shapes reports whether an order has the shape.
func (t Ticket) Shapes(o Order) bool {
	return o.Type == t.Shape(Order{Type: Market}).Type && o.LimitPrice.Equal(t.LimitPrice) && o.StopPrice.Equal(t.StopPrice)
}

// LegPrice is the price of a leg of the bracket; zero for none.
func (t Ticket) LegPrice(l Leg) decimal.Decimal {
	if l == TakeProfit {
		return t.TakeProfit
	}
	return t.StopLoss
}

// Validate says what is wrong with an entry on side where the instrument is worth price. A price of zero says that nobody
// knows it.
func (t Ticket) Validate(side Side, i Instrument, price decimal.Decimal) error {
	o := t.Shape(Order{ClientID: "of the ticket", Type: Market})
	if err := errors.Join(o.Validate(), t.Unfilled.validate(), t.validateRungs(side, i.Tick)); err != nil {
		return err
	}
	for _, p := range []decimal.Decimal{t.LimitPrice, t.StopPrice, t.TakeProfit, t.StopLoss} {
		if p.IsNegative() || !p.Mod(i.Tick).IsZero() {
			return fmt.Errorf("%s is no price on the tick of %s", p, i.Tick)
		}
	}
	switch {
	case t.LimitPrice.IsPositive():
		price = t.LimitPrice
	case t.StopPrice.IsPositive():
		price = t.StopPrice
	}
	above := func(x, y decimal.Decimal) bool { return x.Cmp(y)*int(side) > 0 || !x.IsPositive() || !y.IsPositive() }
	switch {
	case !above(t.TakeProfit, price):
		return fmt.Errorf("a %s at %s takes no profit at %s", side, price, t.TakeProfit)
	case !above(price, t.StopLoss):
		return fmt.Errorf("a %s at %s stops no loss at %s", side, price, t.StopLoss)
	case !above(t.TakeProfit, t.StopLoss):
		return fmt.Errorf("a %s takes no profit at %s and stops its loss at %s", side, t.TakeProfit, t.StopLoss)
	}
	return nil
}

// FixedTicket enters and guards at fixed distances, each a fraction of the price: 0.02 is two percent.
type FixedTicket struct {
	Limit       decimal.Decimal // how much better than the present price the limit order stands; 0 for a market order
	TimeInForce TimeInForce     // of the limit order
	PostOnly    bool            // of the limit order
	TakeProfit  decimal.Decimal // how far beyond the entry; 0 for none
	StopLoss    decimal.Decimal // how far behind the entry; 0 for none
	FromFill    bool            // the entry is what was paid; otherwise it is the price of the decision

	// Unfilled is what becomes of a limit order that is not filled in time; its Price is set here.
	Unfilled Unfilled `json:",omitzero"` // Without it the settings of a run read as before.
}

// Ticket implements TicketPolicy. Prices are rounded to the nearest tick.
func (f FixedTicket) Ticket(s Sizing, side Side) (Ticket, error) {
	one := decimal.NewFromInt(1)
	for _, d := range []struct {
		name  string
		value decimal.Decimal
	}{{"Limit", f.Limit}, {"TakeProfit", f.TakeProfit}, {"StopLoss", f.StopLoss}} {
		if d.value.IsNegative() || d.value.GreaterThanOrEqual(one) {
			return Ticket{}, fmt.Errorf("FixedTicket.%s %s is not a fraction from 0 to below 1", d.name, d.value)
		}
	}
	away := func(from, by decimal.Decimal, side Side) decimal.Decimal {
		price := from.Add(side.Signed(from.Mul(by)))
		return price.DivRound(s.Instrument.Tick, 0).Mul(s.Instrument.Tick)
	}
	t, price := Ticket{FromFill: f.FromFill}, s.Price
	if f.Limit.IsPositive() {
		price = away(s.Price, f.Limit, -side)
		t.Type, t.LimitPrice, t.TimeInForce, t.PostOnly = Limit, price, f.TimeInForce, f.PostOnly
		if t.Unfilled = f.Unfilled; t.Unfilled.Reprice > 0 {
			t.Unfilled.Price = s.Price
		}
	}
	if f.TakeProfit.IsPositive() {
		t.TakeProfit = away(price, f.TakeProfit, side)
	}
	if f.StopLoss.IsPositive() {
		t.StopLoss = away(price, f.StopLoss, -side)
	}
	switch {
	case f.StopLoss.IsPositive() && !t.StopLoss.IsPositive():
		return Ticket{}, fmt.Errorf("FixedTicket.StopLoss %s at %s rounds to nothing on the tick of %s", f.StopLoss, price,
			s.Instrument.Tick)
	case f.TakeProfit.IsPositive() && !t.TakeProfit.IsPositive():
		return Ticket{}, fmt.Errorf("FixedTicket.TakeProfit %s at %s rounds to nothing on the tick of %s", f.TakeProfit, price,
			s.Instrument.Tick)
	}
	return t, nil
}
