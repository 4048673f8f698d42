package strategy

import (
	"math"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// crossDetector finds where something that follows the closes crosses something slower, and says how sharply.
//
// A cross lies between two bars: the lead was not above zero at the first, and is at the second (and the other way
// round). A lead of zero is on neither side, so leaving it is a cross and reaching it is none.
type crossDetector struct {
	warmup int     // bars; one more than it takes to have a lead, since a cross has a before
	unit   float64 // of the lead, by what it changes where a close moves by 1

	move indicator.EMA // of how far the close moved
	last float64       // close
	lead float64       // at the last bar
	bars int           // seen, up to warmup
}

// next takes the next close and the lead with it, and tells which way they cross, flat for neither, and how sharply. It
// makes no Signal of it: those are large, and nearly every bar has none.
func (c *crossDetector) next(last, lead float64) (direction signal.Direction, strength float64) {
	var move float64
	if c.bars > 0 {
		move, _ = c.move.Update(math.Abs(last - c.last))
	}
	before := c.lead
	c.last, c.lead = last, lead
	if c.bars++; c.bars < c.warmup {
		return signal.Flat, 0
	}
	c.bars = c.warmup
	switch {
	case lead > 0 && before <= 0:
		return signal.Long, c.strength(lead-before, move)
	case lead < 0 && before >= 0:
		return signal.Short, c.strength(before-lead, move)
	}
	return signal.Flat, 0
}

// strength is 1 where the market had not moved at all before: parted is above zero then and x is infinite.
func (c *crossDetector) strength(spread, move float64) float64 {
	return bounded(spread / (c.unit * move))
}

func (c *crossDetector) fields(s *state) {
	s.part(&c.move)
	s.float(&c.last)
	s.float(&c.lead)
	s.number(&c.bars, 0, c.warmup)
}
