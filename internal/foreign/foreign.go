// Package foreign calls code that is not ours. Such code returns, or it ends in one of three other ways, and these have
// the same words everywhere: it panics (*Panic), it ends its goroutine (ErrGoexit), or it is not back in time
// (ErrNotBack). A call that is not back cannot be ended: it is left behind, and its goroutine is all that remains of it.
//
// Time limits come in with the context, which internal/clockctx makes on a Clock.
package foreign

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

var (
	// ErrGoexit says that a call ended its goroutine instead of returning, as t.FailNow does.
	ErrGoexit = errors.New("runtime.Goexit was called")
	// ErrNotBack says that a call has not returned by the time that it had.
	ErrNotBack = errors.New("not back")
)

// Panic is a panic of a call.
type Panic struct {
	Value any    // what was given to panic
	Stack string // of the goroutine, from the panic on

	text string // what Value said when it was caught: later it may say something else, or hang
}

func (p *Panic) Error() string { return p.text }

// Unwrap returns the error that was given to panic, if it was one.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Stack returns the stack of the panic that err wraps, or "".
func Stack(err error) string {
	var p *Panic
	if errors.As(err, &p) {
		return p.Stack
	}
	return ""
}

// Run calls f, and then end with how it ended: what f returned, a *Panic or ErrGoexit. It returns after a panic; only
// Goexit goes on to end the goroutine.
func Run(f func() error, end func(error)) {
	err, returned := error(nil), false
	defer func() {
		if !returned {
			err = caught(recover())
		}
		end(err)
	}()
	err = f()
	returned = true
}

// caught makes an error of what recover has returned: nil is Goexit, because panic(nil) is an error of its own.
func caught(recovered any) error {
	if recovered == nil {
		return ErrGoexit
	}
	stack := string(debug.Stack())
	return &Panic{Value: recovered, Stack: stack, text: Cut(fmt.Sprintf("panic: %v", recovered), MaxText)}
}

// Call is a call that runs in a goroutine of its own.
type Call[T any] struct {
	done  chan struct{} // closed when value and err are there
	value T
	err   error
}

// Go begins a call of f. Its goroutine ends with f.
func Go[T any](f func() (T, error)) *Call[T] {
	c := &Call[T]{done: make(chan struct{})}
	go Run(func() (err error) {
		c.value, err = f()
		return err
	}, func(err error) {
		c.err = err
		close(c.done)
	})
	return c
}

// Done returns a channel that is closed when the call has ended.
func (c *Call[T]) Done() <-chan struct{} { return c.done }

// Ended reports whether the call has ended.
func (c *Call[T]) Ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Result waits for the call's end and returns what f has returned, or the zero value and how it ended instead.
func (c *Call[T]) Result() (T, error) {
	<-c.done
	return c.value, c.err
}

// Wait is Result for as long as ctx lasts. After that the call is left behind: the error wraps ErrNotBack and ctx's.
func (c *Call[T]) Wait(ctx context.Context) (T, error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("%w: %w", ErrNotBack, ctx.Err())
	}
}
