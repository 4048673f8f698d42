package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// seenLast is what became of the latest signal.
func (r *rig) seenLast() journal.SignalSeen {
	all := events[journal.SignalSeen](r)
	return all[len(all)-1]
}

// until moves the clock to a moment.
func (r *rig) until(at time.Time) { r.clock.Add(at.Sub(r.now())) }

// stopOut opens BTC and has its stop-loss close it; it returns when.
func (r *rig) stopOut() time.Time {
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.mustStep()
	require.Equal(r.t, "10", r.held(btc))
	r.clock.Add(time.Second)
	at := r.now()
	r.moves("94")
	require.Equal(r.t, "0", r.held(btc))
	r.venue.SetPrice(btc, d("100"))
	return at
}

func TestCoolDownKeepsAnInstrumentClosedAfterAStopUntilItEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket), under(risk.Rules{CoolDown: time.Hour}))
	end := r.stopOut().Add(time.Hour)
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "100", r.held(eth), "another instrument is none of its business")

	r.until(end.Add(-1))
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, journal.OutcomeRefused, r.seenLast().Outcome)
	require.Equal(t, "CoolDown", r.seenLast().Limit)
	require.Equal(t, []book.Lock{{
		Symbol: btc, Until: end.UTC(), By: "limit: CoolDown", Reason: "CoolDown is 1h0m0s: a stop-loss closed BTC/USDT at " +
			end.Add(-time.Hour).Format(time.RFC3339Nano) + "; nothing is opened until " + end.Format(time.RFC3339Nano),
	}}, r.engine.Status().Protections)
	require.ErrorContains(t, r.engine.Unlock(context.Background(), btc, "alice"), "protected, which ends by itself: CoolDown is 1h0m0s")
	require.Contains(t, r.seenLast().Reason, "nothing is opened until "+end.Format(time.RFC3339Nano))

	r.until(end)
	r.settle()
	require.Empty(t, r.engine.Status().Protections)
	require.Equal(t, "0", r.held(btc), "a signal from before its end opens nothing after it")
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
}

func TestCoolDownIsOverAtTheVeryMomentThatItNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket), under(risk.Rules{CoolDown: time.Hour}))
	r.until(r.stopOut().Add(time.Hour))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
}

// The account is paused after two stops; an entry that rests then goes, and what is held stays guarded.
func TestStopGuardCancelsEntriesThatRest(t *testing.T) {
	t.Parallel()
	shape := func(cfg *engine.Config) { cfg.Ticket = patientETH{} }
	r := newRig(t, refuses, shape, under(risk.Rules{StopGuard: risk.Pause{After: 2, Within: time.Hour, For: time.Hour}}))
	r.stopOut()
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "buy 100 limit 9.8", r.resting())
	r.clock.Add(30 * time.Second)
	r.stopOut()
	r.mustStep()
	require.Empty(t, r.resting())
	require.Len(t, r.engine.Status().Protections, 1)
	require.Empty(t, r.engine.Status().Protections[0].Symbol, "it holds for all instruments")
	require.Equal(t, "limit: StopGuard", r.engine.Status().Protections[0].By)
	why := ""
	for _, e := range events[journal.CancelAsked](r) {
		why += e.Reason + "\n"
	}
	require.Contains(t, why, "StopGuard is 2 within 1h0m0s: ")
	r.agree()
}

// patientETH enters ETH below the market, and BTC at once.
type patientETH struct{}

func (patientETH) Ticket(s trading.Sizing, side trading.Side) (trading.Ticket, error) {
	if s.Signal.Symbol == eth {
		return patient.Ticket(s, side)
	}
	return bracket.Ticket(s, side)
}

func TestLockHoldsThroughRestartsUntilItEnds(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, refuses)
	end := r.now().Add(time.Hour)
	require.ErrorContains(t, r.engine.Lock(ctx, btc, end, "news", " "), "needs a name")
	require.ErrorContains(t, r.engine.Lock(ctx, "DOGE", end, "news", "alice"), "no such instrument")
	require.ErrorContains(t, r.engine.Lock(ctx, btc, r.now(), "", "alice"), "it is not locked")
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.NoError(t, r.engine.Lock(ctx, btc, end, "news", "alice"))
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Short, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc), "what closes passes")

	r.until(end.Add(-1))
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "Lock", r.seenLast().Limit)
	require.Contains(t, r.seenLast().Reason, "Lock is until "+end.Format(time.RFC3339Nano)+": alice: news")
	require.Len(t, r.engine.Status().Locks, 1)
	r.until(end)
	require.Empty(t, r.engine.Status().Locks)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	r.agree()
}

func TestLockIsLiftedByAPerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, refuses)
	require.NoError(t, r.engine.Lock(ctx, btc, r.now().Add(time.Hour), "news", "alice"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	require.NoError(t, r.engine.Unlock(ctx, btc, "bob"))
	require.Empty(t, r.engine.Status().Locks)
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
}

// An order that was approved, and perhaps signed, is not sent where its instrument is locked at that moment.
func TestLockIsSeenByTheGate(t *testing.T) {
	t.Parallel()
	var r *rig
	r = careless(t, func(ctx context.Context, a trading.Approved, send func(trading.Approved) error) error {
		require.NoError(t, r.engine.Lock(ctx, btc, r.now().Add(time.Hour), "news", "alice"))
		return send(a)
	})
	r.settle()
	require.Empty(t, r.venue.ClientIDs())
	r.agree()
}

func TestLockCancelsAnEntryThatRests(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(patient))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "buy 10 limit 98", r.resting())
	require.NoError(t, r.engine.Lock(t.Context(), btc, r.now().Add(time.Hour), "news", "alice"))
	r.mustStep()
	require.Empty(t, r.resting())
	r.moves("97")
	r.settle()
	require.Equal(t, "0", r.held(btc))
	r.agree()
}
