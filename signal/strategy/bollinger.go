package strategy

import (
	"cmp"
	"fmt"
	"math"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// BollingerBreakout goes with a move that is out of the ordinary: long when the close breaks out above the upper band,
// short when it breaks out below the lower one, flat when it comes back to the average.
//
// A break lies between two bars: the close was not beyond the band at the first, and is at the second. Flat is said once
// after each long or short, and once after the start, when something may be held from before.
//
// The confidence grows with the distance from the average, from 0.5 at the band to 1 at the furthest that a close can be
// from an average that it is a part of.
type BollingerBreakout struct {
	Period int     // bars; 0 means 20
	Width  float64 // of the bands to each side, in standard deviations; 0 means 2
}

// Spec returns the strategy under the name bollinger_breakout.
func (o BollingerBreakout) Spec() (signal.Spec, error) {
	o.Period, o.Width = cmp.Or(o.Period, 20), cmp.Or(o.Width, 2)
	if _, err := indicator.NewBollinger(o.Period, o.Width); err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: bollinger_breakout: %w", err)
	}
	limit := math.Sqrt(float64(o.Period - 1)) // of n numbers none is more than that many deviations from their average
	if o.Width >= limit {
		return signal.Spec{}, fmt.Errorf(
			"strategy: bollinger_breakout: Width %v is never reached with Period %d, the furthest is %.4g",
			o.Width, o.Period, limit)
	}
	return signal.Spec{
		Name:   "bollinger_breakout",
		Params: fmt.Sprintf("period=%d,width=%s", o.Period, number(o.Width)),
		New: func() signal.Strategy {
			bands, _ := indicator.NewBollinger(o.Period, o.Width) // checked above
			return &bollingerBreakout{bands: bands, width: o.Width, limit: limit, holding: true}
		},
	}, nil
}

type bollingerBreakout struct {
	bands *indicator.Bollinger
	width float64
	limit float64 // deviations

	warm    bool // above and beyond are of a bar
	above   int  // the last close over its average: 1, 0 at it, -1 below
	outside int  // the last close over the upper band: 1, 0 between, -1 below the lower one
	holding bool // something may be held: it was said, or might have been before the first bar
}

var _ signal.Stateful = (*bollingerBreakout)(nil)

// Warmup is one bar more than the bands take: a break has a before.
func (o *bollingerBreakout) Warmup() int { return o.bands.Warmup() + 1 }

func (o *bollingerBreakout) OnBar(b signal.Bar) (signal.Signal, bool) {
	band, ok := o.bands.Update(b.Close)
	if !ok {
		return signal.Signal{}, false
	}
	warm, above, outside := o.warm, o.above, o.outside
	o.warm, o.above = true, cmp.Compare(b.Close, band.Middle)
	o.outside = 0
	if b.Close > band.Upper || b.Close < band.Lower {
		o.outside = o.above
	}
	switch {
	case !warm:
		return signal.Signal{}, false
	case o.outside != 0 && o.outside != outside:
		o.holding = true
		return newSignal(signal.Direction(o.outside), o.confidence(b.Close, band))
	case o.holding && above != 0 && o.above != above:
		o.holding = false
		return newSignal(signal.Flat, 1)
	}
	return signal.Signal{}, false
}

func (o *bollingerBreakout) confidence(last float64, band indicator.Band) float64 {
	maxWidth := math.Abs(last-band.Middle) / (band.Upper - band.Middle) * o.width
	return min(1, 0.5+0.5*(maxWidth-o.width)/(o.limit-o.width))
}

func (o *bollingerBreakout) MarshalBinary() ([]byte, error)    { return save(o) }
func (o *bollingerBreakout) UnmarshalBinary(data []byte) error { return load(data, o) }

func (o *bollingerBreakout) fields(s *state) {
	s.part(o.bands)
	s.flag(&o.warm)
	s.number(&o.above, -1, 1)
	s.number(&o.outside, -1, 1)
	s.flag(&o.holding)
}
