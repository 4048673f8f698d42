package certify

import (
	"strings"

	"github.com/shopspring/decimal"
)

var one, two = decimal.NewFromInt(1), decimal.NewFromInt(2)

// cases implements account.
func (a *shares) cases() (all []Case) {
	for _, group := range [][]Case{
		a.readCases(), a.refusedCases(), a.restCases(), a.fillCases(), a.holdingCases(), a.streamCases(), a.barCases(),
		a.adapterCases(),
	} {
		all = append(all, group...)
	}
	return all
}

func (a *shares) readCases() []Case {
	return []Case{
		{"clock", func(s *script) {
			c := a.ask(s, "GET", "/v2/clock", nil).object()
			s.say("fields", "%s", c.fields())
			s.say("open", "%s", c.text("is_open"))
		}},
		{"account", func(s *script) {
			o := a.ask(s, "GET", "/v2/account", nil).object()
			s.say("fields", "%s", o.fields())
			for _, name := range []string{"status", "currency", "shorting_enabled", "trade_suspended_by_user"} {
				s.say(name, "%s", o.text(name))
			}
		}},
		{"unknown-key", func(s *script) {
			s.say("answer", "%s", a.askAs(s, "PKNOSUCHKEY0000000000", a.place.Secret, "GET", "/v2/account", nil).words())
		}},
		{"wrong-secret", func(s *script) {
			s.say("answer", "%s", a.askAs(s, a.place.Key, "no such secret", "GET", "/v2/account", nil).words())
		}},
		{"nothing-there", func(s *script) {
			s.say("order", "%s", a.order(s, a.id()).words())
			unknown := "00000000-0000-4000-8000-000000000000"
			s.say("order by the venue's ID", "%d", a.ask(s, "GET", "/v2/orders/"+unknown, nil).status)
			s.say("cancel", "%d", a.ask(s, "DELETE", "/v2/orders/"+unknown, nil).status)
		}},
	}
}

// refusedCases are orders that break one rule each.
func (a *shares) refusedCases() []Case {
	refused := func(name string, more map[string]any) Case {
		return Case{name, func(s *script) {
			body := map[string]any{"limit_price": cheap.String()}
			for key, value := range more {
				body[key] = value
			}
			for key, value := range body {
				if value == nil {
					delete(body, key)
				}
			}
			_, got := a.put(s, "buy", "limit", "day", one, body)
			s.say("order", "%s", shareState(got))
		}}
	}
	return []Case{
		refused("unknown-symbol", map[string]any{"symbol": "NOSUCHSHARE"}),
		refused("no-such-side", map[string]any{"side": "hold"}),
		refused("no-such-type", map[string]any{"type": "maybe"}),
		refused("no-such-time-in-force", map[string]any{"time_in_force": "soon"}),
		refused("limit-without-a-price", map[string]any{"limit_price": nil}),
		refused("market-with-a-price", map[string]any{"type": "market"}),
		refused("stop-without-a-price", map[string]any{"type": "stop", "limit_price": nil}),
		refused("price-too-fine", map[string]any{"limit_price": "1.001"}),
		refused("price-below-a-dollar-too-fine", map[string]any{"limit_price": "0.50001"}),
		refused("price-zero", map[string]any{"limit_price": "0"}),
		refused("quantity-zero", map[string]any{"qty": "0"}),
		refused("quantity-below-zero", map[string]any{"qty": "-1"}),
		refused("more-than-the-money", map[string]any{"qty": "1000000", "limit_price": "150"}),
		refused("client-id-too-long", map[string]any{"client_order_id": strings.Repeat("c", 129)}),
		refused("to-close-without-a-position", map[string]any{
			"side": "sell", "position_intent": "sell_to_close", "limit_price": dear.String(),
		}),
		refused("oco-without-a-position", map[string]any{
			"side": "sell", "limit_price": nil, "order_class": "oco", "take_profit": map[string]any{"limit_price": dear.String()},
			"stop_loss": map[string]any{"stop_price": cheap.String()},
		}),
	}
}
