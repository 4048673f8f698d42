package engine_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestStopLeavesBehind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy  engine.StopPolicy
		held    string // of btc; a limit order for eth rests beside it
		resting string
		done    bool
	}{
		"leave leaves all":                      {engine.LeaveOrders, "10", "buy 100 limit 9.8, sell 10 limit 107.8 reduce, sell 10 stop 93.1 reduce", true},
		"cancel leaves what guards":             {engine.CancelOrders, "10", "sell 10 limit 107.8 reduce, sell 10 stop 93.1 reduce", true},
		"flatten leaves nothing":                {engine.FlattenAll, "0", "", true},
		"a person's position is flattened, too": {engine.FlattenAll, "0", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(patient))
			r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
			r.mustStep()
			r.moves("97")
			if name == "a person's position is flattened, too" {
				r.venue.Trade("1", eth, trading.Sell, d("3"))
			}
			report, err := r.engine.Stop(t.Context(), c.policy, time.Minute)
			require.NoError(t, err)
			require.True(t, report.Done)
			require.Equal(t, c.policy, report.Policy)
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			require.Len(t, report.Open, len(r.venue.Resting()), "the report tells the truth")
			require.Equal(t, c.held == "0", len(report.Positions) == 0)
			require.Equal(t, "0", r.held(eth))
			require.Equal(t, 1, r.log.count("INFO Trading engine started"), "an end is no start")

			submits := r.broker.Submits()
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()))
			require.ErrorIs(t, r.step(), engine.ErrStopped)
			require.ErrorIs(t, r.engine.Serve(t.Context()), engine.ErrStopped)
			require.Equal(t, submits, r.broker.Submits())

			r.clock.Add(time.Hour)
			r.restart()
			r.settle()
			require.Equal(t, "0", r.held(btc), "an engine that starts on it later follows the signals on: this one came too late to open")
		})
	}
}

func TestStopThatCannotBeDoneSaysWhatIsOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trouble func(*rig)
		policy  engine.StopPolicy
		orders  int
		closes  int
		want    string
	}{
		"the broker is down":              {func(r *rig) { r.broker.Disconnect(true) }, engine.FlattenAll, 2, 1, "connection lost"},
		"nobody can say what is open now": {func(r *rig) { r.broker.Disconnect(true) }, engine.LeaveOrders, 2, 1, "connection lost"},
		"cancels are not heard":           {func(r *rig) { r.broker.FailCancel(true) }, engine.FlattenAll, 2, 2, "connection lost"},
		"fills do not come":               {func(r *rig) { r.broker.HideFills(true) }, engine.FlattenAll, 1, 1, "is not done"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := bubbleRig(t, refuses)
				r.cfg.Ticket = bracket
				r.restart()
				r.signals.put(says(btc, signal.Long, time.Now()))
				r.mustStep()
				c.trouble(r)
				began := time.Now()
				report, err := r.engine.Stop(t.Context(), c.policy, 20*time.Second)
				require.ErrorContains(t, err, c.want)
				require.LessOrEqual(t, time.Since(began), 20*time.Second)
				require.False(t, report.Done)
				require.Len(t, report.Open, c.orders)
				require.Len(t, report.Positions, 1)
				if name == "fills do not come" {
					require.Equal(t, 2, r.broker.CancelCalls(), "of the legs, and not of the order that closes")
				}
				r.broker.Disconnect(false)
				r.broker.FailCancel(false)
				r.broker.HideFills(false)
				report, err = r.engine.Stop(t.Context(), engine.FlattenAll, 20*time.Second)
				require.NoError(t, err)
				require.Empty(t, report.Open)
				require.Empty(t, report.Positions)
				r.agree()
				entries, err := r.journal.Read(t.Context(), 0, 1000)
				require.NoError(t, err)
				closes := 0
				for _, entry := range entries {
					if _, is := entry.Event.(journal.CloseAsked); is {
						closes++
					}
				}
				require.Equal(t, c.closes, closes, "asked for once by each stop that came to it")
			})
		})
	}
}

// The engine hangs inside Submit, is stopped, and wakes up later.
func TestStopDoesNotWaitForWhatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.broker.Next(tradingtest.Hang)
		r.signals.put(says(btc, signal.Long, time.Now()))
		ended := serving(context.Background(), r.engine)
		<-r.broker.Hanging()
		report, err := r.engine.Stop(t.Context(), engine.CancelOrders, 5*time.Second)
		require.ErrorContains(t, err, "is not done")
		require.Len(t, report.Open, 1, "the one that flies")
		r.broker.Release()
		require.ErrorIs(t, <-ended, engine.ErrStopped)
		report, err = r.engine.Stop(t.Context(), engine.FlattenAll, 5*time.Second)
		require.NoError(t, err)
		require.True(t, report.Done)
		require.Equal(t, "0", r.held(btc), "what it did was found and closed")
		r.agree()
	})
}

func TestStopNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	_, err := r.engine.Stop(t.Context(), "burn", time.Second)
	require.ErrorContains(t, err, `"burn"`)
	_, err = r.engine.Stop(t.Context(), engine.LeaveOrders, 0)
	require.ErrorContains(t, err, "within 0s")
	r.mustStep()
}

// A stop closes what is held, guarded by a bracket, although a write to the journal fails: any of them, and whether or
// not the process dies of it and the next one is told to stop.
func TestStopSurvivesAJournalThatFailsAtAnyPoint(t *testing.T) {
	t.Parallel()
	for _, fault := range []tradingtest.Fault{tradingtest.None, tradingtest.LoseReply, tradingtest.LoseRequest} {
		for _, broken := range brokenWrites {
			t.Run(fmt.Sprintf("fault=%d/%+v", fault, broken), func(t *testing.T) {
				t.Parallel()
				for failAt := 1; ; failAt++ {
					appends := 0
					synctest.Test(t, func(t *testing.T) { appends = stopDrama(t, fault, failAt, broken) })
					if appends < failAt {
						require.Greater(t, failAt, 9, "the test has shrunk")
						return
					}
				}
			})
		}
	}
}

// stopDrama is long of one instrument and has an order resting for the other when it is stopped; it returns how often
// was written.
func stopDrama(t *testing.T, fault tradingtest.Fault, failAt int, broken brokenWrite) int {
	r := bubbleRig(t, bounded)
	r.cfg.Ticket = patient
	r.restart()
	r.signals.put(says(btc, signal.Long, time.Now()), says(eth, signal.Short, time.Now()))
	r.mustStep()
	r.venue.SetPrice(btc, d("97"))
	r.mustStep()
	require.Equal(t, 3, len(r.venue.Resting()), "two legs, and an entry")
	before := r.journal.appends
	r.journal.failAt, r.journal.wrote = before+failAt, broken.wrote
	r.broker.Next(fault)
	ctx, crash := context.WithCancel(t.Context())
	defer crash()
	if broken.crash {
		r.journal.failed = crash
	}
	report, err := r.engine.Stop(ctx, engine.FlattenAll, time.Minute)
	if ctx.Err() != nil {
		r.restart()
		report, err = r.engine.Stop(t.Context(), engine.FlattenAll, time.Minute)
	}
	require.NoError(t, err, "failing at %d", failAt)
	require.True(t, report.Done)
	require.Empty(t, r.venue.Resting(), "failing at %d", failAt)
	require.Equal(t, "0", r.held(btc))
	require.Len(t, r.venue.Ledger(), 2, "failing at %d", failAt)
	r.agree()
	return r.journal.appends - before
}
