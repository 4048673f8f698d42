package certify

import (
	"net/url"

	"github.com/shopspring/decimal"
)

// fillCases trade, and run while the exchange is open.
func (a *shares) fillCases() []Case {
	return []Case{
		{"market", a.market},
		a.force("ioc-away", "ioc", false),
		a.force("ioc-that-trades", "ioc", true),
		a.force("fok-away", "fok", false),
		a.force("fok-that-trades", "fok", true),
		a.force("day-that-trades", "day", true),
		{"id-again-after-fill", func(s *script) {
			id, _ := a.buy(s)
			_, second := a.put(s, "buy", "market", "day", one, map[string]any{"client_order_id": id})
			s.say("second", "%s", shareState(second))
		}},
		{"cancel-of-what-is-filled", func(s *script) {
			_, got := a.buy(s)
			s.say("cancel", "%s", a.cancel(s, got).words())
		}},
		{"replace-of-what-is-filled", func(s *script) {
			_, got := a.buy(s)
			s.say("replace", "%s", a.ask(s, "PATCH", "/v2/orders/"+got.object().text("id"), map[string]any{"qty": "2"}).words())
		}},
		{"fills-in-pages", func(s *script) {
			a.buy(s)
			a.buy(s)
			page := "/v2/account/activities?activity_types=FILL&direction=asc&page_size=1"
			first := a.ask(s, "GET", page, nil).rows()
			s.say("rows of a page of one", "%d", len(first))
			if len(first) != 1 {
				return
			}
			second := a.ask(s, "GET", page+"&page_token="+url.QueryEscape(first[0].text("id")), nil).rows()
			s.say("rows of the next", "%d", len(second))
			s.say("it goes on behind the token", "%t", len(second) == 1 && second[0].text("id") > first[0].text("id"))
		}},
	}
}

func (a *shares) market(s *script) {
	a.wantsOpen(s)
	id, got := a.put(s, "buy", "market", "day", one, nil)
	s.say("taken", "%t", got.taken())
	last := a.settled(s, id)
	s.say("order asked for", "%s", shareState(last))
	s.say("fields of the order", "%s", last.object().fields())
	var fill object
	s.until(soon, func() bool {
		newest := a.ask(s, "GET", "/v2/account/activities?activity_types=FILL&direction=desc&page_size=10", nil)
		for _, row := range newest.rows() {
			if row.text("order_id") == last.object().text("id") {
				fill = row
			}
		}
		return fill != nil
	})
	s.say("fields of a fill", "%s", fill.fields())
	s.say("fill", "%s of side %s", fill.text("type"), fill.text("side"))
	for _, p := range a.positions(s) {
		s.say("fields of the position", "%s", p.fields())
		s.say("position", "%s %s", p.number("qty"), p.text("side"))
	}
	id, _ = a.put(s, "sell", "market", "day", one, map[string]any{"position_intent": "sell_to_close"})
	s.say("close", "%s", shareState(a.settled(s, id)))
	s.say("position after it", "%s", a.held(s))
}

// force is a limit order with a time in force, at a price that trades or one that does not.
func (a *shares) force(name, tif string, trades bool) Case {
	return Case{name, func(s *script) {
		a.wantsOpen(s)
		price := cheap
		if trades {
			a.buy(s) // tells the price
			price = a.price.Mul(decimal.RequireFromString("1.02")).Round(2)
		}
		id, got := a.put(s, "buy", "limit", tif, one, map[string]any{"limit_price": price.String()})
		s.say("taken", "%t", got.taken())
		s.say("order asked for", "%s", shareState(a.settled(s, id)))
	}}
}

// holdingCases are what may be sold of a holding, and the pair that guards one.
func (a *shares) holdingCases() []Case {
	return []Case{
		{"sell-more-than-is-held", func(s *script) {
			a.buy(s)
			_, got := a.put(s, "sell", "limit", "gtc", two, map[string]any{"limit_price": dear.String()})
			s.say("order", "%s", shareState(got))
		}},
		{"sell-what-another-order-holds", func(s *script) {
			a.buy(s)
			_, got := a.put(s, "sell", "limit", "gtc", one, map[string]any{"limit_price": dear.String()})
			s.say("first", "%t", got.taken())
			_, got = a.put(s, "sell", "stop", "gtc", one, map[string]any{"stop_price": cheap.String()})
			s.say("second", "%s", shareState(got))
		}},
		{"buy-beside-a-stop-that-sells", func(s *script) {
			a.buy(s)
			_, got := a.put(s, "sell", "stop", "gtc", one, map[string]any{"stop_price": cheap.String()})
			s.say("stop", "%t", got.taken())
			_, got = a.put(s, "buy", "market", "day", one, nil)
			s.say("market", "%s", shareState(got))
		}},
		{"oco", a.oco},
		{"oco-the-wrong-way-round", func(s *script) {
			a.buy(s)
			_, got := a.pair(s, cheap, dear)
			s.say("order", "%s", shareState(got))
		}},
	}
}

// pair sends a take-profit and a stop as one order.
func (a *shares) pair(s *script, profit, stop decimal.Decimal) (id string, got answer) {
	return a.put(s, "sell", "limit", "gtc", one, map[string]any{
		"order_class": "oco", "take_profit": map[string]any{"limit_price": profit.String()},
		"stop_loss": map[string]any{"stop_price": stop.String()},
	})
}

func (a *shares) oco(s *script) {
	a.buy(s)
	id, got := a.pair(s, dear, cheap)
	s.say("taken", "%t", got.taken())
	if !got.taken() {
		s.say("order", "%s", got.words())
		return
	}
	s.say("its class", "%s", got.object().text("order_class"))
	a.begun(s, id)
	nested := a.ask(s, "GET", "/v2/orders?status=open&limit=500&nested=true", nil).rows()
	s.say("orders, with legs inside", "%d", len(nested))
	s.say("orders, one by one", "%d", len(a.openOrders(s)))
	var leg object
	for _, o := range nested {
		for _, l := range o.children("legs") {
			leg = l
		}
	}
	s.say("fields of the leg", "%s", leg.fields())
	s.say("the leg", "%s, %s", leg.text("type"), leg.text("status"))
	s.say("cancel of the leg", "%d", a.ask(s, "DELETE", "/v2/orders/"+leg.text("id"), nil).status)
	s.say("the leg after it", "%s", shareState(a.settled(s, leg.text("client_order_id"))))
	s.say("the other after it", "%s", shareState(a.settled(s, id)))
}
