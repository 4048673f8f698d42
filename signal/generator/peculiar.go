package generator

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// oddTimes is what a Source answers beside what was asked for: of each kind the newest bar, and the last claim that met
// it. Venues are known for both kinds, and they do no harm.
type oddTimes struct {
	incomplete, outOfRange     time.Time
	incompleteAt, outOfRangeAt time.Time
}

// leavesOut leaves out a bar that could not be checked because it is not closed yet, or because it is the one of the time
// that was asked from. Each counts once, however often it comes. It reports false of a bar that is wrong.
func (t *task) leavesOut(b *signal.Bar, end time.Time, in *response) bool {
	p := &t.odd
	switch {
	case b.Symbol != t.symbol || b.Interval != t.cfg.Interval || b.Time.Sub(in.by) > t.cfg.MaxSkew:
		return false
	case end.After(in.by):
		p.incompleteAt = t.now
		if b.Time.After(p.incomplete) {
			p.incomplete = b.Time
			t.work.faults.Incomplete++
		}
		return true
	case !b.Time.After(in.from) && end.After(in.from):
		p.outOfRangeAt = t.now
		if b.Time.After(p.outOfRange) {
			p.outOfRange = b.Time
			t.work.faults.OutOfRange++
		}
		return true
	}
	return false
}

// isRecent reports whether something was met that lately that it is still worth a note.
func (t *task) isRecent(at time.Time) bool { return !at.IsZero() && t.now.Sub(at) <= t.set.maxAge }
