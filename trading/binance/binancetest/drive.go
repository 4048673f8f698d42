package binancetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// What a test does to the market and to the account. A symbol that the venue does not have is a bug of the test, and
// panics.

func (e *engine) must(symbol string) *market {
	m, err := e.market(symbol)
	if err != nil {
		panic(fmt.Sprintf("binancetest: the venue has no symbol %q: Config.Symbols names them", symbol))
	}
	return m
}

// Move has others trade at a price, as much as anybody wants: what rests there is filled, stops trigger, and the best bid
// is the price, the best ask a tick above.
func (v *Venue) Move(symbol string, price decimal.Decimal) {
	v.do(func(e *engine) {
		m := e.must(symbol)
		m.move(price)
		e.print(m, price, nil)
	})
}

// Trade has others trade a quantity at a price, and leaves the quote where it is: what rests there is filled up to that
// much.
func (v *Venue) Trade(symbol string, price, qty decimal.Decimal) {
	v.do(func(e *engine) { e.print(e.must(symbol), price, &qty) })
}

// SetQuote sets the best of the book, with its quantities. What is used up is gone until the next Move or SetQuote.
func (v *Venue) SetQuote(symbol string, q Quote) {
	v.do(func(e *engine) {
		m := e.must(symbol)
		m.quote = q
		e.tellMarket(m)
	})
}

// SetMark sets the mark price, which follows the last price until then, and from then on not any more.
func (v *Venue) SetMark(symbol string, price decimal.Decimal) {
	v.do(func(e *engine) {
		m := e.must(symbol)
		m.mark, m.pinned = price, true
		e.settle(m)
	})
}

// SetFunding sets the rate of the fundings to come, in parts of the notional: a long pays one above zero.
func (v *Venue) SetFunding(symbol string, rate decimal.Decimal) {
	v.do(func(e *engine) { e.must(symbol).rate = rate })
}

// Fund has a funding due now.
func (v *Venue) Fund(symbol string) {
	v.do(func(e *engine) { e.fund(e.must(symbol)) })
}

// Change changes a symbol while the venue runs: its filters, its status (such as SETTLING). What rests stays.
func (v *Venue) Change(symbol string, change func(*Symbol)) {
	v.do(func(e *engine) { change(&e.must(symbol).spec) })
}

// Liquidate takes a position over at the mark price, as the venue does when its margin is gone: a client id
// "autoclose-".
func (v *Venue) Liquidate(symbol string) {
	v.do(func(e *engine) { e.liquidate(e.must(symbol)) })
}

// Deleverage takes a quantity of a position away at a price: a client id "adl_autoclose".
func (v *Venue) Deleverage(symbol string, price, qty decimal.Decimal) {
	v.do(func(e *engine) {
		held := e.positions[symbol].qty
		if held.IsPositive() {
			qty = qty.Neg()
		}
		e.tradeByVenue(e.must(symbol), "adl_autoclose", price, qty)
	})
}

// Settle closes a position at a price, as when a contract is delisted: a client id "settlement_autoclose-".
func (v *Venue) Settle(symbol string, price decimal.Decimal) {
	v.do(func(e *engine) {
		e.closeByVenue(e.must(symbol), fmt.Sprintf("settlement_autoclose-%d", e.now.UnixMilli()), price)
	})
}

// Transfer moves money into a wallet, or out of it.
func (v *Venue) Transfer(asset string, amount decimal.Decimal) {
	v.do(func(e *engine) {
		e.credit("TRANSFER", "", asset, amount, "TRANSFER", 0)
		kind := "DEPOSIT"
		if amount.IsNegative() {
			kind = "WITHDRAW"
		}
		for _, name := range e.names {
			if m := e.markets[name]; m.spec.Quote == asset {
				e.account(kind, amount, m, false)
				return
			}
		}
	})
}

// ShiftClock sets the venue's clock ahead of its time, or back: requests are judged by it.
func (v *Venue) ShiftClock(by time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.skew = by
}

// Foreign places an order of the account that the client did not send, such as a person's by the venue's page.
func (v *Venue) Foreign(symbol, side, clientID string, qty, limit decimal.Decimal) error {
	var refused *problem
	v.do(func(e *engine) {
		p := placing{symbol: symbol, side: side, typ: "MARKET", clientID: clientID, qty: &qty}
		if !limit.IsZero() {
			p.typ, p.tif, p.price = "LIMIT", "GTC", &limit
		}
		_, refused = e.place(p)
	})
	if refused != nil {
		return refused
	}
	return nil
}

// fillWhole fills what is left of an order at its limit.
func (e *engine) fillWhole(symbol string, o *order) {
	if o == nil || !o.live() {
		return
	}
	m := e.markets[symbol]
	e.fill(m, o, m.priceOf(o), o.left(), true)
	e.settle(m)
}

// CutStreams closes all streams by a close frame.
func (v *Venue) CutStreams() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.each("", func(c *conn) { v.hub.drop(c, clean) })
}

// DenyKey has the venue deny the key from now on, as when it was revoked or its address has changed, and ends the streams; false
// has it accept the key again.
func (v *Venue) DenyKey(deny bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.denied = deny; deny {
		clear(v.keys)
		v.hub.each("", func(c *conn) { v.hub.drop(c, clean) })
	}
}

// HalfFrame sends a part of a frame on each stream and hangs up.
func (v *Venue) HalfFrame() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.each("", func(c *conn) { v.hub.drop(c, half) })
}

// MuteStreams keeps all streams open and silent for a while: what would be sent is lost.
func (v *Venue) MuteStreams(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, g := range []group{private, markets, public} {
		v.hub.mutes[g] = v.nowLocked().Add(d)
	}
}

// RepeatEvents sends each of the next n events of the account twice.
func (v *Venue) RepeatEvents(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.repeat = n
}

// ReorderEvents has the next n pairs of events of the account change places. A first that no second follows waits.
func (v *Venue) ReorderEvents(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.swap = n
}

// ExpireListenKey ends the listenKey before its hour: its streams are told, and stay silent.
func (v *Venue) ExpireListenKey() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, key := range slices.Collect(maps.Keys(v.keys)) {
		v.expireKey(key, v.nowLocked())
	}
}

// History gives a market the minutes before the venue began: closes, the oldest first, the last of them of the minute
// before the open one.
func (v *Venue) History(symbol string, closes []decimal.Decimal) {
	v.do(func(e *engine) {
		m := e.must(symbol)
		begin := m.minute.Add(-time.Duration(len(closes)) * time.Minute)
		past := make([]bar, 0, len(closes)+len(m.bars))
		before := closes[0]
		for i, price := range closes {
			past = append(past, bar{
				at: begin.Add(time.Duration(i) * time.Minute), open: before, close: price, high: decimal.Max(before, price),
				low: decimal.Min(before, price), volume: m.spec.Step, quote: m.spec.Step.Mul(price), trades: 1,
			})
			before = price
		}
		m.bars = slices.Concat(past, slices.DeleteFunc(m.bars, func(b bar) bool { return b.at.Before(m.minute) }))
	})
}

// Streams is how many streams of a group are open: "private", "market" or "public".
func (v *Venue) Streams(of string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	v.hub.each(group(strings.ToLower(of)), func(*conn) { n++ })
	return n
}
