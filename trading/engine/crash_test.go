package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// drama plays two signals, with a fault in each submission if asked for.
func drama(r *rig, fault tradingtest.Fault, after func()) {
	for i, direction := range []signal.Direction{signal.Long, signal.Short, signal.Flat} {
		if i < 2 {
			r.broker.Next(fault)
		}
		r.signals.put(says(btc, direction, r.now()), says(eth, -direction, r.now()))
		for range 20 {
			if err := r.step(); err != nil {
				after()
			}
			r.clock.Add(time.Second)
		}
		r.clock.Add(time.Minute)
	}
}

// Every write to the journal fails once, before or after it was written, and the process goes on, or dies and comes back.
func TestJournalThatFailsAtAnyPointLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, traits := range []trading.Traits{refuses, bounded} {
		for _, fault := range []tradingtest.Fault{tradingtest.None, tradingtest.LoseReply, tradingtest.LoseRequest} {
			for _, wrote := range []bool{false, true} {
				for _, crash := range []bool{false, true} {
					t.Run(fmt.Sprintf("refuses=%t/fault=%d/wrote=%t/crash=%t", traits.RefusesDuplicates, fault, wrote, crash), func(t *testing.T) {
						t.Parallel()
						failEachAppend(t, traits, fault, wrote, crash)
					})
				}
			}
		}
	}
}

func failEachAppend(t *testing.T, traits trading.Traits, fault tradingtest.Fault, wrote, crash bool) {
	for failAt := 1; ; failAt++ {
		r := newRig(t, traits)
		r.journal.failAt, r.journal.wrote = failAt, wrote
		drama(r, fault, func() {
			if crash {
				r.restart()
			}
		})
		r.agree()
		require.Equal(t, "0", r.held(btc))
		require.Equal(t, "0", r.held(eth))
		require.Len(t, r.venue.Ledger(), 6, "no signal was lost, failing at %d", failAt)
		if r.journal.appends < failAt {
			require.Greater(t, failAt, 20, "the test has shrunk")
			return
		}
	}
}
