package strategy

import (
	"cmp"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// EMACross goes with the trend: long when the fast moving average of the closes crosses above the slow one, short when
// it crosses below.
//
// A cross lies between two bars: the fast average was not above the slow one at the first, and is at the second (and
// the other way round). Averages that are equal are on neither side, so leaving equality is a cross and reaching it is
// none. That fast stands above slow when the strategy starts is no cross either.
//
// The confidence is x/(1+x), where x is how fast the averages part, in units of what a bar of average movement would
// bring about: 0.5 is a cross on an average bar, 0.75 one that is three times as sharp.
type EMACross struct {
	Fast int // bars; 0 means 8
	Slow int // bars, more than Fast; 0 means 21
}

// Spec returns the strategy under the name ema_cross.
func (c EMACross) Spec() (signal.Spec, error) {
	c.Fast, c.Slow = cmp.Or(c.Fast, 8), cmp.Or(c.Slow, 21)
	fast, err := indicator.NewEMA(c.Fast)
	if err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: ema_cross: Fast: %w", err)
	}
	slow, err := indicator.NewEMA(c.Slow)
	if err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: ema_cross: Slow: %w", err)
	}
	if c.Fast >= c.Slow {
		return signal.Spec{}, fmt.Errorf("strategy: ema_cross: Fast %d is not below Slow %d", c.Fast, c.Slow)
	}
	return signal.Spec{
		Name:   "ema_cross",
		Params: fmt.Sprintf("fast=%d,slow=%d", c.Fast, c.Slow),
		New: func() signal.Strategy {
			unit := fast.Factor() - slow.Factor()
			return &emaCross{fast, slow, crossDetector{warmup: slow.Warmup() + 1, unit: unit, move: slow}}
		},
	}, nil
}

type emaCross struct {
	fast, slow indicator.EMA // of the closes
	cross      crossDetector
}

var _ signal.Stateful = (*emaCross)(nil)

// Warmup is one bar more than the slow average takes: a cross has a before.
func (c *emaCross) Warmup() int { return c.cross.warmup }

func (c *emaCross) OnBar(b signal.Bar) (signal.Signal, bool) {
	fast, _ := c.fast.Update(b.Close)
	slow, _ := c.slow.Update(b.Close)
	if direction, strength := c.cross.next(b.Close, fast-slow); direction != signal.Flat {
		return newSignal(direction, strength)
	}
	return signal.Signal{}, false
}

func (c *emaCross) MarshalBinary() ([]byte, error)    { return save(c) }
func (c *emaCross) UnmarshalBinary(data []byte) error { return load(data, c) }

func (c *emaCross) fields(s *state) {
	s.part(&c.fast)
	s.part(&c.slow)
	c.cross.fields(s)
}
