package generator

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// gapAsks is in how many cycles a gap is asked for again: a minute of those of five seconds.
const gapAsks = 12

// maxLooks bounds how often the market's hours are asked for a gap: of Hours that do not say when they change, each bar
// of the gap is.
const maxLooks = 10 * pageSize

// askFrom is after which time the Source is asked: so far back that what it may have changed comes along.
func (t *task) askFrom() time.Time {
	if t.cfg.Recheck < 0 || len(t.recent.bars) == 0 {
		return t.after
	}
	from := t.recent.back(t.cfg.Recheck)
	if t.gapAsks > 0 {
		t.gapAsks--
		if known, _ := t.recent.find(t.gap.UnixNano()); known != nil {
			from = earliest(from, t.gap)
		}
	}
	return from
}

// overlap leaves a bar out that opens within one that was taken. It comes again for as long as the bars around it are
// asked for, so it is no error, which would stand for as long, and counts when it is newer than the last that did.
func (t *task) overlap(b *signal.Bar) {
	if b.Time.After(t.overlaps) {
		t.overlaps = b.Time
		t.work.faults.Overlaps++
	}
}

// again takes a bar that is not newer than those seen. It reports whether the strategies are to be rebuilt for it.
func (t *task) again(b *signal.Bar, repeated bool) (rebuild bool) {
	known, changed := t.recent.correct(b)
	switch {
	case !changed:
		if repeated {
			t.work.faults.Duplicates++
		}
		return false
	case known:
		t.work.faults.Revised++
	default:
		t.work.faults.Late++
	}
	if !t.cfg.Rebuild {
		return false
	}
	t.rebuild()
	return true
}

// waitsFor reports whether b is to wait for bars that are missing before it. A gap that nobody waits for any more is
// booked.
func (t *task) waitsFor(b *signal.Bar) bool {
	t.missing = t.missingBefore(b)
	if t.missing == 0 {
		return false
	}
	if typical, _ := t.sparse(); t.missing <= typical {
		return false
	}
	if t.now.Before(b.End().Add(t.cfg.GapWait)) {
		return true
	}
	t.miss(b, t.missing)
	return false
}

// missingBefore counts the bars that are missing before b, up to a page of them. A closed market has no bars, and what a
// Source knows to be complete lacks none.
func (t *task) missingBefore(b *signal.Bar) (missing int) {
	if len(t.recent.bars) == 0 || !b.Time.After(t.nextOpen) || !b.Time.After(t.whole) {
		return 0
	}
	at := t.nextOpen
	for looks := 0; at.Before(b.Time) && missing < pageSize && looks < maxLooks; looks++ {
		open, until := t.hours(at)
		if open {
			missing++
		} else if closed := earliest(until, b.Time).Sub(at); closed > t.cfg.Interval {
			at = at.Add((closed - 1) / t.cfg.Interval * t.cfg.Interval)
		}
		at = at.Add(t.cfg.Interval)
	}
	return missing
}

// miss books a gap before b. History that is taken again is not counted again.
func (t *task) miss(b *signal.Bar, missing int) {
	if !b.End().After(t.newest) {
		return
	}
	t.work.faults.Gaps++
	t.work.faults.Missing += missing
	t.gap, t.gapAsks = t.after, gapAsks
}
