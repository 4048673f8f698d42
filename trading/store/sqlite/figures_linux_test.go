package sqlite_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// floor is what durable writes take without a database: a file that is appended to and synced.
type floor struct {
	b    *testing.B
	file *os.File
}

func newFloor(b *testing.B) floor {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, f.Close()) })
	return floor{b, f}
}

func (f floor) write(data []byte) time.Duration {
	begin := time.Now()
	if _, err := f.file.Write(data); err != nil {
		f.b.Fatal(err)
	}
	if err := syscall.Fdatasync(int(f.file.Fd())); err != nil {
		f.b.Fatal(err)
	}
	return time.Since(begin)
}

// quantiles reports where half and all but a hundredth of some durations lie.
func quantiles(b *testing.B, name string, took []time.Duration) (p50, p99 float64) {
	b.Helper()
	slices.Sort(took)
	p50, p99 = float64(took[len(took)/2]), float64(took[len(took)*99/100])
	b.ReportMetric(p50/1000, name+"-p50-us")
	b.ReportMetric(p99/1000, name+"-p99-us")
	return p50, p99
}

func reportRatios(b *testing.B, ours, floors []time.Duration) {
	b.Helper()
	p50, p99 := quantiles(b, "ours", ours)
	floor50, floor99 := quantiles(b, "floor", floors)
	b.ReportMetric(p50/floor50, "p50-ratio")
	b.ReportMetric(p99/floor99, "p99-ratio")
}

// BenchmarkOneSignal stores one signal after the other. The floors, in turns with it: a page of 4 KiB, and the signal as
// a line of text, in a file that is synced after each.
func BenchmarkOneSignal(b *testing.B) {
	pages, texts, signals := newFloor(b), newFloor(b), openNew(b).Signals()
	page, line := make([]byte, 4096), fmt.Appendf(nil, "%+v\n", storetest.Generated(1))
	var ours, paged, lined []time.Duration
	for n := 0; b.Loop(); n++ {
		begin := time.Now()
		if err := signals.Append(b.Context(), storetest.Generated(n)); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, time.Since(begin))
		paged = append(paged, pages.write(page))
		lined = append(lined, texts.write(line))
	}
	quantiles(b, "line", lined)
	reportRatios(b, ours, paged)
}

// BenchmarkAppendBatch stores a hundred signals in each call, of one symbol and of a hundred. The floor, in turns with it:
// the signals as lines of text, a hundred to a sync.
func BenchmarkAppendBatch(b *testing.B) {
	for _, symbols := range []int{1, 100} {
		b.Run(fmt.Sprint(symbols, " of them"), func(b *testing.B) {
			b.ReportAllocs()
			floor, signals := newFloor(b), openNew(b).Signals()
			var ours, floors time.Duration
			n := 0
			batch := make([]signal.Signal, 100)
			for b.Loop() {
				var text []byte
				for i := range batch {
					batch[i] = storetest.Generated(n / symbols)
					batch[i].Symbol = fmt.Sprint("symbol-", n%symbols)
					batch[i].ID = batch[i].Stream().ID(batch[i].BarTime)
					text = fmt.Appendf(text, "%+v\n", batch[i])
					n++
				}
				begin := time.Now()
				if err := signals.Append(b.Context(), batch...); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(begin)
				floors += floor.write(text)
			}
			b.ReportMetric(float64(n)/ours.Seconds(), "signals/s")
			b.ReportMetric(float64(n)/floors.Seconds(), "floor-signals/s")
		})
	}
}

// BenchmarkSignalToIntent is from a signal that is stored to the intent that is durable, in an Engine that follows the
// store. The floor, in turns with it: 4 KiB that are synced.
func BenchmarkSignalToIntent(b *testing.B) {
	floor, db := newFloor(b), openNew(b)
	journal := &timedJournal{Journal: db.Journal(), intents: make(chan time.Time, 1), fills: make(chan struct{}, 1)}
	engine := newEngine(b, journal, db.Signals())
	ctx, stop := context.WithCancel(b.Context())
	var serving sync.WaitGroup
	serving.Go(func() { _ = engine.Serve(ctx) })
	defer serving.Wait()
	defer stop()
	page := make([]byte, 4096)
	var ours, floors []time.Duration
	bar := time.Now().Add(-100 * time.Hour).UTC()
	for n := 0; b.Loop(); n++ {
		s := storetest.Numbered(n)
		s.Symbol, s.Price = "BTC/USDT", 100
		s.Direction = signal.Direction(1 - n%2) // long, flat, long
		s.BarTime = bar.Add(time.Duration(n) * time.Millisecond)
		s.CreatedAt, s.ValidUntil = time.Now().UTC(), time.Now().Add(time.Hour).UTC()
		if err := db.Signals().Append(b.Context(), s); err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		ours = append(ours, (<-journal.intents).Sub(begin))
		<-journal.fills
		floors = append(floors, floor.write(page))
	}
	reportRatios(b, ours, floors)
}

// timedJournal tells when an intent is durable, and that its order is filled.
type timedJournal struct {
	journal.Journal
	intents chan time.Time
	fills   chan struct{}
}

