package paper

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// What rests locks what it needs, as at a venue: an order is taken, and executed, on what the others leave. Cash is locked at
// the price that an order waits for, and its fee; of an instrument's buys and sells only the dearer side counts, and what
// only brings a position nearer to zero locks nothing. On spot, sells lock what they sell. A pair locks once. Guards of ours
// lock nothing: they yield.

// claims are what other open orders may take of the account.
type claims struct {
	any       bool            // there are some
	elsewhere decimal.Decimal // by opening in other instruments
	beside    decimal.Decimal // by opening in the same instrument, on the side of the order
	against   decimal.Decimal // and on the other side
	closes    decimal.Decimal // how much of the position they close, on the side of the order
}

// sides are what may open in an instrument by its buys and by its sells, and how much of its position each side closes.
type sides struct{ buys, sells, bought, sold decimal.Decimal }

// claimsBeside adds up the open orders but for one, and the other one of its pair.
func (b *Broker) claimsBeside(o *order) (c claims) {
	var bySymbol map[string]*sides // Most orders stand alone, or beside legs.
	for _, other := range b.orders.open {
		if other == o || other == o.pair || other.status.Done() || other.ReduceOnly || other.isSecond() {
			continue
		}
		if bySymbol == nil {
			bySymbol = make(map[string]*sides)
		}
		if bySymbol[other.Symbol] == nil {
			bySymbol[other.Symbol] = &sides{}
		}
		bySymbol[other.Symbol].add(other, b.account.position(other.Symbol).Quantity, b.expected(other))
	}
	for symbol, s := range bySymbol {
		c.any = true
		switch {
		case symbol != o.Symbol:
			c.elsewhere = c.elsewhere.Add(decimal.Max(s.buys, s.sells))
		case o.Side == trading.Buy:
			c.beside, c.against, c.closes = s.buys, s.sells, s.bought
		default:
			c.beside, c.against, c.closes = s.sells, s.buys, s.sold
		}
	}
	return c
}

// isSecond reports whether an order is the one of a pair that does not count, as the other one does.
func (o *order) isSecond() bool { return o.second && !o.pair.status.Done() }

func (s *sides) add(o *order, held, price decimal.Decimal) {
	opens, closed := &s.buys, &s.bought
	if o.Side == trading.Sell {
		opens, closed = &s.sells, &s.sold
	}
	rest := o.rest()
	closing := decimal.Max(decimal.Min(rest, o.Side.Signed(held).Neg().Sub(*closed)), decimal.Zero)
	*closed = closed.Add(closing)
	*opens = opens.Add(rest.Sub(closing).Mul(price))
}

// expected is the price that an order waits for; zero for one that waits for the first price. A stop that the price is beyond
// already waits for the next one.
func (b *Broker) expected(o *order) decimal.Decimal {
	price, known := b.markets.last(o.Symbol)
	switch {
	case o.LimitPrice.IsPositive():
		return o.LimitPrice
	case o.waiting() && !(known && o.hit(price, false)):
		return o.StopPrice
	}
	return price
}

// after is what the others may add to what is held, once an order has opened so much.
func (c claims) after(opens decimal.Decimal) decimal.Decimal {
	return c.elsewhere.Add(decimal.Max(c.beside, c.against.Sub(opens)))
}

// notFree says why an order cannot sell so much on spot: it is not held, or others sell it already.
func (b *Broker) notFree(o *order, quantity decimal.Decimal) string {
	held := decimal.Max(b.account.position(o.Symbol).Quantity, decimal.Zero)
	locked := decimal.Zero
	for _, other := range b.orders.open {
		ends := other == o || other == o.pair || other.status.Done() || other.ours() || other.isSecond()
		if !ends && other.Symbol == o.Symbol && other.Side == trading.Sell {
			locked = locked.Add(other.rest())
		}
	}
	if pair := o.pair; pair != nil && !pair.status.Done() {
		quantity = decimal.Max(quantity, pair.rest())
	}
	switch {
	case !quantity.GreaterThan(held.Sub(locked)):
		return ""
	case locked.IsZero():
		return b.account.notHeld(o.Symbol)
	}
	return fmt.Sprintf("spot: of %s of %s, %s is locked by orders that rest", held, o.Symbol, locked)
}
