package signal

import (
	"slices"
	"time"
)

// minRecent is how many bars are kept at least to compare with: a gap further back than that is let be.
const minRecent = 32

// gapAsks is in how many cycles a gap is asked for again: a minute of those of five seconds.
const gapAsks = 12

// recent holds the newest bars that the strategies of a lane have seen, in the order of time.
type recent struct {
	bars []Bar
	size int // how many are kept at least; there is room for twice as many, so that moving them costs little
}

func (r *recent) reset(size int) { r.bars, r.size = r.bars[:0], size }

func (r *recent) add(b *Bar) {
	if len(r.bars) == 2*r.size {
		r.bars = append(r.bars[:0], r.bars[r.size:]...)
	}
	r.bars = append(r.bars, *b)
}

// find returns the bar of that time, or nil and where it would belong.
func (r *recent) find(at time.Time) (known *Bar, place int) {
	place = len(r.bars)
	for place > 0 && r.bars[place-1].Time.After(at) {
		place--
	}
	if place > 0 && r.bars[place-1].Time.Equal(at) {
		return &r.bars[place-1], place - 1
	}
	return nil, place
}

// back returns the time of the bar n before the newest, or of the oldest there is.
func (r *recent) back(n int) time.Time { return r.bars[max(len(r.bars)-1-n, 0)].Time }

// askFrom is after which time the Source is asked: so far back that what it may have changed comes along.
func (l *lane) askFrom() time.Time {
	if l.cfg.Recheck == NoRecheck || len(l.recent.bars) == 0 {
		return l.after
	}
	from := l.recent.back(l.cfg.Recheck)
	if l.gapAsks > 0 {
		l.gapAsks--
		if known, _ := l.recent.find(l.gap); known != nil {
			from = earlier(from, l.gap)
		}
	}
	return from
}

// gapBefore tells whether bars are missing before b, how many, and whether b is to wait for them.
func (l *lane) gapBefore(b *Bar, now time.Time) (missing int, wait bool) {
	n := len(l.recent.bars)
	if n == 0 {
		return 0, false
	}
	due := l.recent.bars[n-1].End()
	if !b.Time.After(due) {
		return 0, false
	}
	for at := due; at.Before(b.Time) && missing < pageSize; at = at.Add(l.cfg.Interval) {
		if l.open(at) { // a closed market has no bars
			missing++
		}
	}
	return missing, missing > 0 && now.Before(b.End().Add(l.cfg.GapWait))
}

// miss books a gap before b. History that is taken again is not counted again.
func (l *lane) miss(b *Bar, missing int, w *work) {
	if missing == 0 || !b.End().After(l.newest) {
		return
	}
	w.faults.Gaps++
	w.faults.Missing += missing
	l.gap, l.gapAsks = l.after, gapAsks
}

// again takes a bar that is not newer than those seen. It tells whether the strategies are to be rebuilt for it.
func (l *lane) again(b *Bar, repeated bool, w *work) (rebuild bool) {
	known, place := l.recent.find(b.Time)
	switch {
	case known == nil:
		w.faults.Late++
		l.recent.bars = slices.Insert(l.recent.bars, place, *b)
	case *known == *b || sameBar(known, b):
		if repeated {
			w.faults.Duplicates++
		}
		return false
	default:
		w.faults.Revised++
		*known = *b
	}
	return l.cfg.Corrections == Rebuild
}

// sameBar compares as == does, but for the time's location.
func sameBar(a, b *Bar) bool {
	other := *b
	other.Time = a.Time
	return a.Time.Equal(b.Time) && *a == other
}
