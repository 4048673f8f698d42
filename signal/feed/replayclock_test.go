package feed_test

import (
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

var _ clockctx.Clock = (*feed.ReplayClock)(nil)

// fired tells what a timer's channel holds, without waiting.
func fired(c <-chan time.Time) (time.Time, bool) {
	select {
	case at := <-c:
		return at, true
	default:
		return time.Time{}, false
	}
}

func TestReplayClockGoesWhereItIsSet(t *testing.T) {
	t.Parallel()
	c := feed.NewReplayClock(noon)
	require.Equal(t, noon, c.Now())
	c.Set(noon.Add(time.Minute).In(time.FixedZone("", 7200)))
	require.Equal(t, noon.Add(time.Minute), c.Now(), "in UTC")
	c.Set(noon)
	require.Equal(t, noon.Add(time.Minute), c.Now(), "never back")
}

func TestTimersFireWhenTheirTimeIsReached(t *testing.T) {
	t.Parallel()
	c := feed.NewReplayClock(noon)
	soon, late := c.After(time.Minute), c.After(time.Hour)
	c.Set(noon.Add(time.Minute - 1))
	_, ok := fired(soon)
	require.False(t, ok, "a nanosecond too early")
	c.Set(noon.Add(time.Minute))
	at, ok := fired(soon)
	require.True(t, ok)
	require.Equal(t, noon.Add(time.Minute), at)
	c.Set(noon.Add(30 * time.Second))
	_, ok = fired(late)
	require.False(t, ok)
	c.Set(noon.Add(3 * time.Hour))
	at, ok = fired(late)
	require.True(t, ok)
	require.Equal(t, noon.Add(3*time.Hour), at, "the time that it was set to, as from a clock that jumped")
	_, ok = fired(late)
	require.False(t, ok, "once")
}

func TestTimerOfZeroFiresAtOnce(t *testing.T) {
	t.Parallel()
	c := feed.NewReplayClock(noon)
	for _, d := range []time.Duration{0, -time.Hour} {
		at, ok := fired(c.After(d))
		require.True(t, ok)
		require.Equal(t, noon, at)
	}
}

func TestTimersFireOnceAndInTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := feed.NewReplayClock(noon)
		now := noon
		type pending struct {
			due time.Time
			c   <-chan time.Time
		}
		var waiting []pending
		t.Repeat(map[string]func(*rapid.T){
			"after": func(t *rapid.T) {
				d := time.Duration(rapid.IntRange(1, 50).Draw(t, "d")) * time.Second
				waiting = append(waiting, pending{now.Add(d), c.After(d)})
			},
			"set": func(t *rapid.T) {
				if to := noon.Add(time.Duration(rapid.IntRange(0, 500).Draw(t, "to")) * time.Second); to.After(now) {
					now = to
					c.Set(to)
				} else {
					c.Set(to)
				}
			},
			"": func(t *rapid.T) {
				require.Equal(t, now, c.Now())
				var left []pending
				for _, p := range waiting {
					if at, ok := fired(p.c); ok {
						require.False(t, p.due.After(now), "fired early")
						require.Equal(t, now, at)
						continue
					}
					require.True(t, p.due.After(now), "due at %s and silent at %s", p.due, now)
					left = append(left, p)
				}
				waiting = left
			},
		})
	})
}

func TestReplayClockIsUsedByMany(t *testing.T) {
	t.Parallel()
	c := feed.NewReplayClock(noon)
	var waiters sync.WaitGroup
	var mu sync.Mutex // guards woken
	var woken []int
	armed := make(chan struct{})
	for i := range 20 {
		waiters.Go(func() {
			due := c.After(time.Duration(i%5+1) * time.Second)
			armed <- struct{}{}
			<-due
			mu.Lock()
			defer mu.Unlock()
			woken = append(woken, i%5)
		})
	}
	for range 20 {
		<-armed
	}
	for s := range 6 {
		c.Set(noon.Add(time.Duration(s) * time.Second))
	}
	waiters.Wait()
	sort.Ints(woken)
	require.Equal(t, []int{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4}, woken)
}

// Whoever waits with a deadline abandons most of its timers; they must not cost more than the logarithm.
func BenchmarkReplayClock(b *testing.B) {
	b.ReportAllocs()
	c := feed.NewReplayClock(noon)
	at := noon
	for b.Loop() {
		c.After(time.Hour)
		at = at.Add(time.Second)
		c.Set(at)
	}
}
