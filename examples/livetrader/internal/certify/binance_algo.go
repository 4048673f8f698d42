package certify

import "github.com/shopspring/decimal"

// algo sends an order that waits for a price, under a client ID of its own unless the pairs name one.
func (f *futures) algo(s *script, side, kind string, pairs ...string) (id string, a answer) {
	id = valueIn(pairs, "clientAlgoId")
	if id == "" {
		id = f.id()
	}
	all := []string{"algoType", "CONDITIONAL", "symbol", f.symbol, "side", side, "type", kind, "clientAlgoId", id}
	return id, f.ask(s, "POST", algoPath, append(all, pairs...)...)
}

func (f *futures) algoOf(s *script, id string) answer {
	return f.ask(s, "GET", algoPath, "clientAlgoId", id)
}

func (f *futures) cancelAlgo(s *script, id string) answer {
	return f.ask(s, "DELETE", algoPath, "clientAlgoId", id)
}

func algoState(a answer) string {
	if !a.taken() {
		return a.words()
	}
	return a.object().text("algoStatus")
}

// algoCases are the orders that wait for a price.
func (f *futures) algoCases() []Case {
	rests := func(name, kind string, more func(s *script) []string) Case {
		return Case{name, func(s *script) {
			id, a := f.algo(s, "SELL", kind, more(s)...)
			s.say("order", "%s", algoState(a))
			s.say("order asked for", "%s", algoState(f.algoOf(s, id)))
		}}
	}
	size := func() string { return f.size.String() }
	return []Case{
		{"algo-life", f.algoLife},
		rests("algo-stop-limit", "STOP", func(s *script) []string {
			price := f.below(s, "0.03")
			return []string{"quantity", size(), "triggerPrice", price.String(), "price", price.Sub(f.terms.tick).String(),
				"timeInForce", "GTC"}
		}),
		rests("algo-take-profit-market", "TAKE_PROFIT_MARKET", func(s *script) []string {
			return []string{"quantity", size(), "triggerPrice", f.above(s, "0.03").String()}
		}),
		rests("algo-take-profit-limit", "TAKE_PROFIT", func(s *script) []string {
			price := f.above(s, "0.03").String()
			return []string{"quantity", size(), "triggerPrice", price, "price", price, "timeInForce", "GTC"}
		}),
		rests("algo-trailing", "TRAILING_STOP_MARKET", func(s *script) []string {
			return []string{"quantity", size(), "callbackRate", "5", "activatePrice", f.above(s, "0.03").String()}
		}),
		rests("algo-reduce-only-without-a-position", "STOP_MARKET", func(s *script) []string {
			return []string{"quantity", size(), "triggerPrice", f.below(s, "0.03").String(), "reduceOnly", "true"}
		}),
		rests("algo-close-position-with-quantity", "STOP_MARKET", func(s *script) []string {
			return []string{"quantity", size(), "triggerPrice", f.below(s, "0.03").String(), "closePosition", "true"}
		}),
		rests("algo-without-a-trigger", "STOP_MARKET", func(*script) []string { return []string{"quantity", size()} }),
		{"algo-that-would-trigger-at-once", func(s *script) {
			_, a := f.algo(s, "SELL", "STOP_MARKET", "quantity", size(), "triggerPrice", f.above(s, "0.01").String())
			s.say("order", "%s", algoState(a))
		}},
		{"algo-id-twice-while-open", func(s *script) {
			price := f.below(s, "0.03").String()
			id, a := f.algo(s, "SELL", "STOP_MARKET", "quantity", size(), "triggerPrice", price)
			s.say("first", "%s", algoState(a))
			_, a = f.algo(s, "SELL", "STOP_MARKET", "quantity", size(), "triggerPrice", price, "clientAlgoId", id)
			s.say("second", "%s", algoState(a))
			_, a = f.limit(s, "BUY", f.below(s, "0.03"), "newClientOrderId", id)
			s.say("an order without a stop under that ID", "%s", state(a))
		}},
		{"algo-id-again-after-cancel", func(s *script) {
			price := f.below(s, "0.03").String()
			id, _ := f.algo(s, "SELL", "STOP_MARKET", "quantity", size(), "triggerPrice", price)
			s.say("cancel", "%s", f.cancelAlgo(s, id).words())
			_, a := f.algo(s, "SELL", "STOP_MARKET", "quantity", size(), "triggerPrice", price, "clientAlgoId", id)
			s.say("second", "%s", algoState(a))
		}},
		{"algo-close-position", f.algoClosePosition},
		{"algo-that-triggers", f.algoTriggers},
	}
}

