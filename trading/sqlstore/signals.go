package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Signals is the signal store in a DB. It keeps the strategies' states beside the signals, so that a copy of the one is
// a copy of the other, and forgets what it is told to.
type Signals struct {
	db       *DB
	group    *group
	identity string

	streams  *streams
	borrowed atomic.Bool // IDs that look like NewID's are stored: each new one is looked for among them

	after, state, allStreams *sql.Stmt
	latest, recent           [everythingAsked + 1]*sql.Stmt
	nthNewest, oldest        *sql.Stmt // for Prune

	mu       sync.Mutex    // guards appended
	appended chan struct{} // nil while nobody waits
}

var (
	_ signal.Store      = (*Signals)(nil)
	_ signal.Identified = (*Signals)(nil)
	_ signal.Notifier   = (*Signals)(nil)
)

// Append implements signal.Store. A time outside the years 1678 to 2262 is refused with the whole call too.
//
// It is made for the IDs that signal.NewID makes of each signal. Others may be any text; but one of 24 hexadecimal digits
// may be what NewID makes of another signal, for which all that are stored are looked through: some seconds for a million.
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
	rows, err := newSignals(signals)
	if err != nil || len(rows) == 0 {
		return err
	}
	var added map[stream]int64
	var in *insertion
	err = s.group.commit(ctx, func(tx transaction) (err error) {
		if added, err = s.streams.assign(tx, rows); err != nil {
			return err
		}
		in, err = s.insert(tx, rows)
		return err
	})
	if err != nil {
		return err
	}
	s.streams.remember(added)
	if in.stored > 0 {
		s.wake()
	}
	return errors.Join(in.conflicts...)
}

// After implements signal.Store.
func (s *Signals) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	return s.read(ctx, nil, limit, func() (*sql.Rows, error) { return s.after.QueryContext(ctx, seq, limit) })
}

// read runs a query and appends what it finds to the room that there is.
func (s *Signals) read(ctx context.Context, room []signal.Signal, limit int, query query) ([]signal.Signal, error) {
	if limit < 1 { // A follower that asks for nothing would wait in silence for ever.
		return nil, fmt.Errorf("sqlstore: read signals: limit %d is below 1", limit)
	}
	for {
		found, err := s.readAll(ctx, room, query)
		if unknown, ok := errors.AsType[unknownStream](err); ok {
			if err = s.learn(ctx, unknown); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, fmt.Errorf("sqlstore: read signals: %w", err)
		}
		return found, nil
	}
}

func (s *Signals) readAll(ctx context.Context, found []signal.Signal, query query) ([]signal.Signal, error) {
	var row signalRow
	fields := row.fields()
	err := s.db.read(ctx, query, func(rows *sql.Rows) error {
		if err := rows.Scan(fields...); err != nil {
			return err
		}
		of, known := s.streams.named(row.stream)
		if !known {
			return unknownStream(row.stream)
		}
		one, err := row.signal(of)
		found = append(found, one)
		return err
	})
	return found, err
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
