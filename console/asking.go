package console

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// maxAsking bounds how many calls of the store may be under way at once.
const maxAsking = 64

var errBusy = errors.New("too many calls of the store are under way: it hangs, or is asked more than it can take")

// ask calls the store, and does not wait for it longer than ctx: a store that ignores its context, as on a disk that does
// not answer, must not hang the operator too. The call goes on in a goroutine that ends when the store returns, and at
// most maxAsking of those are there.
//
// Equal calls are not made one (singleflight): a stream that was woken would join a call that began before the signal was
// stored, find nothing, and wait for the next one.
func ask[T any](ctx context.Context, a *api, call func(ctx context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	if !a.asking.TryAcquire(1) {
		return *new(T), errBusy
	}
	answered := make(chan answer, 1) // has room: the caller may have left
	go func() {
		got := answer{err: errors.New("the store ended the call's goroutine")}
		defer func() {
			if p := recover(); p != nil { // no server is around this goroutine to catch it
				got.err = fmt.Errorf("the store panicked: %v\n%s", p, debug.Stack())
			}
			a.asking.Release(1)
			answered <- got
		}()
		got.value, got.err = call(ctx)
	}()
	select {
	case got := <-answered:
		return got.value, got.err
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}
