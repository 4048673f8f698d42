package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

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
