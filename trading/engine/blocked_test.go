package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestBlockedSignalIsTriedAgainWhenTheReasonIsGone(t *testing.T) {
	t.Parallel()
	stale := func(r *rig) (over func()) {
		r.stale = errors.New("data is stale")
		return func() { r.stale = nil }
	}
	for name, c := range map[string]struct {
		block func(r *rig) (over func())
		after time.Duration
		more  func(r *rig)
		auto  bool
		held  string
	}{
		"stale data": {block: stale, after: 20 * time.Second, auto: true, held: "10"},
		"a halt": {block: func(r *rig) func() {
			require.NoError(r.t, r.engine.Halt(context.Background(), "lunch"))
			return func() { require.NoError(r.t, rearm(context.Background(), r.engine, "dave")) }
		}, after: 20 * time.Second, auto: true, held: "10"},
		"reduce only, and a crash": {block: func(r *rig) func() {
			r.engine.SetReduceOnly(true)
			return r.restart
		}, after: 20 * time.Second, auto: true, held: "10"},
		"not once it has expired":     {block: stale, after: 70 * time.Second, auto: true, held: "0"},
		"not where a person approves": {block: stale, after: 20 * time.Second, held: "0"},
		"not after a newer one": {block: stale, after: 20 * time.Second, auto: true, held: "0", more: func(r *rig) {
			r.signals.put(says(btc, signal.Flat, r.now().Add(time.Minute)))
			r.mustStep()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(stopOnly))
			r.cfg.AutoExecute = c.auto
			r.cfg.Allow = func(string) error { return r.stale }
			r.restart()
			r.mustStep()
			ctx, conditions := watched(t)
			over := c.block(r)
			r.signals.put(says(btc, signal.Long, r.now()))
			require.NoError(t, r.engine.Step(ctx))
			require.Equal(t, 1, r.engine.Status().Counts.Signals[journal.OutcomeRefused])
			require.Equal(t, c.auto, conditions()["refusing/"+btc].Verdict == health.Degraded)
			require.Empty(t, r.engine.Status().Offers)
			if c.more != nil {
				c.more(r)
			}
			for passed := time.Duration(0); passed < c.after; passed += time.Second {
				require.NoError(t, r.engine.Step(ctx))
				r.clock.Add(time.Second)
			}
			require.Zero(t, r.broker.Submits())
			over()
			r.settle()
			require.Equal(t, c.held, r.held(btc))
			require.NoError(t, r.engine.Step(ctx))
			if name != "reduce only, and a crash" { // The next engine has a part of its own.
				require.NotContains(t, conditions(), "refusing/"+btc)
			}
		})
	}
}
