package certify

import (
	"strings"
	"time"
)

// gateCases are what the venue refuses before it looks at the order. Each would be an order that rests.
func (f *futures) gateCases() []Case {
	refused := func(name string, c call, more ...string) Case {
		return Case{name, func(s *script) {
			id := f.id()
			price := f.below(s, "0.03")
			a := f.askAs(s, c, "POST", orderPath, append([]string{"symbol", f.symbol, "side", "BUY", "type", "LIMIT",
				"timeInForce", "GTC", "quantity", f.size.String(), "price", price.String(), "newClientOrderId", id}, more...)...)
			s.say("order", "%s", a.words())
			s.say("order asked for", "%s", state(f.order(s, id)))
		}}
	}
	return []Case{
		refused("late-request", call{late: 10 * time.Second}),
		refused("late-in-short-window", call{late: 3 * time.Second}, "recvWindow", "1000"),
		refused("old-in-long-window", call{late: 10 * time.Second}, "recvWindow", "30000"),
		refused("clock-ahead", call{late: -5 * time.Second}),
		refused("window-too-long", call{}, "recvWindow", "60001"),
		refused("wrong-signature", call{secret: strings.Repeat("0", 64)}),
		refused("unknown-key", call{key: strings.Repeat("k", 64)}),
		refused("no-signature", call{keyed: true}),
		refused("hedge-side", call{}, "positionSide", "LONG"),
		refused("client-id-too-long", call{}, "newClientOrderId", strings.Repeat("c", 37)),
		refused("client-id-with-a-space", call{}, "newClientOrderId", "certify me"),
	}
}
