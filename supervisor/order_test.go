package supervisor_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// logged is a list that many goroutines write to.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

// TestServeIsAskedToEndAfterTheNextOneHasReturned looks at what the services themselves see, with the real scheduler.
// At the start there is nothing of the kind to see: what a Serve does first runs beside the start of the next one.
func TestServeIsAskedToEndAfterTheNextOneHasReturned(t *testing.T) {
	t.Parallel()
	const n = 200
	s, rec := tree(t)
	var left logged
	var up sync.WaitGroup
	var names []string
	for i := range n {
		name := fmt.Sprintf("s%03d", i)
		names = append(names, name)
		add(t, s, name, func(ctx context.Context) error {
			up.Done()
			<-ctx.Done()
			left.add(name)
			return ctx.Err()
		}, supervisor.Policy{})
	}
	for range 2 {
		up.Add(n)
		require.NoError(t, s.Start(context.Background()))
		up.Wait()
		stop(t, s)
		slices.Reverse(left.lines)
		require.Equal(t, names, left.lines)
		left.lines = nil
	}
	var started []string
	for _, e := range rec.Events() { // the stop has waited for all of them
		if e, ok := e.(supervisor.Started); ok {
			started = append(started, strings.TrimPrefix(e.Path, "root/"))
		}
	}
	require.Equal(t, append(names, names...), started)
}

func TestStopTimeoutIsEachChildsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		slow := func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return ctx.Err()
		}
		add(t, s, "patient", slow, supervisor.Policy{StopTimeout: supervisor.Forever})
		add(t, s, "deaf, two seconds", deaf(release), supervisor.Policy{StopTimeout: 2 * time.Second})
		add(t, s, "exits", func(ctx context.Context) error {
			<-ctx.Done()
			runtime.Goexit()
			return nil
		}, supervisor.Policy{})
		add(t, s, "deaf, five seconds", deaf(release), supervisor.Policy{StopTimeout: 5 * time.Second})
		add(t, s, "slow, ten seconds", slow, supervisor.Policy{})
		start(t, s)
		require.Error(t, s.Stop(t.Context()))
		require.Equal(t, seconds(1), timesOf[supervisor.Stopped](rec, "root/slow, ten seconds"))
		require.Equal(t, seconds(6), timesOf[supervisor.StopTimedOut](rec, "root/deaf, five seconds"))
		require.Equal(t, seconds(6), timesOf[supervisor.Stopped](rec, "root/exits"))
		require.Equal(t, seconds(8), timesOf[supervisor.StopTimedOut](rec, "root/deaf, two seconds"))
		require.Equal(t, seconds(9), timesOf[supervisor.Stopped](rec, "root/patient"))
		close(release)
		synctest.Wait()
	})
}

func TestRunThatWasAskedBeforeGetsNoMoreTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := tree(t)
		release := make(chan struct{})
		add(t, s, "a", deaf(release), supervisor.Policy{})
		start(t, s)
		go func() { _ = s.StopChild(context.Background(), "a") }()
		time.Sleep(4 * time.Second)
		require.Error(t, s.Stop(t.Context()))
		timedOut := only[supervisor.StopTimedOut](rec)
		require.Len(t, timedOut, 1)
		require.Equal(t, 10*time.Second, timedOut[0].After)
		require.Equal(t, seconds(10), timesOf[supervisor.StopTimedOut](rec, "root/a"))
		close(release)
		synctest.Wait()
	})
}

// TestChildThatIsAddedAsTheTreeStopsIsNoOrphan adds children while a start and a stop meet: whoever was added has run
// to its end, or never, when Stop returns.
func TestChildThatIsAddedAsTheTreeStopsIsNoOrphan(t *testing.T) {
	t.Parallel()
	for range 200 {
		s, _ := tree(t)
		var running sync.WaitGroup
		service := func(ctx context.Context) error {
			running.Add(1)
			defer running.Done()
			return untilDone(ctx)
		}
		add(t, s, "static", service, supervisor.Policy{})
		ctx, cancel := context.WithCancel(context.Background())
		require.NoError(t, s.Start(ctx))
		var adding sync.WaitGroup
		adding.Go(func() {
			err := s.Add("late", serve(service), supervisor.Policy{})
			if err != nil {
				require.ErrorIs(t, err, supervisor.ErrStopping)
			}
		})
		cancel()
		require.NoError(t, s.Stop(context.Background()))
		running.Wait()
		adding.Wait()
	}
}
