package sqldb

import (
	"database/sql"
	"fmt"
	"slices"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// insertion stores the signals of one call, in their order, within a transaction.
//
// An ID that Stream.ID made is not stored: its signal has its place by stream and bar, where what is new comes to the
// end, while IDs lie all over an index, and each new one would write a page of it. So an ID is unique by its signal's
// stream and bar, or among those that are stored, and newSignals refuses those that could be unique in both ways.
type insertion struct {
	tx        transaction
	stored    int     // how many were new
	conflicts []error // those which contradict what is stored already
}

// insert stores rows whose streams have been assigned.
func insert(tx transaction, rows []newSignal) (*insertion, error) {
	in := &insertion{tx: tx}
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		isNew, err := insertInOne(tx, chunk, tx.insertSignal, tx.insertSignals, newSignal.values)
		if err != nil {
			return nil, err
		}
		in.stored += isNew
		if isNew == len(chunk) {
			continue
		}
		for _, row := range chunk {
			if err := in.compare(row); err != nil {
				return nil, err
			}
		}
	}
	return in, nil
}

// compare holds a signal against what is stored under its ID.
func (in *insertion) compare(row newSignal) error {
	held, err := row.held(in.tx)
	if err != nil {
		return err
	}
	first, err := held.signal(row.given.Stream())
	if held.stream != row.stream || err == nil && !first.Same(row.given) {
		in.conflicts = append(in.conflicts, fmt.Errorf("signal %s: %w", row.given.ID, signal.ErrConflict))
		return nil
	}
	return err
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
