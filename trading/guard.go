package trading

import (
	"fmt"
	"time"
)

// legs are what a bracket consists of, the one that limits the loss first.
var legs = []Leg{StopLoss, TakeProfit}

// guard returns the next leg that a target's bracket lacks, or nil. One that is being cancelled, or of unknown fate, is
// not lacking yet.
func (d desk) guard(t Target, sit situation) (*Order, error) {
	held := d.book.Position(t.Symbol).Quantity
	want := t.Guarded(held)
	if !d.auto && !t.Approved || want.IsZero() || sit.instrument.Symbol == "" {
		return nil, nil
	}
	for _, leg := range legs {
		price := t.Ticket.LegPrice(leg)
		lacking := want.Sub(d.book.Legged(t, leg, 0))
		if !price.IsPositive() || !lacking.IsPositive() || d.tooSoon(t, leg, sit.now) {
			continue
		}
		o := Order{
			ClientID: legID(t, leg, t.Legs+1), Symbol: t.Symbol, Side: -t.Side(), Quantity: lacking, Leg: leg,
			SignalID: t.SignalID, CreatedAt: sit.now.UTC(), Config: d.config,
		}
		if leg == TakeProfit {
			o.Type, o.LimitPrice = Limit, price
		} else {
			o.Type, o.StopPrice = Stop, price
		}
		approved, err := d.risk.Approve(o, View{sit.instrument, held, price})
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", leg, t.Symbol, err)
		}
		o = approved.Order()
		return &o, nil
	}
	return nil, nil
}

// legID derives the client ID of a target's n-th leg.
func legID(t Target, leg Leg, n int) string {
	return clientID(t.SignalID, fmt.Sprintf("%s %d", leg, n))
}

// tooSoon tells whether the last order of a leg ended against our will so short a time ago that the next one has to
// wait: what the Broker refused a moment ago it will refuse again. It is never given up, as the position is there.
func (d desk) tooSoon(t Target, leg Leg, now time.Time) bool {
	for n := t.Legs; n > 0; n-- {
		last, ok := d.book.Order(legID(t, leg, n))
		if !ok {
			continue
		}
		failed := last.Status == StatusRejected || last.Status == StatusCancelled && !last.CancelAsked && last.Sends > 0
		return failed && pausing(last.UpdatedAt, retryAfter<<min(t.Legs, 4), now)
	}
	return false
}
