package strategy

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// RSIReversion goes against exaggeration: long when the RSI comes back up through Low, short when it comes back down
// through High, flat when it crosses the middle, 50, because there is nothing left to revert.
//
// A level is crossed between two bars: the RSI was at or beyond it at the first and is on its inner side at the second;
// the middle is crossed by reaching it. A bar that comes back through a level and the middle at once opens nothing.
//
// Flat is said once after each long or short. A strategy that has just started cannot know what was said before its
// first bar, so the first crossing of the middle is a flat as well: one exit too many is harmless, one too few is not.
//
// The confidence grows with the depth of the excursion, from 0.5 for an RSI that just touched the level to 1 for one
// that went all the way to 0 or 100. A flat has 1: that the middle was crossed is a fact, not a forecast.
type RSIReversion struct {
	Period int     // bars; 0 means 14
	Low    float64 // above 0 and below 50; 0 means 30
	High   float64 // above 50 and below 100; 0 means 70
}

// middle is where neither side is stronger.
const middle = 50

// Spec returns the strategy under the name rsi_reversion.
func (r RSIReversion) Spec() (signal.Spec, error) {
	r.Period, r.Low, r.High = cmp.Or(r.Period, 14), cmp.Or(r.Low, 30), cmp.Or(r.High, 70)
	rsi, err := indicator.NewRSI(r.Period)
	if err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: rsi_reversion: Period: %w", err)
	}
	if !(r.Low > 0 && r.Low < middle) {
		return signal.Spec{}, fmt.Errorf("strategy: rsi_reversion: Low %v is not between 0 and %d", r.Low, middle)
	}
	if !(r.High > middle && r.High < 100) {
		return signal.Spec{}, fmt.Errorf("strategy: rsi_reversion: High %v is not between %d and 100", r.High, middle)
	}
	return signal.Spec{
		Name:   "rsi_reversion",
		Params: fmt.Sprintf("period=%d,low=%s,high=%s", r.Period, number(r.Low), number(r.High)),
		New: func() signal.Strategy {
			return &rsiReversion{rsi: rsi, low: r.Low, high: r.High, peak: middle, holding: true}
		},
	}, nil
}

// number writes a number in its one shortest form, since it becomes a part of IDs.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

type rsiReversion struct {
	rsi       indicator.RSI
	low, high float64

	warm    bool    // last is an RSI
	last    float64 // the RSI at the last bar
	peak    float64 // the furthest that it went since it left the inner range; the last one inside it
	holding bool    // something may be held: it was said, or might have been before the first bar
}

var _ signal.Stateful = (*rsiReversion)(nil)

// Warmup is one bar more than the RSI takes: a crossing has a before.
func (r *rsiReversion) Warmup() int { return r.rsi.Warmup() + 1 }

func (r *rsiReversion) OnBar(b signal.Bar) (signal.Signal, bool) {
	now, ok := r.rsi.Update(b.Close)
	if !ok {
		return signal.Signal{}, false
	}
	before, warm, depth := r.last, r.warm, r.depth()
	r.last, r.warm = now, true
	r.follow(now)
	switch {
	case !warm:
		return signal.Signal{}, false
	case before < middle && now >= middle, before > middle && now <= middle:
		return r.flat()
	case before <= r.low && now > r.low:
		r.holding = true
		return newSignal(signal.Long, 0.5+0.5*depth)
	case before >= r.high && now < r.high:
		r.holding = true
		return newSignal(signal.Short, 0.5+0.5*depth)
	}
	return signal.Signal{}, false
}

func (r *rsiReversion) flat() (signal.Signal, bool) {
	if !r.holding {
		return signal.Signal{}, false
	}
	r.holding = false
	return newSignal(signal.Flat, 1)
}

// follow keeps the extreme of the present excursion; the inner range has none.
func (r *rsiReversion) follow(now float64) {
	switch {
	case now <= r.low && r.peak <= r.low:
		r.peak = min(r.peak, now)
	case now >= r.high && r.peak >= r.high:
		r.peak = max(r.peak, now)
	default:
		r.peak = now
	}
}

// depth is how far beyond its level the excursion went, from 0 at the level to 1 at the end of the scale.
func (r *rsiReversion) depth() float64 {
	if r.peak <= r.low {
		return (r.low - r.peak) / r.low
	}
	return max(0, (r.peak-r.high)/(100-r.high))
}

func (r *rsiReversion) MarshalBinary() ([]byte, error)    { return save(r) }
func (r *rsiReversion) UnmarshalBinary(data []byte) error { return load(data, r) }

func (r *rsiReversion) fields(s *state) {
	s.part(&r.rsi)
	s.flag(&r.warm)
	s.float(&r.last)
	s.float(&r.peak)
	s.flag(&r.holding)
}
