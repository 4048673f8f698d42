package certify

import (
	"regexp"

	"github.com/shopspring/decimal"
)

// priceInWords is a number in a refusal that is of today's price.
var priceInWords = regexp.MustCompile(`than [0-9.]+`)

// filterCases are orders that break one filter each.
func (f *futures) filterCases() []Case {
	at := func(name string, qty, price func(s *script) decimal.Decimal) Case {
		return Case{name, func(s *script) {
			_, a := f.put(s, "BUY", "LIMIT", qty(s), "price", price(s).String(), "timeInForce", "GTC")
			s.say("order", "%s", state(a))
		}}
	}
	size := func(*script) decimal.Decimal { return f.size }
	low := func(s *script) decimal.Decimal { return f.below(s, "0.03") }
	tenth := decimal.RequireFromString("0.1")
	finer := func(digits int) decimal.Decimal { return decimal.New(1, -int32(digits)-1) } //nolint:gosec // below 20
	// The two that are large are larger than a venue's filter and than the money of a demo.
	return []Case{
		{"price-off-the-tick", func(s *script) {
			if f.terms.tick.Equal(decimal.New(1, f.terms.tick.Exponent())) && f.terms.row.number("pricePrecision").Equal(
				decimal.NewFromInt(int64(-f.terms.tick.Exponent()))) {
				s.skip("the tick is as fine as a price may be")
			}
			_, a := f.limit(s, "BUY", low(s).Add(f.terms.tick.Mul(tenth)))
			s.say("order", "%s", state(a))
		}},
		at("price-too-fine", size, func(s *script) decimal.Decimal {
			return low(s).Add(finer(int(f.terms.row.number("pricePrecision").IntPart())))
		}),
		at("quantity-too-fine", func(*script) decimal.Decimal { return f.size.Add(finer(f.terms.digits)) }, low),
		at("quantity-zero", func(*script) decimal.Decimal { return decimal.Zero }, low),
		at("quantity-below-the-smallest", func(*script) decimal.Decimal {
			return f.terms.minQty.Mul(tenth)
		}, low),
		at("worth-below-the-smallest", func(s *script) decimal.Decimal {
			return decimal.Max(f.terms.minQty, down(f.terms.notional.Div(low(s)).Mul(nine), f.terms.step))
		}, low),
		{"market-too-large", func(s *script) {
			_, a := f.put(s, "BUY", "MARKET", f.terms.marketMax.Add(f.terms.step))
			s.say("order", "%s", state(a))
		}},
		at("more-than-the-margin", func(*script) decimal.Decimal { return f.terms.marketMax }, low),
		{"price-too-high", func(s *script) {
			_, ask := f.quote(s)
			_, a := f.limit(s, "BUY", up(ask.Mul(f.terms.top).Mul(decimal.RequireFromString("1.05")), f.terms.tick))
			s.say("order", "%s", priceInWords.ReplaceAllString(state(a), "than PRICE"))
		}},
		{"market-with-a-price", func(s *script) {
			_, a := f.put(s, "BUY", "MARKET", f.size, "price", low(s).String())
			s.say("order", "%s", state(a))
		}},
		{"no-quantity", func(s *script) {
			s.say("order", "%s", f.ask(s, "POST", orderPath, "symbol", f.symbol, "side", "BUY", "type", "MARKET").words())
		}},
		{"no-such-type", func(s *script) {
			_, a := f.put(s, "BUY", "MAYBE", f.size)
			s.say("order", "%s", state(a))
		}},
	}
}
