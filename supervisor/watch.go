package supervisor

import (
	"container/heap"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// suspendLimit is how late the watch must come before it says so: less is a busy machine.
const suspendLimit = time.Second

// watch holds, for each child of a session, when to look at it next: one timer serves them all. A child has at most one
// alarm; one that rings for a run that has ended is set anew for the present run, so that a restart costs nothing here.
type watch struct {
	clock health.Clock
	began time.Time
	wake  chan struct{} // capacity 1: an alarm was set for an earlier time than the timer's

	timer    <-chan time.Time // the armed timer; only the watch's goroutine touches it
	timerFor time.Time

	mu    sync.Mutex // guards queue and the alarm fields of its children
	queue alarmQueue
}

// alarm is a child's place in the queue.
type alarm struct {
	at    time.Duration // since the watch began: a third of a time.Time
	index int           // in the queue, from 1; 0 when it is not in it
}

func newWatch(clk health.Clock) *watch {
	return &watch{clock: clk, began: clk.Now(), wake: make(chan struct{}, 1)}
}

// set makes the child's alarm ring at the given time, unless it rings earlier anyway.
func (w *watch) set(c *child, when time.Time) {
	at := when.Sub(w.began)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case c.alarm.index == 0:
		c.alarm.at = at
		heap.Push(&w.queue, c)
	case at < c.alarm.at:
		c.alarm.at = at
		heap.Fix(&w.queue, c.alarm.index-1)
	default:
		return
	}
	if w.queue[0] == c {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// arm returns a timer for the earliest alarm, nil if there is none. It keeps the timer that it has unless an earlier one
// is needed: one that fires in vain costs less than one that is left behind.
func (w *watch) arm() <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return w.timer
	}
	first := w.began.Add(w.queue[0].alarm.at)
	if w.timer == nil || first.Before(w.timerFor) {
		w.timerFor = first
		w.timer = w.clock.After(max(1, first.Sub(w.clock.Now())))
	}
	return w.timer
}

// late returns how long after the earliest alarm's time it is, and forgets a timer that has fired.
func (w *watch) late(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil && !now.Before(w.timerFor) {
		w.timer = nil
	}
	if len(w.queue) == 0 {
		return 0
	}
	return max(0, now.Sub(w.began)-w.queue[0].alarm.at)
}

// pop takes the next child whose alarm is due out of the queue, and returns how late it is.
func (w *watch) pop(now time.Time) (c *child, late time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || w.queue[0].alarm.at > now.Sub(w.began) {
		return nil, 0
	}
	c = heap.Pop(&w.queue).(*child)
	return c, now.Sub(w.began) - c.alarm.at
}

// forget drops the child's alarm, which may be set for a time that is far away.
func (w *watch) forget(c *child) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.alarm.index > 0 {
		heap.Remove(&w.queue, c.alarm.index-1)
	}
}

// clear forgets all alarms: the session is over, and its children may join another.
func (w *watch) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.queue {
		c.alarm.index = 0
	}
	w.queue = nil
}

// alarmIndex is a heap of children, the earliest alarm first.
type alarmQueue []*child

func (a alarmQueue) Len() int           { return len(a) }
func (a alarmQueue) Less(i, j int) bool { return a[i].alarm.at < a[j].alarm.at }
func (a alarmQueue) Swap(i, j int) {
	a[i], a[j] = a[j], a[i]
	a[i].alarm.index, a[j].alarm.index = i+1, j+1
}

func (a *alarmQueue) Push(x any) {
	c := x.(*child)
	*a = append(*a, c)
	c.alarm.index = len(*a)
}

func (a *alarmQueue) Pop() any {
	old := *a
	last := old[len(old)-1]
	last.alarm.index = 0
	old[len(old)-1] = nil
	*a = old[:len(old)-1]
	return last
}
