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
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// notReady is what /readyz would say after a step.
func notReady(t *testing.T, r *rig) []string {
	t.Helper()
	registry := health.NewRegistry(health.Config{})
	ctx, run := registry.Begin("engine").Next(t.Context())
	run.SetState(health.Stage{State: health.StateRunning})
	require.NoError(t, r.engine.Step(ctx))
	return registry.Report().NotReady()
}

func TestEngineIsNotReadyWhileAPersonHasToLetItOpenAnything(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	require.Empty(t, notReady(t, r))
	require.NoError(t, r.engine.Halt(t.Context(), "lunch"))
	require.Equal(t, []string{"engine: halted: trading is halted: lunch (re-arm it once that is dealt with)"}, notReady(t, r))
	require.NoError(t, rearm(t.Context(), r.engine, "ann"))
	require.Empty(t, notReady(t, r))
	r.engine.SetReduceOnly(true)
	require.Equal(t, []string{"engine: reduce_only: only what reduces a position is sent (turn reduce-only off: " +
		"SetReduceOnly, or the act reduce-only of who serves the API)"}, notReady(t, r))
	r.engine.SetReduceOnly(false)
	r.venue.Trade("9", btc, trading.Buy, d("1"))
	require.Empty(t, notReady(t, r))
}

func TestStatusSaysWhatIsHeldForAStrategyThatSpeaksNoMore(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, speaking("fast=9"))
	ctx, conditions := watched(t)
	r.mustStep()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Empty(t, r.engine.Status().Orphaned)
	r.restartWith(speaking("fast=5"))
	require.NoError(t, r.engine.Step(ctx))
	require.NoError(t, r.engine.Step(ctx))
	require.Equal(t, []string{btc}, r.engine.Status().Orphaned)
	raised := conditions()["orphaned/"+btc]
	require.Equal(t, "10 of BTC/USDT is held for cross (fast=9 on 1m0s), which speaks no more: it is only reduced", raised.Text)
	require.Equal(t, health.Degraded, raised.Verdict)
	require.True(t, raised.Person)
	require.NoError(t, r.engine.Flatten(ctx, btc, "ann"))
	require.NoError(t, r.engine.Step(ctx))
	require.NoError(t, r.engine.Step(ctx))
	require.Empty(t, r.engine.Status().Orphaned)
	require.Empty(t, conditions())
}

func TestStatusSaysWhatHasNoStopLoss(t *testing.T) {
	t.Parallel()
	r := newStrictRig(t, refuses, nil)
	r.shut = true
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.engine.Status().Unguarded[btc].String())
	r.shut = false
	r.settle()
	require.Empty(t, r.engine.Status().Unguarded)
}

func TestStatusTellsOfWhatGoesWrongInARow(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.broker.Next(tradingtest.Reject, tradingtest.Reject)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, 1, r.engine.Status().Rejections)
	r.cfg.Size = moody{}
	r.restart()
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, 1, r.engine.Status().Refusals)

	r.venue.Transfer(eth, d("3"))
	r.clock.Add(time.Hour)
	r.settle()
	require.Equal(t, []string{"ETH/USDT is 3 at the broker and 0 in the journal"}, r.engine.Status().Differences)
	r.venue.Transfer(eth, d("-3"))
	r.clock.Add(time.Hour)
	r.settle()
	require.Empty(t, r.engine.Status().Differences)
}

func TestStatusNamesTheOrdersThatNeedAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, never)
	id := clientID(says(btc, signal.Long, noon).ID, 1)
	r.broker.Next(tradingtest.LoseRequest)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.settle()
	require.Equal(t, []string{id}, r.engine.Status().NeedPerson)
	require.NoError(t, r.engine.GiveUp(t.Context(), id, "ann"))
	r.mustStep()
	require.Empty(t, r.engine.Status().NeedPerson)
}

// shut says that every market is closed, or open.
type shut bool

func (s shut) Open(string, time.Time) (open bool, until time.Time) { return !bool(s), time.Time{} }

func TestPriceThatNobodyGivesTurnsHealthWhileTheMarketIsOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hours   signal.Hours
		limit   bool
		key     string
		verdict health.Verdict
	}{
		"a market that never closes":               {nil, false, "unpriced", health.Degraded},
		"an open market":                           {shut(false), false, "unpriced", health.Degraded},
		"a closed market":                          {shut(true), false, "unpriced", health.Healthy},
		"an open market where losses are limited":  {shut(false), true, "day_loss", health.Degraded},
		"a closed market where losses are limited": {shut(true), true, "day_loss", health.Healthy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pricer := &fickle{gone: map[string]bool{}}
			r := newRig(t, refuses, func(cfg *engine.Config) {
				pricer.Pricer = cfg.Broker.(trading.Pricer)
				cfg.Pricer, cfg.Hours = pricer, c.hours
				if c.limit {
					cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxDailyLoss = d("500") })
				}
			})
			ctx, conditions := watched(t)
			r.mustStep()
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			pricer.gone[btc] = true
			require.NoError(t, r.engine.Step(ctx))
			require.Contains(t, conditions(), c.key)
			require.Equal(t, c.verdict, conditions()[c.key].Verdict)
			require.Equal(t, []string{btc}, r.engine.Status().Unpriced)
			pricer.gone[btc] = false
			require.NoError(t, r.engine.Step(context.WithoutCancel(ctx)))
			require.NotContains(t, conditions(), c.key)
		})
	}
}
