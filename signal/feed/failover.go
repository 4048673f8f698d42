package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/internal/printable"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// FailoverConfig configures a Failover.
type FailoverConfig struct {
	Sources []NamedSource // in the order of preference; at least one, with names that differ

	Timeout time.Duration // how long one source may take for an answer; 0 means 2 s
	Retry   time.Duration // how long a source that failed for a symbol is not asked for it; 0 means 30 s

	// MaxSilence is how long ago the bar that is asked from may have opened before an empty answer is doubted and the next
	// source asked. 0 means that silence is believed for ever.
	MaxSilence time.Duration

	// OnSwitch is told when a symbol's bars begin to come from another source than before, with what was wrong with the
	// former, nil if nothing is any more. It is called by whoever asked for the bars, before they get them.
	OnSwitch func(symbol, from, to string, why error)

	// Clock is what Timeout and Retry go by; nil means the machine's clock.
	Clock interface {
		Clock
		After(d time.Duration) <-chan time.Time
	}
}

// NamedSource is a source and what to call it.
type NamedSource struct {
	Name   string
	Source signal.Source
}

// Failover is one source made of several that have the same bars. Use NewFailover. It is safe for concurrent use.
//
// The first source in the order answers, for each symbol on its own. One that returns an error, panics, takes longer than
// Timeout or gives bars that cannot be is left alone for Retry, and the next one is asked at once; after that it has its
// place again. When all have failed lately, all are asked again rather than none. When all fail, the error wraps those of
// all.
//
// A call to a source that does not even end with its context is left behind, and the source is not asked for that symbol
// again before it has returned: at most one goroutine for each source and symbol hangs.
type Failover struct {
	cfg FailoverConfig

	mu      sync.Mutex // guards what is below
	lines   map[lineKey]*line
	current map[string]int // by symbol: which source gave its last bars
}

var _ signal.Source = (*Failover)(nil)

type lineKey struct {
	source int
	symbol string
}

// line is what is known of one source for one symbol.
type line struct {
	left   []*foreign.Call[signal.Batch] // calls that were left behind
	failed error                         // the last answer; nil if it was good
	until  time.Time                     // not asked before, if it has failed
}

// NewFailover checks the configuration and returns the source.
func NewFailover(cfg FailoverConfig) (*Failover, error) {
	cfg.Timeout, cfg.Retry = cmp.Or(cfg.Timeout, 2*time.Second), cmp.Or(cfg.Retry, 30*time.Second)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	switch {
	case len(cfg.Sources) == 0:
		return nil, fmt.Errorf("feed: failover: Sources is empty")
	case cfg.Timeout < 0:
		return nil, fmt.Errorf("feed: failover: Timeout %s is negative", cfg.Timeout)
	case cfg.Retry < 0:
		return nil, fmt.Errorf("feed: failover: Retry %s is negative", cfg.Retry)
	case cfg.MaxSilence < 0:
		return nil, fmt.Errorf("feed: failover: MaxSilence %s is negative", cfg.MaxSilence)
	}
	names := make(map[string]bool)
	for i, s := range cfg.Sources {
		switch {
		case s.Name == "":
			return nil, fmt.Errorf("feed: failover: Sources[%d] has no Name", i)
		case s.Source == nil:
			return nil, fmt.Errorf("feed: failover: %s has no Source", s.Name)
		case names[s.Name]:
			return nil, fmt.Errorf("feed: failover: two sources are called %s", s.Name)
		}
		names[s.Name] = true
	}
	cfg.Sources = append([]NamedSource(nil), cfg.Sources...) // of its own: the caller's may change
	return &Failover{cfg: cfg, lines: make(map[lineKey]*line), current: make(map[string]int)}, nil
}

// Bars returns the bars of the first source that has an answer, as signal.Source says.
func (f *Failover) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	var errs []error
	silent := false
	for _, i := range f.order(symbol) {
		batch, err := f.ask(ctx, i, symbol, after, limit)
		switch {
		case ctx.Err() != nil:
			return signal.Batch{}, ctx.Err()
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", f.cfg.Sources[i].Name, err))
		case len(batch.Bars) == 0 && limit > 0 && f.isStale(after):
			silent = true
		default:
			if len(batch.Bars) > 0 {
				f.serve(symbol, i)
			}
			return batch, nil
		}
	}
	if silent { // nobody knows better
		return signal.Batch{}, nil
	}
	return signal.Batch{}, printable.Error(fmt.Errorf("feed: failover: %w", errors.Join(errs...)))
}

// order is that of the sources, those that have failed for the symbol lately behind the others.
func (f *Failover) order(symbol string) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	var first, last []int
	for i := range f.cfg.Sources {
		if l := f.lineLocked(i, symbol); l.failed != nil && f.cfg.Clock.Now().Before(l.until) {
			last = append(last, i)
		} else {
			first = append(first, i)
		}
	}
	return append(first, last...)
}

// isStale reports whether there should be newer bars than those of the given time.
func (f *Failover) isStale(after time.Time) bool {
	return f.cfg.MaxSilence > 0 && f.cfg.Clock.Now().Sub(after) > f.cfg.MaxSilence
}

// serve remembers whose bars a symbol has, and tells if it is another's than before.
func (f *Failover) serve(symbol string, source int) {
	f.mu.Lock()
	before, known := f.current[symbol]
	f.current[symbol] = source
	why := f.lineLocked(before, symbol).failed
	f.mu.Unlock()
	if known && before != source && f.cfg.OnSwitch != nil {
		f.cfg.OnSwitch(symbol, f.cfg.Sources[before].Name, f.cfg.Sources[source].Name, why)
	}
}

// Current returns the name of the source that gave the symbol's last bars, and false if there were none yet.
func (f *Failover) Current(symbol string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i, ok := f.current[symbol]
	if !ok {
		return "", false
	}
	return f.cfg.Sources[i].Name, true
}
