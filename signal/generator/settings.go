package generator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// settings are what may change while a Generator runs, and what follows from it.
type settings struct {
	cycle         time.Duration
	timeout       time.Duration
	maxAge        time.Duration
	minConfidence float64
}

// settings derives what the configuration leaves open from cycle.
func (c *Config) settings(cycle time.Duration, minConfidence float64) *settings {
	s := &settings{cycle: cycle, minConfidence: minConfidence}
	s.timeout = cmp.Or(c.Timeout, max(cycle-cycle/10, 1))
	s.maxAge = cmp.Or(c.MaxAge, min(span(maxAgeInBars, c.Interval), 1<<61)+2*cycle+s.timeout)
	return s
}

// SetCycle changes the time from one cycle to the next, at once: also a cycle that is being waited for comes at the next
// multiple of it. Timeout and MaxAge follow where they were left at zero. Validity does not: it is part of what a
// signal says, and the same bar must give the same signal.
func (g *Generator) SetCycle(cycle time.Duration) error {
	if cycle <= 0 {
		return fmt.Errorf("generator: SetCycle: %s is not above zero", cycle)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set.Store(g.cfg.settings(cycle, g.set.Load().minConfidence))
	g.cycleChanged.Ring()
	return nil
}

// SetMinConfidence changes what a signal's confidence must reach, for symbols that are begun from now on.
func (g *Generator) SetMinConfidence(confidence float64) error {
	if err := validateConfidence(confidence); err != nil {
		return fmt.Errorf("generator: SetMinConfidence: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set.Store(g.cfg.settings(g.set.Load().cycle, confidence))
	return nil
}

// SetSymbols changes what signals are generated for, from the next cycle on. A symbol that stays goes on as it was. One
// that is taken out ends with the cycle that it is in, and health forgets it. One that comes back begins like after a
// restart: its strategies are warmed up from history, and it is run no second time while an earlier call still hangs. Of
// one that stays away nothing is kept but what Status sums up.
func (g *Generator) SetSymbols(symbols ...string) error {
	if err := validateSymbols(symbols); err != nil {
		return fmt.Errorf("generator: SetSymbols: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.removed
	for _, w := range g.workers {
		known[w.symbol] = w
	}
	before, workers := g.workers, make([]*worker, 0, len(symbols))
	for _, symbol := range symbols {
		w := known[symbol]
		switch {
		case w == nil:
			w = newWorker(&g.cfg, &g.ports, symbol)
		case !slices.Contains(before, w):
			w.reset()
		}
		delete(known, symbol)
		workers = append(workers, w)
	}
	g.workers = workers
	return nil
}

func (g *Generator) symbols() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	names := make([]string, 0, len(g.workers))
	for _, w := range g.workers {
		names = append(names, w.symbol)
	}
	return names
}

func validateConfidence(c float64) error {
	if !(c >= 0 && c <= 1) { // negated, so that NaN is refused
		return fmt.Errorf("MinConfidence %v is not between 0 and 1", c)
	}
	return nil
}

func validateSymbols(symbols []string) error {
	if len(symbols) == 0 {
		return errors.New("Symbols is empty")
	}
	seen := make(map[string]bool, len(symbols))
	for i, symbol := range symbols {
		switch {
		case symbol == "":
			return fmt.Errorf("Symbols[%d] is empty", i)
		case !utf8.ValidString(symbol): // no Store would take a signal of it
			return fmt.Errorf("Symbols[%d] %q is not UTF-8", i, symbol)
		case seen[symbol]:
			return fmt.Errorf("Symbols[%d] %q is there twice", i, symbol)
		}
		seen[symbol] = true
	}
	return nil
}
