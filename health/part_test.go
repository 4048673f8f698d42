package health_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestBeatIsTakenOnce(t *testing.T) {
	t.Parallel()
	ctx, p := begin(t, health.NewRegistry(health.Config{}), "loop")
	require.False(t, p.TakeBeat(), "nothing was said yet")
	health.Beat(ctx)
	health.Beat(ctx)
	require.True(t, p.TakeBeat())
	require.False(t, p.TakeBeat(), "two beats between two looks are one")
}

func TestBeatIsNoProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "loop")
		health.Expect(ctx, health.Limits{MaxSilence: time.Second})
		for range 3 {
			time.Sleep(500 * time.Millisecond)
			health.Beat(ctx)
		}
		require.Equal(t, health.Unhealthy, judged(t, r, "loop").Verdict)
	})
}

func TestSilenceCountsToTheMillisecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "feed")
		health.Expect(ctx, health.Limits{MaxSilence: 15 * time.Second})

		time.Sleep(15 * time.Second)
		require.Equal(t, health.Healthy, judged(t, r, "feed").Verdict, "at the limit, counted from the run's begin")
		time.Sleep(time.Millisecond)
		p := judged(t, r, "feed")
		require.Equal(t, health.Unhealthy, p.Verdict)
		require.Equal(t, "no progress for 15.001s (limit 15s)", p.Reason)

		health.Observe(ctx, nil)
		require.Equal(t, health.Healthy, judged(t, r, "feed").Verdict)
		require.Equal(t, time.Now(), judged(t, r, "feed").LastProgress)
		time.Sleep(15 * time.Second)
		health.Observe(ctx, errDown)
		require.Equal(t, health.Degraded, judged(t, r, "feed").Verdict)
		time.Sleep(time.Millisecond)
		require.Equal(t, health.Unhealthy, judged(t, r, "feed").Verdict, "an error is no progress")
	})
}

func TestPlannedWaitIsNoSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, p := begin(t, r, "feed")
		health.Expect(ctx, health.Limits{MaxSilence: 10 * time.Second})

		health.Idle(ctx, time.Now().Add(time.Hour))
		time.Sleep(time.Hour - time.Millisecond)
		require.True(t, p.IdleAt(time.Now()))
		require.True(t, judged(t, r, "feed").Idle)
		health.Beat(ctx)
		require.True(t, p.IdleAt(time.Now()), "a beat does not end a wait of known length")
		time.Sleep(time.Millisecond)
		require.False(t, p.IdleAt(time.Now()))

		time.Sleep(10 * time.Second)
		require.Equal(t, health.Healthy, judged(t, r, "feed").Verdict, "silence counts from the end of the wait")
		time.Sleep(time.Millisecond)
		require.Equal(t, health.Unhealthy, judged(t, r, "feed").Verdict)
	})
}

func TestWaitUntilTheNextBeatEndsWithIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, p := begin(t, r, "feed")
		health.Expect(ctx, health.Limits{MaxSilence: 10 * time.Second})

		health.Idle(ctx, time.Time{})
		time.Sleep(30 * 24 * time.Hour)
		require.True(t, p.IdleAt(time.Now()))
		require.Equal(t, health.Healthy, judged(t, r, "feed").Verdict)
		health.Beat(ctx)
		require.False(t, p.IdleAt(time.Now()))

		time.Sleep(10 * time.Second)
		require.Equal(t, health.Healthy, judged(t, r, "feed").Verdict, "the month before was planned")
		time.Sleep(time.Millisecond)
		require.Equal(t, health.Unhealthy, judged(t, r, "feed").Verdict)
	})
}

func TestIdleTakesAnyTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		until time.Time
		idle  bool
	}{
		"the year 9999 is far away":             {time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"the year 1500 has passed":              {time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), false},
		"a nanosecond ahead is a planned wait":  {now.Add(1), true},
		"this very moment ends the wait":        {now, false},
		"the zero time is until the next beat":  {time.Time{}, true},
		"a moment ago ends the wait as well":    {now.Add(-1), false},
		"the last nanosecond that int64 can do": {time.Unix(0, 1<<63-1), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, p := begin(t, health.NewRegistry(health.Config{Clock: &handClock{now}}), "part")
			health.Idle(ctx, time.Time{})
			health.Idle(ctx, c.until)
			require.Equal(t, c.idle, p.IdleAt(now))
		})
	}
}

func TestReadyIsSaidOnceOrOften(t *testing.T) {
	t.Parallel()
	ctx, p := begin(t, health.NewRegistry(health.Config{}), "part")
	select {
	case <-p.Part().AwaitReady():
		t.Fatal("ready before it said so")
	default:
	}
	health.Ready(ctx)
	health.Ready(ctx)
	<-p.Part().AwaitReady()
}

