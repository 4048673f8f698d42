package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// setClocks are the ways in which a clock is set, and whether its times carry a monotonic reading.
var setClocks = map[string]struct {
	by     time.Duration
	coarse bool
}{
	"back by an hour": {-time.Hour, false},
	"back by an hour, without a monotonic reading": {-time.Hour, true},
	"back by a little": {-3 * time.Second, false},
	"forth by an hour": {time.Hour, false},
}

// eachSetClock runs a test for each of them. set is to be called where the clock is to be set.
func eachSetClock(t *testing.T, traits trading.Traits, test func(t *testing.T, r *rig, set func())) {
	for name, c := range setClocks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, traits)
			r.clock.coarse = c.coarse
			test(t, r, func() { r.clock.set(c.by) })
		})
	}
}

// stepFor steps once each second.
func (r *rig) stepFor(seconds int) {
	for range seconds {
		_ = r.step()
		r.clock.Add(time.Second)
	}
}

func TestTimesOfTheRigAreThoseOfAClockThatIsSet(t *testing.T) {
	t.Parallel()
	c := &handClock{now: started}
	before := c.Now()
	c.set(-time.Hour)
	require.Zero(t, c.Now().Sub(before), "what has passed")
	require.Equal(t, -time.Hour, c.Now().Round(0).Sub(before.Round(0)), "what it shows")
	c.Add(time.Second)
	require.Equal(t, time.Second, c.Now().Sub(before))
	c.coarse = true
	require.Equal(t, time.Second-time.Hour, c.Now().Sub(before.Round(0)))
}

func TestUnknownOrderIsSettledInTimeThoughTheClockIsSet(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{"refuses": refuses, "bounded": bounded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachSetClock(t, traits, func(t *testing.T, r *rig, set func()) {
				r.signals.put(says(btc, signal.Long, r.now()))
				r.stepFor(2)
				require.Equal(t, "10", r.held(btc))
				r.broker.Next(tradingtest.LoseRequest)
				r.signals.put(says(btc, signal.Flat, r.now())) // which is right however late it is
				r.stepFor(2)
				set()
				r.stepFor(5)
				require.Equal(t, "0", r.held(btc))
				r.agree()
			})
		})
	}
}

// Where the broker would take an order twice, the longest flight protects it, and nothing may cut that short.
func TestLongestFlightIsNotCutShortByASetClock(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(r *rig){
		"of this process":      func(*rig) {},
		"of the one before it": func(r *rig) { r.restart() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachSetClock(t, bounded, func(t *testing.T, r *rig, set func()) {
				r.signals.put(says(btc, signal.Long, r.now()))
				r.stepFor(2)
				r.broker.Next(tradingtest.Late)
				r.signals.put(says(btc, signal.Flat, r.now())) // which is right however late it is
				r.mustStep()
				set()
				then(r)
				r.stepFor(4)
				require.Equal(t, 2, r.broker.Submits(), "the order is not sent again")
				r.broker.Deliver(t.Context())
				r.settle()
				require.Equal(t, "0", r.held(btc))
				require.Equal(t, 2, r.broker.Submits())
				r.agree()
			})
		})
	}
}

func TestOrderThatTheBrokerForgotIsToldInTimeThoughTheClockIsSet(t *testing.T) {
	t.Parallel()
	eachSetClock(t, refuses, func(t *testing.T, r *rig, set func()) {
		r.cfg.Ticket = patient
		r.restart()
		r.signals.put(says(btc, signal.Long, r.now()))
		r.stepFor(2)
		resting := r.venue.Resting()
		require.Len(t, resting, 1)
		r.broker.Forget(resting[0].ClientID, true)
		set()
		r.stepFor(5)
		require.Zero(t, r.log.count("ERROR Order needs a person"), "it may be a copy that lags behind")
		r.stepFor(8)
		require.Equal(t, 1, r.log.count("ERROR Order needs a person"))
	})
}

func TestRejectedOrderIsTriedAgainInTimeThoughTheClockIsSet(t *testing.T) {
	t.Parallel()
	eachSetClock(t, refuses, func(t *testing.T, r *rig, set func()) {
		r.signals.put(says(btc, signal.Long, r.now()))
		r.stepFor(2)
		r.broker.Next(tradingtest.Reject)
		r.signals.put(says(btc, signal.Flat, r.now()))
		r.mustStep()
		r.clock.Add(time.Second)
		set()
		r.stepFor(3)
		require.Equal(t, "0", r.held(btc))
		require.Equal(t, 3, r.broker.Submits())
		r.agree()
	})
}

