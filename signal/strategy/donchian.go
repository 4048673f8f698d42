package strategy

import (
	"cmp"
	"fmt"
	"math"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// Donchian goes with new extremes: long when a bar closes above the highest high of the bars before it, short when it
// closes below their lowest low (Richard Donchian's four-week rule). It is always on one side; there is no flat.
//
// In a trend one bar after the other may close at a new extreme; only the first of them is said, until it is the other
// side's turn. The first one after the start is said whichever it is.
//
// The confidence is x/(1+x), where x is how far the close is beyond the extreme, in units of the channel's width divided
// by the square root of the period: about what one bar moves where nothing drives it.
type Donchian struct {
	Period int // bars; 0 means 20
}

// Spec returns the strategy under the name donchian.
func (d Donchian) Spec() (signal.Spec, error) {
	d.Period = cmp.Or(d.Period, 20)
	if _, err := indicator.NewDonchian(d.Period); err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: donchian: Period: %w", err)
	}
	return signal.Spec{
		Name:   "donchian",
		Params: fmt.Sprintf("period=%d", d.Period),
		New: func() signal.Strategy {
			channel, _ := indicator.NewDonchian(d.Period) // checked above
			return &donchian{channel: channel, bars: math.Sqrt(float64(d.Period))}
		},
	}, nil
}

type donchian struct {
	channel *indicator.Donchian
	bars    float64 // the square root of the period

	warm bool           // last is a channel
	last indicator.Band // the channel up to the last bar
	side int            // where the last extreme was that was said: 1 above, -1 below, 0 none yet
}

var _ signal.Stateful = (*donchian)(nil)

// Warmup is one bar more than the channel takes: an extreme is one over the bars before it.
func (d *donchian) Warmup() int { return d.channel.Warmup() + 1 }

func (d *donchian) OnBar(b signal.Bar) (signal.Signal, bool) {
	warm, before := d.warm, d.last
	d.last, d.warm = d.channel.Update(b.High, b.Low)
	switch {
	case !warm:
	case b.Close > before.Upper && d.side != 1:
		d.side = 1
		return newSignal(signal.Long, d.confidence(b.Close-before.Upper, before))
	case b.Close < before.Lower && d.side != -1:
		d.side = -1
		return newSignal(signal.Short, d.confidence(before.Lower-b.Close, before))
	}
	return signal.Signal{}, false
}

// confidence is 1 where the channel had no width.
func (d *donchian) confidence(outside float64, channel indicator.Band) float64 {
	return bounded(outside / (channel.Upper - channel.Lower) * d.bars)
}

func (d *donchian) MarshalBinary() ([]byte, error)    { return save(d) }
func (d *donchian) UnmarshalBinary(data []byte) error { return load(data, d) }

func (d *donchian) fields(s *state) {
	s.part(d.channel)
	s.flag(&d.warm)
	s.float(&d.last.Upper)
	s.float(&d.last.Middle)
	s.float(&d.last.Lower)
	s.number(&d.side, -1, 1)
}
