package signal

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/benbjohnson/clock"
)

// CycleVariable is the environment variable that sets a Generator's Cycle, in whole seconds.
const CycleVariable = "SIGNAL_GENERATION_INTERVAL"

// DefaultCycle is the time from one cycle to the next when nothing else is set.
const DefaultCycle = 5 * time.Second

const (
	defaultConcurrency = 4
	historyPerWarmup   = 10 // an EMA of n has forgotten all but 2e-9 of its start after 10 n bars
	validityInBars     = 3
	validityInCycles   = 3
)

// GeneratorConfig configures a Generator. Source, Specs, Store, Symbols and Interval are required.
type GeneratorConfig struct {
	Source   Source        // where the bars come from
	Specs    []Spec        // the strategies; each symbol gets a value of its own of each
	Store    Store         // where the signals go
	Symbols  []string      // what to generate signals for, without duplicates
	Interval time.Duration // of the bars; above zero

	// Cycle is the time from one cycle to the next. 0 means CycleVariable if it is set, else DefaultCycle.
	Cycle time.Duration
	// Timeout is how long one symbol may take in one cycle before it is left behind. The context that its Source
	// and Store get ends a tenth earlier, so that those that heed it come back in time. 0 means nine tenths of
	// Cycle: a cycle with a hanging symbol is then over before the next one is due.
	Timeout time.Duration
	// Concurrency is how many symbols are worked on at once. 0 means 4. With 1 they follow each other in the order
	// of Symbols, and so do their signals in the Store.
	Concurrency int
	// MinConfidence is what a signal's confidence must reach, 0 to 1. A Flat is emitted whatever its confidence.
	MinConfidence float64
	// History is how many bars warm the strategies up ahead of the first bar whose signals are emitted, and how many
	// bars back a restart catches up. 0 means ten times the largest Warmup, because an indicator that never quite
	// forgets agrees with one that never stopped only after several times its period.
	History int
	// Validity is how long after its bar's end a signal may open something. 0 means three bars or three cycles,
	// whichever is longer.
	Validity time.Duration
	Hours    Hours        // when the markets are open; nil means always
	Clock    Clock        // nil means the machine's clock
	Logger   *slog.Logger // nil means slog.Default()
}

// CycleFromEnv reads CycleVariable through lookup, and returns DefaultCycle where it is not set.
func CycleFromEnv(lookup func(string) (string, bool)) (time.Duration, error) {
	text, ok := lookup(CycleVariable)
	if !ok || text == "" {
		return DefaultCycle, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds <= 0 {
		return 0, fmt.Errorf("signal: %s=%q is not a whole number of seconds above zero", CycleVariable, text)
	}
	return time.Duration(seconds) * time.Second, nil
}

// complete checks the configuration and fills in what was left at zero, all but History: its default takes the
// strategies' Warmup, and a constructor runs none of their code.
func (c *GeneratorConfig) complete() error {
	if err := cmp.Or(c.checkParts(), c.checkNumbers()); err != nil {
		return fmt.Errorf("signal: GeneratorConfig.%w", err)
	}
	if c.Cycle == 0 {
		cycle, err := CycleFromEnv(os.LookupEnv)
		if err != nil {
			return err
		}
		c.Cycle = cycle
	}
	c.Symbols, c.Specs = slices.Clone(c.Symbols), slices.Clone(c.Specs)
	c.Timeout = cmp.Or(c.Timeout, max(c.Cycle-c.Cycle/10, 1))
	c.Concurrency = cmp.Or(c.Concurrency, defaultConcurrency)
	c.Validity = cmp.Or(c.Validity, max(span(validityInBars, c.Interval), span(validityInCycles, c.Cycle)))
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return nil
}

func (c *GeneratorConfig) checkParts() error {
	switch {
	case c.Source == nil:
		return errors.New("Source is nil")
	case c.Store == nil:
		return errors.New("Store is nil")
	case len(c.Specs) == 0:
		return errors.New("Specs is empty")
	case len(c.Symbols) == 0:
		return errors.New("Symbols is empty")
	}
	for i, spec := range c.Specs {
		same := func(o Spec) bool { return o.Name == spec.Name }
		switch {
		case spec.Name == "":
			return fmt.Errorf("Specs[%d].Name is empty", i)
		case spec.New == nil:
			return fmt.Errorf("Specs[%d].New is nil (strategy %q)", i, spec.Name)
		case slices.ContainsFunc(c.Specs[:i], same):
			return fmt.Errorf("Specs[%d].Name %q is there twice", i, spec.Name)
		}
	}
	for i, symbol := range c.Symbols {
		switch {
		case symbol == "":
			return fmt.Errorf("Symbols[%d] is empty", i)
		case slices.Contains(c.Symbols[:i], symbol):
			return fmt.Errorf("Symbols[%d] %q is there twice", i, symbol)
		}
	}
	return nil
}

func (c *GeneratorConfig) checkNumbers() error {
	if c.Interval <= 0 {
		return fmt.Errorf("Interval %s is not above zero", c.Interval)
	}
	if !(c.MinConfidence >= 0 && c.MinConfidence <= 1) { // negated, so that NaN is refused
		return fmt.Errorf("MinConfidence %v is not between 0 and 1", c.MinConfidence)
	}
	switch {
	case c.Cycle < 0:
		return fmt.Errorf("Cycle %s is negative", c.Cycle)
	case c.Timeout < 0:
		return fmt.Errorf("Timeout %s is negative", c.Timeout)
	case c.Validity < 0:
		return fmt.Errorf("Validity %s is negative", c.Validity)
	case c.Concurrency < 0:
		return fmt.Errorf("Concurrency %d is negative", c.Concurrency)
	case c.History < 0:
		return fmt.Errorf("History %d is negative", c.History)
	}
	return nil
}

// span is n intervals, or the longest Duration where that is more: ten thousand bars of a month overflow one.
func span(n int, interval time.Duration) time.Duration {
	const longest = time.Duration(1<<63 - 1)
	if n > 0 && interval > longest/time.Duration(n) {
		return longest
	}
	return time.Duration(n) * interval
}
