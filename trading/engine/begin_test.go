package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// kinds are the kinds of the events about orders that are in the journal, in order.
func (r *rig) kinds() (all []string) {
	entries, err := r.journal.Read(context.Background(), 0, 1000)
	require.NoError(r.t, err)
	for _, e := range entries {
		if journal.OrderOf(e.Event) != "" {
			all = append(all, journal.KindOf(e.Event))
		}
	}
	return all
}

// A call that hangs before it begins belongs to no run any more once it wakes up, and keeps nothing waiting until then.
func TestBeginStopsASubmissionOfARunThatWasReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{"refuses": refuses, "bounded": bounded, "neither": never} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := bubbleRig(t, traits)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ended := serving(ctx, r.engine)
				r.signals.put(says(eth, signal.Long, time.Now()))
				synctest.Wait()
				require.Equal(t, "100", r.held(eth), "the broker is known to call Begin")
				r.broker.Next(tradingtest.HangBegin)
				r.signals.put(says(btc, signal.Long, time.Now()))
				<-r.broker.Hanging()
				cancel()
				again, stop := context.WithCancel(t.Context())
				next := serving(again, r.engine)
				time.Sleep(20 * time.Second)
				if traits != never {
					require.Equal(t, "10", r.held(btc), "the new run has sent it")
				}
				r.broker.Wake()
				require.Equal(t, context.Canceled, <-ended)
				time.Sleep(20 * time.Second)
				synctest.Wait()
				if traits != never {
					require.Equal(t, 2, r.broker.Submits())
					r.agree()
				} else {
					require.Equal(t, 1, r.broker.Submits(), "a person decides")
				}
				stop()
				require.Equal(t, context.Canceled, <-next)
			})
		})
	}
}

func TestBeginOfAnAdapterThatCouldNotIsNotReceivedAndTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, never)
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	r.broker.Next(tradingtest.FailBegin)
	r.signals.put(says(btc, signal.Long, r.now()))
	require.ErrorIs(t, r.step(), tradingtest.ErrLost, "so that the next step waits a little")
	require.Equal(t, trading.StatusIntended, r.engine.Status().Orders[0].Status, "nothing is unknown of it")
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, []string{
		"intent_made", "submitting", "acknowledged", "filled",
		"intent_made", "submitting", "not_received", "submitting", "acknowledged", "filled",
	}, r.kinds())
	r.agree()
}

// carelessAdapter does not call Begin, or not as it should.
type carelessAdapter struct {
	trading.Broker
	submit func(ctx context.Context, a trading.Approved, send func(trading.Approved) error) error
}

func (c *carelessAdapter) Submit(ctx context.Context, a trading.Approved) error {
	return c.submit(ctx, a, func(a trading.Approved) error { return c.Broker.Submit(ctx, a) })
}

func careless(
	t *testing.T, submit func(ctx context.Context, a trading.Approved, send func(trading.Approved) error) error,
) *rig {
	r := newRig(t, bounded)
	r.cfg.Broker = &carelessAdapter{r.venue, submit}
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	return r
}

// What an adapter without Begin says of an order is asked about.
func TestBeginThatIsNeverCalledLeavesTheOrderUnknown(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"it says that all is well": nil, "it says nothing": errors.New("timeout")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := careless(t, func(_ context.Context, a trading.Approved, send func(trading.Approved) error) error {
				require.NoError(t, send(a.Gated(nil)))
				return answer
			})
			r.mustStep()
			require.Equal(t, []string{"intent_made", "submitting", "unknown", "filled"}, r.kinds())
			r.settle()
			r.agree()
		})
	}
}

func TestBeginIsForOneSending(t *testing.T) {
	t.Parallel()
	var first, second error
	r := careless(t, func(ctx context.Context, a trading.Approved, send func(trading.Approved) error) error {
		first = send(a)
		second = a.Begin(ctx)
		return first
	})
	r.mustStep()
	require.NoError(t, first)
	require.ErrorContains(t, second, "called Begin before")
	r.agree()
}

// An adapter that goes on in a goroutine of its own, after Submit has said that nothing came of it, does not begin.
func TestBeginIsOverWhenSubmitHasReturned(t *testing.T) {
	t.Parallel()
	var late []trading.Approved
	r := careless(t, func(_ context.Context, a trading.Approved, send func(trading.Approved) error) error {
		if a.Order().Symbol == eth {
			return send(a)
		}
		late = append(late, a)
		return context.DeadlineExceeded
	})
	r.signals.put(says(eth, signal.Long, r.now()))
	require.NoError(t, r.step(), "before the adapter has called Begin the order is unknown")
	r.clock.Add(time.Minute)
	require.ErrorIs(t, r.step(), context.DeadlineExceeded)
	require.Len(t, late, 2)
	for _, a := range late {
		require.ErrorContains(t, a.Begin(t.Context()), "has returned")
	}
}

// A refusal by the adapter itself is one: nothing was sent.
func TestBeginIsNotNeededToReject(t *testing.T) {
	t.Parallel()
	r := careless(t, func(context.Context, trading.Approved, func(trading.Approved) error) error {
		return trading.ErrRejected
	})
	r.mustStep()
	require.Equal(t, []string{"intent_made", "submitting", "rejected"}, r.kinds())
}
