package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestReplyThatIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits  trading.Traits
		fault   tradingtest.Fault
		submits int    // in all
		held    string // in the end
		unknown bool   // for ever
	}{
		"after the order was accepted it is found by its client ID":                {refuses, tradingtest.LoseReply, 1, "10", false},
		"before the order arrived it is sent again, once":                          {refuses, tradingtest.LoseRequest, 2, "10", false},
		"of a broker that takes duplicates it is found as well":                    {bounded, tradingtest.LoseReply, 1, "10", false},
		"before it arrived there the longest flight is waited out":                 {bounded, tradingtest.LoseRequest, 2, "10", false},
		"of a broker without a bound it is found as well":                          {never, tradingtest.LoseReply, 1, "10", false},
		"before it arrived where nothing bounds the flight it is left to a person": {never, tradingtest.LoseRequest, 1, "0", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits)
			r.broker.Next(c.fault)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, 1, r.log.count("WARN Order unknown"))
			r.settle()
			require.Equal(t, c.submits, r.broker.Submits())
			require.Equal(t, c.held, r.held(btc))
			if c.unknown {
				require.Equal(t, 1, r.log.count("ERROR Order needs a person"))
				require.ErrorContains(t, r.step(), "needs a person")
				return
			}
			r.agree()
		})
	}
}

func TestOrderThatArrivesLateIsNeverTwo(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{"refuses": refuses, "bounded": bounded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, traits)
			r.broker.Next(tradingtest.Late)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(4 * time.Second)
			_ = r.step()
			r.broker.Deliver(t.Context()) // within the longest flight
			r.settle()
			require.Equal(t, "10", r.held(btc))
			r.agree()
		})
	}
}

func TestLongestFlightIsWaitedOutAfterARestart(t *testing.T) {
	t.Parallel()
	r := newRig(t, bounded)
	r.broker.Next(tradingtest.Late)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(4 * time.Second) // the old process may have begun to send only now, just before it died
	r.restart()
	r.mustStep()
	r.clock.Add(4 * time.Second)
	r.mustStep()
	require.Equal(t, 1, r.broker.Submits())
	r.broker.Deliver(t.Context())
	r.settle()
	require.Equal(t, 1, r.broker.Submits())
	require.Equal(t, "10", r.held(btc))
	r.agree()
}

func TestRefusalOfTheSecondSendingIsNotOneOfTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.broker.Next(tradingtest.LoseRequest, tradingtest.Reject)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, 1, r.engine.Status().Counts.Rejected, "the broker has nothing, so the refusal is believed")
	require.Equal(t, "10", r.held(btc), "by the second attempt")
	require.Equal(t, []string{clientID(says(btc, signal.Long, noon).ID, 2)}, r.venue.ClientIDs())
	r.agree()
}

func TestRefusalOfTheSecondSendingAfterTheFirstArrivedAfterAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.cfg.Allow = func(string) error { // is asked between the broker's "unknown" and the second sending
		if r.broker.Submits() == 1 {
			r.broker.Deliver(context.Background())
		}
		return nil
	}
	r.restart()
	r.mustStep()
	r.broker.Next(tradingtest.Late, tradingtest.Reject)
	r.broker.HideFills(true) // or the fill would tell at once
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, 2, r.broker.Submits())
	r.broker.HideFills(false)
	r.mustStep()
	require.Equal(t, 0, r.engine.Status().Counts.Rejected)
	require.Equal(t, "10", r.held(btc))
	r.agree()
}

func TestUnknownOrderHoldsBackItsInstrument(t *testing.T) {
	t.Parallel()
	r := newRig(t, bounded)
	r.broker.Next(tradingtest.LoseRequest)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Short, r.now()), says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, 2, r.broker.Submits(), "the other instrument goes on")
	require.Equal(t, "100", r.held(eth))
	require.Equal(t, "0", r.held(btc))
	r.settle()
	require.Equal(t, "-10", r.held(btc), "the deferred target is reached, and the old order is not sent again")
	require.Equal(t, 3, r.broker.Submits())
	r.agree()
}

