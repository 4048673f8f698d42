// Package strategy holds trading strategies that are ready to be run by a signal.Generator.
//
// Each is configured by a plain struct whose zero value is the textbook's setting; its Spec checks the parameters and
// makes the values, one for each symbol. A strategy is pure: what it says follows from the bars that it was given, so the
// same bars give the same signals in every process.
//
// A restart must not change what is said, although a restarted strategy has seen only a finite stretch of history. So
// the rules look at two bars that follow each other and never at where things stand at the start, and the confidence is
// rounded to four digits, which swallows the rest of the averages' older past: the generator's usual twenty warm-ups leave
// a few billionths of it (see package indicator).
//
// Each is a signal.Stateful as well: what it knows can be stored and brought back, and it then goes on to the last digit.
//
// Bars have to be valid (signal.Bar.Validate); any valid bars give finite numbers. A value of a strategy is used by one
// goroutine at a time; a Spec may be used by many.
package strategy

import (
	"math"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// steps is how many confidences there are. The lowest is one step.
const steps = 10_000

// newSignal makes a signal. What comes out of rounding stays above zero, since to say something is to believe it a
// little.
func newSignal(d signal.Direction, confidence float64) (signal.Signal, bool) {
	step := min(max(math.Round(confidence*steps), 1), steps)
	return signal.Signal{Direction: d, Confidence: step / steps}, true
}

// bounded maps 0 to 0, 1 to a half and infinity to 1.
func bounded(x float64) float64 { return 1 - 1/(1+x) }
