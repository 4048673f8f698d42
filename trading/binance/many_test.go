package binance_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// ten contracts are traded, and the account's stream never opens: no step fails for the budget, what was filled by hand is known
// within seconds, and the venue is never asked for more than it allows.
func TestTenInstrumentsWithoutAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		symbols, names, instruments := tenContracts()
		venue := binancetest.New(binancetest.Config{Logger: quiet, Symbols: symbols})
		ctx, cancel := context.WithCancel(context.Background())
		var listening sync.WaitGroup
		listening.Go(func() { _ = venue.Listen(ctx) })
		transport := &http.Transport{DialContext: venue.Dial}
		broker, err := binance.New(binance.Config{
			APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue", Symbols: names,
			Transport: transport, Logger: quiet,
		})
		require.NoError(t, err)
		number := decimal.RequireFromString
		signals := signal.NewMemory(1000)
		e, err := engine.New(engine.Config{
			Signals: signals, Journal: journal.NewMemory(), Broker: broker, AutoExecute: true, Capital: number("10000"), Logger: quiet,
			Instruments: instruments, Size: size.FixedNotional{Amount: number("600")},
			Risk:   risk.Limits{MaxPosition: number("3000"), MaxOrder: number("3000"), MaxDailyLoss: number("5000")},
			Ticket: guarded, Pricer: sixtyThousand{},
		})
		require.NoError(t, err)
		for i, name := range names[:5] {
			at := time.Now().UTC()
			stream := signal.Stream{Strategy: fmt.Sprint("s", i), Symbol: name, Interval: 24 * time.Hour}
			require.NoError(t, signals.Append(ctx, signal.Signal{
				ID: stream.ID(at.Add(-24 * time.Hour)), Strategy: stream.Strategy, Symbol: name, Interval: stream.Interval,
				Direction: signal.Long, Confidence: 1, Price: 60000, BarTime: at.Add(-24 * time.Hour), CreatedAt: at,
				ValidUntil: at.Add(24 * time.Hour),
			}))
		}
		longest := time.Duration(0)
		for second := range 900 {
			began := time.Now()
			require.NoError(t, e.Step(ctx), "second %d", second)
			longest = max(longest, time.Since(began))
			if second%100 == 50 {
				half := decimal.New(5, -3)
				require.NoError(t, venue.Foreign(symbols[second/100].Name, "SELL", fmt.Sprint("by-hand-", second), half, decimal.Zero))
			}
			if second%100 == 62 {
				require.True(t, venue.Position(symbols[second/100].Name).Equal(held(e, names[second/100])), "12 s later it is known")
			}
			time.Sleep(time.Second)
		}
		require.Less(t, longest, time.Second, "no step waits for the budget")
		weights := make(map[time.Time]int)
		for _, r := range venue.Requests() {
			weights[r.At.Truncate(time.Minute)] += r.Weight
		}
		for minute, weight := range weights {
			require.LessOrEqual(t, weight, 2400*60/100, "in the minute %s", minute)
		}
		transport.CloseIdleConnections()
		cancel()
		listening.Wait()
		synctest.Wait()
	})
}

// tenContracts are copies of that in BTC.
func tenContracts() (symbols []binancetest.Symbol, names []string, instruments []trading.Instrument) {
	for i := range 10 {
		one := binancetest.LiveSymbols()[0]
		one.Base = fmt.Sprintf("C%d", i)
		one.Name, one.Price = one.Base+"USDT", decimal.NewFromInt(60000)
		symbols = append(symbols, one)
		name := one.Base + "/USDT:USDT"
		names = append(names, name)
		instruments = append(instruments, trading.Instrument{
			Symbol: name, Tick: one.Tick, Step: one.Step, MinQuantity: one.MinQty, MinNotional: one.MinNotional,
		})
	}
	return symbols, names, instruments
}

// sixtyThousand is the price of everything.
type sixtyThousand struct{}

func (sixtyThousand) Price(string) (decimal.Decimal, bool) { return decimal.NewFromInt(60000), true }

func held(e *engine.Engine, symbol string) decimal.Decimal {
	for _, p := range e.Status().Positions {
		if p.Symbol == symbol {
			return p.Quantity
		}
	}
	return decimal.Zero
}
