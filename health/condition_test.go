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

func TestConditionCountsUntilItIsCleared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "engine")
		since := time.Now()
		halted := health.Condition{
			Key: "halted", Verdict: health.Degraded, Text: "the daily loss is reached", Remedy: "re-arm it", Person: true,
		}
		health.Raise(ctx, halted)
		p := judged(t, r, "engine")
		require.Equal(t, health.Degraded, p.Verdict)
		require.Equal(t, "halted: the daily loss is reached (re-arm it)", p.Reason)
		require.Equal(t, []health.Raised{{halted, since}}, p.Conditions)

		time.Sleep(time.Minute)
		halted.Verdict = health.Unhealthy
		health.Raise(ctx, halted)
		p = judged(t, r, "engine")
		require.Equal(t, health.Unhealthy, p.Verdict)
		require.Equal(t, since, p.Conditions[0].Since, "it holds since then")

		halted.Began = since.Add(-time.Hour)
		health.Raise(ctx, halted)
		require.Equal(t, halted.Began, judged(t, r, "engine").Conditions[0].Since, "it holds since before the start")

		health.Clear(ctx, "something else")
		health.Clear(ctx, "halted")
		require.Equal(t, health.Healthy, judged(t, r, "engine").Verdict)
		require.Empty(t, judged(t, r, "engine").Conditions)
	})
}

func TestConditionsAreShownByKeyAndJudgedByTheWorst(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "engine")
	health.Raise(ctx, health.Condition{Key: "a", Text: "worth knowing"})
	require.Equal(t, health.Healthy, judged(t, r, "engine").Verdict)
	health.Raise(ctx, health.Condition{Key: "c", Verdict: health.Degraded, Text: "poor"})
	health.Raise(ctx, health.Condition{Key: "b", Verdict: health.Unhealthy, Text: "bad"})
	p := judged(t, r, "engine")
	require.Equal(t, "b: bad", p.Reason)
	require.Equal(t, "b", p.Conditions[1].Key)
}

func TestConditionOutlivesItsRunUntilTheNextOneIsReady(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	old, _ := begin(t, r, "engine")
	for _, key := range []string{"halted", "orphan", "unknown"} {
		health.Raise(old, health.Condition{Key: key, Verdict: health.Degraded, Text: "it is"})
	}
	ctx, _ := begin(t, r, "engine")
	require.Len(t, judged(t, r, "engine").Conditions, 3, "a crash ends no halt")
	health.Clear(old, "halted")
	health.Raise(old, health.Condition{Key: "from the grave"})
	require.Len(t, judged(t, r, "engine").Conditions, 3)

	health.Clear(ctx, "unknown")
	health.Raise(ctx, health.Condition{Key: "halted", Verdict: health.Degraded, Text: "it still is"})
	health.Ready(ctx)
	p := judged(t, r, "engine")
	require.Len(t, p.Conditions, 1)
	require.Equal(t, "halted: it still is", p.Reason)
	health.Ready(ctx)
}

func TestConditionsAreBounded(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "engine")
	long := strings.Repeat("é", 1<<20)
	health.Raise(ctx, health.Condition{Key: long, Text: long, Remedy: long, Verdict: 77})
	c := judged(t, r, "engine").Conditions[0]
	require.Equal(t, health.Unhealthy, c.Verdict)
	require.LessOrEqual(t, len(c.Key), 64)
	require.LessOrEqual(t, len(c.Text), 1024)
	require.LessOrEqual(t, len(c.Remedy), 1024)
	health.Clear(ctx, long)
	require.Empty(t, judged(t, r, "engine").Conditions, "it is found by the key that it was raised with")

	for i := range 1000 {
		health.Raise(ctx, health.Condition{Key: fmt.Sprint(i), Verdict: health.Degraded})
	}
	health.Raise(ctx, health.Condition{Key: "the worst", Verdict: health.Unhealthy, Text: "bad"})
	health.Raise(ctx, health.Condition{Key: "not so bad", Verdict: health.Degraded})
	p := judged(t, r, "engine")
	require.Len(t, p.Conditions, 32+1)
	require.Equal(t, health.Unhealthy, p.Verdict, "what has no room counts all the same")
	require.Contains(t, p.Reason, "others: ")
}

func TestConditionsWithoutAPartAreNobodys(t *testing.T) {
	t.Parallel()
	require.NotPanics(t, func() {
		health.Raise(t.Context(), health.Condition{Key: "halted"})
		health.Clear(t.Context(), "halted")
	})
}

func ExampleRaise() {
	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(context.Background(), registry.Begin("engine").Part()) // a supervisor hands it to Serve
	health.Raise(ctx, health.Condition{
		Key: "halted", Verdict: health.Degraded, Person: true,
		Text: "the daily loss of 500 is reached", Remedy: "re-arm it",
	})
	fmt.Println(registry.Report().Reasons)
	health.Clear(ctx, "halted")
	fmt.Println(registry.Report().Verdict)
	// Output:
	// [engine: halted: the daily loss of 500 is reached (re-arm it)]
	// healthy
}
