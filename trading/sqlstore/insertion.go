package sqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// insertion stores the signals of one call, in their order, within a transaction.
//
// An ID that NewID made is not stored: its signal has its place by stream and bar, where what is new comes to the end,
// while IDs lie all over an index, and each new one would write a page of it. So an ID is unique by its signal's stream
// and bar, or among those that are stored. What is left to be looked at are the borrowed ones.
type insertion struct {
	tx        transaction
	stored    int     // how many were new
	conflicts []error // those which contradict what is stored already
}

// borrowed tells whether an ID may be the one that NewID makes of another signal: 24 hexadecimal digits.
func (n newSignal) borrowed() bool {
	if len(n.id.String) != 24 {
		return false
	}
	_, err := hex.DecodeString(n.id.String)
	return err == nil
}

// lookForBorrowed looks whether such IDs are stored.
func (s *Signals) lookForBorrowed(ctx context.Context) error {
	const text = `SELECT EXISTS (SELECT 1 FROM signals WHERE id IS NOT NULL AND length(id) = 24)`
	var found bool
	if err := s.group.db.QueryRowContext(ctx, text).Scan(&found); err != nil {
		return fmt.Errorf("look for borrowed IDs: %w", err)
	}
	s.borrowed.Store(found)
	return nil
}

// insert stores rows whose streams have been assigned.
func (s *Signals) insert(tx transaction, rows []newSignal) (*insertion, error) {
	in := &insertion{tx: tx}
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, s.mayBeTaken)
		if n < 0 {
			n = len(rows)
		}
		if err := in.addAll(rows[:n]); err != nil {
			return nil, err
		}
		if rows = rows[n:]; len(rows) == 0 {
			break
		}
		if rows[0].borrowed() {
			s.borrowed.Store(true) // Should it come to nothing, what follows is only slower.
		}
		if err := in.addAlone(rows[0]); err != nil {
			return nil, err
		}
		rows = rows[1:]
	}
	return in, nil
}

// mayBeTaken tells whether the ID may be there in the other form than its own: stored for one that NewID makes, made by
// NewID for one that is to be stored.
func (s *Signals) mayBeTaken(n newSignal) bool {
	return n.borrowed() || !n.id.Valid && s.borrowed.Load()
}

func (in *insertion) addAll(rows []newSignal) error {
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		isNew, err := insertInOne(in.tx, chunk, in.tx.insertSignal, in.tx.insertSignals, newSignal.values)
		if err != nil {
			return err
		}
		in.stored += isNew
		if isNew == len(chunk) {
			continue
		}
		for _, row := range chunk {
			held, err := row.held(in.tx)
			if err != nil {
				return err
			}
			if err := in.compare(row, held); err != nil {
				return err
			}
		}
	}
	return nil
}

// addAlone stores a signal whose ID may be taken.
func (in *insertion) addAlone(row newSignal) error {
	held, err := readRow(in.tx.row(in.tx.signalByID, toText(row.given.ID)))
	switch {
	case err == nil:
		return in.compare(row, held)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	taken := false
	if row.borrowed() {
		if taken, err = madeByNewID(in.tx, row.given.ID); err != nil {
			return err
		}
	}
	if taken {
		in.conflict(row)
		return nil
	}
	return in.addAll([]newSignal{row})
}

// held returns what is stored in the place of the row.
func (n newSignal) held(tx transaction) (signalRow, error) {
	if n.id.Valid {
		return readRow(tx.row(tx.signalByID, n.id.String))
	}
	return readRow(tx.row(tx.signalByBar, n.barTime.Int64, n.stream))
}

func readRow(row *sql.Row) (r signalRow, err error) {
	err = row.Scan(r.fields()...)
	return r, err
}

// compare holds a signal against what is stored under its ID.
func (in *insertion) compare(row newSignal, held signalRow) error {
	first, err := held.signal(streamOf(row.given))
	if held.stream != row.stream || err == nil && !first.Same(row.given) {
		in.conflict(row)
		return nil
	}
	return err
}

func (in *insertion) conflict(row newSignal) {
	in.conflicts = append(in.conflicts, fmt.Errorf("signal %s: %w", row.given.ID, signal.ErrConflict))
}

// madeByNewID tells whether there is a signal whose ID NewID made and is this one. It goes through all of them, since
// such an ID is stored nowhere.
func madeByNewID(tx transaction, id string) (found bool, err error) {
	rows, err := tx.query(tx.ownIDs)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() && !found {
		var row streamRow
		var bar int64
		if err := rows.Scan(append(row.fields(), &bar)...); err != nil {
			return false, err
		}
		found = id == newID(row.stream(), time.Unix(0, bar))
	}
	return found, rows.Err()
}
