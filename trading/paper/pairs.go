package paper

import (
	"context"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// join makes a leg the other one of a pair with the leg of the other kind that rests alone. On spot what is held can be sold
// once, so that the two legs of a bracket are one order, of which what one has filled the other does not.
func (b *Broker) join(leg *order) {
	if !b.cfg.Spot || leg.Leg == "" {
		return
	}
	for _, other := range b.orders.open {
		alone := other.pair == nil || other.pair.status.Done()
		if alone && other.Leg != "" && other.Leg != leg.Leg && other.Symbol == leg.Symbol && other.Side == leg.Side &&
			!other.ours() && !other.status.Done() {
			leg.pair = other
			return
		}
	}
}

// link tells the other one of a pair.
func (o *order) link() {
	if o.pair != nil {
		o.pair.pair, o.second, o.pair.second = o, true, false
	}
}

// SubmitPair implements trading.Pairer: what one of the two fills the other does not, and when one ends, so does the other.
func (b *Broker) SubmitPair(ctx context.Context, takeProfit, stopLoss trading.Approved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	quote, quoted := b.quote(takeProfit.Order().Symbol)
	for _, a := range []trading.Approved{takeProfit, stopLoss} {
		if err := a.Begin(ctx); err != nil {
			return fmt.Errorf("paper: order %s was not sent: %w", a.Order().ClientID, err)
		}
	}
	profit, loss := b.arrived(takeProfit.Order()), b.arrived(stopLoss.Order())
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, o := range []*order{profit, loss} {
		if err := b.checkNewLocked(o); err != nil {
			return err
		}
	}
	reason := b.rejectReason(profit, quote, quoted)
	if loss.pair = profit; reason == "" {
		reason = b.rejectReason(loss, quote, quoted)
	}
	if reason != "" {
		b.rejectLocked(profit, reason)
		b.rejectLocked(loss, reason)
		return fmt.Errorf("paper: %w: %s", trading.ErrRejected, reason)
	}
	loss.link()
	profit.together, loss.together = true, true
	b.acceptLocked(profit, quote, quoted)
	b.acceptLocked(loss, quote, quoted)
	b.orders.archive(loss.since)
	return nil
}

// Replace implements trading.Replacer.
func (b *Broker) Replace(ctx context.Context, old trading.OrderRef, with trading.Approved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	quote, quoted := b.quote(with.Order().Symbol)
	if err := with.Begin(ctx); err != nil {
		return fmt.Errorf("paper: order %s was not sent: %w", with.Order().ClientID, err)
	}
	taken := b.arrived(with.Order())
	b.mu.Lock()
	defer b.mu.Unlock()
	before, open := b.orders.byID[old.ClientID]
	if !open || before.status.Done() {
		return fmt.Errorf("paper: %w: %s is not open", trading.ErrRejected, old.ClientID)
	}
	if err := b.checkNewLocked(taken); err != nil {
		return err
	}
	before.status = trading.StatusCanceled // What it locks is there for the other one.
	if pair := before.pair; pair != nil && !pair.status.Done() {
		taken.pair = pair
	}
	if reason := b.rejectReason(taken, quote, quoted); reason != "" {
		before.status = trading.StatusOpen
		return fmt.Errorf("paper: %w: %s", trading.ErrRejected, reason)
	}
	before.end(trading.StatusCanceled, "replaced by "+taken.ClientID)
	before.pair = nil
	taken.together = before.together
	taken.link()
	b.acceptLocked(taken, quote, quoted)
	b.orders.archive(taken.since)
	return nil
}
