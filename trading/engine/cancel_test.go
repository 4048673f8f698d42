package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestCancelTakesAnOrderBackForGood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before  func(r *rig)
		held    string
		resting string
	}{
		"nothing is held": {func(*rig) {}, "0", ""},
		"what it was to close is closed already": {func(r *rig) {
			r.moves("97.5")
			require.Equal(r.t, "10", r.held(btc))
			r.clock.Add(time.Second)
			r.signals.put(says(btc, signal.Short, r.now()))
			r.mustStep()
			r.mustStep()
		}, "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(patient))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, "buy 10 limit 98", r.resting())
			c.before(r)
			require.Len(t, r.venue.Resting(), 1, "the entry: %s", r.resting())
			entry := r.venue.Resting()[0].ClientID
			require.NoError(t, r.engine.Cancel(t.Context(), entry, "ann"))
			for range 10 {
				r.clock.Add(2 * time.Second) // its signal is valid all the while
				r.mustStep()
			}
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			require.ErrorContains(t, r.engine.Cancel(t.Context(), entry, "ann"), "it is canceled")

			r.restart()
			r.mustStep()
			r.mustStep()
			require.Equal(t, c.resting, r.resting(), "a new process does not send it again")
			r.agree()
		})
	}
}

func TestCancelRefusesWhatItMustNotTouch(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.ErrorIs(t, r.engine.Cancel(t.Context(), "v-nothing", "ann"), trading.ErrUnknownOrder)
	require.ErrorContains(t, r.engine.Cancel(t.Context(), r.ordersMade()[0].ClientID, "ann"), "it is filled")
	require.ErrorContains(t, r.engine.Cancel(t.Context(), r.ordersMade()[0].ClientID, " "), "needs a name")
	for _, leg := range r.venue.Resting() {
		require.ErrorContains(t, r.engine.Cancel(t.Context(), leg.ClientID, "ann"), "it guards a position")
	}
	require.NotEmpty(t, r.resting())
	require.Equal(t, engine.Status{}.Error, r.engine.Status().Error)
}

// What an entry that made way had filled by then is closed as soon as it is known: nobody refused anything.
func TestCancelThatComesTooLateIsClosedAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.venue.FillPart(d("4"))
	r.broker.HideFills(true)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc), "nobody has heard of it")
	r.broker.HideFills(false)
	r.mustStep() // It hears of the fill, and that the rest has gone.
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, 2, r.broker.Submits())
	require.Len(t, r.venue.Ledger(), 2)
	r.agree()
}

// A venue that cancels nothing is left all the same, where what closes may be sent beside the legs that rest; and nothing is
// opened there meanwhile.
func TestEngineClosesWhileTheVenueCancelsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside)
	r.cfg.Ticket = bracket
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(3)
	require.Len(t, r.venue.Resting(), 2)
	r.broker.FailCancel(true)
	r.signals.put(says(btc, signal.Flat, r.now()))
	require.ErrorContains(t, r.step(), "cancel order")
	require.Equal(t, "0", r.held(btc), "it is closed")
	r.clock.Add(time.Minute)
	r.signals.put(says(eth, signal.Long, r.now()))
	for range 5 {
		require.Error(t, r.step())
		r.clock.Add(time.Second)
	}
	require.Equal(t, "0", r.held(eth), "nothing is opened")
	require.NotEmpty(t, r.resting(), "what could not be canceled is tracked")
	r.broker.FailCancel(false)
	r.stepFor(5)
	require.NotEqual(t, "0", r.held(eth))
	for _, o := range r.venue.Resting() {
		require.Equal(t, eth, o.Symbol, "the legs that could not be canceled are gone")
	}
}

// slowToCancel takes cancels, and leaves the orders as they are for a while.
type slowToCancel struct {
	*tradingtest.Misbehaving
	waits bool
}

func (p *slowToCancel) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if p.waits {
		return nil
	}
	return p.Misbehaving.Cancel(ctx, ref)
}

// What turns a position closes it at once, and opens the other side when the legs of the old one are gone.
func TestEngineTurnsAPositionWhoseLegsAreLongInGoing(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside)
	broker := &slowToCancel{Misbehaving: r.broker}
	r.cfg.Ticket, r.cfg.Broker = bracket, broker
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(3)
	broker.waits = true
	r.signals.put(says(btc, signal.Short, r.now()))
	for range 10 {
		r.mustStep()
		r.clock.Add(time.Second)
		require.Equal(t, "0", r.held(btc))
	}
	broker.waits = false
	r.stepFor(5)
	require.Equal(t, "-10", r.held(btc))
	for _, o := range r.venue.Resting() {
		require.Equal(t, trading.Buy, o.Side, "the legs of the long position are gone")
	}
	require.Len(t, r.venue.Resting(), 2)
}
