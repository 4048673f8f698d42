package generator

import (
	"slices"
	"time"
)

// A market may trade so seldom that most intervals have no bar. Whether that is so the Source may know (Complete); else it
// is derived from the newest bars. Their own spacing is what is usual, and five times that is a silence.
const (
	spacesKept   = 32 // so many spaces between bars say what is usual
	spacesNeeded = 3  // and no fewer
	typicalTimes = 5  // where bars come by chance, one in tens of thousands is as late as that
)

// spaces holds how many bars were missing before each of the newest ones, while the market was open.
type spaces struct {
	ring [spacesKept]uint16
	n    int // how many were added
	wide int // how many in the ring are not 0
}

func (s *spaces) add(missing int) {
	at := &s.ring[s.n%spacesKept]
	if *at > 0 {
		s.wide--
	}
	if *at = uint16(missing); missing > 0 { // a page of them at the most
		s.wide++
	}
	s.n++
}

// typical is after how many intervals the next bar usually comes: 1 for a market that trades in each of them. It is the
// longest of nine in ten spaces, and one outage is not in it, so that a Source which lost some bars makes nobody patient.
func (s *spaces) typical() int {
	n := min(s.n, spacesKept)
	leftOut := max(n/10, 1)
	if n < spacesNeeded || s.wide <= leftOut {
		return 1
	}
	sorted := s.ring
	slices.Sort(sorted[:n])
	return int(sorted[n-1-leftOut]) + 1
}

// sparse reports whether the market trades so seldom, and how many bars may be missing in a row before that is a gap.
func (t *task) sparse() (missing int, sparse bool) {
	typical := t.spaces.typical()
	if typical == 1 {
		return 0, false
	}
	return typicalTimes*typical - 1, true
}

// slack is for how long after it could have come a bar is not missed yet. A MaxAge that a person has set knows better.
func (t *task) slack() time.Duration {
	missing, _ := t.sparse()
	if t.cfg.MaxAge > 0 {
		return 0
	}
	return span(missing, t.cfg.Interval)
}

// setComplete takes over up to when the Source says that nothing is missing. What no clock can have said yet is not
// believed.
func (t *task) setComplete(complete time.Time) {
	if by := t.by(); !complete.After(by.Add(t.cfg.MaxSkew)) {
		t.whole = later(t.whole, earliest(complete, by))
	}
}

// known is up to when all bars are known: the end of the newest one, or what the Source says beyond that.
func (t *task) known() time.Time { return later(t.newest, t.whole) }