// What was sent and is not wanted any more may arrive as long as a request can be under way.
func TestOrderIsNotGivenUpWhileItMayArrive(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(r *rig){
		"when a new signal takes its place": func(r *rig) {
			r.signals.put(says(btc, signal.Short, r.now()))
		},
		"when its signal has expired and another comes": func(r *rig) {
			r.signals.put(says(btc, signal.Short, r.now()))
			r.clock.Add(2 * time.Second)
		},
		"across a restart": func(r *rig) {
			r.signals.put(says(btc, signal.Short, r.now()))
			r.restart()
		},
		"when the second sending is rejected": func(r *rig) {
			r.broker.Next(tradingtest.Reject)
			_ = r.step()
			r.signals.put(says(btc, signal.Short, r.now()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses)
			r.broker.Next(tradingtest.Late)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(time.Second)
			then(r)
			for range 2 {
				_ = r.step()
				r.clock.Add(time.Second)
			}
			r.broker.Deliver(t.Context())
			r.settle()
			require.Equal(t, "-10", r.held(btc), "the late order was taken into account")
			require.Len(t, r.venue.ClientIDs(), 2)
			r.agree()
		})
	}
}

func TestPersonGivesUpAnOrderOfUnknownFate(t *testing.T) {
	t.Parallel()
	r := newRig(t, never)
	r.broker.Next(tradingtest.LoseRequest)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	stuck := r.engine.Status().Orders[0]
	require.Equal(t, trading.StatusUnknown, stuck.Status)
	require.ErrorContains(t, r.engine.GiveUp(t.Context(), stuck.ClientID, " "), "name")
	require.ErrorIs(t, r.engine.GiveUp(t.Context(), "v-none", "me"), trading.ErrUnknownOrder)
	require.NoError(t, r.engine.GiveUp(t.Context(), stuck.ClientID, "me"))
	require.ErrorContains(t, r.engine.GiveUp(t.Context(), stuck.ClientID, "me"), "canceled")
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Short, r.now()))
	r.settle()
	require.Equal(t, "-10", r.held(btc))
	r.agree()
}

// fillsOfAnotherTime is a broker whose clock is far behind.
type fillsOfAnotherTime struct {
	trading.Broker
	late time.Duration
}

func (b fillsOfAnotherTime) Fills(
	ctx context.Context, from trading.Cursor, limit int,
) ([]trading.Fill, trading.Cursor, error) {
	if from.Token == "" {
		from.Since = from.Since.Add(b.late)
	}
	fills, next, err := b.Broker.Fills(ctx, from, limit)
	for i := range fills {
		fills[i].Time = fills[i].Time.Add(-b.late)
	}
	return fills, next, err
}

func (b fillsOfAnotherTime) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	return b.Broker.(trading.Positioner).Positions(ctx)
}

func TestFillsAreFoundThoughTheBrokersClockIsHoursBehind(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Broker = fillsOfAnotherTime{cfg.Broker, 5 * time.Hour} })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	require.Empty(t, r.engine.Status().Orders)
	r.agree()
	r.venue.Transfer(btc, d("1"))
	r.clock.Add(5 * time.Minute)
	r.mustStep()
	require.Contains(t, r.engine.Status().Halt.Reason, "positions differ", "it is over with looking for fills")
}

func TestOrderWhoseCallHasNotReturnedCannotBeGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, never)
	r.mustStep()
	r.broker.Next(tradingtest.Hang)
	r.signals.put(says(btc, signal.Long, r.now()))
	ended := make(chan error)
	go func() { ended <- r.step() }()
	<-r.broker.Hanging()
	id := r.engine.Status().Orders[0].ClientID
	require.ErrorContains(t, r.engine.GiveUp(t.Context(), id, "me"), "has not returned")
	r.broker.Wake()
	require.NoError(t, <-ended)
	require.Equal(t, "10", r.held(btc))
	r.agree()
}
