package trading

import (
	"errors"
	"time"
)

// ErrLimit says that nothing is left of an order that may be placed. Wrapped with the reason.
var ErrLimit = errors.New("trading: nothing of the order is allowed")

// LimitError says which limit left nothing of an order, or less than was asked for, with its figures. It is an ErrLimit.
type LimitError struct {
	Limit string // its name, such as MaxOrder
	Bound string // where it stands
	Found string // what there would be with the order, or what there is
	// Passes says that the limit stands for a time only: the same order may be let through later.
	Passes bool
	Until  time.Time // when it ends, where it is known to end by itself; zero otherwise
}

// Error names the limit and its figures.
func (e *LimitError) Error() string {
	text := e.Limit + " is " + e.Bound
	if e.Found != "" {
		text += ": " + e.Found
	}
	return text
}

// Is reports whether target is ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }
