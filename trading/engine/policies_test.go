package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// killer is a venue that cancels what it cannot execute at once.
type killer struct{ *tradingtest.Misbehaving }

func (k killer) Submit(ctx context.Context, a trading.Approved) error {
	if err := k.Misbehaving.Submit(ctx, a); err != nil {
		return err
	}
	return k.Misbehaving.Cancel(ctx, a.Order().Ref())
}

func TestEntryThatIsExecutedAtOnceOrNotAtAllIsSentOnce(t *testing.T) {
	t.Parallel()
	for _, tif := range []trading.TimeInForce{trading.IOC, trading.FOK} {
		t.Run(string(tif), func(t *testing.T) {
			t.Parallel()
			ticket := trading.FixedTicket{Limit: d("0.02"), TimeInForce: tif, StopLoss: d("0.05")}
			r := newRig(t, refuses, with(ticket), func(cfg *engine.Config) {
				cfg.Broker = killer{cfg.Broker.(*tradingtest.Misbehaving)}
			})
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Equal(t, 1, r.broker.Submits())
			require.Empty(t, r.engine.Status().Orders)
		})
	}
}

func TestEntryThatWasCanceledElsewhereIsLeftByDefault(t *testing.T) {
	t.Parallel()
	for reenter, submits := range map[bool]int{false: 1, true: 2} {
		t.Run(fmt.Sprint("ReenterCanceled ", reenter), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(patient), func(cfg *engine.Config) { cfg.ReenterCanceled = reenter })
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.NoError(t, r.venue.Cancel(t.Context(), r.ordersMade()[0].Ref()))
			r.settle()
			require.Equal(t, submits, r.broker.Submits())
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, "buy 10 limit 98", r.resting(), "the next signal enters anew")
		})
	}
}

func TestSignalThatConfirmsWhatSomethingElseHasTaken(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(r *rig){
		"a liquidation among the fills": func(r *rig) { r.venue.Trade("1", btc, trading.Sell, d("10")) },
		"one that only the position shows": func(r *rig) {
			r.venue.Transfer(btc, d("-10"))
			r.clock.Add(6 * time.Minute)
		},
	} {
		for refill, held := range map[bool]string{false: "0", true: "10"} {
			t.Run(fmt.Sprint(name, "/RefillTaken ", refill), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, refuses, func(cfg *engine.Config) {
					cfg.RefillTaken, cfg.Differences = refill, engine.AdoptDifference
				})
				r.signals.put(says(btc, signal.Long, r.now()))
				r.mustStep()
				take(r)
				r.mustStep()
				require.Equal(t, "0", r.held(btc))
				for range 2 {
					r.clock.Add(time.Minute)
					r.signals.put(says(btc, signal.Long, r.now()))
					r.mustStep()
					r.restart()
					r.mustStep()
				}
				require.Equal(t, held, r.held(btc))
				r.clock.Add(time.Minute)
				r.signals.put(says(btc, signal.Flat, r.now()))
				r.mustStep()
				r.clock.Add(time.Minute)
				r.signals.put(says(btc, signal.Long, r.now()))
				r.mustStep()
				require.Equal(t, "10", r.held(btc), "another direction begins anew")
			})
		}
	}
}

func TestStopThatRoundsToNothingIsAnError(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]trading.FixedTicket{
		"a stop":           {StopLoss: d("0.96")},
		"a profit":         {TakeProfit: d("0.96")},
		"less than a tick": {StopLoss: d("0.001")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direction := signal.Long
			if f.TakeProfit.IsPositive() {
				direction = signal.Short
			}
			r := newRig(t, refuses, with(f))
			r.venue.SetPrice(btc, d("0.1"))
			r.signals.put(says(btc, direction, r.now()))
			r.settle()
			require.Zero(t, r.broker.Submits())
			require.Equal(t, 1, r.log.count("Signal refused"))
		})
	}
}

func TestRenamedStrategyTakesOverWhatIsFlat(t *testing.T) {
	t.Parallel()
	renamed := func(r *rig, direction signal.Direction) {
		r.clock.Add(time.Minute)
		s := says(btc, direction, r.now())
		s.Strategy, s.ID = "cross2", "renamed "+s.ID
		r.signals.put(s)
		r.settle()
		r.clock.Add(2 * time.Minute)
	}
	for name, c := range map[string]struct {
		story func(r *rig)
		held  string
	}{
		"not what is held": {func(r *rig) { r.signals.put(says(btc, signal.Long, r.now())) }, "10"},
		"what was closed": {func(r *rig) {
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
		}, "-10"},
		"what was sold by hand": {func(r *rig) {
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.venue.Trade("1", btc, trading.Sell, d("10"))
		}, "-10"},
		"what was never opened": {func(r *rig) {
			r.signals.put(says(btc, signal.Long, r.now()))
			r.broker.Next(tradingtest.Reject, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject)
			r.settle()
			r.clock.Add(2 * time.Minute)
		}, "-10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses)
			c.story(r)
			r.mustStep()
			renamed(r, signal.Short)
			require.Equal(t, c.held, r.held(btc))
			r.restart()
			r.mustStep()
		})
	}
}
