package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

const btc, eth = "BTC/USDT", "ETH/USDT"

var noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func instrument(symbol string) trading.Instrument {
	return trading.Instrument{Symbol: symbol, Tick: d("0.01"), Step: d("0.001"), MinNotional: d("5")}
}

// limits changes the limits of a rig.
func limits(cfg *engine.Config, change func(*risk.Limits)) risk.Limits {
	l := cfg.Risk.(risk.Limits)
	change(&l)
	return l
}

// handClock stands still until it is moved; what waits on it waits for ever. It can be wrong, as the clock of a machine
// can, and then the venue and the market still have the right time.
type handClock struct {
	mu     sync.Mutex // guards all below
	now    time.Time  // the right time, with a monotonic reading
	wrong  time.Duration
	coarse bool // without a monotonic reading
	paper  bool // the venue is on the same machine
}

// Now is what the machine takes for the time.
func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := wallSet(c.now, c.wrong)
	if c.coarse {
		return now.Round(0)
	}
	return now
}

// right is what the time is.
func (c *handClock) right() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.Round(0)
}

// set sets the machine's clock by so much, forth or back.
func (c *handClock) set(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong += by
}

// venueClock is the clock of the venue.
type venueClock struct{ *handClock }

func (c venueClock) Now() time.Time {
	if c.paper {
		return c.handClock.Now().Round(0)
	}
	return c.right()
}

// wallSet is a time as it would be read had the machine's clock been set by so much: the time of day is another one, the
// monotonic reading the same. There is no way to say that but to set the machine's clock.
func wallSet(t time.Time, by time.Duration) time.Time {
	set := t.Add(by)
	(*struct {
		wall uint64
		ext  int64 // the monotonic reading
		loc  *time.Location
	})(unsafe.Pointer(&set)).ext -= int64(by)
	return set
}

func (c *handClock) After(time.Duration) <-chan time.Time { return nil }

func (c *handClock) Add(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// shelf is a signal store.
type shelf struct {
	mu       sync.Mutex // guards all below
	identity string
	signals  []signal.Signal
	appended chan struct{}
	err      error
}

func newShelf() *shelf { return &shelf{identity: "shelf-1", appended: make(chan struct{})} }

func (s *shelf) put(signals ...signal.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range signals {
		one.Seq = int64(len(s.signals) + 1)
		s.signals = append(s.signals, one)
	}
	close(s.appended)
	s.appended = make(chan struct{})
}

func (s *shelf) After(_ context.Context, seq int64, limit int) ([]signal.Signal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	rest := s.signals[min(int(seq), len(s.signals)):]
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}

func (s *shelf) Identity(context.Context) (string, error) { return s.identity, s.err }

func (s *shelf) Appended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.appended
}

// says makes a signal of the bar that ended at the given time, valid for a minute from then on.
func says(symbol string, direction signal.Direction, at time.Time) signal.Signal {
	bar := at.Add(-time.Minute)
	return signal.Signal{
		ID: signal.Stream{Strategy: "cross", Symbol: symbol, Interval: time.Minute}.ID(bar), Strategy: "cross", Symbol: symbol,
		Interval: time.Minute, Direction: direction, Confidence: 1, Price: 100, BarTime: bar, CreatedAt: at,
		ValidUntil: at.Add(time.Minute),
	}
}

var errDisk = errors.New("disk on fire")

// frailJournal fails one Append on request, before or after it has written.
type frailJournal struct {
	*journal.Memory
	mu      sync.Mutex // guards all below
	appends int
	failAt  int // the number of the Append that fails; 0 for none
	wrote   bool
	failed  func() // called when one has failed; nil for nobody
}

func (j *frailJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	j.mu.Lock()
	j.appends++
	fail, wrote, failed := j.appends == j.failAt, j.wrote, j.failed
	j.mu.Unlock()
	if fail && failed != nil {
		defer failed()
	}
	if fail && !wrote {
		return errDisk
	}
	if err := j.Memory.Append(ctx, at, events...); err != nil {
		return err
	}
	if fail {
		return errDisk
	}
	return nil
}

// rig is an Engine with all that it needs.
type rig struct {
	t       require.TestingT
	clock   *handClock
	signals *shelf
	journal *frailJournal
	venue   *tradingtest.Venue
	broker  *tradingtest.Misbehaving
	log     *logbook
	cfg     engine.Config
	engine  *engine.Engine
	stale   error // what Allow says, where a test has it say so
}

// started is any time with a monotonic reading.
var started = time.Now()

