package vigil_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// elsewhere is a clock of nobody's: two methods, and a time that is twenty years before that of the machine.
type elsewhere struct{}

func (elsewhere) Now() time.Time                         { return time.Now().AddDate(-20, 0, 0) }
func (elsewhere) After(d time.Duration) <-chan time.Time { return time.After(d) }

// The whole house lives on a clock that has nothing to do with the machine's, nor with the library that makes that one.
func TestClockMayBeAnybodys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		market, err := feed.NewSynthetic(feed.SyntheticConfig{
			Seed: 3, Symbols: []string{bitcoin, ether}, Interval: 5 * time.Second, Clock: elsewhere{},
		})
		require.NoError(t, err)
		store := newDisk()
		cfg.Source, cfg.Store, cfg.Clock = market, store, elsewhere{}
		cfg.Registry = health.NewRegistry(health.Config{Clock: elsewhere{}})
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			now := elsewhere{}.Now()
			require.Equal(t, health.Healthy, s.Verdict, s.Reasons)
			require.WithinDuration(t, now, s.At, 0)
			require.WithinDuration(t, now, s.Trading.At, 0)
			require.WithinDuration(t, now, s.Tree.Children[0].Since, 11*time.Minute)
			require.Positive(t, s.Trading.Counts.Fills)
			signals, err := store.signals.Latest(t.Context(), signal.Query{Limit: 1000})
			require.NoError(t, err)
			require.NotEmpty(t, signals)
			for _, sig := range signals {
				require.WithinDuration(t, now, sig.CreatedAt, 11*time.Minute)
			}
		})
	})
}
