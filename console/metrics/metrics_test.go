package metrics_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/golden"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// everything is where the answer stands that tells of all there is; the tests of rules and dashboard take its names.
const everything = "testdata/everything.prom"

func TestCollectorTellsEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		golden.Check(t, exposition(t, gather(t, whole(t))), everything)
	})
}

func TestCollectorHasNoFamilyThatIsNeverTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := metrics.New(whole(t))
		require.NoError(t, err)
		told := exposition(t, scrape(t, c))
		described := make(chan *prometheus.Desc, 1000)
		c.Describe(described)
		close(described)
		for desc := range described {
			_, name, _ := strings.Cut(desc.String(), `fqName: "`)
			name, _, _ = strings.Cut(name, `"`)
			require.Contains(t, told, "# TYPE "+name+" ")
		}
	})
}

func TestCollectorKeepsToTheRulesOfNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := metrics.New(whole(t))
		require.NoError(t, err)
		problems, err := testutil.CollectAndLint(c)
		require.NoError(t, err)
		require.Empty(t, problems)
		names := make(map[string]bool) // OpenMetrics calls a counter by its name without _total
		for _, family := range scrape(t, c) {
			name := strings.TrimSuffix(family.GetName(), "_total")
			require.False(t, names[name], name)
			names[name] = true
		}
	})
}

func TestCollectorTellsOfWhatThereIs(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	told := exposition(t, gather(t, metrics.Config{Registry: registry}))
	require.Contains(t, told, "vigil_up 1")
	for _, absent := range []string{"vigil_trading", "vigil_account", "vigil_service", "vigil_symbol", "vigil_source_up", "vigil_store"} {
		require.NotContains(t, told, absent)
	}
	told = exposition(t, gather(t, metrics.Config{
		Registry: registry, Account: func() (engine.Status, bool) { return account(), false },
		Room: func() error { return errors.New("full") },
	}))
	require.Contains(t, told, `vigil_trading_state{state="not_started"} 1`)
	require.Contains(t, told, "vigil_store_has_room 0")
	require.NotContains(t, told, "vigil_account_equity", "no number rather than a zero")
}

func TestConfigThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	for field, cfg := range map[string]metrics.Config{
		"Config.Registry":  {},
		"Config.MaxSeries": {Registry: registry, MaxSeries: -1},
		"Config.Timeout":   {Registry: registry, Timeout: -1},
	} {
		_, err := metrics.New(cfg)
		require.ErrorContains(t, err, field)
	}
}

func TestSeriesAreBoundedAndWhatIsLeftOutIsCounted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	symbols := make([]generator.SymbolStatus, 100)
	for i := range symbols {
		symbols[i].Symbol = fmt.Sprintf("S%02d", i)
	}
	c, err := metrics.New(metrics.Config{
		Registry: health.NewRegistry(health.Config{}), Generator: func() generator.Status { return generator.Status{Symbols: symbols} },
		MaxSeries: 45, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	for range 3 {
		told := exposition(t, scrape(t, c))
		require.Equal(t, 7, strings.Count(told, "vigil_symbol_stale{"), "of six numbers each")
		require.Contains(t, told, "vigil_symbol_stale{symbol=\"S06\"}")
		require.Contains(t, told, "vigil_series_left_out 558\n")
	}
	require.Equal(t, 1, strings.Count(log.String(), "Metrics are left out"), "once")
	require.Contains(t, log.String(), "left_out=558 max_series=45")
}

func TestHostileNamesSpoilNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		long := strings.Repeat("x", 10_000)
		names := []string{"<script>alert(1)</script>", "\u202egnirts", "a\xffb", "a\xfeb", long + "1", long + "2", "new\nline", `quo"te\`}
		symbols := make([]generator.SymbolStatus, len(names))
		for i, name := range names {
			symbols[i].Symbol = name
		}
		tree(t, registry, map[string]supervisor.Service{"a": serve(func(ctx context.Context) error {
			for _, name := range names {
				health.Observe(health.Child(ctx, name), errors.New(name))
				health.Count(ctx, name, 1)
				health.Raise(ctx, health.Condition{Key: name, Text: name})
			}
			<-ctx.Done()
			return ctx.Err()
		})})
		synctest.Wait()
		told := exposition(t, gather(t, metrics.Config{
			Registry: registry, Generator: func() generator.Status { return generator.Status{Symbols: symbols} }, Mode: "\xff", Version: long,
			Logger: slog.New(slog.DiscardHandler),
		}))
		require.Contains(t, told, `vigil_symbol_stale{symbol="<script>alert(1)</script>"}`)
		require.Equal(t, len(names)-2, strings.Count(told, "vigil_symbol_stale{"), "two are like others once they are text of some length")
		require.NotContains(t, told, strings.Repeat("x", 300))
	})
}

func TestSourceThatHangsCostsOnlyItsOwnMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := whole(t)
		release := make(chan struct{})
		var calls atomic.Int32
		cfg.Account = func() (engine.Status, bool) {
			calls.Add(1)
			<-release
			return account(), true
		}
		cfg.Generator = func() generator.Status { panic("ouch") }
		c, err := metrics.New(cfg)
		require.NoError(t, err)
		for scrapes := range 3 {
			before := time.Now()
			told := exposition(t, scrape(t, c))
			require.Contains(t, told, `vigil_source_up{source="account"} 0`)
			require.Contains(t, told, `vigil_source_up{source="generator"} 0`)
			require.Contains(t, told, `vigil_source_up{source="room"} 1`)
			require.Contains(t, told, `vigil_service_state{service="trader/engine",state="running"} 1`)
			require.NotContains(t, told, "vigil_account_equity")
			if scrapes == 0 {
				require.Equal(t, time.Second, time.Since(before))
			} else {
				require.Zero(t, time.Since(before), "what hung the last time is not waited for again")
			}
		}
		require.Equal(t, int32(1), calls.Load(), "one call at a time")
		close(release)
		synctest.Wait()
		require.Contains(t, exposition(t, scrape(t, c)), "vigil_account_equity")
	})
}

// TestScrapesRunBesideEachOther has the race detector and the registry as its judges.
func TestScrapesRunBesideEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := metrics.New(whole(t))
		require.NoError(t, err)
		want := exposition(t, scrape(t, c))
		registry := prometheus.NewRegistry()
		require.NoError(t, registry.Register(c))
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 5 {
					found, err := registry.Gather()
					if assert.NoError(t, err) {
						assert.Equal(t, want, exposition(t, found))
					}
				}
			})
		}
		all.Wait()
	})
}
