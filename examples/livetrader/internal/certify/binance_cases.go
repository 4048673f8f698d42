package certify

import (
	"github.com/shopspring/decimal"
)

// cases implements account.
func (f *futures) cases() (all []Case) {
	for _, group := range [][]Case{f.readCases(), f.gateCases(), f.orderCases(), f.filterCases(), f.endCases(), f.algoCases(),
		f.streamCases(), f.adapterCases()} {
		all = append(all, group...)
	}
	return all
}

// put sends an order under a client ID of its own, unless the pairs name one, and returns that ID.
func (f *futures) put(s *script, side, kind string, qty decimal.Decimal, pairs ...string) (id string, a answer) {
	id = valueIn(pairs, "newClientOrderId")
	if id == "" {
		id = f.id()
	}
	all := []string{"symbol", f.symbol, "side", side, "type", kind, "quantity", qty.String(), "newClientOrderId", id,
		"newOrderRespType", "RESULT"}
	return id, f.ask(s, "POST", orderPath, append(all, pairs...)...)
}

// limit sends one that is good until it is canceled.
func (f *futures) limit(s *script, side string, price decimal.Decimal, pairs ...string) (id string, a answer) {
	return f.put(s, side, "LIMIT", f.size, append([]string{"price", price.String(), "timeInForce", "GTC"}, pairs...)...)
}

func valueIn(pairs []string, name string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1]
		}
	}
	return ""
}

// order asks for one by its client ID.
func (f *futures) order(s *script, id string) answer {
	return f.ask(s, "GET", orderPath, "symbol", f.symbol, "origClientOrderId", id)
}

// cancel asks for the end of one by its client ID.
func (f *futures) cancel(s *script, id string) answer {
	return f.ask(s, "DELETE", orderPath, "symbol", f.symbol, "origClientOrderId", id)
}

// state is an answer about an order as a line has it.
func state(a answer) string {
	if !a.taken() {
		return a.words()
	}
	o := a.object()
	return o.text("status") + ", filled " + part(o.number("executedQty"), o.number("origQty"))
}

// settled is what becomes of an order that does not rest: the answer that says so first.
func (f *futures) settled(s *script, id string) (last answer) {
	s.until(soon, func() bool {
		last = f.order(s, id)
		status := last.object().text("status")
		return last.taken() && status != "NEW" && status != "PARTIALLY_FILLED"
	})
	return last
}
