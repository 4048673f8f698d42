package foreign

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
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

// Said returns err with what it says now, cut at MaxText: whoever wraps or logs it later does not ask it again. It asks
// in the caller's goroutine, so it is for a call that runs in one of its own. errors.Is and errors.As see err.
func Said(err error) error {
	if err == nil || IsPlain(err) && len(err.Error()) <= MaxText {
		return err
	}
	return &said{strings.Clone(Cut(err.Error(), MaxText)), err}
}

type said struct {
	text string
	err  error
}

func (s *said) Error() string { return s.text }
func (s *said) Unwrap() error { return s.err }

// maxBehind is how many calls of Ask may be left behind. An error that hangs is observed over and over: beyond this
// number it is not asked any more, until one of those comes back.
const maxBehind = 16

var behind atomic.Int32

// Ask calls f in a goroutine of its own, and waits for at most a second. The error says how f ended if it did not
// return. Where too many have not returned f is not called.
func Ask[T any](clk Clock, f func() T) (T, error) {
	var none T
	if behind.Load() >= maxBehind {
		return none, ErrNotBack
	}
	var left, back atomic.Bool
	call := Go(func() (T, error) {
		defer func() {
			if back.Store(true); left.CompareAndSwap(true, false) {
				behind.Add(-1)
			}
		}()
		return f(), nil
	})
	late := clk.After(textLimit)
	select {
	case <-call.Done():
		return call.Result()
	case <-late:
	}
	behind.Add(1)
	if left.Store(true); back.Load() && left.CompareAndSwap(true, false) { // it came back at this moment
		behind.Add(-1)
	}
	return none, ErrNotBack
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
