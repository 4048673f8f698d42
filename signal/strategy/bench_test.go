package strategy_test

import (
	"math"
	"testing"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

func BenchmarkOnBar(b *testing.B) {
	cross, breakout := spec(b, strategy.EMACross{}), spec(b, strategy.Donchian{})
	closes := make([]float64, 1024)
	for i := range closes {
		closes[i] = 100 + 3*math.Sin(float64(i)/5) + math.Sin(float64(i)/23)
	}
	history := bars(closes...)
	for _, spec := range []signal.Spec{
		cross, breakout, spec(b, strategy.RSIReversion{}), spec(b, strategy.MACD{}), spec(b, strategy.BollingerBreakout{}),
		spec(b, strategy.Vote{Members: []strategy.Member{{Spec: cross}, {Spec: breakout}}}),
	} {
		b.Run(spec.Name, func(b *testing.B) {
			b.ReportAllocs()
			s := spec.New()
			for i := 0; b.Loop(); i++ {
				s.OnBar(history[i%len(history)])
			}
		})
	}
}
