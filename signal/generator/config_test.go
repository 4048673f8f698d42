package generator_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

func TestNewGeneratorNamesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil func(*generator.Config)
		want  string
	}{
		"no source":                 {func(c *generator.Config) { c.Source = nil }, "Source is nil"},
		"no store":                  {func(c *generator.Config) { c.Store = nil }, "Store is nil"},
		"no strategies":             {func(c *generator.Config) { c.Specs = nil }, "Specs is empty"},
		"a strategy without a name": {func(c *generator.Config) { c.Specs[0].Name = "" }, "Specs[0].Name is empty"},
		"a strategy that is not made": {
			func(c *generator.Config) { c.Specs[0].New = nil }, `Specs[0].New is nil (strategy "turns")`},
		"the same strategy twice": {
			func(c *generator.Config) { c.Specs = append(c.Specs, turnsSpec()) }, `Specs[1].Name "turns" is there twice`},
		"no symbols":            {func(c *generator.Config) { c.Symbols = nil }, "Symbols is empty"},
		"an empty symbol":       {func(c *generator.Config) { c.Symbols = []string{"A", ""} }, "Symbols[1] is empty"},
		"the same symbol twice": {func(c *generator.Config) { c.Symbols = []string{"A", "A"} }, `Symbols[1] "A" is there twice`},
		"no interval":           {func(c *generator.Config) { c.Interval = 0 }, "Interval 0s is not above zero"},
		"a negative interval":   {func(c *generator.Config) { c.Interval = -1 }, "Interval -1ns is not above zero"},
		"a negative cycle":      {func(c *generator.Config) { c.Cycle = -time.Second }, "Cycle -1s is negative"},
		"a negative timeout":    {func(c *generator.Config) { c.Timeout = -1 }, "Timeout -1ns is negative"},
		"a negative validity":   {func(c *generator.Config) { c.Validity = -1 }, "Validity -1ns is negative"},
		"nobody at work":        {func(c *generator.Config) { c.Concurrency = -1 }, "Concurrency -1 is negative"},
		"a negative history":    {func(c *generator.Config) { c.History = -1 }, "History -1 is negative"},
		"confidence below 0":    {func(c *generator.Config) { c.MinConfidence = -0.1 }, "MinConfidence -0.1 is not between 0 and 1"},
		"confidence above 1":    {func(c *generator.Config) { c.MinConfidence = 1.1 }, "MinConfidence 1.1 is not between 0 and 1"},
		"a limit below none":    {func(c *generator.Config) { c.MaxFlat = -2 }, "MaxFlat -2 is below -1"},
		"confidence is no number": {
			func(c *generator.Config) { c.MinConfidence = math.NaN() }, "MinConfidence NaN is not between 0 and 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(signal.NewMemory(0))
			test.spoil(&cfg)
			_, err := generator.New(cfg)
			require.EqualError(t, err, "generator: Config."+test.want)
		})
	}
}

func TestCallersSlicesStayTheCallers(t *testing.T) {
	t.Parallel()
	now, store := origin, signal.NewMemory(0)
	cfg := replayConfig(store, &now)
	cfg.Specs = []signal.Spec{always(signal.Signal{})}
	g := newGenerator(t, cfg)
	cfg.Symbols[0], cfg.Specs[0].Name = "changed", "changed"
	g.Cycle(t.Context(), now)
	require.Equal(t, "BTC", stored(t, store, "")[0].Symbol)
	require.Equal(t, "always", stored(t, store, "")[0].Strategy)
}

func TestCycleFromEnv(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		set   bool
		want  time.Duration
		err   string
	}{
		"not set is the default":   {want: 5 * time.Second},
		"empty is the default":     {set: true, want: 5 * time.Second},
		"a number means seconds":   {value: "7", set: true, want: 7 * time.Second},
		"zero is refused":          {value: "0", set: true, err: `SIGNAL_GENERATION_INTERVAL="0" is not`},
		"a negative is refused":    {value: "-1", set: true, err: `"-1" is not a whole number of seconds above zero`},
		"a unit is refused":        {value: "5s", set: true, err: `"5s" is not`},
		"too big a one is refused": {value: "99999999999", set: true, err: `"99999999999" is not`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := generator.CycleFromEnv(func(key string) (string, bool) {
				require.Equal(t, "SIGNAL_GENERATION_INTERVAL", key)
				return test.value, test.set
			})
			require.Equal(t, test.want, got)
			if test.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.err)
			}
		})
	}
}

func TestCycleIsFiveSecondsWhateverTheEnvironment(t *testing.T) { // not parallel: the environment is everybody's
	t.Setenv("SIGNAL_GENERATION_INTERVAL", "90")
	store := signal.NewMemory(0)
	cfg := config(store)
	cfg.Cycle, cfg.Interval = 0, time.Second
	cfg.Specs = []signal.Spec{always(signal.Signal{Confidence: 1})}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	cfg.Clock = still{&now}
	cfg.Source = market{clock: cfg.Clock, interval: time.Second}
	newGenerator(t, cfg).Cycle(context.Background(), now)
	require.Equal(t, now.Add(3*generator.DefaultCycle), stored(t, store, "")[0].ValidUntil, "three cycles outlast three bars")
}
