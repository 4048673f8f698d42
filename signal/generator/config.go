package generator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/benbjohnson/clock"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// cycleVariable is the environment variable from which CycleFromEnv reads a Cycle, in whole seconds.
const cycleVariable = "SIGNAL_GENERATION_INTERVAL"

// DefaultCycle is the time from one cycle to the next when nothing else is set.
const DefaultCycle = 5 * time.Second

const (
	defaultConcurrency = 4
	historyPerWarmup   = 20 // Wilder's average of n (RSI, ATR) has forgotten all but 2e-9 of its start after 20 n bars
	validityInBars     = 3
	validityInCycles   = 3
	maxAgeInBars       = 3
	maxRecheck         = 1000
	defaultRecheck     = 2
	defaultMaxFlat     = 60
	defaultMaxSkew     = 2 * time.Second
)

// Config configures a Generator. Source, Specs, Store, Symbols and Interval are required.
type Config struct {
	Source   signal.Source // where the bars come from
	Specs    []signal.Spec // the strategies; each symbol gets a value of its own of each
	Store    signal.Store  // where the signals go
	Symbols  []string      // what to generate signals for, without duplicates
	Interval time.Duration // of the bars; above zero

	// Cycle is the time from one cycle to the next. 0 means DefaultCycle; a program that lets the environment decide
	// asks CycleFromEnv.
	Cycle time.Duration
	// Timeout is how long one symbol may take in one cycle before it is left behind. The context that its Source
	// and Store get ends a tenth earlier, so that those that heed it come back in time. 0 means nine tenths of
	// Cycle: a cycle with hanging symbols is then over before the next one is due. A symbol that had to wait for
	// others has less time, by as long as it waited, and half of Timeout at least.
	Timeout time.Duration
	// Concurrency is how many symbols are worked on at once, for as long as they come back. Where they hang, others
	// are begun all the same, evenly over half of Timeout: however many hang, no other waits longer than that.
	// Those that ran out of time have as many slots of their own from then on, until they come back in time. 0
	// means 4. With 1 they follow each other in the order of Symbols, and so do their signals in the Store; one
	// that hangs then holds up those behind it.
	Concurrency int
	// Inline has the symbols worked on one after the other in the goroutine that calls Cycle. It is for callers that need
	// no protection from what hangs, such as a replay: Concurrency counts as 1 and Timeout does not hold. A panic is
	// still the symbol's error.
	Inline bool
	// MinConfidence is what a signal's confidence must reach, 0 to 1. A Flat is emitted whatever its confidence.
	MinConfidence float64
	// History is how many bars warm the strategies up ahead of the first bar whose signals are emitted, and how many
	// bars back a restart catches up. 0 means twenty times the largest Warmup, because an indicator that never quite
	// forgets agrees with one that never stopped only after several times its period.
	History int
	// Validity is how long after its bar's end a signal may open something. 0 means three bars or three cycles,
	// whichever is longer.
	Validity time.Duration

	// MaxAge is how long ago the newest bar of an open market may have closed before its data counts as stale: the
	// symbol is then not up to date whatever its Source says, and its health turns. Above Interval. 0 means three
	// bars, two cycles and Timeout. Where the Source says up to when its answer is complete (signal.Batch), that
	// counts in place of the newest bar. Where it does not, and most intervals have no bar, 0 means that and five
	// times as long as the next bar usually takes, as the newest bars, of which it needs four, show.
	MaxAge time.Duration
	// MaxSkew is how far the Source's clock may be ahead of Clock. A bar that closes within it is left for a later
	// cycle. So is one that is under way, which counts as incomplete; one that has not opened is an error. 0 means 2 s.
	MaxSkew time.Duration
	// GapWait is how long after its close a bar behind a gap waits, while the missing ones are asked for in each
	// cycle. 0 means that it does not: a signal that comes late does harm as well. Bars of history never wait.
	GapWait time.Duration
	// Recheck is how many of the newest bars are asked for again in each cycle, and with them a gap for a dozen
	// cycles, to notice what the Source has changed since. At most 1,000; 0 means 2, and -1 none.
	Recheck int
	// MaxFlat is how many bars in a row may have one and the same price, open, high, low and close, before that is a
	// fault of the data: a feed that has died may go on with new times. The symbol is unhealthy then, until a price
	// changes. 0 means 60, or as many as an hour has where that is more; -1 means any number.
	MaxFlat int
	// Rebuild warms a symbol's strategies up anew, from the history that the Source gives now, where the Source has
	// changed a bar after they saw it, or brings one late, into a gap or out of order. Without it they keep what they have
	// seen, and a restart that takes up history sees the correction. Either way it is counted and logged, and no signal
	// that is stored changes. Two bars of one time in one answer are a revision as well, unless they are equal: then the
	// second is left out.
	Rebuild bool

	// States keeps what Stateful strategies know, after each cycle with new bars, so that a restart goes on to the
	// last digit. nil means that strategies are warmed up from history.
	States signal.States
	Hours  signal.Hours // when the markets are open; nil means always
	Clock  health.Clock // nil means the machine's clock
	Logger *slog.Logger // nil means slog.Default()
}

