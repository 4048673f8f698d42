package generator

import (
	"errors"
	"fmt"
)

// ErrorKind says where in a symbol's cycle an Error arose.
type ErrorKind string

// The kinds of Errors.
const (
	KindSource     ErrorKind = "source"      // the Source failed
	KindData       ErrorKind = "data"        // the Source gave a bar that cannot be
	KindStrategy   ErrorKind = "strategy"    // a Strategy panicked, or gave a signal that cannot be
	KindStore      ErrorKind = "store"       // the Store failed; the signals are kept and offered again
	KindClock      ErrorKind = "clock"       // the newest bar closes later than the Clock says it is
	KindSession    ErrorKind = "session"     // Hours panicked
	KindLeftBehind ErrorKind = "left_behind" // the symbol did not come back in time, or has not come back yet
)

// Error is what went wrong with one symbol in one cycle. errors.As finds it in what a Result holds, and errors.Is
// sees through it to the Source's or Store's own error.
type Error struct {
	Symbol string
	Kind   ErrorKind
	Err    error
	Stack  string // of a panic, else empty
}

func (e *Error) Error() string { return fmt.Sprintf("generator: %s: %s: %v", e.Symbol, e.Kind, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var errNilStrategy = errors.New("Spec.New returned nil")