func newRig(t require.TestingT, traits trading.Traits, change ...func(*engine.Config)) *rig {
	r := &rig{
		t: t, clock: &handClock{now: wallSet(started, noon.Sub(started))}, signals: newShelf(),
		journal: &frailJournal{Memory: journal.NewMemory()}, log: &logbook{},
	}
	r.venue = tradingtest.NewVenue(venueClock{r.clock}, traits)
	r.venue.SetPrice(btc, d("100"))
	r.venue.SetPrice(eth, d("10"))
	r.broker = tradingtest.Misbehave(r.venue)
	r.cfg = engine.Config{
		Signals: r.signals, Journal: r.journal, Broker: r.broker,
		Instruments: []trading.Instrument{instrument(btc), instrument(eth)},
		Size:        size.FixedNotional{Amount: d("1000")},
		Risk:        risk.Limits{MaxPosition: d("5000"), MaxOrder: d("5000"), MaxDailyLoss: risk.Unlimited},
		Capital:     d("10000"), AutoExecute: true, Clock: r.clock, Logger: slog.New(r.log),
		Identity:      identity, // so that transcripts are the same each time
		SnapshotEvery: 7,        // so that most restarts begin with one, at all kinds of moments
	}
	for _, c := range change {
		c(&r.cfg)
	}
	r.restart()
	return r
}

// restart forgets the Engine, as a crash would, and makes a new one over the same journal and broker.
func (r *rig) restart() {
	engine, err := engine.New(r.cfg)
	require.NoError(r.t, err)
	r.engine = engine
}

// rearm lifts what stands, as a person does who looks at it first. A halt that is not in the journal yet is looked at twice.
func rearm(ctx context.Context, e *engine.Engine, by string) error {
	err := engine.ErrOtherHalt
	for tries := 0; tries < 2 && e.Status().Halt.Active() && errors.Is(err, engine.ErrOtherHalt); tries++ {
		err = e.Rearm(ctx, e.Status().Halt.Seq, by)
	}
	if !e.Status().Halt.Active() {
		return nil
	}
	return err
}

func (r *rig) step() error { return r.engine.Step(context.Background()) }

func (r *rig) mustStep() {
	require.NoError(r.t, r.step())
}

// settle steps, with time passing, for as long as anything could still be tried.
func (r *rig) settle() {
	for range 40 {
		_ = r.step()
		r.clock.Add(time.Second)
	}
}

// now is the right time, which dates the market's bars and so the signals.
func (r *rig) now() time.Time { return r.clock.right() }

// agree holds the broker's ledger against the journal: every fill once, equal positions, no order taken twice.
func (r *rig) agree() {
	b, err := book.Restore(r.cfg.Capital, journal.Load(context.Background(), r.journal))
	require.NoError(r.t, err)
	whole, err := book.Restore(r.cfg.Capital, journal.Load(context.Background(), struct{ journal.Journal }{r.journal}))
	require.NoError(r.t, err)
	require.Equal(r.t, whole.Digest(), b.Digest(), "from a snapshot, and without")
	ledger := r.venue.Ledger()
	for _, f := range ledger {
		require.True(r.t, b.Known(f), "fill %s is lost", f.ID)
	}
	require.Equal(r.t, len(ledger), b.Counts().Fills, "fills that the venue does not know")
	held, err := r.venue.Positions(context.Background())
	require.NoError(r.t, err)
	for _, symbol := range []string{btc, eth} {
		require.Equal(r.t, held[symbol].String(), b.Position(symbol).Quantity.String(), symbol)
	}
	for _, id := range r.venue.ClientIDs() {
		require.Equal(r.t, 1, r.venue.Taken(id), "order %s was doubled", id)
		o, ok := b.Order(id)
		require.True(r.t, ok, "order %s is not in the journal", id)
		require.True(r.t, o.Status.Done(), "order %s is %s", id, o.Status)
	}
}

// ordersMade are all orders that were decided on.
func (r *rig) ordersMade() (made []trading.Order) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(journal.IntentMade); ok {
			made = append(made, e.Order)
		}
	}
	return made
}

func (r *rig) held(symbol string) string {
	for _, p := range r.engine.Status().Positions {
		if p.Symbol == symbol {
			return p.Quantity.String()
		}
	}
	return "0"
}

// logbook keeps what was logged.
type logbook struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (l *logbook) Enabled(context.Context, slog.Level) bool { return true }
func (l *logbook) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logbook) WithGroup(string) slog.Handler            { return l }

func (l *logbook) Handle(_ context.Context, r slog.Record) error {
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s", r.Level, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&line, " %s=%v", a.Key, a.Value)
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line.String())
	return nil
}

// count tells how many lines hold text.
func (l *logbook) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}
