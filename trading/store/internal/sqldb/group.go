package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
)

// maxGroup bounds how many writes share a transaction, and with it how long the first of them waits for the last.
const maxGroup = 512

// errAborted is what the other writes of a group learn if the goroutine that commits them dies in the middle.
var errAborted = errors.New("the transaction was aborted")

// group commits writes that come at the same time in one transaction: the sync at its end costs the same for one as
// for a hundred. There is no goroutine for it. The first caller to come leads: it commits what is queued, its own
// write among it, and hands over to the next in the queue, which filled up meanwhile.
type group struct {
	db        *sql.DB // nil if nothing may be written
	driver    Driver
	prepared  *statements
	unsettled atomic.Bool // a transaction failed, and only its connection knows whether it has ended

	mu      sync.Mutex // guards queue, leading and each write's leads
	queue   []*write
	leading bool // a caller leads, or has been told to
}

// write is one caller's part of a transaction.
type write struct {
	do    func(transaction) error // its error rolls the whole group back
	leads bool                    // it has been told to lead
	lead  chan struct{}           // closed when it is told to
	done  chan error              // gets what became of it
}

// commit runs do in a transaction, and returns once that is durable or failed. If ctx ends before the transaction
// began it withdraws; from then on it waits, because it could not learn otherwise what became of its write.
func (g *group) commit(ctx context.Context, do func(transaction) error) error {
	if g.db == nil {
		return ErrReadOnly
	}
	w := &write{do: do, lead: make(chan struct{}), done: make(chan error, 1)}
	g.enqueue(w)
	select {
	case err := <-w.done:
		return err
	case <-w.lead:
	case <-ctx.Done():
		if g.withdraw(w) {
			return ctx.Err()
		}
		select {
		case err := <-w.done:
			return err
		case <-w.lead:
		}
	}
	g.commitQueued()
	return <-w.done
}

func (g *group) enqueue(w *write) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, w)
	if !g.leading {
		g.leadLocked(w)
	}
}

func (g *group) leadLocked(w *write) {
	g.leading, w.leads = true, true
	close(w.lead)
}

// withdraw takes a write out of the queue, if it still only waits there.
func (g *group) withdraw(w *write) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := slices.Index(g.queue, w)
	if at < 0 || w.leads {
		return false
	}
	g.queue = slices.Delete(g.queue, at, at+1)
	return true
}

// commitQueued commits a group, its caller's write first in it, and hands over.
func (g *group) commitQueued() {
	writes := g.take()
	err := errAborted
	defer func() { // Deferred, so that a panic in the driver leaves no caller waiting.
		g.handOver()
		for _, w := range writes {
			w.done <- err
		}
	}()
	err = g.driver.Transact(func() error { return g.transact(writes) })
	if err != nil {
		g.unsettled.Store(true)
	}
}

func (g *group) take() []*write {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.queue), maxGroup)
	writes := slices.Clone(g.queue[:n])
	g.queue = slices.Delete(g.queue, 0, n)
	return writes
}

func (g *group) handOver() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leading = false
	if len(g.queue) > 0 {
		g.leadLocked(g.queue[0])
	}
}

// transact commits the writes, all or none. It heeds no context: those of the callers are not each other's business.
func (g *group) transact(writes []*write) error {
	tx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	for _, w := range writes {
		if err := w.do(transaction{tx, g.prepared}); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}
