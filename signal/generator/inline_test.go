package generator_test

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// goroutine names the goroutine that calls it.
func goroutine() string {
	text := make([]byte, 64)
	name, _, _ := bytes.Cut(text[:runtime.Stack(text, false)], []byte(" ["))
	return string(name)
}

func TestInlineStaysInTheCallersGoroutineAndInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order, where []string
		cfg := config(signal.NewMemory(1000))
		cfg.Symbols, cfg.Inline = []string{"C", "A", "B"}, true
		cfg.Specs = []signal.Spec{spec("watched", func() signal.Strategy {
			return each(func(b signal.Bar) (signal.Signal, bool) {
				order, where = append(order, b.Symbol), append(where, goroutine())
				return signal.Signal{}, false
			})
		})}
		g := newGenerator(t, cfg)
		g.Cycle(t.Context(), time.Now())
		order, where = nil, nil // all but history
		time.Sleep(time.Minute)
		require.Equal(t, 3, g.Cycle(t.Context(), time.Now()).Succeeded)
		require.Equal(t, cfg.Symbols, order)
		require.Equal(t, []string{goroutine(), goroutine(), goroutine()}, where)
	})
}

func TestInlineGivesTheSameSignals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stores := []*signal.Memory{signal.NewMemory(10_000), signal.NewMemory(10_000)}
		var generators []*generator.Generator
		for i, store := range stores {
			cfg := config(store)
			cfg.Symbols, cfg.Concurrency, cfg.Inline = []string{"C", "A", "B"}, 1, i == 1
			generators = append(generators, newGenerator(t, cfg))
		}
		for range 200 {
			now := time.Now()
			require.Equal(t, generators[0].Cycle(t.Context(), now), generators[1].Cycle(t.Context(), now))
			time.Sleep(time.Minute)
		}
		want := stored(t, stores[0], "")
		require.Greater(t, len(want), 100)
		require.Equal(t, want, stored(t, stores[1], ""))
	})
}

func TestInlineContainsAPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := true
		cfg := config(signal.NewMemory(1000))
		cfg.Symbols, cfg.Inline = []string{"A", "B"}, true
		cfg.Specs = []signal.Spec{spec("breaks", func() signal.Strategy {
			return each(func(b signal.Bar) (signal.Signal, bool) {
				if broken && b.Symbol == "A" {
					panic("oh dear")
				}
				return signal.Signal{}, false
			})
		})}
		g := newGenerator(t, cfg)
		r := g.Cycle(t.Context(), time.Now())
		require.Equal(t, 1, r.Succeeded, "the next symbol goes on")
		require.Len(t, r.Errors, 1)
		var failed *generator.Error
		require.ErrorAs(t, r.Errors[0], &failed)
		require.Equal(t, "A", failed.Symbol)
		require.ErrorContains(t, failed, "oh dear")
		require.NotEmpty(t, failed.Stack)
		broken = false
		require.Equal(t, 2, g.Cycle(t.Context(), time.Now()).Succeeded)
	})
}
