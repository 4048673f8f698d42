package supervisor_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// beating beats each second until it is asked to stop.
func beating(ctx context.Context) error {
	for tick := time.Tick(time.Second); ; {
		health.Beat(ctx)
		select {
		case <-tick:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// A feed crashes again and again, is parked and cools down; a person restarts, pauses and resumes it. A sibling hangs,
// and is abandoned.
func TestTranscriptOfACrashAndOfAStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStoryteller(t, supervisor.OneForOne)
		var broken atomic.Bool
		broken.Store(true)
		release, runs := make(chan struct{}), 0
		add(t, s.Supervisor, "store", untilDone, supervisor.Policy{})
		add(t, s.Supervisor, "feed", func(ctx context.Context) error {
			if broken.Load() {
				return lasting(1500 * time.Millisecond)(ctx)
			}
			return untilDone(ctx)
		}, supervisor.Policy{
			MaxRestarts: 3, CoolDown: time.Minute,
			Backoff: supervisor.Backoff{Initial: time.Second, Factor: 2, Max: 3 * time.Second},
		})
		add(t, s.Supervisor, "engine", func(ctx context.Context) error {
			runs++
			if runs == 1 {
				beatUntil(ctx, 2*time.Minute+250*time.Millisecond)
				return deaf(release)(ctx)
			}
			return beating(ctx)
		}, supervisor.Policy{Stall: 8 * time.Second, StopTimeout: 5 * time.Second, Zombie: supervisor.Replace})
		add(t, s.Supervisor, "console", untilDone, supervisor.Policy{})
		s.chapter("the feed crashes until its restarts are spent, and is parked")
		start(t, s.Supervisor)
		s.waits(20 * time.Second)
		s.states()
		s.chapter("it cools down, and begins a new round")
		s.waits(55 * time.Second)
		s.chapter("parked again, a person restarts it")
		s.waits(15 * time.Second)
		s.states()
		broken.Store(false)
		s.does("restarts feed", func() error { return s.Restart(t.Context(), "feed") })
		s.waits(5 * time.Second)
		s.chapter("a person pauses and resumes it")
		s.does("pauses feed", func() error { return s.Pause(t.Context(), "feed") })
		s.waits(time.Second)
		s.states()
		s.does("resumes feed", func() error { return s.Resume(t.Context(), "feed") })
		s.waits(5 * time.Second)
		s.chapter("the engine is silent, does not return, and is replaced")
		s.waits(40 * time.Second)
		s.states()
		s.chapter("what was abandoned ends after all")
		close(release)
		s.waits(time.Second)
		s.chapter("all stop, in reverse order")
		stop(t, s.Supervisor)
		s.states()
		s.check("testdata/transcripts/crash_and_stall.txt")
	})
}

// What a failure does to a group, and what the parent makes of its end.
func TestTranscriptOfGroups(t *testing.T) {
	t.Parallel()
	for name, strategy := range map[string]supervisor.Strategy{
		"one_for_all": supervisor.OneForAll, "rest_for_one": supervisor.RestForOne,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { tellGroup(t, name, strategy) })
		})
	}
}

// tellGroup tells of a group of three in a root, the second of which fails.
func tellGroup(t *testing.T, name string, strategy supervisor.Strategy) {
	s := newStoryteller(t, supervisor.OneForOne)
	group, err := supervisor.New(supervisor.Config{Name: "group", Strategy: strategy})
	require.NoError(t, err)
	ready := func(ctx context.Context) error { // one after the other
		health.Ready(ctx)
		return untilDone(ctx)
	}
	var works atomic.Bool
	works.Store(true)
	policy := supervisor.Policy{Ready: time.Second, MaxRestarts: 2, Exhausted: supervisor.Escalate}
	add(t, group, "a", ready, policy)
	add(t, group, "b", func(ctx context.Context) error {
		if !works.Load() {
			return errBoom // before it is ready, or the third might have begun to start
		}
		health.Ready(ctx)
		return lasting(10 * time.Second)(ctx)
	}, policy)
	add(t, group, "c", ready, policy)
	add(t, s.Supervisor, "sibling", untilDone, supervisor.Policy{})
	require.NoError(t, s.Add("group", group, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, CoolDown: time.Minute}))
	s.chapter("the group starts in order")
	start(t, s.Supervisor)
	s.waits(9 * time.Second)
	works.Store(false)
	s.chapter("the second fails, until its restarts are spent; the group's end is the parent's to decide")
	s.waits(20 * time.Second)
	s.states()
	s.chapter("the parent has parked the group, and starts it again")
	works.Store(true)
	s.waits(55 * time.Second)
	s.states()
	s.chapter("all stop, in reverse order")
	stop(t, s.Supervisor)
	s.states()
	s.check("testdata/transcripts/" + name + ".txt")
}
