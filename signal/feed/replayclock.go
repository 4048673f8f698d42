package feed

import (
	"container/heap"
	"sync"
	"time"
)

// ReplayClock is a clock that goes where it is set, such as to the end of each bar of a replay. It fits wherever a Clock
// is asked for. Use NewReplayClock. It is safe for concurrent use, starts no goroutine and never waits.
//
// It never goes back. A replay of several files may deliver a late bar, and a timer that fired cannot unfire.
type ReplayClock struct {
	mu     sync.Mutex // guards all below
	now    time.Time
	timers timerHeap
}

var _ Clock = (*ReplayClock)(nil)

// NewReplayClock returns a clock that stands at the given time.
func NewReplayClock(start time.Time) *ReplayClock { return &ReplayClock{now: plain(start)} }

// plain drops the machine's monotonic reading, on which comparisons would otherwise go.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }

// Now returns the time at which the clock was set last, in UTC.
func (c *ReplayClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After returns a channel that gets the time once the clock is set to d from now or later; at once if d is not above
// zero.
func (c *ReplayClock) After(d time.Duration) <-chan time.Time {
	fire := make(chan time.Time, 1) // so that Set does not wait for whoever does not listen any more
	c.mu.Lock()
	defer c.mu.Unlock()
	if d <= 0 {
		fire <- c.now
		return fire
	}
	heap.Push(&c.timers, timer{at: c.now.Add(d), fire: fire})
	return fire
}

// Set moves the clock to t and fires the timers that are due. A t that is not later than Now changes nothing.
func (c *ReplayClock) Set(t time.Time) {
	t = plain(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.After(c.now) {
		return
	}
	c.now = t
	for len(c.timers) > 0 && !c.timers[0].at.After(t) {
		heap.Pop(&c.timers).(timer).fire <- t
	}
}

type timer struct {
	at   time.Time
	fire chan<- time.Time
}

// timerHeap is a heap.Interface with the earliest timer at the top.
type timerHeap []timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timerHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)        { *h = append(*h, x.(timer)) }
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last].fire = nil // so that the channel can be collected
	*h = (*h)[:last]
	return t
}
