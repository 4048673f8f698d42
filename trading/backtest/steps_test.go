package backtest_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// eachBar replays as a Replay does, on parts that are put together by hand, with two differences: the engine steps at
// every bar, and the generator protects itself.
func eachBar(t *testing.T, cfg backtest.Config) *engine.Engine {
	clk, quiet := feed.NewReplayClock(time.Unix(0, 0)), slog.New(slog.DiscardHandler)
	var symbols []string
	for _, i := range cfg.Instruments {
		symbols = append(symbols, i.Symbol)
	}
	tape, err := feed.NewTape(1024, symbols...)
	require.NoError(t, err)
	made := cfg.Generator
	made.Source, made.Store, made.Symbols, made.Clock, made.Logger = tape, cfg.Signals, symbols, clk, quiet
	made.Cycle, made.Concurrency = made.Interval, 1
	gen, err := generator.New(made)
	require.NoError(t, err)
	account := cfg.Paper
	account.Instruments, account.Clock = cfg.Instruments, clk
	broker, err := paper.New(account)
	require.NoError(t, err)
	trades := cfg.Engine
	trades.Signals, trades.Journal, trades.Broker, trades.Instruments = cfg.Signals, cfg.Journal, broker, cfg.Instruments
	trades.Capital, trades.Clock, trades.Logger = account.Cash, clk, quiet
	eng, err := engine.New(trades)
	require.NoError(t, err)
	ctx := context.Background()
	for {
		bar, err := cfg.Bars.Next()
		if errors.Is(err, io.EOF) {
			return eng
		}
		require.NoError(t, err)
		clk.Set(bar.End())
		require.NoError(t, broker.OnBar(bar))
		require.NoError(t, eng.Step(ctx))
		require.NoError(t, tape.Push(bar))
		require.Empty(t, gen.Cycle(ctx, bar.End()).Errors)
		require.NoError(t, eng.Step(ctx))
	}
}

// oneStore is a store in memory whose name is always the same.
type oneStore struct{ *signal.Memory }

func (oneStore) Identity(context.Context) (string, error) { return "one", nil }

// trial is a replay with settings and a market that come of a seed.
func trial(t *testing.T, seed uint64) backtest.Config {
	random := rand.New(rand.NewPCG(seed, 7))
	symbols := []string{"BTC/USDT", "ETH/USDT"}[:1+random.IntN(2)]
	var bars inMemory
	for i, symbol := range symbols {
		walk := month(symbol, 500)
		bars = append(bars, walk[i*random.IntN(5):]...)
	}
	slices.SortStableFunc(bars, func(x, y signal.Bar) int { return x.Time.Compare(y.Time) })
	cfg := crossing(t, &bars, symbols...)
	cfg.Signals, cfg.Journal = oneStore{signal.NewMemory(0)}, journal.NewMemory()
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	cfg.Engine.Risk = risk.Limits{
		MaxPosition: number(pick("500", "30000")), MaxOrder: number("30000"), MaxDailyLoss: number(pick("20", "200", "5000")),
	}
	cfg.Paper.Leverage = number(pick("1", "1", "20"))
	cfg.Paper.Fill = []paper.FillPolicy{paper.NextOpen, paper.NextClose, paper.LimitCross, paper.OpenGap, paper.BarTicks}[random.IntN(5)]
	cfg.Engine.Ticket = []trading.TicketPolicy{
		nil, trading.FixedTicket{StopLoss: number("0.004"), TakeProfit: number("0.004")},
		trading.FixedTicket{Limit: number("0.002")}, trading.FixedTicket{Limit: number("0.001"), StopLoss: number("0.01")},
	}[random.IntN(4)]
	if seed >= 14 {
		cfg.Engine.Exits = []trading.Exit{
			exit.Trailing{Part: number("0.003")}, exit.BreakEven{Gain: number("0.002")}, exit.After{Hold: time.Hour},
			exit.Ladder{{Gain: number("0.002"), Part: number("0.5")}},
		}
	}
	cfg.Engine.Identity = "one"
	cfg.Engine.Size = struct{ trading.Sizer }{cfg.Engine.Size} // without what it could tell of itself: limits cut it
	cfg.Engine.Reconcile = time.Duration(random.IntN(2)) * time.Hour
	cfg.Engine.Day = cmp.Or([]*time.Location{nil, time.FixedZone("east", 9*3600)}[random.IntN(2)], time.UTC)
	return cfg
}

// Leaving out Steps changes nothing: the journals are equal to the last event and its time.
func TestReplayJournalsWhatSteppingAtEachBarDoes(t *testing.T) {
	t.Parallel()
	events, halts := 0, 0
	for seed := range uint64(20) {
		want, got := trial(t, seed), trial(t, seed)
		eng := eachBar(t, want)
		r := newReplay(t, got)
		require.NoError(t, r.Run(t.Context()))
		require.Equal(t, eng.Digest(), r.Engine.Digest(), "seed %d", seed)
		wanted := entries(t, want.Journal)
		require.Equal(t, wanted, entries(t, got.Journal), "seed %d", seed)
		events += len(wanted)
		if r.Status().Engine.Halt.Active() {
			halts++
		}
	}
	require.Greater(t, events, 1_000)
	require.Greater(t, halts, 1)
}

// entries are a journal's, as text.
func entries(t *testing.T, j journal.Journal) (text []string) {
	all, err := j.Read(context.Background(), 0, 1<<20)
	require.NoError(t, err)
	for _, e := range all {
		kind, data, err := journal.Encode(e.Event)
		require.NoError(t, err)
		text = append(text, fmt.Sprint(e.Seq, e.At, kind, string(data)))
	}
	return text
}
