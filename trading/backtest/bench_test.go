package backtest_test

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// inMemory are bars in memory.
type inMemory []signal.Bar

func (b *inMemory) Next() (signal.Bar, error) {
	if len(*b) == 0 {
		return signal.Bar{}, io.EOF
	}
	bar := (*b)[0]
	*b = (*b)[1:]
	return bar, nil
}

// month is a random walk of n minutes, always the same.
func month(symbol string, n int) inMemory {
	random := rand.New(rand.NewPCG(1, 2))
	bars, price := make(inMemory, n), 40_000.0
	for i := range bars {
		open := price
		price = math.Round(100*price*(1+0.0008*random.NormFloat64())) / 100
		bars[i] = signal.Bar{
			Symbol: symbol, Time: start.Add(time.Duration(i) * time.Minute), Interval: time.Minute,
			Open: open, High: max(open, price) + 5, Low: min(open, price) - 5, Close: price, Volume: 10,
		}
	}
	return bars
}

// BenchmarkReplay replays a month of minutes in memory through all parts: EMA 8/21 on one symbol, about 2,000 orders.
func BenchmarkReplay(b *testing.B) {
	const n = 45_000
	bars := month("BTC/USDT", n)
	b.ReportAllocs()
	fills := 0
	for b.Loop() {
		fills = replayMonth(b, bars)
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "bars/s")
	b.ReportMetric(float64(fills), "fills")
}

func replayMonth(tb testing.TB, bars inMemory) int {
	cfg := crossing(tb, &bars, "BTC/USDT")
	replay, err := backtest.New(cfg)
	require.NoError(tb, err)
	require.NoError(tb, replay.Run(context.Background()))
	return replay.Status().Engine.Counts.Fills
}

// crossing is a replay of EMA 8/21.
func crossing(tb testing.TB, bars backtest.Bars, symbols ...string) backtest.Config {
	cross, err := strategy.EMACross{Fast: 8, Slow: 21}.Spec()
	require.NoError(tb, err)
	cfg := backtest.Config{
		Bars:      bars,
		Generator: generator.Config{Specs: []signal.Spec{cross}, Interval: time.Minute},
		Paper:     paper.Config{Cash: number("10000"), FeeRate: number("0.0004")},
		Engine: engine.Config{
			Size:        size.FixedNotional{Amount: number("1000")},
			Risk:        risk.Limits{MaxPosition: number("2000"), MaxOrder: number("2000"), MaxDailyLoss: number("5000")},
			AutoExecute: true,
		},
	}
	for _, symbol := range symbols {
		cfg.Instruments = append(cfg.Instruments, trading.Instrument{Symbol: symbol, Tick: number("0.01"), Step: number("0.0001")})
	}
	return cfg
}

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }
