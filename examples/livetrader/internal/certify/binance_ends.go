package certify

import (
	"fmt"
	"time"
)

// endCases are client IDs that come twice, cancels of what is over, and lists in pages.
func (f *futures) endCases() []Case {
	return []Case{
		{"id-twice-while-open", func(s *script) {
			price := f.below(s, "0.03")
			id, a := f.limit(s, "BUY", price)
			s.say("first", "%s", state(a))
			_, a = f.limit(s, "BUY", price, "newClientOrderId", id)
			s.say("second", "%s", state(a))
			s.say("open orders", "%d", len(f.ask(s, "GET", "/fapi/v1/openOrders", "symbol", f.symbol).rows()))
		}},
		{"id-again-after-cancel", func(s *script) {
			price := f.below(s, "0.03")
			id, first := f.limit(s, "BUY", price)
			f.cancel(s, id)
			_, second := f.limit(s, "BUY", price, "newClientOrderId", id)
			s.say("second", "%s", state(second))
			s.say("the ID finds", "%s", which(f.order(s, id), first, second))
		}},
		{"id-again-after-fill", func(s *script) {
			id := f.buy(s)
			first := f.order(s, id)
			_, second := f.put(s, "BUY", "MARKET", f.size, "newClientOrderId", id)
			s.say("second", "%s", state(second))
			s.say("the ID finds", "%s", which(f.order(s, id), first, second))
			s.say("held", "%s of one order", f.held(s).Div(f.size))
		}},
		{"cancel-of-nothing", func(s *script) {
			s.say("cancel", "%s", state(f.cancel(s, f.id())))
			s.say("order asked for", "%s", state(f.order(s, f.id())))
		}},
		{"cancel-twice", func(s *script) {
			id, _ := f.limit(s, "BUY", f.below(s, "0.03"))
			s.say("first", "%s", state(f.cancel(s, id)))
			s.say("second", "%s", state(f.cancel(s, id)))
		}},
		{"cancel-of-what-is-filled", func(s *script) {
			s.say("cancel", "%s", state(f.cancel(s, f.buy(s))))
		}},
		{"cancel-all", func(s *script) {
			id, _ := f.limit(s, "BUY", f.below(s, "0.03"))
			s.say("cancel all", "%s", f.ask(s, "DELETE", "/fapi/v1/allOpenOrders", "symbol", f.symbol).words())
			s.say("order asked for", "%s", state(f.settled(s, id)))
			s.say("again, with nothing open", "%s", f.ask(s, "DELETE", "/fapi/v1/allOpenOrders", "symbol", f.symbol).words())
		}},
		{"fills-in-pages", f.pages},
		{"income", f.income},
		{"countdown", f.countdown},
	}
}

// which says which of two orders an answer is about.
func which(found, first, second answer) string {
	switch id := found.object().text("orderId"); {
	case !found.taken():
		return found.words()
	case second.taken() && id == second.object().text("orderId"):
		return "the second"
	case id == first.object().text("orderId"):
		return "the first"
	default:
		return "another order"
	}
}

// pages reads fills one by one.
func (f *futures) pages(s *script) {
	first := f.order(s, f.buy(s)).object().text("orderId")
	second := f.order(s, f.buy(s)).object().text("orderId")
	one := f.fillsOf(s, first)
	f.fillsOf(s, second) // so that both are there
	if len(one) == 0 {
		s.skip("the venue tells no fills of an order that it says is filled")
		return
	}
	from := one[0].text("id")
	a := f.ask(s, "GET", "/fapi/v1/userTrades", "symbol", f.symbol, "fromId", from, "limit", "1")
	s.say("rows of a page of one", "%d", len(a.rows()))
	if rows := a.rows(); len(rows) == 1 {
		s.say("it begins with fromId itself", "%t", rows[0].text("id") == from)
	}
	all := f.ask(s, "GET", "/fapi/v1/userTrades", "symbol", f.symbol, "fromId", from).rows()
	s.say("the oldest comes first", "%t", len(all) > 1 && all[0].number("id").LessThan(all[len(all)-1].number("id")))
	a = f.ask(s, "GET", "/fapi/v1/userTrades", "symbol", f.symbol, "fromId", from, "startTime",
		fmt.Sprint(f.now().Add(-time.Hour).UnixMilli()))
	s.say("fromId together with a time", "%s", a.words())
	a = f.ask(s, "GET", "/fapi/v1/userTrades", "symbol", f.symbol, "startTime",
		fmt.Sprint(f.now().Add(-8*24*time.Hour).UnixMilli()), "endTime", fmt.Sprint(f.now().UnixMilli()))
	s.say("more than seven days", "%s", a.words())
}

// income looks for the fee of a fill among what has moved the wallet.
func (f *futures) income(s *script) {
	began := f.now().Add(-time.Second)
	fills := f.fillsOf(s, f.order(s, f.buy(s)).object().text("orderId"))
	var fee object
	s.until(soon, func() bool {
		for _, row := range f.ask(s, "GET", "/fapi/v1/income", "symbol", f.symbol, "incomeType", "COMMISSION", "startTime",
			fmt.Sprint(began.UnixMilli())).rows() {
			if len(fills) > 0 && row.text("tradeId") == fills[0].text("id") {
				fee = row
			}
		}
		return fee != nil
	})
	s.say("the fee has a row", "%t", fee != nil)
	if fee != nil {
		s.say("fields", "%s", fee.fields())
		s.say("it is the fee of the fill", "%t", fee.number("income").Neg().Equal(fills[0].number("commission")))
	}
}

// countdown lets the venue cancel by itself, and sees whether an order with a stop outlives that: its pages do not say.
func (f *futures) countdown(s *script) {
	id, _ := f.limit(s, "BUY", f.below(s, "0.03"))
	stop, _ := f.algo(s, "BUY", "STOP_MARKET", "quantity", f.size.String(), "triggerPrice", f.above(s, "0.03").String())
	a := f.ask(s, "POST", "/fapi/v1/countdownCancelAll", "symbol", f.symbol, "countdownTime", "5000")
	s.say("answer", "%s", a.words())
	s.say("fields", "%s", a.object().fields())
	s.say("before it is over", "%s", state(f.order(s, id)))
	s.wait(4 * time.Second)
	s.say("the order after it", "%s", state(f.settled(s, id)))
	s.say("the stop after it", "%s", algoState(f.algoOf(s, stop)))
	s.say("taken back", "%s", f.ask(s, "POST", "/fapi/v1/countdownCancelAll", "symbol", f.symbol, "countdownTime", "0").words())
}
