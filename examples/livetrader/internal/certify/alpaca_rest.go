package certify

import (
	"strings"

	"github.com/shopspring/decimal"
)

// restCases need no fill, and so no hour.
func (a *shares) restCases() []Case {
	return []Case{
		a.life("limit-day", "limit", "day", map[string]any{"limit_price": cheap.String()}),
		a.life("limit-gtc", "limit", "gtc", map[string]any{"limit_price": cheap.String()}),
		a.life("limit-below-a-dollar", "limit", "day", map[string]any{"limit_price": "0.5001"}),
		a.life("stop", "stop", "gtc", map[string]any{"stop_price": dear.String()}),
		a.life("stop-limit", "stop_limit", "gtc", map[string]any{"stop_price": dear.String(), "limit_price": dear.String()}),
		{"id-twice-while-open", func(s *script) {
			id, first := a.rest(s)
			s.say("first", "%t", first.taken())
			second := a.again(s, id)
			s.say("second", "%s", shareState(second))
		}},
		{"id-again-after-cancel", func(s *script) {
			id, first := a.rest(s)
			a.cancel(s, first)
			s.say("first", "%s", shareState(a.settled(s, id)))
			second := a.again(s, id)
			s.say("second", "%s", shareState(second))
		}},
		{"cancel-twice", func(s *script) {
			id, got := a.rest(s)
			s.say("first", "%s", a.cancel(s, got).words())
			a.settled(s, id)
			s.say("second", "%s", a.cancel(s, got).words())
		}},
		{"replace", a.replace},
		{"opposite-side", func(s *script) {
			_, got := a.put(s, "buy", "stop", "gtc", one, map[string]any{"stop_price": dear.String()})
			s.say("a stop that buys", "%t", got.taken())
			_, got = a.put(s, "sell", "limit", "day", one, map[string]any{"limit_price": dear.String()})
			s.say("a limit that sells", "%s", shareState(got))
		}},
		{"orders-in-pages", func(s *script) {
			first, _ := a.rest(s)
			second, _ := a.rest(s)
			newest := a.ask(s, "GET", "/v2/orders?status=open&limit=1", nil).rows()
			s.say("rows of a page of one", "%d", len(newest))
			oldest := a.ask(s, "GET", "/v2/orders?status=open&limit=1&direction=asc", nil).rows()
			if len(newest) == 1 && len(oldest) == 1 {
				s.say("the newest comes first", "%t", newest[0].text("client_order_id") == second)
				s.say("unless the oldest is asked for", "%t", oldest[0].text("client_order_id") == first)
			}
		}},
	}
}

// again sends a limit order that would stay, under an ID that was used.
func (a *shares) again(s *script, id string) answer {
	_, got := a.put(s, "buy", "limit", "day", one, map[string]any{"limit_price": cheap.String(), "client_order_id": id})
	return got
}

// rest sends a limit order that stays.
func (a *shares) rest(s *script) (id string, got answer) {
	return a.put(s, "buy", "limit", "day", one, map[string]any{"limit_price": cheap.String()})
}

// life is an order from its placing to its cancel.
func (a *shares) life(name, kind, tif string, more map[string]any) Case {
	return Case{name, func(s *script) {
		id, got := a.put(s, "buy", kind, tif, one, more)
		s.say("taken", "%t", got.taken())
		if !got.taken() {
			s.say("order", "%s", got.words())
			return
		}
		s.say("fields of the answer", "%s", got.object().fields())
		got = a.begun(s, id)
		s.say("order asked for", "%s", shareState(got))
		o := got.object()
		s.say("its type", "%s", o.text("type"))
		s.say("its limit", "%s", o.number("limit_price"))
		s.say("open orders", "%d", len(a.openOrders(s)))
		s.say("cancel", "%s", a.cancel(s, got).words())
		s.say("after it", "%s", shareState(a.settled(s, id)))
	}}
}

// replace puts another order in the place of one.
func (a *shares) replace(s *script) {
	id, _ := a.rest(s)
	old := a.begun(s, id)
	with := a.id()
	price := cheap.Add(decimal.New(1, -2)).String()
	got := a.ask(s, "PATCH", "/v2/orders/"+old.object().text("id"), map[string]any{"limit_price": price, "client_order_id": with})
	s.say("answer", "%t", got.taken())
	if !got.taken() {
		s.say("refusal", "%s", got.words())
		return
	}
	s.say("it has a new ID", "%t", got.object().text("id") != old.object().text("id"))
	s.say("its client ID is the new one", "%t", got.object().text("client_order_id") == with)
	was := a.settled(s, id)
	s.say("the old one", "%s", shareState(was))
	s.say("the old one names the new", "%t", was.object().text("replaced_by") == got.object().text("id"))
	now := a.begun(s, with)
	s.say("the new one", "%s", shareState(now))
	s.say("its limit", "%t", now.object().text("limit_price") == price)
	next := a.ask(s, "PATCH", "/v2/orders/"+now.object().text("id"), map[string]any{"limit_price": cheap.String()})
	s.say("a client ID where none is given", "%s", kindOfID(next.object(), with))
	s.say("replace of what was replaced", "%s", a.ask(s, "PATCH", "/v2/orders/"+old.object().text("id"),
		map[string]any{"limit_price": price}).words())
}

func kindOfID(o object, before string) string {
	switch id := o.text("client_order_id"); {
	case id == "":
		return "none"
	case id == before:
		return "that of the old one"
	case strings.Count(id, "-") == 4:
		return "one that the venue made"
	default:
		return "another one"
	}
}
