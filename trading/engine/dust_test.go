package engine_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// picky is a venue that takes nothing below its smallest notional, not even what closes.
type picky struct{ *tradingtest.Misbehaving }

func (p picky) Submit(ctx context.Context, a trading.Approved) error {
	if o := a.Order(); o.Quantity.Mul(d("100")).LessThan(d("5")) {
		if err := a.Begin(ctx); err != nil {
			return err
		}
		return fmt.Errorf("%w: below the smallest notional", trading.ErrRejected)
	}
	return p.Misbehaving.Submit(ctx, a)
}

func TestDustIsSaidAndLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sold string // by hand, of 10
		min  string // the smallest quantity
		most int    // orders that are refused
	}{
		"below the smallest notional, which the venue has to say":  {"9.96", "0", 2},
		"below the smallest quantity, which is known without that": {"9.96", "0.05", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(stopOnly), func(cfg *engine.Config) {
				cfg.Broker = picky{cfg.Broker.(*tradingtest.Misbehaving)}
				cfg.Instruments[0].MinQuantity = d(c.min)
			})
			ctx, conditions := watched(t)
			r.signals.put(says(btc, signal.Long, r.now()))
			require.NoError(t, r.engine.Step(ctx))
			r.venue.Trade("1", btc, trading.Sell, d(c.sold))
			for range 10 * 60 {
				require.NoError(t, r.engine.Step(ctx))
				r.clock.Add(time.Second)
			}
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
			for range 10 * 60 {
				require.NoError(t, r.engine.Step(ctx))
				r.clock.Add(time.Second)
			}
			require.LessOrEqual(t, r.engine.Status().Counts.Rejected, c.most)
			require.Equal(t, "0.04", r.held(btc))
			require.Equal(t, "0", r.engine.Status().Targets[0].Quantity.String(), "it counts as done")
			require.Equal(t, health.Healthy, conditions()["dust/"+btc].Verdict)
			require.Len(t, conditions(), 1)
			require.Equal(t, 1, r.log.count("0.04 of BTC/USDT is left, too little to be traded"))
			r.mustStep()
			require.True(t, r.engine.Idle(), "and costs nothing")
			report, err := r.engine.Stop(t.Context(), engine.FlattenAll, time.Minute)
			require.NoError(t, err)
			require.True(t, report.Done)
		})
	}
}

func TestPositionThatIsNotSetUpAnyMore(t *testing.T) {
	t.Parallel()
	gone := func(t *testing.T, change ...func(*engine.Config)) *rig {
		r := newRig(t, refuses, append(change, with(stopOnly))...)
		r.signals.put(says(btc, signal.Long, r.now()))
		r.mustStep()
		r.cfg.Instruments = []trading.Instrument{instrument(eth)}
		r.restart()
		return r
	}
	t.Run("is told, guarded and closed by a flat signal", func(t *testing.T) {
		t.Parallel()
		r := gone(t)
		ctx, conditions := watched(t)
		require.NoError(t, r.engine.Step(ctx))
		c := conditions()["not_set_up/"+btc]
		require.Equal(t, health.Degraded, c.Verdict)
		require.Contains(t, c.Text, "10 of BTC/USDT is held")
		require.Equal(t, 1, r.log.count("WARN Worth knowing what=10 of BTC/USDT is held, and the instrument is not set up"))
		r.venue.Trade("1", btc, trading.Sell, d("2.5"))
		r.settle()
		require.Equal(t, "sell 7.5 stop 95 reduce", r.resting(), "it is guarded as before")
		r.clock.Add(time.Minute)
		r.signals.put(says(btc, signal.Long, r.now()))
		r.settle()
		require.Equal(t, "7.5", r.held(btc), "nothing opens any of it")
		r.clock.Add(time.Minute)
		r.signals.put(says(btc, signal.Flat, r.now()))
		r.settle()
		require.Equal(t, "0", r.held(btc))
		require.NoError(t, r.engine.Step(ctx))
		require.Empty(t, conditions())
		r.agree()
	})
	t.Run("is closed and not turned by a signal for the other side", func(t *testing.T) {
		t.Parallel()
		r := gone(t)
		r.mustStep()
		r.clock.Add(time.Minute)
		r.signals.put(says(btc, signal.Short, r.now()))
		r.settle()
		require.Equal(t, "0", r.held(btc))
	})
	t.Run("is closed by a person", func(t *testing.T) {
		t.Parallel()
		r := gone(t)
		require.ErrorContains(t, r.engine.Flatten(t.Context(), btc, "bob"), "no such instrument", "it has to be read first")
		r.mustStep()
		require.NoError(t, r.engine.Flatten(t.Context(), btc, "bob"))
		r.settle()
		require.Equal(t, "0", r.held(btc))
		require.ErrorContains(t, r.engine.Flatten(t.Context(), btc, "bob"), "none of it is held")
	})
	t.Run("is closed by a stop that flattens", func(t *testing.T) {
		t.Parallel()
		r := gone(t)
		report, err := r.engine.Stop(t.Context(), engine.FlattenAll, time.Minute)
		require.NoError(t, err)
		require.True(t, report.Done)
		require.Empty(t, report.Positions)
	})
	t.Run("is compared", func(t *testing.T) {
		t.Parallel()
		r := gone(t)
		r.venue.Transfer(btc, d("-3"))
		r.settle()
		require.Contains(t, r.engine.Status().Halt.Reason, "BTC/USDT is 7 at the broker and 10 in the journal")
	})
}

func TestStopThatCannotFlattenNamesWhatIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.signals.put(says(btc, signal.Long, time.Now()))
		r.mustStep()
		r.cfg.Broker = refusesAll{r.broker}
		r.restart()
		_, err := r.engine.Stop(t.Context(), engine.FlattenAll, time.Minute)
		require.ErrorContains(t, err, "10 of BTC/USDT is held")
		require.ErrorContains(t, err, "closed for today")
	})
}

// refusesAll is a venue that is closed.
type refusesAll struct{ *tradingtest.Misbehaving }

func (refusesAll) Submit(ctx context.Context, a trading.Approved) error {
	if err := a.Begin(ctx); err != nil {
		return err
	}
	return fmt.Errorf("%w: closed for today", trading.ErrRejected)
}
