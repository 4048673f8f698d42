package engine_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

var kills = flag.Int("kills", 60, "how often a halted account is killed")

// A halted account stays halted, whenever its process is killed: before, while and after it writes, with signals that ask for
// more, over days, and where the journal fails. Nothing is opened, and the breach is recorded once.
func TestHaltedAccountStaysHaltedThroughKills(t *testing.T) {
	t.Parallel()
	r, _ := lossRig(t, risk.Rules{MaxDrawdown: d("800"), MaxInstrumentLoss: d("300")})
	r.later("92")
	halt := r.engine.Status().Halt
	require.Contains(t, halt.Reason, "drawdown")
	random := rand.New(rand.NewPCG(1, 2))
	for n := range *kills {
		r.journal.mu.Lock()
		r.journal.failAt, r.journal.wrote = r.journal.appends+1+random.IntN(4), random.IntN(2) == 0
		r.journal.mu.Unlock()
		r.clock.Add(time.Duration(random.IntN(300)) * time.Minute)
		r.venue.SetPrice(btc, d([]string{"91", "92", "95", "104"}[random.IntN(4)]))
		r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
		for range random.IntN(3) {
			_ = r.step()
		}
		r.restart()
		for range random.IntN(3) {
			_ = r.step()
		}
		s := r.engine.Status()
		if s.Reconciled { // It has read the journal.
			require.Equal(t, halt.Reason, s.Halt.Reason, "kill %d", n)
		}
		require.LessOrEqual(t, len(r.ordersMade()), 1, "kill %d: something was opened", n)
	}
	r.settle()
	require.Equal(t, halt.Reason, r.engine.Status().Halt.Reason)
	require.Equal(t, []string{"MaxDrawdown"}, r.reached())
	entries, err := r.journal.Read(context.Background(), 0, 1_000_000)
	require.NoError(t, err)
	days := make(map[string]bool)
	for _, entry := range entries {
		if e, ok := entry.Event.(journal.Locked); ok {
			require.False(t, days[e.Day], "the loss of %s is recorded twice", e.Day)
			days[e.Day] = true
		}
	}
}
