package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

func TestIntentFromBeforeACrashIsApprovedAtTheDearerPrice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		price string
		held  string
	}{
		"a price that rose leaves less":       {"400", "3"},
		"a price that fell leaves it as is":   {"50", "10"},
		"the same price leaves it as it is":   {"100", "10"},
		"a price that rose within the limits": {"120", "10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) {
				cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxOrder, l.MaxPosition = d("1200"), d("1200") })
			})
			r.signals.put(says(btc, signal.Long, r.now()))
			r.journal.failAt = 3 // the day, the intent, and then the submission
			require.ErrorIs(t, r.step(), errDisk)
			r.restart()
			r.venue.SetPrice(btc, d(c.price))
			r.clock.Add(time.Second)
			r.settle()
			require.Equal(t, c.held, r.held(btc))
			for _, f := range r.venue.Ledger() {
				require.False(t, f.Price.Mul(f.Quantity).GreaterThan(d("1200")))
			}
		})
	}
}

func TestRearmComparesPositionsFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.venue.Transfer(btc, d("2"))
	r.clock.Add(6 * time.Minute)
	r.mustStep()
	require.Contains(t, r.engine.Status().Halt.Reason, "positions differ")
	require.NoError(t, rearm(t.Context(), r.engine, "dave"))
	r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Zero(t, r.broker.Submits())
	require.Contains(t, r.engine.Status().Halt.Reason, "positions differ")

	r.venue.Transfer(btc, d("-2"))
	require.NoError(t, rearm(t.Context(), r.engine, "dave"))
	r.signals.put(says(btc, signal.Long, r.now().Add(time.Minute)))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
}

// An order that was decided on and not sent, as the database failed just then, is sent at the price that it was decided
// at for two seconds; from then on, and after a crash, it has to pass the limits at the price of now as well.
func TestIntentThatWaitedIsJudgedByThePriceOfNow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		waits func(r *rig)
		sent  int
	}{
		"at once":           {func(*rig) {}, 1},
		"two seconds later": {func(r *rig) { r.clock.Add(2 * time.Second) }, 1},
		"later than that":   {func(r *rig) { r.clock.Add(2*time.Second + 1) }, 0},
		"after a crash":     {func(r *rig) { r.restart() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Pricer = cfg.Broker.(trading.Pricer) })
			r.mustStep()
			r.clock.Add(time.Hour)
			r.mustStep()
			r.journal.failAt = r.journal.appends + 2 // of the order's sending
			r.signals.put(says(btc, signal.Long, r.now()))
			require.ErrorIs(t, r.step(), errDisk)
			require.Len(t, r.ordersMade(), 1)
			require.Empty(t, r.venue.ClientIDs())
			r.venue.SetPrice(btc, d("1000")) // ten times as dear: more than MaxOrder
			c.waits(r)
			_ = r.step()
			_ = r.step()
			made := r.ordersMade()
			require.Equal(t, c.sent, r.venue.Taken(made[0].ClientID))
			if c.sent == 0 {
				require.Equal(t, "5", made[len(made)-1].Quantity.String(), "the next one is of a size that the limits bear")
			}
		})
	}
}
