package feed

import (
	"fmt"
	"math"
	"time"
)

// Regime is a time in which a Synthetic market behaves otherwise than usual. Calm, Trend, Crash and Jump make the common
// ones. Regimes may overlap; their moves add up.
type Regime struct {
	Symbol string        // empty means all
	From   time.Time     // when it begins
	For    time.Duration // how long it is; 0 means that it moves the price at once

	Move       float64 // how far the price goes in it and stays, as a part of it: -0.2 is a fifth less; above -1
	Steep      bool    // most of the move comes at the beginning; otherwise it is even
	Volatility float64 // by how much the usual moves are larger meanwhile: 3 is wild, 0.2 calm; 0 means 1, 1,000 is the most
}

// Quiet is a time in which a fifth of the usual happens.
func Quiet(from time.Time, length time.Duration) Regime {
	return Regime{From: from, For: length, Volatility: 0.2}
}

// Trend is an even move.
func Trend(from time.Time, length time.Duration, move float64) Regime {
	return Regime{From: from, For: length, Move: move}
}

// Crash is a move that comes mostly at the beginning, amid three times the usual noise.
func Crash(from time.Time, length time.Duration, move float64) Regime {
	return Regime{From: from, For: length, Move: move, Steep: true, Volatility: 3}
}

// Jump is a move at once.
func Jump(at time.Time, move float64) Regime { return Regime{From: at, Move: move} }

// maxVolatility is where prices are long at both of their bounds.
const maxVolatility = 1000

func (r Regime) check(i int) error {
	const where = "feed: synthetic market: Regimes[%d]: "
	switch {
	case r.From.IsZero():
		return fmt.Errorf(where+"From is the zero time", i)
	case r.From.Year() < 1678 || r.From.Year() > 2261: // beyond, its nanoseconds are those of another year
		return fmt.Errorf(where+"From %s is not between the years 1678 and 2262", i, r.From.Format(time.RFC3339))
	case r.For < 0:
		return fmt.Errorf(where+"For %s is negative", i, r.For)
	case !(r.Move > -1) || math.IsInf(r.Move, 1):
		return fmt.Errorf(where+"Move %v is not above -1", i, r.Move)
	case !(r.Volatility >= 0 && r.Volatility <= maxVolatility):
		return fmt.Errorf(where+"Noise %v is not a number from 0 to %d", i, r.Volatility, maxVolatility)
	}
	return nil
}

// regime is a Regime made ready for prices.
type regime struct {
	from, length int64   // nanoseconds
	move         float64 // of the logarithm
	steep        bool
	more         float64 // noise beyond the usual one: 0 is as usual
	first, last  float64 // the noise where it begins and ends
}

// regimesOf are those that a symbol has.
func regimesOf(all []Regime, symbol string, n *walk) (own []regime) {
	for _, r := range all {
		if r.Symbol != "" && r.Symbol != symbol {
			continue
		}
		ready := regime{from: r.From.UnixNano(), length: int64(r.For), move: math.Log1p(r.Move), steep: r.Steep}
		ready.first, ready.last = n.at(ready.from), n.at(ready.from+ready.length)
		if r.Volatility > 0 {
			ready.more = r.Volatility - 1
		}
		own = append(own, ready)
	}
	return own
}

// under is the logarithm of the price under the regimes, from the usual noise. What grows or shrinks is how far the noise
// is from the straight line between where it begins and where it ends: that is nothing at both ends, so the price is
// where it was before and nowhere jumps.
func under(regimes []regime, ns int64, walk float64) float64 {
	sum := walk
	for _, r := range regimes {
		x := r.progress(ns)
		if 0 < x && x < 1 {
			sum += float64(r.more * (walk - r.first - float64((r.last-r.first)*x)))
		}
		if r.steep {
			x = 1 - float64((1-x)*(1-x))*(1-x)
		}
		sum += float64(r.move * x)
	}
	return sum
}

// progress is how much of the regime is over, from 0 before it to 1 behind it.
func (r regime) progress(ns int64) float64 {
	switch {
	case ns < r.from:
		return 0
	case ns-r.from >= r.length:
		return 1
	}
	return float64(ns-r.from) / float64(r.length)
}
