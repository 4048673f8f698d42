package supervisor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func TestStatusIsMadeOnlyOfWhatHasChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		for i := range 100 {
			add(t, s, fmt.Sprint(i), untilDone, supervisor.Policy{Verify: supervisor.Off})
		}
		start(t, s)
		_ = s.Status() // the first one makes them all
		before := s.Status().Children
		again := s.Status().Children
		require.Same(t, &before[0], &again[0], "nothing has changed, so it is the same")

		require.NoError(t, s.Restart(t.Context(), "50"))
		synctest.Wait()
		after := s.Status().Children
		for i := range before {
			if i == 50 {
				require.Equal(t, 1, before[i].Starts, "what was told stays as it was")
				require.Equal(t, 2, after[i].Starts)
				continue
			}
			require.Same(t, before[i], after[i])
		}

		require.NoError(t, s.StopChild(t.Context(), "99"))
		require.NoError(t, s.Remove(t.Context(), "99"))
		require.NoError(t, s.StopChild(t.Context(), "0"))
		require.NoError(t, s.Remove(t.Context(), "0"))
		require.Len(t, s.Status().Children, 98)
		require.Len(t, after, 100)
		stop(t, s)
		require.Equal(t, health.StateStopped, s.Status().Children[0].State)
	})
}

func TestStatusBelowAChildSupervisorIsNeverOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		sub, err := supervisor.New(supervisor.Config{Name: "sub"})
		require.NoError(t, err)
		add(t, sub, "leaf", untilDone, supervisor.Policy{})
		require.NoError(t, s.Add("sub", sub, supervisor.Policy{}))
		start(t, s)
		require.Equal(t, 1, s.Status().Children[0].Children[0].Starts)
		require.NoError(t, s.Restart(t.Context(), "sub/leaf"))
		synctest.Wait()
		require.Equal(t, 2, s.Status().Children[0].Children[0].Starts)
		stop(t, s)
	})
}

// TestStatusIsAskedForByManyWhileManyChange has nothing to compare with: the race detector and the order of what each
// one sees judge.
func TestStatusIsAskedForByManyWhileManyChange(t *testing.T) {
	t.Parallel()
	s, _ := tree(t)
	for i := range 20 {
		add(t, s, fmt.Sprint(i), untilDone, supervisor.Policy{Verify: supervisor.Off})
	}
	require.NoError(t, s.Start(context.Background()))
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 50 {
				_ = s.Restart(t.Context(), fmt.Sprint(i)) // it may not have started yet
			}
		})
		all.Go(func() {
			starts := make(map[string]int)
			for range 200 {
				for _, c := range s.Status().Children {
					if c.Starts < starts[c.Name] {
						t.Errorf("%s: %d starts after %d", c.Name, c.Starts, starts[c.Name])
					}
					starts[c.Name] = c.Starts
				}
			}
		})
	}
	all.Wait()
	stop(t, s)
}

func TestStatusCountsPanicsAndStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := tree(t)
		run := 0
		add(t, s, "a", func(ctx context.Context) error {
			switch run++; run {
			case 1, 2:
				panic("ouch")
			case 3:
				<-ctx.Done() // without a beat
			default:
				return beating(ctx)
			}
			return ctx.Err()
		}, supervisor.Policy{
			MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: time.Second, Max: time.Second},
			Stall: 10 * time.Second,
		})
		start(t, s)
		time.Sleep(5 * time.Second)
		c := childOf(t, s, "a")
		require.Equal(t, []int{2, 0}, []int{c.Panics, c.Stalls})
		require.Equal(t, 10*time.Second, c.Stall)
		require.False(t, c.LastBeat.IsZero())
		time.Sleep(time.Minute)
		c = childOf(t, s, "a")
		require.Equal(t, []int{2, 1}, []int{c.Panics, c.Stalls})
		require.Equal(t, 4, c.Starts)
		stop(t, s)
		require.Zero(t, childOf(t, s, "a").Stall, "it is not watched")
	})
}
