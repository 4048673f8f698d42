package indicator

import "fmt"

// MACD is Gerald Appel's moving average convergence and divergence: a fast EMA less a slow one, the EMA of that, called
// the signal line, and the difference of the two, called the histogram. Use NewMACD.
//
// As in TA-Lib, the fast average starts late, so that both have their first output with the same input.
type MACD struct {
	fast, slow, signal EMA
	early              int // inputs that the fast average has still to be spared
}

// Convergence is an output of MACD.
type Convergence struct{ Line, Signal, Histogram float64 }

// NewMACD returns a MACD that has seen nothing, of three periods: usual are 12, 26 and 9. Each is at least 1, fast below
// slow.
func NewMACD(fast, slow, signal int) (MACD, error) {
	var m MACD
	var err error
	if fast >= slow {
		return m, fmt.Errorf("indicator: MACD fast period %d is not below the slow period %d", fast, slow)
	}
	for _, p := range []struct {
		name   string
		period int
		ema    *EMA
	}{{"MACD fast", fast, &m.fast}, {"MACD slow", slow, &m.slow}, {"MACD signal", signal, &m.signal}} {
		if err = checkPeriod(p.name, p.period, 1); err != nil {
			return MACD{}, err
		}
		if *p.ema, err = NewEMA(p.period); err != nil {
			return MACD{}, err
		}
	}
	m.early = slow - fast
	return m, nil
}

// Warmup is how many inputs there must be for the first output: the slow period, and the signal's less one.
func (m *MACD) Warmup() int { return m.slow.period + m.signal.period - 1 }

// Update takes the next input and returns the lines, and false while they are warming up.
func (m *MACD) Update(x float64) (Convergence, bool) {
	slow, ok := m.slow.Update(x)
	if m.early > 0 {
		m.early--
		return Convergence{}, false
	}
	fast, _ := m.fast.Update(x)
	if !ok {
		return Convergence{}, false
	}
	line := fast - slow
	signal, ok := m.signal.Update(line)
	return Convergence{line, signal, line - signal}, ok
}

// MarshalBinary returns what it has seen.
func (m *MACD) MarshalBinary() ([]byte, error) { return save(m) }

// UnmarshalBinary goes on from what MarshalBinary returned, of a MACD of the same periods.
func (m *MACD) UnmarshalBinary(data []byte) error { return load(data, m) }

func (m *MACD) fields(s *state) {
	s.is("MACD")
	m.fast.fields(s)
	m.slow.fields(s)
	m.signal.fields(s)
	s.count(&m.early, m.slow.period)
}
