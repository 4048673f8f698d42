package console

import (
	"context"
	"errors"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// maxAsking bounds how many calls of the store may be under way at once.
const maxAsking = 64

var errBusy = errors.New("too many calls of the store are under way: it hangs, or is asked more than it can take")

// ask calls the store, and does not wait for it longer than ctx: a store that ignores its context, as on a disk that
// does not answer, must not hang the operator too. The call goes on in a goroutine that ends when the store returns,
// and at most maxAsking of those are there.
//
// Equal calls are not made one (singleflight): a stream that was woken would join a call that began before the signal
// was stored, find nothing, and wait for the next one.
func ask[T any](ctx context.Context, a *api, call func(ctx context.Context) (T, error)) (T, error) {
	if !a.asking.TryAcquire(1) {
		return *new(T), errBusy
	}
	return foreign.Go(func() (T, error) {
		defer a.asking.Release(1)
		return call(ctx)
	}).Wait(ctx)
}
