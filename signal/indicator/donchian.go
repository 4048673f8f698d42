package indicator

import (
	"errors"
	"math"
)

// Donchian is Richard Donchian's channel: the highest high and the lowest low of the last bars, and the middle between
// them. Use NewDonchian.
//
// A bar costs the same for any period on average over the bars: what cannot become the highest any more, because
// something higher came later, is dropped once and never looked at again.
type Donchian struct {
	period int
	bars   int // so far; it begins anew at the period, see tick
	highs  maxQueue
	lows   maxQueue // of the lows with their signs turned
	warm   bool
}

// maxQueue are the inputs of a window that may still become its highest, falling from the oldest to the newest.
type maxQueue struct {
	values  []float64 // a ring
	indexes []int     // when each came, as a place in the window
	first   int
	n       int
}

// NewDonchian returns a channel that has seen nothing. The period is at least 1.
func NewDonchian(period int) (*Donchian, error) {
	if err := checkPeriod("Donchian", period, 1); err != nil {
		return nil, err
	}
	made := func() maxQueue { return maxQueue{values: make([]float64, period), indexes: make([]int, period)} }
	return &Donchian{period: period, highs: made(), lows: made()}, nil
}

// Warmup is how many bars there must be for the first output: the period.
func (d *Donchian) Warmup() int { return d.period }

// Update takes the next bar and returns the channel with it, and false while it is warming up.
func (d *Donchian) Update(high, low float64) (Band, bool) {
	d.highs.push(high, d.bars)
	d.lows.push(-low, d.bars)
	if d.bars++; d.bars == d.period { // the place is where the bar of a period ago was
		d.bars, d.warm = 0, true
	}
	upper, lower := d.highs.highest(), -d.lows.highest()
	return Band{upper, upper/2 + lower/2, lower}, d.warm
}

// push drops what came a period ago, and so had the same place, then what is not higher than x, and adds x.
func (p *maxQueue) push(x float64, at int) {
	if p.n > 0 && p.indexes[p.first] == at {
		p.first = p.index(1)
		p.n--
	}
	for p.n > 0 && p.values[p.index(p.n-1)] <= x {
		p.n--
	}
	i := p.index(p.n)
	p.values[i], p.indexes[i] = x, at
	p.n++
}

func (p *maxQueue) highest() float64 { return p.values[p.first] }

// index is where the i-th of them stands in the ring.
func (p *maxQueue) index(i int) int {
	if i += p.first; i >= len(p.values) {
		i -= len(p.values)
	}
	return i
}

// MarshalBinary returns what it has seen.
func (d *Donchian) MarshalBinary() ([]byte, error) { return save(d) }

// UnmarshalBinary goes on from what MarshalBinary returned, of a channel of the same period.
func (d *Donchian) UnmarshalBinary(data []byte) error { return load(data, d) }

func (d *Donchian) fields(s *state) {
	s.is("Channel", float64(d.period))
	s.count(&d.bars, d.period-1)
	s.flag(&d.warm)
	d.highs.fields(s)
	d.lows.fields(s)
}

// fields writes them from the oldest on, wherever in the ring that is.
func (p *maxQueue) fields(s *state) {
	n := s.count(&p.n, len(p.values))
	if s.mode == loading {
		p.first = 0
	}
	last := math.Inf(1)
	for i := range n {
		at := p.index(i)
		value := s.float(&p.values[at])
		s.count(&p.indexes[at], len(p.indexes)-1)
		if value >= last && s.err == nil {
			s.err = errors.New("what may become the highest does not fall")
		}
		last = value
	}
}
