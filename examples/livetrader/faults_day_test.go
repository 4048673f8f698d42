package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// day is how long the trader of TestDayOfChaos lives, in the time of its bubble:
// cd examples && go test ./livetrader -run DayOfChaos -day 24h -v.
var day = flag.Duration("day", 2*time.Hour, "how long the trader of TestDayOfChaos lives, in virtual time")

// diary is what somebody who watched a trader has to report.
type diary struct {
	mu       sync.Mutex // guards all below
	Verdict  string     // the last that was seen
	Verdicts map[string]time.Duration
	Changes  int
	Messages map[notify.Kind]int
	Urgent   []string
	Acts     []string // what a person had to do
	Memory   []usage  // by hour
	Starts   int      // of the process
	Venue    string   // where it traded
}

func newDiary() *diary {
	return &diary{Verdicts: make(map[string]time.Duration), Messages: make(map[notify.Kind]int)}
}

// Notify implements notify.Notifier.
func (d *diary) Notify(_ context.Context, m notify.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Messages[m.Kind]++
	if m.Urgent {
		d.Urgent = append(d.Urgent, m.Text)
	}
	return nil
}

// sees notes a verdict that has held for a while.
func (d *diary) sees(verdict string, since time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Verdicts[verdict] += since
	if verdict != d.Verdict && d.Verdict != "" {
		d.Changes++
	}
	d.Verdict = verdict
}

// hour notes what the process uses.
func (d *diary) hour(fills int) {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	d.Memory = append(d.Memory, usage{Goroutines: runtime.NumGoroutine(), Heap: memory.HeapAlloc, Orders: fills})
}

func (d *diary) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "verdicts: %d changes", d.Changes)
	for _, verdict := range slices.Sorted(maps.Keys(d.Verdicts)) {
		fmt.Fprintf(&out, ", %s for %s", verdict, d.Verdicts[verdict].Round(time.Second))
	}
	fmt.Fprintf(&out, "\nmessages:")
	for _, kind := range slices.Sorted(maps.Keys(d.Messages)) {
		fmt.Fprintf(&out, " %s %d", kind, d.Messages[kind])
	}
	fmt.Fprintf(&out, "; urgent %d\na person had to act %d times: %s\n", len(d.Urgent), len(d.Acts), strings.Join(d.Acts, "; "))
	for _, u := range d.Memory {
		fmt.Fprintf(&out, "%s\n", u)
	}
	return out.String()
}

// mishap is something that goes wrong for a while.
type mishap struct {
	name  string
	begin func(*plant)
	end   func(*plant)
	act   string // what a person has to do after it; "" for nothing
}

// mishaps go wrong one after the other, a few in each hour.
func mishaps() []mishap {
	broken := func(err error) func(context.Context) (signal.Batch, error) {
		return func(context.Context) (signal.Batch, error) { return signal.Batch{}, err }
	}
	return []mishap{
		{"the feed is dead", func(p *plant) { p.source.breaks(broken(errors.New("connection refused")), btc, eth) }, mendSource, ""},
		{"one symbol is missing", func(p *plant) { p.source.breaks(broken(errors.New("no such symbol")), eth) }, mendSource, ""},
		{"there are no new bars", func(p *plant) { p.source.breaks(broken(nil), btc, eth) }, mendSource, ""},
		{"a strategy panics", func(p *plant) { p.puppet.breaks(func(signal.Bar) { panic("index out of range") }) },
			func(p *plant) { p.puppet.breaks(nil) }, ""},
		{"the disk is full", func(p *plant) {
			full := errors.New("database or disk is full")
			p.store.faults.set(full, func() error { return full })
		}, mendStore, ""},
		{"the store is read-only", func(p *plant) { p.store.faults.set(nil, func() error { return syscall.EROFS }) }, mendStore, ""},
		{"somebody halts", func(p *plant) { require.NoError(p.t, p.trader.Halt(p.t.Context(), "a look at the news")) },
			(*plant).rearms, "re-arm a halt"},
		{"signals are paused", func(p *plant) { require.NoError(p.t, p.trader.Pause(p.t.Context(), "ann")) },
			func(p *plant) { require.NoError(p.t, p.trader.Resume(p.t.Context(), "ann")) }, ""},
		{"a service is restarted", func(p *plant) {
			require.NoError(p.t, p.trader.Tree().Restart(p.t.Context(), "trader/signal_generation"))
		}, func(*plant) {}, ""},
	}
}

func mendSource(p *plant) { p.source.breaks(nil, btc, eth) }

func mendStore(p *plant) { p.store.faults.set(nil, nil) }

// watches asks for health each second, as people and scripts do, and less often in the short form, which it is most of.
func (d *diary) watches(p *plant, during time.Duration) {
	pause := time.Second
	if *day <= 2*time.Hour {
		pause = 5 * time.Second
	}
	for end := time.Now().Add(during); time.Now().Before(end); {
		before := time.Now()
		time.Sleep(pause)
		verdict, _ := p.ask()
		d.sees(verdict, time.Since(before))
	}
}

// TestDayOfChaos lets a trader on paper live through a mishap each ten minutes and a restart each hour. It has to be healthy
// again after each of them, to trade to the end, to need a person only where a person halted it, and to leave nothing
// behind. Its report is in docs/guides/faults-in-health.md.
func TestDayOfChaos(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, store, all, next, fills := newDiary(), newBreakableStore(), mishaps(), 0, 0
		for range max(1, int(*day/time.Hour)) {
			p := newPlant(t, false)
			p.store, p.cfg.Store = store, store
			p.trades(d)
			p.make()
			end := p.begin()
			began := time.Now()
			for time.Since(began) < 59*time.Minute {
				d.watches(p, 5*time.Minute)
				p.awaits(2*time.Minute, "healthy")
				m := all[next%len(all)]
				next++
				m.begin(p)
				d.watches(p, 3*time.Minute)
				m.end(p)
				if m.act != "" {
					d.Acts = append(d.Acts, m.act)
				}
				d.watches(p, 2*time.Minute)
			}
			p.awaits(5*time.Minute, "healthy")
			now := p.trader.Status().Trading.Counts.Fills
			require.Greater(t, now, fills, "it trades to the end")
			fills = now
			end()
			d.hour(fills)
		}
		d.check(t)
	})
}

// trades has a trader go by a strategy of its own besides, and tell the diary.
func (p *plant) trades(d *diary) {
	p.t.Helper()
	cross, err := strategy.EMACross{}.Spec()
	require.NoError(p.t, err)
	p.cfg.Strategies = append(p.cfg.Strategies, cross)
	p.cfg.Registry = health.NewRegistry(health.Config{Clock: machine{}})
	messages, err := notify.New(notify.Config{
		To: d, Registry: p.cfg.Registry, Journal: p.store.journal, Clock: machine{}, Logger: p.cfg.Logger,
	})
	require.NoError(p.t, err)
	p.cfg.Services = append(p.cfg.Services, vigil.Child{Name: "notify", Service: messages})
}

// check holds the report against what is wanted.
func (d *diary) check(t *testing.T) {
	t.Helper()
	t.Log("\n" + d.String())
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, text := range d.Urgent {
		known := strings.Contains(text, "a look at the news") || strings.Contains(text, "The system is")
		require.True(t, known, "nobody is called for what ends by itself: %s", text)
	}
	if *day <= 2*time.Hour { // the other tests have goroutines as well
		return
	}
	first, last := d.Memory[1], d.Memory[len(d.Memory)-1]
	require.LessOrEqual(t, last.Goroutines, first.Goroutines+5, "goroutines are left behind: %v", d.Memory)
}
