package paper

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Submit takes an order. An error wraps trading.ErrRejected where the account cannot carry it or the instrument
// does not take it, and trading.ErrDuplicate where the client ID has been used.
func (b *Broker) Submit(ctx context.Context, a trading.Approved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := a.Order()
	quote, quoted := b.quote(o.Symbol)
	if err := a.Begin(ctx); err != nil {
		return fmt.Errorf("paper: order %s was not sent: %w", o.ClientID, err)
	}
	taken := b.arrived(o)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.checkNewLocked(taken); err != nil {
		return err
	}
	b.join(taken)
	if reason := b.rejectReason(taken, quote, quoted); reason != "" {
		b.rejectLocked(taken, reason)
		return fmt.Errorf("paper: %w: %s", trading.ErrRejected, reason)
	}
	taken.link()
	b.acceptLocked(taken, quote, quoted)
	b.orders.archive(taken.since)
	return nil
}

// arrived is an order as it comes in. It takes no lock, because Hours and Clock are not ours.
func (b *Broker) arrived(o trading.Order) *order {
	return &order{Order: o, status: trading.StatusOpen, until: b.dayEnds(o), since: b.cfg.Clock.Now().UTC()}
}

// checkNewLocked says what stands against an order that has not been looked at.
func (b *Broker) checkNewLocked(o *order) error {
	if b.orders.has(o.ClientID) {
		return fmt.Errorf("paper: %w: %s", trading.ErrDuplicate, o.ClientID)
	}
	return b.orders.checkHorizon(o.Ref())
}

// rejectLocked remembers that an order was refused.
func (b *Broker) rejectLocked(o *order, reason string) {
	o.end(trading.StatusRejected, reason)
	b.orders.ended.put(o.report(), o.since)
}

// acceptLocked takes an order, and fills what can be filled of it at once.
func (b *Broker) acceptLocked(o *order, quote float64, quoted bool) {
	b.orders.take(o)
	last, known := b.markets.last(o.Symbol)
	switch {
	case b.cfg.Latency > 0: // It has not arrived.
	case quoted:
		b.walkQuote(o, quote, o.since)
	case known:
		o.resting = !o.immediate() && !o.hit(last, false)
		if b.cfg.Fill.atOnce() {
			b.takeAtOnce(o, last, o.since)
		}
	}
	if o.Leg != "" {
		b.yieldGuards(o.Symbol)
	}
}

// rejectReason says why the order cannot be taken.
func (b *Broker) rejectReason(taken *order, quote float64, quoted bool) string {
	o := taken.Order
	m, ok := b.markets.listed(o.Symbol)
	switch {
	case !ok:
		return o.Symbol + " is not traded here"
	case o.Validate() != nil:
		return o.Validate().Error()
	case !m.OnTick(o.LimitPrice) || !m.OnTick(o.StopPrice):
		return fmt.Sprintf("a price is no whole number of ticks of %s", m.Tick)
	case !o.Quantity.IsPositive() || !m.Quantity(o.Quantity).Equal(o.Quantity):
		return fmt.Sprintf("quantity %s is no whole number of steps of %s", o.Quantity, m.Step)
	case o.Quantity.LessThan(m.MinQuantity):
		return fmt.Sprintf("quantity %s is below the smallest of %s", o.Quantity, m.MinQuantity)
	case b.cfg.Quote != nil && !quoted:
		return "there is no quote"
	case o.ReduceOnly && !b.account.closing(o, o.Quantity).Equal(o.Quantity):
		return nothingToReduce
	case b.cfg.Spot && o.Side == trading.Sell:
		if reason := b.notFree(taken, o.Quantity); reason != "" {
			return reason
		}
	}
	price, known := m.last()
	if quoted {
		if _, err := m.Price(quote); err != nil {
			return err.Error()
		}
		price, known = decimal.NewFromFloat(quote), true
	}
	if !known {
		return "" // The first bar will tell: it is checked again then.
	}
	if o.PostOnly && o.Type == trading.Limit && taken.hit(price, false) {
		return postOnly
	}
	switch others := b.claimsBeside(taken); {
	case o.LimitPrice.IsPositive():
		return b.account.margin(o, o.Quantity, o.LimitPrice, price, others)
	case o.Type == trading.Stop && !taken.hit(price, false):
		return b.account.margin(o, o.Quantity, o.StopPrice, price, others) // what it locks while it rests
	case quoted && !o.Rests():
		price = takerPrice(m.Instrument, o.Side, price, b.slip)
		return b.account.margin(o, o.Quantity, price, price, others)
	default:
		return b.account.margin(o, o.Quantity, price, price, others)
	}
}

// dayEnds is when the trading day of an order ends; zero if it is not for the day. It takes no lock, because Hours is not
// ours.
func (b *Broker) dayEnds(o trading.Order) time.Time {
	if o.TimeInForce != trading.Day {
		return time.Time{}
	}
	made := o.CreatedAt.UTC()
	if b.cfg.Hours != nil {
		session := made
		open, until := b.cfg.Hours.Open(o.Symbol, session)
		if !open && !until.IsZero() {
			session = until
			_, until = b.cfg.Hours.Open(o.Symbol, session)
		}
		if !until.IsZero() && until.Sub(session) <= 24*time.Hour {
			return until
		}
	}
	return time.Date(made.Year(), made.Month(), made.Day()+1, 0, 0, 0, 0, time.UTC)
}
