package clockctx_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDeadlineStandsOnTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := clockctx.WithTimeout(t.Context(), clock.New(), 90*time.Millisecond)
		defer cancel()
		at, ok := ctx.Deadline()
		require.True(t, ok)
		require.Equal(t, start.Add(90*time.Millisecond), at)
		require.NoError(t, ctx.Err())

		<-ctx.Done()
		require.Equal(t, 90*time.Millisecond, time.Since(start))
		require.Equal(t, context.DeadlineExceeded, ctx.Err())
		require.Equal(t, context.DeadlineExceeded, context.Cause(ctx))
	})
}

func TestChildSeesTheDeadlineAsItsReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := clockctx.WithTimeout(t.Context(), clock.New(), time.Second)
		defer cancel()
		child, cancelChild := context.WithCancel(ctx)
		defer cancelChild()
		<-child.Done()
		require.Equal(t, context.DeadlineExceeded, child.Err())
	})
}

func TestParentsEndAndItsCauseCarryOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("shutting down")
		parent, end := context.WithCancelCause(t.Context())
		ctx, cancel := clockctx.WithTimeout(parent, clock.New(), time.Hour)
		defer cancel()
		end(why)
		require.Equal(t, context.Canceled, ctx.Err(), "visible at once, before any goroutine ran")
		<-ctx.Done()
		require.Equal(t, why, context.Cause(ctx))
	})
}

func TestCancelEndsItAtOnceAndOnlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := clockctx.WithTimeout(t.Context(), clock.New(), time.Second)
		cancel()
		cancel()
		require.Equal(t, context.Canceled, ctx.Err())
		time.Sleep(2 * time.Second)
		require.Equal(t, context.Canceled, ctx.Err(), "the deadline came too late to count")
	})
}

func TestTimeoutThatHasPassedAndADeadParent(t *testing.T) {
	t.Parallel()
	// A mock clock hangs on After(d <= 0), so none may reach it.
	ctx, cancel := clockctx.WithTimeout(t.Context(), clock.NewMock(), 0)
	defer cancel()
	require.Equal(t, context.DeadlineExceeded, ctx.Err())

	dead, end := context.WithCancel(t.Context())
	end()
	ctx, cancel = clockctx.WithTimeout(dead, clock.NewMock(), time.Second)
	defer cancel()
	<-ctx.Done()
	require.Equal(t, context.Canceled, ctx.Err())
}

func TestEarlierDeadlineOfTheParentIsTheOneReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		parent, cancelParent := context.WithTimeout(t.Context(), time.Second)
		defer cancelParent()
		ctx, cancel := clockctx.WithTimeout(parent, clock.New(), time.Minute)
		defer cancel()
		at, _ := ctx.Deadline()
		require.Equal(t, start.Add(time.Second), at)
		<-ctx.Done()
		require.Equal(t, context.DeadlineExceeded, ctx.Err())
	})
}
