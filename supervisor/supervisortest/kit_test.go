package supervisortest_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

func TestPuppetEndsAsItIsTold(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		act  supervisortest.Act
		kind supervisor.Ending
		text string
	}{
		"returns": {supervisortest.Return(), supervisor.EndReturned, ""},
		"fails":   {supervisortest.Fail(errBoom), supervisor.EndError, "boom"},
		"panics":  {supervisortest.Panic("ouch"), supervisor.EndPanic, "panic: ouch"},
		"exits":   {supervisortest.Exit(), supervisor.EndGoexit, "the service called runtime.Goexit"},
		"hangs":   {supervisortest.Hang(), supervisor.EndStalled, "stalled: silent for 20s (limit 20s)"},
		"is deaf": {supervisortest.Deaf(), supervisor.EndStalled, "stalled: silent for 20s (limit 20s)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				puppet := supervisortest.NewPuppet()
				defer puppet.Release()
				tree, err := supervisor.New(supervisor.Config{Name: "bot", Logger: slog.New(slog.DiscardHandler)})
				require.NoError(t, err)
				require.NoError(t, tree.Add("a", puppet, supervisor.Policy{Stall: 20 * time.Second}))
				require.NoError(t, tree.Start(t.Context()))
				require.NoError(t, puppet.Do(t.Context(), supervisortest.Ready()))
				require.NoError(t, puppet.Do(t.Context(), supervisortest.Beat()))
				require.NoError(t, puppet.Do(t.Context(), c.act))
				if c.kind == supervisor.EndStalled {
					time.Sleep(20 * time.Second)
				}
				time.Sleep(2 * time.Second)
				status, err := tree.StatusOf("a")
				require.NoError(t, err)
				require.Equal(t, c.kind, status.LastEnd)
				require.Equal(t, c.text, status.LastError)
				if name == "is deaf" {
					require.Equal(t, health.StateStalled, status.State)
				}
				puppet.Release()
				time.Sleep(5 * time.Second)
				require.NoError(t, tree.Stop(t.Context()))
			})
		})
	}
}

func TestPuppetThatWasDeafSaysSo(t *testing.T) {
	t.Parallel()
	puppet := supervisortest.NewPuppet()
	ended := make(chan error)
	go func() { ended <- puppet.Serve(t.Context()) }()
	require.NoError(t, puppet.Do(t.Context(), supervisortest.Deaf()))
	puppet.Release()
	require.Equal(t, supervisortest.ErrDeaf, <-ended)
}

func TestActThatNobodyTakesIsGivenUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBoom)
	require.ErrorIs(t, supervisortest.NewPuppet().Do(ctx, supervisortest.Return()), errBoom)
}

func TestEventThatNeverComesIsGivenUp(t *testing.T) {
	t.Parallel()
	rec := supervisortest.NewRecorder()
	rec.Record(supervisor.Started{Stamp: supervisor.Stamp{Path: "bot/a"}})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errBoom)
	_, err := supervisortest.Await[supervisor.Parked](ctx, rec, "bot/a")
	require.EqualError(t, err, "supervisor.Parked of bot/a: supervisortest: no such event among 1: boom")
	_, err = supervisortest.Await[supervisor.Started](ctx, rec, "bot/a")
	require.NoError(t, err, "one that did not match is still there for the next")
	_, err = supervisortest.Await[supervisor.Started](ctx, rec, "bot/a")
	require.ErrorIs(t, err, errBoom, "and each is returned once")
}

// witness is a testing.TB that notes a failure.
type witness struct {
	testing.TB
	mu   sync.Mutex
	said string
}

func (w *witness) Helper() {}

func (w *witness) Fatalf(format string, args ...any) {
	w.mu.Lock()
	w.said = fmt.Sprintf(format, args...)
	w.mu.Unlock()
	runtime.Goexit()
}

func TestStressFindsWhatBreaksTheContract(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		service serve
		cfg     supervisortest.StressConfig
		want    string
	}{
		"a good service": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, supervisortest.StressConfig{}, ""},
		"one that is slow to stop": {func(ctx context.Context) error { <-ctx.Done(); time.Sleep(2 * time.Second); return nil },
			supervisortest.StressConfig{}, "Serve has not returned 1s after its context ended"},
		"one that is slow and may be": {func(ctx context.Context) error { <-ctx.Done(); time.Sleep(2 * time.Second); return nil },
			supervisortest.StressConfig{Within: 3 * time.Second}, ""},
		"one that returns early": {func(context.Context) error { return errBoom },
			supervisortest.StressConfig{}, "Serve returned before it was asked to: boom"},
		"one that returns early and may": {func(context.Context) error { return nil }, supervisortest.StressConfig{EndsByItself: true}, ""},
		"one that panics":                {func(context.Context) error { panic("ouch") }, supervisortest.StressConfig{EndsByItself: true}, "Serve panicked: ouch"},
		"one that exits": {func(context.Context) error { runtime.Goexit(); return nil },
			supervisortest.StressConfig{EndsByItself: true}, "Serve called runtime.Goexit"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &witness{TB: t}
				done := make(chan struct{})
				go func() {
					defer close(done)
					supervisortest.Stress(w, c.service, c.cfg)
				}()
				<-done
				time.Sleep(time.Minute)
				if c.want == "" {
					require.Empty(t, w.said)
					return
				}
				require.Contains(t, w.said, c.want)
			})
		})
	}
}

func TestStressFindsStateThatARunLeavesBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &witness{TB: t}
		used := false
		done := make(chan struct{})
		go func() {
			defer close(done)
			supervisortest.Stress(w, serve(func(ctx context.Context) error {
				if used {
					return errBoom
				}
				used = true
				<-ctx.Done()
				return nil
			}), supervisortest.StressConfig{})
		}()
		<-done
		require.Contains(t, w.said, "round 1")
	})
}
