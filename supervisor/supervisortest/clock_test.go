package supervisortest_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

// Not in a bubble: this is what the clock is for.
func TestClockThatIsMovedWhenTheTimerIsArmedLosesNone(t *testing.T) {
	t.Parallel()
	clk, rec, puppet := supervisortest.NewClock(), supervisortest.NewRecorder(), supervisortest.NewPuppet()
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Clock: clk, OnEvent: rec.Record, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, tree.Add("feed", puppet, supervisor.Policy{MaxRestarts: supervisor.Unlimited}))
	require.NoError(t, tree.Start(t.Context()))
	for i := range 20 {
		require.NoError(t, puppet.Do(t.Context(), supervisortest.Fail(errBoom)))
		clk.AwaitArmed(clk.Now().Add(5 * time.Second))
		clk.Add(5 * time.Second)
		started, err := supervisortest.Await[supervisor.Started](t.Context(), rec, "bot/feed")
		require.NoError(t, err)
		if i == 0 {
			started, err = supervisortest.Await[supervisor.Started](t.Context(), rec, "bot/feed")
			require.NoError(t, err)
		}
		require.Equal(t, time.Duration(i+1)*5*time.Second, started.Time.Sub(time.Unix(0, 0)))
	}
	require.Equal(t, 21, puppet.Runs())
	require.NoError(t, tree.Stop(t.Context()))
}

func TestTimerThatNeverComesIsGivenUp(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClock()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBoom)
	require.ErrorIs(t, clk.AwaitArmedContext(ctx, clk.Now().Add(time.Second)), errBoom)
	require.NoError(t, clk.AwaitArmedContext(ctx, clk.Now()), "a time that has come needs no timer")
}

func TestWaitOfNothingIsOver(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClock()
	<-clk.After(0)
	<-clk.After(-time.Second)
}

func TestTimerThatHasFiredIsArmedNoMore(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClock()
	at := clk.Now().Add(time.Minute)
	timer := clk.After(time.Minute)
	clk.AwaitArmed(at)
	clk.Add(time.Minute)
	require.True(t, (<-timer).Equal(at))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, clk.AwaitArmedContext(ctx, at.Add(time.Minute)))
}
