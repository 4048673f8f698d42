package health_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestChildrenAreJudgedTogether(t *testing.T) {
	t.Parallel()
	const ill, poor = 10, 1 // errors in a row that make a child unhealthy, and degraded
	for name, c := range map[string]struct {
		errors  []int // of each child
		own     int   // of the part itself
		verdict health.Verdict
		reason  string
	}{
		"all well":                     {[]int{0, 0, 0}, 0, health.Healthy, ""},
		"one of three ill is degraded": {[]int{0, ill, 0}, 0, health.Degraded, "s1: 10 errors in a row, last: source is down"},
		"two of three ill is degraded": {[]int{ill, 0, ill}, 0, health.Degraded, "s0: 10 errors in a row, last: source is down"},
		"all ill is unhealthy":         {[]int{ill, ill, ill}, 0, health.Unhealthy, "s0: 10 errors in a row, last: source is down"},
		"all but one, which is poor":   {[]int{poor, ill, ill}, 0, health.Degraded, "s1: 10 errors in a row, last: source is down"},
		"all poor is degraded":         {[]int{poor, poor}, 0, health.Degraded, "s0: 1 error, last: source is down"},
		"the only one ill":             {[]int{ill}, 0, health.Unhealthy, "s0: 10 errors in a row, last: source is down"},
		"its own errors come first":    {[]int{poor, 0}, 2, health.Degraded, "2 errors in a row, last: source is down"},
		"well children heal nothing":   {[]int{0, 0}, ill, health.Unhealthy, "10 errors in a row, last: source is down"},
		"worse children go beyond it":  {[]int{ill, ill}, 1, health.Unhealthy, "s0: 10 errors in a row, last: source is down"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := health.NewRegistry(health.Config{})
			ctx, _ := begin(t, r, "trader/gen")
			for range c.own {
				health.Observe(ctx, errDown)
			}
			for i, n := range c.errors {
				child := health.Child(ctx, fmt.Sprintf("s%d", i))
				for range n {
					health.Observe(child, errDown)
				}
			}
			p := judged(t, r, "trader/gen")
			require.Equal(t, c.verdict, p.Verdict)
			require.Equal(t, c.reason, p.Reason)
			report := r.Report()
			require.Equal(t, c.verdict, report.Verdict)
			if c.verdict != health.Healthy {
				require.Equal(t, []string{"trader/gen: " + c.reason}, report.Reasons, "children speak through their part")
			}
		})
	}
}

func TestIllGrandchildReachesTheTop(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "gen")
	symbol := health.Child(ctx, "BTC/USDT:USDT") // a slash in a name is no level
	feed := health.Child(symbol, "feed")
	health.Expect(feed, health.Limits{MaxErrors: 1})
	health.Observe(feed, errDown)
	health.Child(ctx, "ETH/USDT:USDT")

	require.Equal(t, health.Unhealthy, judged(t, r, "gen/BTC/USDT:USDT/feed").Verdict)
	require.Equal(t, health.Unhealthy, judged(t, r, "gen/BTC/USDT:USDT").Verdict)
	p := judged(t, r, "gen")
	require.Equal(t, health.Degraded, p.Verdict)
	require.Equal(t, "BTC/USDT:USDT: feed: 1 error, last: source is down", p.Reason)
}

func TestChildIsTheSameWhenAskedForAgain(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "gen")
	for range 3 {
		health.Observe(health.Child(ctx, "BTC"), errDown)
	}
	require.Equal(t, 3, judged(t, r, "gen/BTC").ErrorRun)
	require.Same(t, health.FromContext(health.Child(ctx, "BTC")), health.FromContext(health.Child(ctx, "BTC")))
}

func TestChildThatTheNewRunDoesNotKnowIsNotReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "gen")
		for _, name := range []string{"BTC", "DELISTED"} {
			health.Expect(health.Child(ctx, name), health.Limits{MaxSilence: time.Second})
		}
		health.Observe(health.Child(ctx, "BTC"), errDown)
		time.Sleep(time.Minute)
		require.Equal(t, health.Unhealthy, r.Report().Verdict)

		ctx, _ = begin(t, r, "gen")
		require.Len(t, r.Report().Parts, 1)
		health.Child(ctx, "BTC")
		p := judged(t, r, "gen/BTC")
		require.Equal(t, "no progress for 1m0s (limit 1s)", p.Reason, "its silence goes on")
		require.Zero(t, p.ErrorRun, "its run of errors does not")
		require.Equal(t, health.Limits{MaxSilence: time.Second}, p.Limits)
		_, ok := r.Report().Part("gen/DELISTED")
		require.False(t, ok)
	})
}

func TestPartOfItsOwnMayTakeAChildsPlace(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	ctx, _ := begin(t, r, "gen")
	child := health.Child(ctx, "feed")
	own, _ := begin(t, r, "gen/feed")
	health.Observe(child, errDown)
	require.Zero(t, judged(t, r, "gen/feed").ErrorRun, "the child's handle is dead")
	health.Observe(own, errDown)
	require.Equal(t, health.Healthy, judged(t, r, "gen").Verdict, "it is nobody's child any more")
	require.Equal(t, []string{"gen/feed: 1 error, last: source is down"}, r.Report().Reasons)
}
