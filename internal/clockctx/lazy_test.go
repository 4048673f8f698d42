package clockctx_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

// counting counts the timers that are armed on a clock.
type counting struct {
	clockctx.Clock
	armed atomic.Int32
}

func (c *counting) After(d time.Duration) <-chan time.Time {
	c.armed.Add(1)
	return c.Clock.After(d)
}

// byHand is a clock whose timers never fire.
type byHand struct{ now atomic.Int64 }

func (c *byHand) Now() time.Time                       { return time.Unix(c.now.Load(), 0) }
func (c *byHand) After(time.Duration) <-chan time.Time { return nil }

func TestDoneArmsOneTimerAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := &counting{Clock: clock.New()}
		ctx, cancel := clockctx.WithTimeout(t.Context(), clk, time.Second)
		defer cancel()
		require.NoError(t, ctx.Err())
		require.NoError(t, context.Cause(ctx))
		_, child := context.WithTimeout(context.WithValue(ctx, clk, 1), time.Minute)
		require.EqualValues(t, 1, clk.armed.Load(), "a cancellable child waits")
		<-ctx.Done()
		<-ctx.Done()
		child()
		require.EqualValues(t, 1, clk.armed.Load())
		synctest.Wait()

		idle, cancelIdle := clockctx.WithTimeout(t.Context(), clk, time.Second)
		_ = idle.Err()
		cancelIdle()
		require.Equal(t, context.Canceled, idle.Err())
		require.EqualValues(t, 1, clk.armed.Load())
	})
}

func TestErrAndCauseReadTheClock(t *testing.T) {
	t.Parallel()
	clk := &byHand{}
	ctx, cancel := clockctx.WithTimeout(context.Background(), clk, 10*time.Second)
	defer cancel()
	clk.now.Store(9)
	require.NoError(t, ctx.Err())
	clk.now.Store(10)
	require.Equal(t, context.DeadlineExceeded, context.Cause(ctx))
	require.Equal(t, context.DeadlineExceeded, ctx.Err())
	<-ctx.Done()
	clk.now.Store(0)
	require.Equal(t, context.DeadlineExceeded, ctx.Err(), "an end is final, although the clock was set back")
	cancel()
	require.Equal(t, context.DeadlineExceeded, ctx.Err())
}

func TestErrAtTheDeadlineClosesDoneThoughItsTimerIsLate(t *testing.T) {
	t.Parallel()
	clk := &byHand{}
	ctx, cancel := clockctx.WithTimeout(context.Background(), clk, 10*time.Second)
	defer cancel()
	done := ctx.Done()
	clk.now.Store(11)
	require.Equal(t, context.DeadlineExceeded, ctx.Err())
	<-done
}

func TestDoneAfterTheEndIsClosed(t *testing.T) {
	t.Parallel()
	clk := &byHand{}
	late, cancel := clockctx.WithTimeout(context.Background(), clk, 10*time.Second)
	defer cancel()
	clk.now.Store(10)
	<-late.Done()
	require.Equal(t, context.DeadlineExceeded, late.Err())

	canceled, cancel := clockctx.WithTimeout(context.Background(), clk, 10*time.Second)
	cancel()
	<-canceled.Done()
	require.Equal(t, context.Canceled, canceled.Err())
}

func TestArmedContextEndsWithItsParentAndItsCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("shutting down")
		parent, end := context.WithCancelCause(t.Context())
		outer, cancelOuter := clockctx.WithTimeout(parent, clock.New(), time.Hour)
		defer cancelOuter()
		inner, cancelInner := clockctx.WithTimeout(outer, clock.New(), time.Minute)
		defer cancelInner()
		child, cancelChild := context.WithCancel(inner)
		defer cancelChild()
		go func() {
			time.Sleep(time.Second)
			end(why)
		}()
		began := time.Now()
		<-child.Done()
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, context.Canceled, child.Err())
		require.Equal(t, why, context.Cause(child))
	})
}

func TestMockClockEndsWhatWaits(t *testing.T) {
	t.Parallel()
	clk := clock.NewMock()
	ctx, cancel := clockctx.WithTimeout(context.Background(), clk, time.Second)
	defer cancel()
	done := ctx.Done() // armed when it returns
	clk.Add(time.Second)
	<-done
	require.Equal(t, context.DeadlineExceeded, ctx.Err())
}

func TestContextOfManyCallersHasOneEnd(t *testing.T) {
	t.Parallel()
	for range 50 {
		ctx, cancel := clockctx.WithTimeout(context.Background(), clock.New(), time.Millisecond)
		var wg sync.WaitGroup
		ends := make([]error, 8)
		for i := range ends {
			wg.Go(func() {
				if i%4 == 3 {
					cancel()
				}
				if i%2 == 0 {
					_ = ctx.Err()
				}
				<-ctx.Done()
				ends[i] = ctx.Err()
			})
		}
		wg.Wait()
		for _, err := range ends {
			require.Equal(t, ends[0], err)
			require.Error(t, err)
		}
		cancel()
	}
}

func BenchmarkWithTimeout(b *testing.B) {
	for name, use := range map[string]func(context.Context){
		"asked for Err": func(ctx context.Context) { _ = ctx.Err() },
		"waited for":    func(ctx context.Context) { _ = ctx.Done() },
		"with a child": func(ctx context.Context) {
			_, cancel := context.WithCancel(ctx)
			cancel()
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			clk := clock.New()
			for b.Loop() {
				ctx, cancel := clockctx.WithTimeout(context.Background(), clk, time.Minute)
				use(ctx)
				cancel()
			}
		})
	}
}
