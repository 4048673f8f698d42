package generator_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// punctual is a Store that notes how late signals are, by symbol: how long after the end of their bar they were stored.
type punctual struct {
	*signal.Memory

	mu   sync.Mutex // guards late
	late map[string]time.Duration
	got  map[string]int
}

func (p *punctual) Append(ctx context.Context, signals ...signal.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range signals {
		late := time.Since(s.BarTime.Add(s.Interval))
		p.late[s.Symbol] = max(p.late[s.Symbol], late)
		p.got[s.Symbol]++
	}
	return p.Memory.Append(ctx, signals...)
}

// However many symbols time out, the others are late by no more than one Timeout, from the first cycle of it on. When the
// outage is over, all are back within two cycles.
func TestCrowdThatTimesOutDelaysNobodyByMoreThanATimeout(t *testing.T) {
	t.Parallel()
	for _, fault := range []signaltest.Fault{signaltest.Hanging, signaltest.Deaf} {
		for _, hanging := range []int{4, 40, 200} {
			for _, from := range []time.Duration{54 * second, 56 * second, 59 * second} {
				t.Run(fmt.Sprint(hanging, " ", fault, " from ", from), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) { crowded(t, hanging, fault, from) })
				})
			}
		}
	}
}

func crowded(t *testing.T, hanging int, fault signaltest.Fault, from time.Duration) {
	store := &punctual{Memory: signal.NewMemory(0), late: map[string]time.Duration{}, got: map[string]int{}}
	cfg := config(store)
	cfg.Specs, cfg.Symbols = []signal.Spec{always(signal.Signal{Direction: signal.Long, Confidence: 1})}, nil
	source := signaltest.NewFlaky(cfg.Source)
	cfg.Source = source
	for i := range hanging {
		cfg.Symbols = append(cfg.Symbols, fmt.Sprint("H", i))
	}
	cfg.Symbols = append(cfg.Symbols, "A", "B", "C") // the last ones
	g := newGenerator(t, cfg)
	stop := serve(t, g)
	defer stop()
	time.Sleep(from)
	for i := range hanging {
		source.Set(fmt.Sprint("H", i), fault)
	}
	time.Sleep(4 * time.Minute)
	synctest.Wait()
	for _, symbol := range []string{"A", "B", "C"} {
		require.LessOrEqual(t, store.late[symbol], 4500*time.Millisecond, symbol)
		require.Equal(t, 5, store.got[symbol])
	}
	require.Zero(t, g.Status().Overruns)
	for i := range hanging {
		source.Set(fmt.Sprint("H", i))
	}
	source.Release()
	time.Sleep(10 * second)
	synctest.Wait()
	for _, symbol := range cfg.Symbols {
		require.GreaterOrEqual(t, store.got[symbol], 5, symbol)
	}
}
