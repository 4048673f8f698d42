package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// A venue remembers the client IDs of all that ever traded there. The second life asks for what the first one did: were its
// client IDs the same, the venue would meet its orders with those of the first.
func TestIdentityOfTheJournalKeepsTwoLivesApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Identity = "" })
	for life := range 3 {
		if life > 0 {
			r.journal = &frailJournal{Memory: journal.NewMemory()}
			r.cfg.Journal = r.journal
			r.clock.Add(time.Hour)
			r.restart()
		}
		r.signals.put(says(btc, signal.Long, r.now()))
		r.settle()
		require.Equal(t, "10", r.held(btc))
		require.NoError(t, r.engine.Flatten(t.Context(), btc, "me"))
		r.settle()
		require.Equal(t, "0", r.held(btc))
		require.Empty(t, r.engine.Status().Orders)
		require.Len(t, r.venue.ClientIDs(), 2*(life+1), "each order is one of its own")
	}
}

// namelessJournal is one that says nothing of itself.
type namelessJournal struct{ journal.Journal }

func (namelessJournal) Identity(context.Context) (string, error) { return "", nil }

func TestIdentityThatIsMissingIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Identity = "" })
	r.cfg.Journal = namelessJournal{r.journal}
	r.restart()
	require.ErrorContains(t, r.step(), "identity")
}

// An order from before client IDs had the identity in them is taken up as any other: it is found by the ID that it has.
func TestIdentityLeavesOrdersOfBeforeAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	long := r.engine.Status().Targets[0].Last
	r.cfg.Identity = "another"
	r.restart()
	r.settle()
	require.Equal(t, long, r.engine.Status().Targets[0].Last)
	require.Equal(t, []string{long}, r.venue.ClientIDs())
	require.NoError(t, r.engine.Flatten(t.Context(), btc, "me"))
	r.settle()
	require.Equal(t, "0", r.held(btc))
}
