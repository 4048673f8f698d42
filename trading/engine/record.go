package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// errReplaced ends what a run that was given up still tries: another one has taken over.
var errReplaced = errors.New("engine: another run of this engine has taken over")

// takePen waits for the right to write, as long as ctx lives.
func (e *Engine) takePen(ctx context.Context) error {
	select {
	case e.pen <- struct{}{}:
		return nil
	default:
	}
	select {
	case e.pen <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("engine: waiting for an earlier write to the journal: %w", context.Cause(ctx))
	}
}

func (e *Engine) dropPen() { <-e.pen }

// write makes events durable and then part of the book. What to write is decided by choose, with the pen held, so the
// book is as choose saw it when the events are added. A nil r is a person, who may always write.
//
// The end of ctx does not cut a write short: half of the callers come with an answer from the Broker while everything
// is being stopped, and an Append that was interrupted may or may not be there.
func (e *Engine) write(ctx context.Context, r *run, choose func(*book.Book) ([]journal.Event, error)) ([]journal.Event, error) {
	if err := e.takePen(ctx); err != nil {
		return nil, err
	}
	defer e.dropPen()
	if err := e.loadWithPen(ctx, r); err != nil {
		return nil, err
	}
	events, err := choose(e.book)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	for _, event := range events {
		if err := e.book.Check(event); err != nil {
			return nil, err
		}
	}
	if err := e.append(ctx, events); err != nil {
		return events, err
	}
	e.maySnapshot(ctx, len(events))
	return events, nil
}

func (e *Engine) append(ctx context.Context, events []journal.Event) error {
	limited, cancel := e.limited(context.WithoutCancel(ctx))
	defer cancel()
	at := e.now()
	err := e.cfg.Journal.Append(limited, at, events...)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.loaded, e.reconciled = false, false // Nobody knows whether it is there: read it again.
		return fmt.Errorf("engine: journal %s: %w", journal.KindOf(events[0]), err)
	}
	for _, event := range events {
		if err := e.book.Apply(at, event); err != nil {
			e.loaded, e.reconciled = false, false
			return err // Check has let it through; were it wrong all the same, reading the journal would find it too.
		}
		e.hearLocked(event)
	}
	return nil
}

// hearLocked takes note of when an order was heard of, which matters until it is done.
func (e *Engine) hearLocked(event journal.Event) {
	switch event := event.(type) {
	case journal.Acknowledged, journal.Triggered, journal.CancelAsked:
		e.heard[journal.OrderOf(event)] = e.passed()
	case journal.Rejected, journal.Cancelled, journal.Expired:
		delete(e.heard, journal.OrderOf(event))
	case journal.Filled:
		if o, ok := e.book.Order(event.Fill.ClientID); ok && o.Status.Done() {
			delete(e.heard, o.ClientID)
		}
	}
}

// record writes events that need no further look at the book.
func (e *Engine) record(ctx context.Context, r *run, events ...journal.Event) error {
	_, err := e.write(ctx, r, func(*book.Book) ([]journal.Event, error) { return events, nil })
	return err
}

// load reads the Journal if what is in memory is not known to be what it says.
func (e *Engine) load(ctx context.Context, r *run) error {
	if err := e.takePen(ctx); err != nil {
		return err
	}
	defer e.dropPen()
	return e.loadWithPen(ctx, r)
}

func (e *Engine) loadWithPen(ctx context.Context, r *run) error {
	e.mu.Lock()
	loaded, current, stopped := e.loaded, r == nil || r == e.run, e.stopped
	e.mu.Unlock()
	switch {
	case !current && stopped:
		return ErrStopped
	case !current:
		return errReplaced
	case loaded:
		return nil
	}
	book, err := book.Restore(e.cfg.Capital, journal.Load(ctx, e.cfg.Journal))
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.book, e.loaded = book, true
	if e.opened.IsZero() {
		e.opened, e.openedAt = e.watch.read()
	}
	return nil
}
