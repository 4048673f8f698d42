package generator

import (
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// minRecent is how many bars are kept at least to compare with: a gap further back than that is let be.
const minRecent = 32

// seen is a bar that was taken: without its names, and without a pointer, so that keeping it costs next to nothing.
type seen struct {
	at                             int64 // its open in nanoseconds, as in its signals' IDs
	open, high, low, close, volume float64
}

func seenOf(b *signal.Bar) seen {
	return seen{b.Time.UnixNano(), b.Open, b.High, b.Low, b.Close, b.Volume}
}

// recent holds the newest bars that the strategies of a symbol have seen, in the order of time.
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

// tooClose reports whether a bar that was taken opens less than half an interval before b or after it: one of the two
// cannot be. Bars that overlap by less are let pass, since a day is an hour shorter once a year.
func (r *recent) tooClose(b *signal.Bar) bool {
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

// correct puts b in its place. It returns whether a bar of its time was known, and whether b changed anything.
func (r *recent) correct(b *signal.Bar) (known, changed bool) {
	is := seenOf(b)
	was, place := r.find(is.at)
	if was == nil {
		r.bars = slices.Insert(r.bars, place, is)
		return false, true
	}
	changed = *was != is
	*was = is
	return true, changed
}

// back returns the time of the bar n before the newest, or of the oldest there is.
func (r *recent) back(n int) time.Time { return time.Unix(0, r.bars[max(len(r.bars)-1-n, 0)].at).UTC() }