func TestPartWithoutARegistryDoesNothing(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	require.Nil(t, health.FromContext(ctx))
	for name, say := range map[string]func(context.Context){
		"beat":    health.Beat,
		"observe": func(ctx context.Context) { health.Observe(ctx, errDown) },
		"idle":    func(ctx context.Context) { health.Idle(ctx, time.Time{}) },
		"ready":   health.Ready,
		"expect":  func(ctx context.Context) { health.Expect(ctx, health.Limits{MaxErrors: 1}) },
	} {
		require.NotPanics(t, func() { say(ctx) }, name)
	}
	require.Equal(t, ctx, health.Child(ctx, "symbol"), "the very same context")
	require.Nil(t, health.FromContext(ctx).Child("symbol"))
}

func TestOldRunIsNotHeard(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	old, oldPart := begin(t, r, "gen")
	oldChild := health.Child(old, "BTC")
	health.Observe(old, errDown)

	now, nowPart := begin(t, r, "gen")
	nowChild := health.Child(now, "BTC")
	require.Zero(t, judged(t, r, "gen").ErrorRun, "a run of errors ends with its run")
	require.Equal(t, errDown.Error(), judged(t, r, "gen").ObservedError, "what is known of the part stays")

	// The zombie wakes up and says everything that it can say.
	for _, ctx := range []context.Context{old, oldChild, health.Child(old, "ETH"), health.Child(old, "BTC")} {
		health.Observe(ctx, errDown)
		health.Expect(ctx, health.Limits{MaxErrors: 1})
		health.Idle(ctx, time.Time{})
		health.Ready(ctx)
		health.Beat(ctx)
		health.Observe(ctx, nil)
	}
	require.True(t, oldPart.TakeBeat(), "its own handle still works")
	require.False(t, nowPart.TakeBeat())
	p := judged(t, r, "gen")
	require.Zero(t, p.ErrorRun)
	require.Zero(t, p.LastProgress)
	require.Equal(t, health.Limits{}, p.Limits)
	require.False(t, p.Idle)
	_, ok := r.Report().Part("gen/ETH")
	require.False(t, ok, "a child of a run that is no more")
	require.Zero(t, judged(t, r, "gen/BTC").ErrorRun)

	health.Observe(nowChild, errDown)
	require.Equal(t, 1, judged(t, r, "gen/BTC").ErrorRun)
}

func TestContextWithAPartIsAContextLikeAnyOther(t *testing.T) {
	t.Parallel()
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	p := health.NewRegistry(health.Config{}).Begin("part").Part()
	ctx := health.NewContext(parent, p)
	derived, cancelDerived := context.WithCancel(context.WithValue(ctx, key{}, "nearer"))
	defer cancelDerived()
	require.Equal(t, "value", ctx.Value(key{}))
	require.Same(t, p, health.FromContext(ctx))
	require.Same(t, p, health.FromContext(derived))
	cancel()
	require.Equal(t, context.Canceled, derived.Err())
}

func TestCountsAreShownAndKeptAcrossRuns(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	old := registry.Begin("feed")
	ctx := health.NewContext(t.Context(), old.Part())
	health.Count(ctx, "gaps", 2)
	health.Count(ctx, "gaps", 1)
	registry.Begin("feed")
	health.Count(ctx, "gaps", 100) // an ended run
	health.Count(t.Context(), "gaps", 100)
	part, _ := registry.Report().Part("feed")
	require.Equal(t, map[string]int64{"gaps": 3}, part.Counts)
	require.Equal(t, health.Healthy, part.Verdict)
	part.Counts["gaps"] = 0
	part, _ = registry.Report().Part("feed")
	require.Equal(t, int64(3), part.Counts["gaps"], "a report is a copy")
}

func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	p := r.Begin("gen").Part()
	huge := strings.Repeat("x", 1<<20)
	p.Child(huge + "a").Observe(nil)
	p.Child(huge + "b").Observe(nil)
	for i := range 100 {
		p.Count(fmt.Sprint(i, huge), 1)
	}
	report := r.Report()
	require.Len(t, report.Parts, 3, "no two names become one")
	require.Less(t, len(report.Parts[1].Path), 300)
	require.Same(t, p.Child(huge+"a"), p.Child(huge+"a"))
	counts := judged(t, r, "gen").Counts
	require.Len(t, counts, 64+1)
	require.EqualValues(t, 100-64, counts["others"])
	for name := range counts {
		require.LessOrEqual(t, len(name), 64)
	}
}

// A child that its owner's run of before asked for may say something until the present run asks for it: that counts for
// nothing, neither in the report nor for the child's next run.
func TestRunThatWasGivenUpPlansNoSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		old := health.Child(health.NewContext(t.Context(), r.Begin("gen").Part()), "s")
		present := health.NewContext(t.Context(), r.Begin("gen").Part())
		time.Sleep(2 * time.Second)
		health.Idle(old, time.Time{})
		s := health.Child(present, "s")
		health.Expect(s, health.Limits{MaxSilence: time.Second})
		part, ok := r.Report().Part("gen/s")
		require.True(t, ok)
		require.Equal(t, health.Unhealthy, part.Verdict)
		require.False(t, part.Idle)
	})
}
