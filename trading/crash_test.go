package trading_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

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
func TestAJournalThatFailsAtAnyPointLosesAndDoublesNothing(t *testing.T) {
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

// Random faults, crashes, prices and signals; whatever happens, the ledger and the journal agree in the end.
func TestRandomTroubleLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		traits := rapid.SampledFrom([]trading.Traits{refuses, bounded}).Draw(rt, "traits")
		r := newRig(rt, traits)
		faults := []tradingtest.Fault{
			tradingtest.None, tradingtest.None, tradingtest.LoseReply, tradingtest.LoseRequest, tradingtest.Late, tradingtest.Reject,
		}
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			switch rapid.IntRange(0, 8).Draw(rt, "what") {
			case 0, 1:
				symbol := rapid.SampledFrom([]string{btc, eth}).Draw(rt, "symbol")
				direction := signal.Direction(rapid.IntRange(-1, 1).Draw(rt, "direction"))
				r.signals.put(says(symbol, direction, r.now()))
			case 2:
				r.broker.Next(rapid.SampledFrom(faults).Draw(rt, "fault"))
			case 3:
				r.journal.failAt = r.journal.appends + rapid.IntRange(1, 4).Draw(rt, "append")
				r.journal.wrote = rapid.Bool().Draw(rt, "wrote")
			case 4:
				r.restart()
			case 5:
				r.broker.Disconnect(rapid.Bool().Draw(rt, "down"))
			case 6:
				r.broker.DuplicateFills(rapid.Bool().Draw(rt, "duplicate"))
			case 7:
				r.venue.SetPrice(btc, d(fmt.Sprint(rapid.IntRange(50, 200).Draw(rt, "price"))))
			}
			_ = r.step()
			for range rapid.IntRange(0, 4).Draw(rt, "flight") { // shorter than the broker's bound
				r.clock.Add(time.Second)
				_ = r.step()
			}
			r.broker.Deliver(rt.Context())
			r.clock.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "seconds")) * time.Second)
		}
		r.broker.Disconnect(false)
		r.settle()
		r.agree()
		conserved(rt, r)
		require.Empty(rt, r.engine.Status().Orders)
		require.False(rt, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
	})
}

// conserved adds up the account: nothing is lost and nothing made up, to the last digit.
func conserved(t require.TestingT, r *rig) {
	s := r.engine.Status()
	sum := s.Cash.Sub(s.Counts.Realised).Add(s.Counts.Fees)
	for _, p := range s.Positions {
		sum = sum.Add(p.Cost)
	}
	require.Equal(t, s.Capital.String(), sum.String())
}
