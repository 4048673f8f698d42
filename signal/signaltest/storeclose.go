package signaltest

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// patience is how long a call of a closed store may take. A store that waits for ever would hold up the host's end.
const patience = 10 * time.Second

// closedStore asks a store that can be closed after its end.
func closedStore(t testing.TB, open func() signal.Store) {
	store := open()
	closer, ok := store.(io.Closer)
	if !ok {
		t.Skip("the store is no io.Closer")
	}
	appendAll(t, store, exampleSignal(0))
	if err := closer.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	for _, c := range []struct {
		name string
		call func(ctx context.Context) error
	}{
		{"Append", func(ctx context.Context) error { return store.Append(ctx, exampleSignal(1)) }},
		{"Latest", func(ctx context.Context) error { _, err := store.Latest(ctx, signal.Query{}); return err }},
		{"After", func(ctx context.Context) error { _, err := store.After(ctx, 0, 1); return err }},
	} {
		returned := make(chan error, 1)
		go func() { returned <- c.call(t.Context()) }()
		select {
		case err := <-returned:
			if err == nil {
				t.Errorf("%s after Close: no error", c.name)
			}
		case <-clock.New().After(patience):
			t.Errorf("%s after Close did not return within %s", c.name, patience)
		}
	}
}