func (j *timedJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	err := j.Journal.Append(ctx, at, events...)
	for _, e := range events {
		switch e.(type) {
		case journal.IntentMade:
			j.intents <- time.Now()
		case journal.Filled:
			j.fills <- struct{}{}
		default: // Only the two ends are timed.
		}
	}
	return err
}

// newEngine follows a store, and trades on paper at a price of a hundred.
func newEngine(b *testing.B, journal journal.Journal, signals engine.Signals) *engine.Engine {
	b.Helper()
	instrument := trading.Instrument{Symbol: "BTC/USDT", Tick: decimal.New(1, -2), Step: decimal.New(1, -4)}
	capital := decimal.NewFromInt(1_000_000)
	broker, err := paper.New(paper.Config{Instruments: []trading.Instrument{instrument}, Cash: capital,
		Quote: func(string) (float64, bool) { return 100, true }})
	require.NoError(b, err)
	engine, err := engine.New(engine.Config{Signals: signals, Journal: journal, Broker: broker,
		Instruments: []trading.Instrument{instrument}, Size: size.FixedNotional{Amount: decimal.NewFromInt(1000)},
		Risk:    risk.NoLimits(),
		Capital: capital, AutoExecute: true, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	return engine
}

// BenchmarkOrders takes orders through book, risk and journal, a hundred in each write. The floor, in turns with it: the
// same entries as lines of JSON, a hundred orders to a sync.
func BenchmarkOrders(b *testing.B) {
	const group = 100
	floor, j := newFloor(b), openNew(b).Journal()
	limits := risk.NoLimits()
	instrument := trading.Instrument{Symbol: "BTC/USDT", Tick: decimal.New(1, -2), Step: decimal.New(1, -4)}
	book := book.New(decimal.NewFromInt(1_000_000))
	price, at := decimal.NewFromInt(100), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var ours, floors time.Duration
	var text []byte
	n := 0
	for b.Loop() {
		begin := time.Now()
		events := make([]journal.Event, 0, group)
		for range group {
			n++
			approved, err := limits.Approve(trading.Order{ClientID: fmt.Sprint("v-", n), Symbol: "BTC/USDT", Side: trading.Buy,
				Type: trading.Market, Quantity: price, DecisionPrice: price, SignalID: fmt.Sprint("s-", n), CreatedAt: at},
				trading.View{Instrument: instrument, Held: decimal.Zero, Price: price})
			if err != nil {
				b.Fatal(err)
			}
			events = append(events, journal.IntentMade{Order: approved.Order()})
		}
		if err := j.Append(b.Context(), at, events...); err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			if err := book.Apply(at, e); err != nil {
				b.Fatal(err)
			}
		}
		ours += time.Since(begin)
		text = appendLines(b, text[:0], events)
		floors += floor.write(text)
	}
	b.ReportMetric(float64(n)/ours.Seconds(), "orders/s")
	b.ReportMetric(float64(n)/floors.Seconds(), "floor-orders/s")
	b.ReportMetric(floors.Seconds()/ours.Seconds()*100, "%-of-floor")
}

func appendLines(b *testing.B, text []byte, events []journal.Event) []byte {
	b.Helper()
	for _, e := range events {
		_, data, err := journal.Encode(e)
		require.NoError(b, err)
		text = append(append(text, data...), '\n')
	}
	return text
}

// BenchmarkLatestOfAMillion reads the newest hundred of a million signals while somebody else goes on writing.
func BenchmarkLatestOfAMillion(b *testing.B) {
	db := openNew(b)
	fill(b, db, 1_000_000)
	for name, q := range map[string]signal.Query{
		"all": {Limit: 100}, "a symbol": {Symbol: "BTC/USDT:USDT", Limit: 100},
		"a strategy that was silent for long": {Strategy: "first", Limit: 100},
		"newest of a pair":                    {Symbol: "ETH/USDT:USDT", Strategy: "cross", Limit: 1},
	} {
		b.Run(name, func(b *testing.B) {
			ctx, stop := context.WithCancel(b.Context())
			var writing sync.WaitGroup
			writing.Go(func() {
				for n := 2_000_000; db.Signals().Append(ctx, storetest.Generated(n)) == nil; n++ {
				}
			})
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				if _, err := db.Signals().Latest(ctx, q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
			}
			stop()
			writing.Wait()
			quantiles(b, "latest", took)
		})
	}
}

func fill(b *testing.B, db *sqlite.DB, n int) {
	b.Helper()
	var batch []signal.Signal
	for i := range n {
		s := storetest.Numbered(i)
		s.Symbol = []string{"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"}[i%3]
		if i < 1000 {
			s.Strategy = "first"
		}
		s.ID = s.Stream().ID(s.BarTime)
		batch = append(batch, s)
		if len(batch) == 1000 || i == n-1 {
			if err := db.Signals().Append(b.Context(), batch...); err != nil {
				b.Fatal(fmt.Errorf("fill: %w", err))
			}
			batch = batch[:0]
		}
	}
}
