package supervisor

import (
	"runtime"
	"time"
)

// A process whose goroutines wait for a processor for longer than a Stall beats too late, all of it, and no restart
// brings a beat sooner. The watch cannot tell by its own lateness: what a timer wakes is run next, while those that were
// woken before it went to the end of a queue of hundreds. So it goes to the end of the queue itself before it declares
// anything, and looks how long that took.

const (
	// starvedFrom is the wait for a processor that makes a process starved. One that is only busy takes a time slice or
	// two, of 10 ms each.
	starvedFrom = 100 * time.Millisecond
	// maxResetCount is how often in a row a run's silence is forgiven: a run that hangs in a starved process is found
	// too.
	maxResetCount = 10
)

// starved reports whether the process is starved, after all goroutines that were ready have had their turn.
func (sess *session) starved() bool {
	began := sess.clock.Now()
	for range 3 {
		runtime.Gosched()
	}
	return sess.clock.Now().Sub(began) >= starvedFrom
}

// resetSilenceLocked lets the silence of a run count anew, because nobody in the process could beat in time. It is
// false for one that was forgiven too often already.
func (c *child) resetSilenceLocked(sess *session, r *run, now time.Time) bool {
	if r.resetCount >= maxResetCount {
		return false
	}
	r.resetCount++
	r.beat = now.Sub(r.started)
	c.setAlarmLocked(sess, r, now)
	sess.reportStarved(now)
	return true
}

// reportStarved says once a minute that the process is starved.
func (sess *session) reportStarved(now time.Time) {
	if last := sess.starvedAt.Load(); last != nil && now.Sub(*last) < time.Minute {
		return
	}
	sess.starvedAt.Store(&now)
	sess.emit(Starved{Stamp{sess.path, now}})
}
