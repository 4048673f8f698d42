package strategy

import (
	"cmp"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// MACD goes with a trend that gathers speed: long when the MACD line crosses above its signal line, short when it
// crosses below. What a cross is, and what none, is as with EMACross.
//
// The confidence is x/(1+x), where x is how fast the two lines part, in units of what a bar of average movement would
// bring about.
type MACD struct {
	Fast   int // bars; 0 means 12
	Slow   int // bars, more than Fast; 0 means 26
	Signal int // bars, at least 2; 0 means 9
}

// Spec returns the strategy under the name macd.
func (m MACD) Spec() (signal.Spec, error) {
	m.Fast, m.Slow, m.Signal = cmp.Or(m.Fast, 12), cmp.Or(m.Slow, 26), cmp.Or(m.Signal, 9)
	lines, err := indicator.NewMACD(m.Fast, m.Slow, m.Signal)
	if err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: macd: %w", err)
	}
	if m.Signal < 2 { // the lines would be one
		return signal.Spec{}, fmt.Errorf("strategy: macd: Signal %d is below 2", m.Signal)
	}
	move, err := indicator.NewEMA(m.Slow)
	if err != nil {
		return signal.Spec{}, fmt.Errorf("strategy: macd: Slow: %w", err)
	}
	factor := func(period int) float64 { return 2 / float64(period+1) }
	unit := (factor(m.Fast) - factor(m.Slow)) * (1 - factor(m.Signal))
	return signal.Spec{
		Name:   "macd",
		Params: fmt.Sprintf("fast=%d,slow=%d,signal=%d", m.Fast, m.Slow, m.Signal),
		New: func() signal.Strategy {
			return &macd{lines, crossDetector{warmup: lines.Warmup() + 1, unit: unit, move: move}}
		},
	}, nil
}

type macd struct {
	lines indicator.MACD
	cross crossDetector
}

var _ signal.Stateful = (*macd)(nil)

// Warmup is one bar more than the signal line takes: a cross has a before.
func (m *macd) Warmup() int { return m.cross.warmup }

func (m *macd) OnBar(b signal.Bar) (signal.Signal, bool) {
	lines, _ := m.lines.Update(b.Close)
	if direction, strength := m.cross.next(b.Close, lines.Histogram); direction != signal.Flat {
		return newSignal(direction, strength)
	}
	return signal.Signal{}, false
}

func (m *macd) MarshalBinary() ([]byte, error)    { return save(m) }
func (m *macd) UnmarshalBinary(data []byte) error { return load(data, m) }

func (m *macd) fields(s *state) {
	s.part(&m.lines)
	m.cross.fields(s)
}