// CycleFromEnv reads SIGNAL_GENERATION_INTERVAL through lookup, such as os.LookupEnv, and returns
// DefaultCycle where it is not set. It is for programs: a Generator reads no environment.
func CycleFromEnv(lookup func(string) (string, bool)) (time.Duration, error) {
	text, ok := lookup(cycleVariable)
	if !ok || text == "" {
		return DefaultCycle, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds <= 0 {
		return 0, fmt.Errorf("generator: %s=%q is not a whole number of seconds above zero", cycleVariable, text)
	}
	return time.Duration(seconds) * time.Second, nil
}

func (c *Config) validate() error { return cmp.Or(c.validateParts(), c.validateNumbers()) }

// complete fills in what was left at zero, all but History: its default takes the strategies' Warmup, and a constructor
// runs none of their code.
func (c *Config) complete() {
	c.Cycle = cmp.Or(c.Cycle, DefaultCycle)
	c.Symbols, c.Specs = slices.Clone(c.Symbols), slices.Clone(c.Specs)
	c.Concurrency = cmp.Or(c.Concurrency, defaultConcurrency)
	c.MaxSkew = cmp.Or(c.MaxSkew, defaultMaxSkew)
	c.Recheck = cmp.Or(c.Recheck, defaultRecheck)
	c.MaxFlat = cmp.Or(c.MaxFlat, max(defaultMaxFlat, int(time.Hour/c.Interval)))
	c.Validity = cmp.Or(c.Validity, max(span(validityInBars, c.Interval), span(validityInCycles, c.Cycle)))
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func (c *Config) validateParts() error {
	switch {
	case c.Source == nil:
		return errors.New("Source is nil")
	case c.Store == nil:
		return errors.New("Store is nil")
	case len(c.Specs) == 0:
		return errors.New("Specs is empty")
	}
	for i, spec := range c.Specs {
		same := func(o signal.Spec) bool { return o.Name == spec.Name }
		switch {
		case spec.Name == "":
			return fmt.Errorf("Specs[%d].Name is empty", i)
		case !utf8.ValidString(spec.Name):
			return fmt.Errorf("Specs[%d].Name %q is not UTF-8", i, spec.Name)
		case !utf8.ValidString(spec.Params):
			return fmt.Errorf("Specs[%d].Params %q is not UTF-8 (strategy %q)", i, spec.Params, spec.Name)
		case spec.New == nil:
			return fmt.Errorf("Specs[%d].New is nil (strategy %q)", i, spec.Name)
		case slices.ContainsFunc(c.Specs[:i], same):
			return fmt.Errorf("Specs[%d].Name %q is there twice", i, spec.Name)
		}
	}
	return validateSymbols(c.Symbols)
}

func (c *Config) validateNumbers() error {
	if c.Interval <= 0 {
		return fmt.Errorf("Interval %s is not above zero", c.Interval)
	}
	if err := validateConfidence(c.MinConfidence); err != nil {
		return err
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
	case c.MaxAge < 0 || c.MaxAge > 0 && c.MaxAge <= c.Interval:
		return fmt.Errorf("MaxAge %s is not above Interval %s", c.MaxAge, c.Interval)
	case c.MaxSkew < 0:
		return fmt.Errorf("MaxSkew %s is negative", c.MaxSkew)
	case c.GapWait < 0:
		return fmt.Errorf("GapWait %s is negative", c.GapWait)
	case c.Recheck < -1 || c.Recheck > maxRecheck:
		return fmt.Errorf("Recheck %d is not between -1 and %d", c.Recheck, maxRecheck)
	case c.MaxFlat < -1:
		return fmt.Errorf("MaxFlat %d is below -1", c.MaxFlat)
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
