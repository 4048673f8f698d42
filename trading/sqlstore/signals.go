package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Signals is the signal store in a DB. It keeps the strategies' states beside the signals, so that a copy of the one is
// a copy of the other, and forgets what it is told to.
type Signals struct {
	db       *DB
	group    *group
	identity string

	after, state      *sql.Stmt
	latest            [everythingAsked + 1]*sql.Stmt
	nthNewest, oldest *sql.Stmt // for Prune

	mu       sync.Mutex    // guards appended
	appended chan struct{} // nil while nobody waits
}

var (
	_ signal.Store      = (*Signals)(nil)
	_ signal.Identified = (*Signals)(nil)
	_ signal.Notifier   = (*Signals)(nil)
)

// Append implements signal.Store. A time outside the years 1678 to 2262 is refused with the whole call too.
func (s *Signals) Append(ctx context.Context, signals ...signal.Signal) error {
	if err := s.append(ctx, signals); err != nil {
		return fmt.Errorf("sqlstore: append signals: %w", err)
	}
	return nil
}

func (s *Signals) append(ctx context.Context, signals []signal.Signal) error {
	if err := s.db.enter(ctx); err != nil {
		return err
	}
	defer s.db.leave()
	rows, err := newSignalRows(signals)
	if err != nil || len(rows) == 0 {
		return err
	}
	var stored int
	var conflicts []error
	err = s.group.commit(ctx, func(tx *boundStatements) (err error) {
		stored, conflicts, err = insertSignals(tx, rows)
		return err
	})
	if err != nil {
		return err
	}
	if stored > 0 {
		s.wake()
	}
	return errors.Join(conflicts...)
}

// Latest implements signal.Store.
func (s *Signals) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	limit := cmp.Or(q.Limit, signal.DefaultLimit)
	asked, args := askedFor(q)
	args = append(args, limit)
	return s.read(ctx, limit, func() (*sql.Rows, error) { return s.latest[asked].QueryContext(ctx, args...) })
}

// After implements signal.Store.
func (s *Signals) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	return s.read(ctx, limit, func() (*sql.Rows, error) { return s.after.QueryContext(ctx, seq, limit) })
}

func (s *Signals) read(ctx context.Context, limit int, query func() (*sql.Rows, error)) ([]signal.Signal, error) {
	if limit < 1 { // A follower that asks for nothing would wait in silence for ever.
		return nil, fmt.Errorf("sqlstore: read signals: limit %d is below 1", limit)
	}
	var found []signal.Signal
	err := s.db.read(ctx, query, func(rows *sql.Rows) error {
		one, err := scanSignal(rows)
		found = append(found, one)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlstore: read signals: %w", err)
	}
	return found, nil
}

// Identity implements signal.Identified: a name that the database got when it was created.
func (s *Signals) Identity(context.Context) (string, error) { return s.identity, nil }

// Appended implements signal.Notifier.
func (s *Signals) Appended() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.appended == nil {
		s.appended = make(chan struct{})
	}
	return s.appended
}

func (s *Signals) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.appended != nil {
		close(s.appended)
		s.appended = nil
	}
}
