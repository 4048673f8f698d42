package main

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// breakableSource is a market that can be broken, symbol by symbol.
type breakableSource struct {
	market *feed.Synthetic

	mu       sync.Mutex // guards all below
	broken   map[string]func(context.Context) (signal.Batch, error)
	spoil    func(bars []signal.Bar) []signal.Bar
	unpriced bool
	scale    float64 // of all prices; 0 for 1
}

// breaks has f answer for the symbols; nil mends them.
func (s *breakableSource) breaks(f func(context.Context) (signal.Batch, error), symbols ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, symbol := range symbols {
		s.broken[symbol] = f
	}
}

// spoils has f change the bars; nil mends them.
func (s *breakableSource) spoils(f func([]signal.Bar) []signal.Bar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil = f
}

// scales multiplies all prices from now on.
func (s *breakableSource) scales(by float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scale = by
}

func (s *breakableSource) unprices(is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unpriced = is
}

func (s *breakableSource) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	s.mu.Lock()
	broken, spoil := s.broken[symbol], s.spoil
	s.mu.Unlock()
	if broken != nil {
		return broken(ctx)
	}
	batch, err := s.market.Bars(ctx, symbol, after, limit)
	if spoil != nil {
		batch.Bars = spoil(batch.Bars)
	}
	return batch, err
}

func (s *breakableSource) Price(symbol string) (float64, bool) {
	s.mu.Lock()
	unpriced, scale := s.unpriced, cmp.Or(s.scale, 1)
	s.mu.Unlock()
	if unpriced {
		return 0, false
	}
	price, ok := s.market.Price(symbol)
	return price * scale, ok
}

// hangs returns a call that ignores its context and comes back when it is released.
func (p *plant) hangs() (call func(), release func()) {
	over := make(chan struct{})
	release = sync.OnceFunc(func() { close(over) })
	p.done = append(p.done, release)
	return func() { <-over }, release
}

// breakableStore is a store in memory that can be broken.
type breakableStore struct {
	signals *brokenSignals
	journal *journal.Memory
	faults  *faults
	bound   []journal.Setting
}

// faults are what is wrong with a store.
type faults struct {
	mu   sync.Mutex // guards all below
	room error
	call func() error // what each call does first; nil for none
}

func (f *faults) set(room error, call func() error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.room, f.call = room, call
}

func (f *faults) pass() error {
	f.mu.Lock()
	call := f.call
	f.mu.Unlock()
	if call == nil {
		return nil
	}
	return call()
}

func newBreakableStore() *breakableStore {
	f := &faults{}
	return &breakableStore{signals: &brokenSignals{signal.NewMemory(10_000), f}, journal: journal.NewMemory(), faults: f}
}

func (s *breakableStore) Signals() vigil.Signals { return s.signals }

func (s *breakableStore) Journal() journal.Journal { return s.journal }

func (s *breakableStore) Bind(_ context.Context, run []journal.Setting) error {
	if s.bound == nil {
		s.bound = run
	}
	return journal.Belongs(s.bound, run)
}

func (s *breakableStore) Claim(ctx context.Context) (journal.Journal, error) {
	if err := s.faults.pass(); err != nil {
		return nil, err
	}
	claimed, err := s.journal.Claim(ctx)
	return brokenJournal{claimed, s.faults}, err
}

func (s *breakableStore) Overrides(context.Context) ([]journal.Override, error) { return nil, nil }

func (s *breakableStore) SetOverride(context.Context, journal.Override) error { return s.faults.pass() }

func (s *breakableStore) Room() error {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.room
}

type brokenSignals struct {
	*signal.Memory

	faults *faults
}

func (s *brokenSignals) Append(ctx context.Context, signals ...signal.Signal) error {
	if err := s.faults.pass(); err != nil {
		return err
	}
	return s.Memory.Append(ctx, signals...)
}

func (s *brokenSignals) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	if err := s.faults.pass(); err != nil {
		return nil, err
	}
	return s.Memory.After(ctx, seq, limit)
}

func (s *brokenSignals) SaveStates(ctx context.Context, states ...signal.State) error {
	if err := s.faults.pass(); err != nil {
		return err
	}
	return s.Memory.SaveStates(ctx, states...)
}

type brokenJournal struct {
	journal.Journal

	faults *faults
}

func (j brokenJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if err := j.faults.pass(); err != nil {
		return err
	}
	return j.Journal.Append(ctx, at, events...)
}

func (j brokenJournal) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if err := j.faults.pass(); err != nil {
		return nil, err
	}
	return j.Journal.Read(ctx, after, limit)
}

func child(name string, s supervisor.Service) vigil.Child { return vigil.Child{Name: name, Service: s} }

// puppet is a strategy that says what it is told to.
type puppet struct {
	mu     sync.Mutex // guards all below
	wanted map[string]signal.Direction
	broken func(bar signal.Bar)
}

func (p *puppet) spec() signal.Spec {
	return signal.Spec{Name: "puppet", New: func() signal.Strategy { return onPuppet{p} }}
}

func (p *puppet) say(symbol string, direction signal.Direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted == nil {
		p.wanted = make(map[string]signal.Direction)
	}
	p.wanted[symbol] = direction
}

// breaks has each bar handed to f; nil mends it.
func (p *puppet) breaks(f func(bar signal.Bar)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = f
}

type onPuppet struct{ *puppet }

func (onPuppet) Warmup() int { return 1 }

func (p onPuppet) OnBar(bar signal.Bar) (signal.Signal, bool) {
	p.mu.Lock()
	broken := p.broken
	direction, ok := p.wanted[bar.Symbol]
	delete(p.wanted, bar.Symbol)
	p.mu.Unlock()
	if broken != nil {
		broken(bar)
	}
	return signal.Signal{Direction: direction, Confidence: 1}, ok
}
