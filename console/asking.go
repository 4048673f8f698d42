package console

import (
	"context"
	"errors"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// maxAsking bounds how many calls of the store may be under way at once.
const maxAsking = 64

var errBusy = errors.New("too many calls of the store are under way: it hangs, or is asked more than it can take")

// ask calls the store, and does not wait for it longer than ctx: a store that hangs whatever its context says, as on a
// disk that does not answer, must not hang the operator too. Its call goes on in a goroutine that ends when the store
// returns, and there are no more of those than maxAsking.
func ask[T any](ctx context.Context, a *api, call func(ctx context.Context) (T, error)) (T, error) {
	if a.asking.Add(1) > maxAsking {
		a.asking.Add(-1)
		return *new(T), errBusy
	}
	return foreign.Go(func() (T, error) {
		defer a.asking.Add(-1)
		return call(ctx)
	}).Wait(ctx)
}
