package console

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// maxCalls bounds how many calls of the store may be under way at once. Who finds them all taken waits its turn.
const maxCalls = 64

var errBusy = errors.New("too many calls of the store are under way: it hangs, or is asked more than it can take")

// callPool makes the calls of the store. Equal calls that wait are one call: of 500 streams that a signal wakes, one
// reads for itself and one for all others. Nobody joins a call that is under way: it may have begun before the signal
// was stored, and would find nothing.
type callPool struct {
	cfg   Config
	slots *semaphore.Weighted

	mu    sync.Mutex          // guards all below
	next  map[any]*sharedCall // by what is asked: those that have not begun
	under map[any]*sharedCall // those that have
}

// sharedCall is a call of the store and those who wait for it.
type sharedCall struct {
	cancel  context.CancelFunc
	waiting int           // guarded by asking.mu, as called
	called  bool          // it had its turn
	done    chan struct{} // closed when value and err are there
	value   any
	err     error
}

func newCallPool(cfg Config) *callPool {
	return &callPool{
		cfg: cfg, slots: semaphore.NewWeighted(maxCalls), next: make(map[any]*sharedCall), under: make(map[any]*sharedCall),
	}
}

// ask calls the store, or joins an equal call that has not begun: key says what is asked. What it returns is shared and
// only to be read. It does not wait for longer than ctx: a store that ignores its context, as on a disk that does not
// answer, must not hang the operator too. Such a call goes on in a goroutine that ends when the store returns.
func ask[T any](ctx context.Context, a *callPool, key any, call func(ctx context.Context) (T, error)) (T, error) {
	c := a.join(key, func(ctx context.Context) (any, error) {
		return foreign.Go(func() (T, error) {
			defer a.slots.Release(1)
			value, err := call(ctx)
			return value, foreign.Said(err) // here, where an error that hangs holds up nobody
		}).Wait(ctx)
	})
	var none T
	select {
	case <-c.done:
		if c.err != nil {
			return none, c.err
		}
		return c.value.(T), nil //nolint:forcetypeassert // the key says what is asked, and so its type
	case <-ctx.Done():
		return none, fmt.Errorf("%w: %w", a.leave(key, c), ctx.Err())
	}
}

// join returns the call of that key that is next.
func (a *callPool) join(key any, call func(ctx context.Context) (any, error)) *sharedCall {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.next[key]
	if c == nil {
		// Not the context of whoever asked first: the others wait for it too.
		ctx, cancel := clockctx.WithTimeout(context.Background(), a.cfg.Clock, a.cfg.Timeout)
		c = &sharedCall{cancel: cancel, done: make(chan struct{})}
		a.next[key] = c
		go a.make(ctx, key, c, a.under[key], call)
	}
	c.waiting++
	return c
}

// make makes a call, after the one of the same key that is under way. It ends with its context, by when all who wait for
// it have gone.
func (a *callPool) make(
	ctx context.Context, key any, c, before *sharedCall, call func(ctx context.Context) (any, error),
) {
	defer c.cancel()
	if before != nil {
		select {
		case <-before.done:
		case <-ctx.Done():
		}
	}
	busy := a.slots.Acquire(ctx, 1)
	a.mu.Lock()
	if a.next[key] == c {
		delete(a.next, key)
	}
	a.under[key], c.called = c, busy == nil
	a.mu.Unlock()
	if busy != nil {
		c.err = fmt.Errorf("%w: %w", errBusy, busy)
	} else {
		c.value, c.err = call(ctx)
	}
	a.mu.Lock()
	if a.under[key] == c {
		delete(a.under, key)
	}
	a.mu.Unlock()
	close(c.done)
}

// leave ends a call that nobody waits for any more, and says why it was not waited for.
func (a *callPool) leave(key any, c *sharedCall) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.waiting--; c.waiting == 0 {
		c.cancel()
		if a.next[key] == c {
			delete(a.next, key)
		}
	}
	if !c.called {
		return errBusy
	}
	return foreign.ErrNotBack
}
