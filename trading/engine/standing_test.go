package engine_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// verdictAfter lets Serve run in a bubble and returns what health says of it after a while.
func verdictAfter(t *testing.T, r *rig, after time.Duration) health.PartReport {
	t.Helper()
	registry := health.NewRegistry(health.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	ctx, run := registry.Begin("engine").Next(ctx)
	run.SetState(health.Stage{State: health.StateRunning})
	ended := make(chan error)
	go func() { ended <- r.engine.Serve(ctx) }()
	time.Sleep(after)
	synctest.Wait()
	report, ok := registry.Report().Part("engine")
	require.True(t, ok)
	r.broker.Release()
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	return report
}

func TestTroubleIsInHealthWithinItsBound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trouble func(r *rig)
		after   time.Duration
		key     string
		verdict health.Verdict
		text    string
	}{
		"a broker that is down": {func(r *rig) { r.broker.Disconnect(true) }, 3 * time.Second,
			"failing", health.Degraded, "trading steps fail: engine: ask the broker for fills: "},
		"a broker that stays down": {func(r *rig) { r.broker.Disconnect(true) }, 40 * time.Second,
			"failing", health.Unhealthy, "ask the broker for fills"},
		"a halt": {func(r *rig) { require.NoError(r.t, r.engine.Halt(context.Background(), "lunch")) }, time.Second,
			"halted", health.Degraded, "trading is halted: lunch"},
		"a halt of a process before": {func(r *rig) {
			require.NoError(r.t, r.engine.Halt(context.Background(), "lunch"))
			r.restart()
		}, 0, "halted", health.Degraded, "trading is halted: lunch"},
		"positions that differ": {func(r *rig) { r.venue.Transfer(btc, d("3")) }, 0,
			"halted", health.Degraded, "positions differ: BTC/USDT is 3 at the broker and 0 in the journal"},
		"a difference": {func(r *rig) { r.venue.Transfer(btc, d("3")) }, 0,
			"differs/" + btc, health.Degraded, "BTC/USDT is 3 at the broker and 0 in the journal"},
		"a difference that is ignored": {func(r *rig) {
			r.cfg.Differences = engine.IgnoreDifference
			r.restart()
			r.venue.Transfer(btc, d("3"))
		}, 0, "differs/" + btc, health.Healthy, "and that is ignored"},
		"reduce only": {func(r *rig) { r.engine.SetReduceOnly(true) }, 0, "reduce_only", health.Degraded, "only what reduces"},
		"orders that are refused": {func(r *rig) {
			r.broker.Next(tradingtest.Reject, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject)
			r.signals.put(says(btc, signal.Long, time.Now()))
		}, 7 * time.Second, "orders", health.Degraded, "the last 3 orders were refused or lost, the latest: order rejected"},
		"signals that are refused": {func(r *rig) {
			r.cfg.Size = moody{}
			r.restart()
			for _, strategy := range []string{"one", "two", "three"} {
				s := says(btc, signal.Long, time.Now())
				s.Strategy = strategy
				r.signals.put(s)
			}
		}, 5 * time.Second, "signals", health.Degraded, "the last 3 signals were refused, the latest: size: not today"},
		"an order of unknown fate": {func(r *rig) {
			r.cfg.Broker = tradingtest.Misbehave(tradingtest.NewVenue(bubbleClock{}, never))
			r.cfg.Broker.(*tradingtest.Misbehaving).Next(tradingtest.LoseRequest)
			r.restart()
			r.signals.put(says(btc, signal.Long, time.Now()))
		}, 15 * time.Second, "unknown", health.Unhealthy, "needs a person"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := bubbleRig(t, refuses)
				c.trouble(r)
				report := verdictAfter(t, r, c.after)
				require.GreaterOrEqual(t, report.Verdict, c.verdict)
				i := slices.IndexFunc(report.Conditions, func(raised health.Raised) bool { return raised.Key == c.key })
				require.GreaterOrEqual(t, i, 0, report.Conditions)
				require.Equal(t, c.verdict, report.Conditions[i].Verdict)
				require.Contains(t, report.Conditions[i].Text, c.text)
				for _, raised := range report.Conditions {
					require.True(t, raised.Remedy != "" || raised.Verdict == health.Healthy, "the way out of %s", raised.Key)
				}
			})
		})
	}
}

// bubbleClock is the clock of the bubble.
type bubbleClock struct{}

func (bubbleClock) Now() time.Time                         { return time.Now() }
func (bubbleClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func TestTroubleIsGoneFromHealthWhenItIsOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	ctx, conditions := watched(t)
	require.NoError(t, r.engine.Halt(ctx, "lunch"))
	require.NoError(t, r.engine.Step(ctx))
	require.Equal(t, r.engine.Status().Halt.At, conditions()["halted"].Since)
	r.clock.Add(time.Hour)
	r.restart()
	ctx, conditions = watched(t)
	require.NoError(t, r.engine.Step(ctx))
	require.Equal(t, r.now().Add(-time.Hour).UTC(), conditions()["halted"].Since.UTC(), "since it began, and not since the start")
	require.NoError(t, rearm(ctx, r.engine, "dave"))
	r.broker.Disconnect(true)
	require.Error(t, r.engine.Step(ctx))
	require.Empty(t, conditions(), "one step that failed is none")
	require.Error(t, r.engine.Step(ctx))
	require.Contains(t, conditions(), "failing")
	r.broker.Disconnect(false)
	require.NoError(t, r.engine.Step(ctx))
	require.Empty(t, conditions())
}

// A pause of the engine's own is planned, however long: no watch takes it for a hang.
func TestPauseOfServeIsIdle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(cfg *engine.Config)
		down   bool
	}{
		"after steps that failed":  {func(*engine.Config) {}, true},
		"where the poll is longer": {func(cfg *engine.Config) { cfg.Poll = time.Minute }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := bubbleRig(t, refuses)
				c.change(&r.cfg)
				r.restart()
				r.broker.Disconnect(c.down)
				ctx, cancel := context.WithCancel(t.Context())
				ctx, run := health.NewRegistry(health.Config{}).Begin("engine").Next(ctx)
				ended := make(chan error)
				go func() { ended <- r.engine.Serve(ctx) }()
				silent := 0
				for range 600 {
					time.Sleep(time.Second)
					synctest.Wait()
					if silent++; run.TakeBeat() || run.IdleAt(time.Now()) {
						silent = 0
					}
					require.Less(t, silent, 5)
				}
				cancel()
				require.True(t, errors.Is(<-ended, context.Canceled))
			})
		})
	}
}

// moody is a Sizer that refuses every signal.
type moody struct{}

func (moody) Target(trading.Sizing) (decimal.Decimal, error) {
	return decimal.Zero, errors.New("not today")
}
