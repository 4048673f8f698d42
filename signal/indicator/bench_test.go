package indicator_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// walk is a price that goes up and down without a rule that a processor could learn.
func walk(i int) float64 { return prices[i%len(prices)] }

var prices = func() (p [1 << 14]float64) {
	random := rand.New(rand.NewPCG(1, 2))
	x := 100.0
	for i := range p {
		x *= math.Exp(random.NormFloat64() / 1000)
		p[i] = x
	}
	return p
}()

func BenchmarkEMA(b *testing.B) {
	b.ReportAllocs()
	u := newEMA(b, 21)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i))
	}
}

func BenchmarkRSI(b *testing.B) {
	b.ReportAllocs()
	u := newRSI(b, 14)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i))
	}
}

// together is what a bar costs a strategy that looks at everything: EMA, RSI, ATR, Bollinger and MACD.
func together(t require.TestingT) func(x float64) {
	ema, rsi := newEMA(t, 21), newRSI(t, 14)
	atr, err := indicator.NewATR(14)
	require.NoError(t, err)
	bands, err := indicator.NewBollinger(20, 2)
	require.NoError(t, err)
	macd, err := indicator.NewMACD(12, 26, 9)
	require.NoError(t, err)
	return func(x float64) {
		ema.Update(x)
		rsi.Update(x)
		atr.Update(x+1, x-1, x)
		bands.Update(x)
		macd.Update(x)
	}
}

func BenchmarkFiveTogether(b *testing.B) {
	b.ReportAllocs()
	update := together(b)
	for i := 0; b.Loop(); i++ {
		update(walk(i))
	}
}

func BenchmarkDonchian(b *testing.B) {
	for _, period := range []int{20, 1000, 100_000} {
		b.Run(fmt.Sprint(period), func(b *testing.B) {
			b.ReportAllocs()
			d, err := indicator.NewDonchian(period)
			require.NoError(b, err)
			for i := 0; b.Loop(); i++ {
				d.Update(walk(i)+1, walk(i)-1)
			}
		})
	}
}

func BenchmarkATR(b *testing.B) {
	b.ReportAllocs()
	u, err := indicator.NewATR(14)
	require.NoError(b, err)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i)+1, walk(i)-1, walk(i))
	}
}

func BenchmarkBollinger(b *testing.B) {
	b.ReportAllocs()
	u, err := indicator.NewBollinger(20, 2)
	require.NoError(b, err)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i))
	}
}

func BenchmarkMACD(b *testing.B) {
	b.ReportAllocs()
	u, err := indicator.NewMACD(12, 26, 9)
	require.NoError(b, err)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i))
	}
}
