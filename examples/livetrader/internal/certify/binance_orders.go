package certify

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// orderCases are the types and times in force, and what IDs mean.
func (f *futures) orderCases() []Case {
	return []Case{
		{"market", f.market},
		{"limit-gtc", f.limitGTC},
		{"limit-gtc-that-trades", func(s *script) {
			id, a := f.limit(s, "BUY", f.above(s, "0.01"))
			s.say("order", "%s", state(a))
			s.say("order asked for", "%s", state(f.settled(s, id)))
		}},
		f.force("limit-ioc-away", "IOC", false),
		f.force("limit-ioc-that-trades", "IOC", true),
		f.force("limit-fok-away", "FOK", false),
		f.force("limit-fok-that-trades", "FOK", true),
		f.force("post-only-that-rests", "GTX", false),
		f.force("post-only-that-would-trade", "GTX", true),
		f.force("gtd-without-a-date", "GTD", false),
		{"gtd", func(s *script) {
			until := strconv.FormatInt(f.now().Add(time.Hour).Truncate(time.Second).UnixMilli(), 10)
			_, a := f.limit(s, "BUY", f.below(s, "0.03"), "timeInForce", "GTD", "goodTillDate", until)
			s.say("order", "%s", state(a))
		}},
		f.oldDoor("stop-market-at-the-old-door", "STOP_MARKET"),
		f.oldDoor("take-profit-at-the-old-door", "TAKE_PROFIT_MARKET"),
		{"reduce-only-without-a-position", func(s *script) {
			_, a := f.put(s, "SELL", "MARKET", f.size, "reduceOnly", "true")
			s.say("market", "%s", state(a))
			_, a = f.limit(s, "SELL", f.above(s, "0.03"), "reduceOnly", "true")
			s.say("limit", "%s", state(a))
		}},
		{"reduce-only-larger-than-the-position", func(s *script) {
			f.buy(s)
			id, a := f.put(s, "SELL", "MARKET", f.size.Add(f.size), "reduceOnly", "true")
			s.say("order", "%s", state(a))
			s.say("order asked for", "%s", state(f.order(s, id)))
			s.say("position", "%s", part(f.held(s), f.size))
		}},
		{"two-that-reduce-beside-each-other", func(s *script) {
			f.buy(s)
			_, a := f.limit(s, "SELL", f.above(s, "0.03"), "reduceOnly", "true")
			_, b := f.limit(s, "SELL", f.above(s, "0.04"), "reduceOnly", "true")
			s.say("first", "%s", state(a))
			s.say("second", "%s", state(b))
		}},
		{"reduce-only-below-the-smallest-worth", func(s *script) {
			f.buy(s)
			_, a := f.put(s, "SELL", "MARKET", f.terms.minQty, "reduceOnly", "true")
			s.say("order", "%s", state(a))
		}},
	}
}

// buy opens a position of the smallest size, and ends the case where that does not come about.
func (f *futures) buy(s *script) (id string) {
	id, a := f.put(s, "BUY", "MARKET", f.size)
	if last := f.settled(s, id); !s.over() && last.object().text("status") != "FILLED" {
		s.skip("no position can be opened: " + state(a) + ", then " + state(last))
	}
	return id
}

func (f *futures) market(s *script) {
	id, a := f.put(s, "BUY", "MARKET", f.size)
	s.say("order", "%s", state(a))
	s.say("fields of the answer", "%s", a.object().fields())
	s.say("orders of 10 s are told", "%t", a.header.Get("X-Mbx-Order-Count-10s") != "")
	s.say("orders of a minute are told", "%t", a.header.Get("X-Mbx-Order-Count-1m") != "")
	last := f.settled(s, id)
	s.say("order asked for", "%s", state(last))
	s.say("fields of the order", "%s", last.object().fields())
	fills := f.fillsOf(s, last.object().text("orderId"))
	sum := decimal.Zero
	for _, row := range fills {
		sum = sum.Add(row.number("qty"))
	}
	s.say("fills", "%s", part(sum, f.size))
	if len(fills) > 0 {
		s.say("fields of a fill", "%s", fills[0].fields())
		s.say("fee asset", "%s", fills[0].text("commissionAsset"))
		rate := fills[0].number("commission").Div(fills[0].number("quoteQty")).Mul(decimal.NewFromInt(100))
		s.say("fee in percent", "%s", rate.Round(3))
		s.say("maker", "%s", fills[0].text("maker"))
	}
	for _, p := range f.ask(s, "GET", "/fapi/v3/positionRisk", "symbol", f.symbol).rows() {
		s.say("fields of the position", "%s", p.fields())
		s.say("position", "%s", part(p.number("positionAmt"), f.size))
	}
	id, a = f.put(s, "SELL", "MARKET", f.size, "reduceOnly", "true")
	s.say("close", "%s", state(a))
	s.say("close asked for", "%s", state(f.settled(s, id)))
	s.say("position after it", "%s", part(f.held(s), f.size))
}

// fillsOf are the fills of an order, as soon as there are some.
func (f *futures) fillsOf(s *script, orderID string) (rows []object) {
	s.until(soon, func() bool {
		rows = f.ask(s, "GET", "/fapi/v1/userTrades", "symbol", f.symbol, "orderId", orderID).rows()
		return len(rows) > 0
	})
	return rows
}

func (f *futures) limitGTC(s *script) {
	id, a := f.limit(s, "BUY", f.below(s, "0.03"))
	s.say("order", "%s", state(a))
	s.say("fields of the answer", "%s", a.object().fields())
	open := f.ask(s, "GET", "/fapi/v1/openOrders", "symbol", f.symbol).rows()
	s.say("open orders", "%d", len(open))
	a = f.cancel(s, id)
	s.say("cancel", "%s", state(a))
	s.say("fields of the cancel", "%s", a.object().fields())
	s.say("order asked for", "%s", state(f.settled(s, id)))
	a = f.ask(s, "GET", "/fapi/v1/openOrder", "symbol", f.symbol, "origClientOrderId", id)
	s.say("open order asked for", "%s", a.words())
}

// force is a limit order with a time in force, at a price that trades or one that does not.
func (f *futures) force(name, tif string, trades bool) Case {
	return Case{name, func(s *script) {
		price := f.below(s, "0.03")
		if trades {
			price = f.above(s, "0.01")
		}
		id, a := f.put(s, "BUY", "LIMIT", f.size, "price", price.String(), "timeInForce", tif)
		s.say("order", "%s", state(a))
		a = f.order(s, id)
		s.say("order asked for", "%s", state(a))
		s.say("position", "%s", part(f.held(s), f.size))
	}}
}

// oldDoor is an order with a stop at the address of those without.
func (f *futures) oldDoor(name, kind string) Case {
	return Case{name, func(s *script) {
		price := f.below(s, "0.03")
		if kind == "TAKE_PROFIT_MARKET" {
			price = f.above(s, "0.03")
		}
		_, a := f.put(s, "SELL", kind, f.size, "stopPrice", price.String())
		s.say("order", "%s", state(a))
	}}
}