// algoLife is one from its placing to its cancel, and what the lists of other orders have to do with it.
func (f *futures) algoLife(s *script) {
	id, a := f.algo(s, "SELL", "STOP_MARKET", "quantity", f.size.String(), "triggerPrice", f.below(s, "0.03").String())
	s.say("order", "%s", algoState(a))
	s.say("fields of the answer", "%s", a.object().fields())
	a = f.algoOf(s, id)
	s.say("fields of the order", "%s", a.object().fields())
	s.say("open with a stop", "%d", len(f.ask(s, "GET", "/fapi/v1/openAlgoOrders", "symbol", f.symbol).rows()))
	s.say("open without", "%d", len(f.ask(s, "GET", "/fapi/v1/openOrders", "symbol", f.symbol).rows()))
	s.say("asked for as one without", "%s", state(f.order(s, id)))
	f.ask(s, "DELETE", "/fapi/v1/allOpenOrders", "symbol", f.symbol)
	s.say("after the cancel of all without", "%s", algoState(f.algoOf(s, id)))
	a = f.cancelAlgo(s, id)
	s.say("cancel", "%s", a.words())
	s.say("fields of the cancel", "%s", a.object().fields())
	s.say("after its cancel", "%s", algoState(f.algoOf(s, id)))
	s.say("cancel again", "%s", f.cancelAlgo(s, id).words())
	s.say("cancel of nothing", "%s", f.cancelAlgo(s, f.id()).words())
	s.say("asked for what was never there", "%s", algoState(f.algoOf(s, f.id())))
}

// algoClosePosition is the stop that belongs to a position: what becomes of it when that is closed by another order.
func (f *futures) algoClosePosition(s *script) {
	f.buy(s)
	id, a := f.algo(s, "SELL", "STOP_MARKET", "triggerPrice", f.below(s, "0.03").String(), "closePosition", "true")
	s.say("order", "%s", algoState(a))
	_, a = f.algo(s, "SELL", "STOP_MARKET", "triggerPrice", f.below(s, "0.04").String(), "closePosition", "true")
	s.say("a second one", "%s", algoState(a))
	f.flatten(s)
	var last answer
	s.until(soon, func() bool {
		last = f.algoOf(s, id)
		return algoState(last) != "NEW"
	})
	s.say("after the position", "%s", algoState(last))
}

// algoTriggers follows one over its trigger, to the order that is born there.
func (f *futures) algoTriggers(s *script) {
	_, ask := f.quote(s)
	trigger := up(ask.Add(f.terms.tick.Mul(decimal.NewFromInt(3))), f.terms.tick)
	id, a := f.algo(s, "BUY", "STOP_MARKET", "quantity", f.size.String(), "triggerPrice", trigger.String())
	s.say("order", "%s", algoState(a))
	if f.place.Move != nil {
		f.place.Move(f.symbol, trigger)
	}
	var last answer
	ended := s.until(f.patience, func() bool {
		last = f.algoOf(s, id)
		return algoState(last) != "NEW" && algoState(last) != "TRIGGERING" && algoState(last) != "TRIGGERED"
	})
	if !ended {
		s.skip("the price did not come within " + f.patience.String() + ": run it again with --only algo-that-triggers")
		return
	}
	s.say("after its trigger", "%s", algoState(last))
	born := last.object().text("actualOrderId")
	s.say("it names the order that was born", "%t", born != "" && born != "0")
	a = f.ask(s, "GET", orderPath, "symbol", f.symbol, "orderId", born)
	o := a.object()
	s.say("that order", "%s", state(a))
	s.say("its type", "%s, of origin %s", o.text("type"), o.text("origType"))
	s.say("its client ID", "%s", relation(o.text("clientOrderId"), id))
	s.say("asked for by the ID of the stop", "%s", state(f.order(s, id)))
	s.say("cancel of the stop", "%s", f.cancelAlgo(s, id).words())
	s.say("cancel of that order", "%s", f.ask(s, "DELETE", orderPath, "symbol", f.symbol, "orderId", born).words())
	s.say("fills under the ID of that order", "%t", len(f.fillsOf(s, born)) > 0)
}

func relation(id, of string) string {
	switch id {
	case of:
		return "that of the stop"
	case "":
		return "none"
	}
	return "one of its own"
}