func TestLegThatTheBrokerRefusedIsTriedAgainInTimeThoughTheClockIsSet(t *testing.T) {
	t.Parallel()
	eachSetClock(t, refuses, func(t *testing.T, r *rig, set func()) {
		r.cfg.Ticket = bracket
		r.restart()
		r.broker.Next(tradingtest.None, tradingtest.Reject)
		r.signals.put(says(btc, signal.Long, r.now()))
		r.stepFor(2)
		require.Len(t, r.venue.Resting(), 1)
		set()
		r.stepFor(10)
		require.Len(t, r.venue.Resting(), 2)
		guardedOnce(r)
	})
}

func TestPositionsAreComparedInTimeThoughTheClockIsSet(t *testing.T) {
	t.Parallel()
	eachSetClock(t, refuses, func(t *testing.T, r *rig, set func()) {
		r.mustStep()
		set()
		r.venue.Transfer(btc, d("1"))
		r.stepFor(5*60 + 2)
		require.Contains(t, r.engine.Status().Halt.Reason, "positions differ")
	})
}

func TestClockThatWasSetIsToldOnce(t *testing.T) {
	t.Parallel()
	eachSetClock(t, refuses, func(t *testing.T, r *rig, set func()) {
		r.stepFor(3)
		require.Zero(t, r.log.count("Clock jumped"))
		set()
		r.stepFor(3)
		require.Equal(t, 1, r.log.count("WARN Clock jumped by="))
	})
}

// A day's loss counts from the morning of the day. One that was opened by a clock that was a year ahead is not over
// before that day comes, unless a person re-arms.
func TestDayThatAWrongClockOpenedEndsWithAPersonsWord(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) {
		cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxDailyLoss = d("100") })
	})
	r.clock.set(365 * 24 * time.Hour)
	r.mustStep()
	r.clock.set(-365 * 24 * time.Hour)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(2)
	require.Equal(t, "10", r.held(btc))
	r.venue.SetPrice(btc, d("80"))
	r.mustStep()
	require.Contains(t, r.engine.Status().Halt.Reason, "daily loss")
	require.NoError(t, rearm(t.Context(), r.engine, "alice"))
	r.stepFor(2)
	require.False(t, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
	r.venue.SetPrice(btc, d("60"))
	r.mustStep()
	require.Contains(t, r.engine.Status().Halt.Reason, "daily loss", "it counts anew, and it counts")
}

// A broker on paper shares the machine's clock: what fills after that was set back bears a time from before the fills
// that are known. What the account did before its first day here is still not ours.
func TestFillOfAClockThatWasSetBackIsNoDifference(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Ticket = bracket })
	r.clock.paper = true
	r.venue.Trade("before", eth, trading.Buy, d("1"))
	r.venue.Transfer(eth, d("-1"))
	r.clock.Add(30 * time.Minute)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(2)
	require.Equal(t, "10", r.held(btc))
	r.clock.set(-20 * time.Minute)
	r.venue.SetPrice(btc, d("50")) // The stop-loss fills, and the other leg is canceled.
	r.restart()
	r.settle()
	require.False(t, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, 2, r.engine.Status().Counts.Fills)
}

// What an account did until a moment ago, by another program or an emergency close, is not ours: of a position that was
// opened long ago a new journal would see its end alone, and hold the opposite.
func TestFillsOfBeforeTheJournalBeganAreNotOurs(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.venue.Trade("opened", eth, trading.Sell, d("1"))
	r.clock.Add(time.Hour)
	r.venue.Trade("closed", eth, trading.Buy, d("1"))
	r.clock.Add(5 * time.Second)
	r.restart() // a journal that is opened now, and empty
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(2)
	s := r.engine.Status()
	require.False(t, s.Halt.Active(), s.Halt.Reason)
	require.Zero(t, s.Counts.ForeignFills)
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, "0", r.held(eth))
	r.clock.Add(time.Minute)
	r.restart()
	r.settle()
	require.Zero(t, r.engine.Status().Counts.ForeignFills, "nor later")
	r.venue.Trade("ours", eth, trading.Buy, d("1"))
	r.settle()
	require.Equal(t, 1, r.engine.Status().Counts.ForeignFills, "what happens since is taken in")
}
