package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// watched is a context of a part, and what the part has raised.
func watched(t *testing.T) (ctx context.Context, conditions func() map[string]health.Raised) {
	t.Helper()
	registry := health.NewRegistry(health.Config{})
	run := registry.Begin("engine")
	ctx, _ = run.Next(t.Context())
	return ctx, func() map[string]health.Raised {
		raised := make(map[string]health.Raised)
		part, _ := registry.Report().Part("engine")
		for _, c := range part.Conditions {
			raised[c.Key] = c
		}
		return raised
	}
}

func TestCloseIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(r *rig){
		"a flat signal":   func(r *rig) { r.signals.put(says(btc, signal.Flat, r.now())) },
		"a person's word": func(r *rig) { require.NoError(r.t, r.engine.Flatten(context.Background(), btc, "bob")) },
		"a flip":          func(r *rig) { r.signals.put(says(btc, signal.Short, r.now())) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses)
			ctx, conditions := watched(t)
			r.signals.put(says(btc, signal.Long, r.now()))
			require.NoError(t, r.engine.Step(ctx))
			r.clock.Add(time.Minute)
			begin(r)
			for range 9 {
				r.broker.Next(tradingtest.Reject)
			}
			var failed, raised int
			for range 20 * 60 {
				if r.engine.Step(ctx) != nil {
					failed++
				}
				if c := conditions()["closing/"+btc]; c.Verdict == health.Unhealthy {
					raised++
				}
				r.clock.Add(time.Second)
			}
			require.Equal(t, "0", r.held(btc), "whatever the venue refused before")
			require.Greater(t, failed, 60, "and as long as it does, a step fails")
			require.Equal(t, failed, raised, "and health knows")
			require.NotContains(t, conditions(), "closing/"+btc)
			require.Less(t, r.broker.Submits(), 14, "it is not asked more often than that")
		})
	}
}

// dayOrders is a venue that takes the first closes and lets them expire unfilled.
type dayOrders struct {
	*tradingtestBroker

	left    *int
	expired map[string]bool
}

func (b dayOrders) Submit(ctx context.Context, a trading.Approved) error {
	if o := a.Order(); o.ReduceOnly && *b.left > 0 {
		*b.left--
		b.expired[o.ClientID] = true
		return a.Begin(ctx)
	}
	return b.tradingtestBroker.Submit(ctx, a)
}

func (b dayOrders) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if b.expired[ref.ClientID] {
		return trading.OrderReport{ClientID: ref.ClientID, Status: trading.StatusExpired, Reason: "its day is over"}, nil
	}
	return b.tradingtestBroker.Order(ctx, ref)
}

func TestCloseThatExpiresIsTriedAgainUntilItIsDone(t *testing.T) {
	t.Parallel()
	left := 9
	r := newRig(t, refuses, func(cfg *engine.Config) {
		b := cfg.Broker.(interface {
			trading.Positioner
			trading.Canceler
		})
		cfg.Broker = dayOrders{&tradingtestBroker{cfg.Broker, b, b}, &left, make(map[string]bool)}
		cfg.HaltOnExcess = true // The watch over positions is not to do it in its place.
	})
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	r.signals.put(says(btc, signal.Flat, r.now()))
	for range 20 * 60 {
		_ = r.engine.Step(t.Context())
		r.clock.Add(time.Second)
	}
	require.Zero(t, left)
	require.Equal(t, "0", r.held(btc))
	require.False(t, r.engine.Status().Halt.Active())
}

func TestCloseThatAProcessBeforeGaveUpIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.broker.Next(tradingtest.Reject, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject)
	r.settle()
	require.Equal(t, "10", r.held(btc))
	r.restart()
	r.clock.Add(time.Minute)
	r.settle()
	require.Equal(t, "0", r.held(btc))
	r.agree()
}
