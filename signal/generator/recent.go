package generator

import (
	"github.com/seed-5dee1c0a/vigil/signal"
	"slices"
	"time"
)

// minRecent is how many bars are kept at least to compare with: a gap further back than that is let be.
const minRecent = 32

// gapAsks is in how many cycles a gap is asked for again: a minute of those of five seconds.
const gapAsks = 12

// maxLooks bounds how often the market's hours are asked for a gap: of Hours that do not say when they change, each bar
// of the gap is.
const maxLooks = 10 * pageSize

// seen is a bar that was taken: without its names, and without a pointer, so that keeping it costs next to nothing.
type seen struct {
	at                             int64 // its open in nanoseconds, as in its signals' IDs
	open, high, low, close, volume float64
}

func seenOf(b *signal.Bar) seen {
	return seen{b.Time.UnixNano(), b.Open, b.High, b.Low, b.Close, b.Volume}
}

// recent holds the newest bars that the strategies of a lane have seen, in the order of time.
type recent struct {
	bars []seen
	size int // how many are kept at least; there is room for twice as many, so that moving them costs little
}

func (r *recent) reset(size int) { r.bars, r.size = r.bars[:0], size }

func (r *recent) add(b *signal.Bar) {
	if len(r.bars) >= 2*r.size {
		r.bars = append(r.bars[:0], r.bars[len(r.bars)-r.size:]...)
	}
	r.bars = append(r.bars, seenOf(b))
}

// find returns the bar of that time, or nil and where it would belong.
func (r *recent) find(at int64) (known *seen, place int) {
	place = len(r.bars)
	for place > 0 && r.bars[place-1].at > at {
		place--
	}
	if place > 0 && r.bars[place-1].at == at {
		return &r.bars[place-1], place - 1
	}
	return nil, place
}

// crowded tells whether a bar that was taken opens less than half an interval before b or after it: one of the two cannot
// be. Bars that overlap by less are let pass, since a day is an hour shorter once a year.
func (r *recent) crowded(b *signal.Bar) bool {
	at, half := b.Time.UnixNano(), int64(b.Interval/2)
	known, place := r.find(at)
	switch {
	case known != nil: // the same bar again
		return false
	case place > 0 && at-r.bars[place-1].at < half:
		return true
	}
	return place < len(r.bars) && r.bars[place].at-at < half
}

// overlap leaves a bar out that opens within one that was taken. It comes again for as long as the bars around it are
// asked for, so it is no error, which would stand for as long, and counts when it is newer than the last that did.
func (l *lane) overlap(b *signal.Bar, w *work) {
	if b.Time.After(l.overlaps) {
		l.overlaps = b.Time
		w.faults.Overlaps++
	}
}

// back returns the time of the bar n before the newest, or of the oldest there is.
func (r *recent) back(n int) time.Time { return time.Unix(0, r.bars[max(len(r.bars)-1-n, 0)].at).UTC() }

// askFrom is after which time the Source is asked: so far back that what it may have changed comes along.
func (l *lane) askFrom() time.Time {
	if l.cfg.Recheck == NoRecheck || len(l.recent.bars) == 0 {
		return l.after
	}
	from := l.recent.back(l.cfg.Recheck)
	if l.gapAsks > 0 {
		l.gapAsks--
		if known, _ := l.recent.find(l.gap.UnixNano()); known != nil {
			from = earlier(from, l.gap)
		}
	}
	return from
}

// gapBefore tells whether bars are missing before b, how many, and whether b is to wait for them.
func (l *lane) gapBefore(b *signal.Bar, now time.Time) (missing int, wait bool) {
	if len(l.recent.bars) == 0 || !b.Time.After(l.due) {
		return 0, false
	}
	at := l.due
	for looks := 0; at.Before(b.Time) && missing < pageSize && looks < maxLooks; looks++ {
		open, until := l.hours(at)
		if open {
			missing++
		} else if closed := earlier(until, b.Time).Sub(at); closed > l.cfg.Interval { // a closed market has no bars
			at = at.Add((closed - 1) / l.cfg.Interval * l.cfg.Interval)
		}
		at = at.Add(l.cfg.Interval)
	}
	return missing, missing > 0 && now.Before(b.End().Add(l.cfg.GapWait))
}

// miss books a gap before b. History that is taken again is not counted again.
func (l *lane) miss(b *signal.Bar, missing int, w *work) {
	if !b.End().After(l.newest) {
		return
	}
	w.faults.Gaps++
	w.faults.Missing += missing
	l.gap, l.gapAsks = l.after, gapAsks
}

// again takes a bar that is not newer than those seen. It tells whether the strategies are to be rebuilt for it.
func (l *lane) again(b *signal.Bar, repeated bool, w *work) (rebuild bool) {
	is := seenOf(b)
	known, place := l.recent.find(is.at)
	switch {
	case known == nil:
		w.faults.Late++
		l.recent.bars = slices.Insert(l.recent.bars, place, is)
	case *known == is:
		if repeated {
			w.faults.Duplicates++
		}
		return false
	default:
		w.faults.Revised++
		*known = is
	}
	return l.cfg.Corrections == Rebuild
}
