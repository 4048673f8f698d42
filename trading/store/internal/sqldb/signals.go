package sqldb

import (
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
	identity string
	streams  *streams

	mu       sync.Mutex    // guards appended
	appended chan struct{} // nil while nobody waits
}

var (
	_ signal.Store      = (*Signals)(nil)
	_ signal.Identified = (*Signals)(nil)
	_ signal.Notifier   = (*Signals)(nil)
	_ signal.Window     = (*Signals)(nil)
)

// Append implements signal.Store. A time outside the years 1678 to 2262 is refused with the whole call too.
//
// An ID is what Stream.ID makes of the signal's stream and bar, or any text that does not look like it: 24 hexadecimal
// digits that Stream.ID did not make are refused with the whole call.
func (s *Signals) Append(ctx context.Context, signals ...signal.Signal) error {
	return s.db.Failed("append signals", s.append(ctx, signals))
}

func (s *Signals) append(ctx context.Context, signals []signal.Signal) error {
	if err := s.db.Enter(ctx); err != nil {
		return err
	}
	defer s.db.Leave()
	rows, err := newSignals(signals)
	if err != nil || len(rows) == 0 {
		return err
	}
	var added map[stream]int64
	var in *insertion
	err = s.db.group.commit(ctx, func(tx transaction) (err error) {
		if added, err = s.streams.assign(tx, rows); err != nil {
			return err
		}
		in, err = insert(tx, rows)
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
	return s.read(ctx, nil, limit, func() (*sql.Rows, error) { return s.db.prepared.signalsAfter.QueryContext(ctx, seq, limit) })
}

// read runs a query and appends what it finds to found.
func (s *Signals) read(ctx context.Context, found []signal.Signal, limit int, query query) ([]signal.Signal, error) {
	if limit < 1 { // A follower that asks for nothing would wait in silence for ever.
		return nil, s.db.Failed("read signals", fmt.Errorf("limit %d is below 1", limit))
	}
	for {
		all, err := s.readAll(ctx, found, query)
		if unknown, ok := errors.AsType[unknownStream](err); ok {
			if err = s.learn(ctx, unknown); err == nil {
				continue
			}
		}
		if err != nil {
			return nil, s.db.Failed("read signals", err)
		}
		return all, nil
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

// learn reads all streams, and fails if the unknown one is not among them.
func (s *Signals) learn(ctx context.Context, unknown unknownStream) error {
	numbers := make(map[stream]int64)
	query := func() (*sql.Rows, error) { return s.db.prepared.allStreams.QueryContext(ctx) }
	err := s.db.read(ctx, query, func(rows *sql.Rows) error {
		var row streamRow
		var id int64
		err := rows.Scan(append(row.fields(), &id)...)
		numbers[row.stream()] = id
		return err
	})
	if err != nil {
		return err
	}
	s.streams.remember(numbers)
	if _, known := s.streams.named(int64(unknown)); !known {
		return unknown
	}
	return nil
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
