package supervisor_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// A service learns from its context who ended its run, and may act on it.
func TestCauseOfARunsContextSaysWhoEndedIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy supervisor.Strategy
		policy   supervisor.Policy
		end      func(*supervisor.Supervisor) error
		want     error
	}{
		"paused":    {end: func(s *supervisor.Supervisor) error { return s.Pause(context.Background(), "a") }, want: supervisor.ErrPaused},
		"restarted": {end: func(s *supervisor.Supervisor) error { return s.Restart(context.Background(), "a") }, want: supervisor.ErrRestarted},
		"stopped": {
			end:  func(s *supervisor.Supervisor) error { return s.StopChild(context.Background(), "a") },
			want: supervisor.ErrHalted,
		},
		"the tree stops": {
			end: func(s *supervisor.Supervisor) error { return s.Stop(context.Background()) }, want: supervisor.ErrStopping,
		},
		"a sibling failed": {
			strategy: supervisor.OneForAll,
			end:      func(*supervisor.Supervisor) error { time.Sleep(time.Minute); return nil },
			want:     supervisor.ErrGroup,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, err := supervisor.New(supervisor.Config{Name: "root", Strategy: c.strategy, Logger: quiet()})
				require.NoError(t, err)
				causes := make(chan error, 1)
				add(t, s, "a", func(ctx context.Context) error {
					<-ctx.Done()
					select {
					case causes <- context.Cause(ctx):
					default:
					}
					return ctx.Err()
				}, c.policy)
				add(t, s, "b", lasting(30*time.Second), supervisor.Policy{})
				start(t, s)
				require.NoError(t, c.end(s))
				require.Equal(t, c.want, <-causes)
				require.NoError(t, s.Stop(context.Background()))
			})
		})
	}
}

func TestCauseOfAStallIsItsError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		causes := make(chan error, 1)
		add(t, s, "a", func(ctx context.Context) error {
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		}, supervisor.Policy{Stall: 4 * time.Second, Exhausted: supervisor.GiveUp, MaxRestarts: supervisor.NoRestarts})
		start(t, s)
		var stall *supervisor.StallError
		require.ErrorAs(t, <-causes, &stall)
		require.Equal(t, &supervisor.StallError{Silence: 4 * time.Second, Limit: 4 * time.Second}, stall)
		stop(t, s)
	})
}

func TestPanicOfAServiceKeepsItsValue(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"an error": errBoom, "no error": "ouch"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, rec := tree(t)
				add(t, s, "a", func(context.Context) error { panic(value) }, supervisor.Policy{})
				start(t, s)
				failed := only[supervisor.Failed](rec)
				require.NotEmpty(t, failed)
				var panicked *supervisor.PanicError
				require.ErrorAs(t, failed[0].End.Err, &panicked)
				require.Equal(t, value, panicked.Value)
				require.Equal(t, value == any(errBoom), errors.Is(failed[0].End, errBoom))
				stop(t, s)
			})
		})
	}
}

func TestUnstoppedNamesWhoAndSinceWhen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{StopTimeout: time.Second})
		start(t, s)
		time.Sleep(time.Minute)
		asked := time.Now()
		var unstopped *supervisor.UnstoppedError
		require.ErrorAs(t, s.Stop(t.Context()), &unstopped)
		require.Equal(t, []supervisor.Unstopped{{Path: "root/a", Since: asked}}, unstopped.Unstopped)
		close(release)
	})
}
