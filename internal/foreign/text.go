package foreign

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxText is how many bytes of an error's text are kept: it is shown in every status, report and log line.
const MaxText = 1 << 10

// Clock is the time that a call may take.
type Clock interface {
	After(d time.Duration) <-chan time.Time
}

// textLimit is how long an error may take to say what it is.
const textLimit = time.Second

// plain are types of the standard library whose Error only hands out what it holds: most errors are of these, and a
// goroutine for each would cost as much as a restart.
var plain = map[reflect.Type]bool{
	reflect.TypeOf(errors.New("")):                     true,
	reflect.TypeOf(fmt.Errorf("%w", errNil)):           true,
	reflect.TypeOf(fmt.Errorf("%w%w", errNil, errNil)): true,
	reflect.TypeOf(context.DeadlineExceeded):           true,
}

var errNil = errors.New("")

// IsPlain reports whether the error is of a type of the standard library whose Error only hands out what it holds.
func IsPlain(err error) bool { return plain[reflect.TypeOf(err)] }

// Text returns what err says, cut at MaxText. An error that panics, or takes longer than a second to say it, is named by
// its type instead. It is asked once: what it says later may be something else.
func Text(err error, clk Clock) string {
	if IsPlain(err) {
		return Cut(err.Error(), MaxText)
	}
	text, failed := Ask(clk, func() string { return strings.Clone(Cut(err.Error(), MaxText)) })
	switch {
	case failed == nil:
		return text
	case errors.Is(failed, ErrNotBack):
		return fmt.Sprintf("an error of type %T, whose Error method did not return", err)
	}
	return fmt.Sprintf("an error of type %T, whose Error method panicked", err)
}

// Ask calls f in a goroutine of its own, and waits for at most a second. The error says how f ended if it did not
// return.
func Ask[T any](clk Clock, f func() T) (T, error) {
	call := Go(func() (T, error) { return f(), nil })
	late := clk.After(textLimit)
	select {
	case <-call.Done():
		return call.Result()
	case <-late:
		var none T
		return none, ErrNotBack
	}
}

// Cut returns at most limit bytes of the text, and says so where it is more. It cuts no character in two.
func Cut(text string, limit int) string {
	const mark = "... (cut)"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
