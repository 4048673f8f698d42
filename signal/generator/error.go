package generator

import (
	"errors"
	"fmt"
	"runtime/debug"
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

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Symbol, e.Kind, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var (
	errGoexit      = errors.New("runtime.Goexit was called")
	errNilStrategy = errors.New("Spec.New returned nil")
)

// escaped makes an Error of what ended a symbol's goroutine: of what recover returned, or of Goexit where that is nil.
// It must be called while the panic unwinds, for its stack.
func escaped(symbol string, kind ErrorKind, recovered any) *Error {
	e := &Error{Symbol: symbol, Kind: kind, Err: errGoexit}
	switch cause := recovered.(type) {
	case nil:
		return e
	case error:
		e.Err = fmt.Errorf("panic: %w", cause)
	default:
		e.Err = fmt.Errorf("panic: %v", cause)
	}
	e.Stack = string(debug.Stack())
	return e
}
