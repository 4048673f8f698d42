package sqlstore

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// signalRow is a signal as it is stored.
type signalRow struct {
	signal                         signal.Signal
	barTime, createdAt, validUntil sql.NullInt64
	parts                          sql.NullString // JSON
}

// newSignalRows refuses all of them if one cannot be stored.
func newSignalRows(signals []signal.Signal) ([]signalRow, error) {
	rows := make([]signalRow, 0, len(signals))
	for _, s := range signals {
		row, err := newSignalRow(s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func newSignalRow(s signal.Signal) (signalRow, error) {
	row := signalRow{signal: s}
	if err := s.Validate(); err != nil {
		return row, err
	}
	var errs [4]error
	row.barTime, errs[0] = toNanos("the BarTime", s.BarTime)
	row.createdAt, errs[1] = toNanos("the CreatedAt", s.CreatedAt)
	row.validUntil, errs[2] = toNanos("the ValidUntil", s.ValidUntil)
	row.parts, errs[3] = encodeParts(s.Parts)
	if err := errors.Join(errs[:]...); err != nil {
		return row, fmt.Errorf("signal %s: %w", s.ID, err)
	}
	return row, nil
}

func encodeParts(parts []signal.Part) (sql.NullString, error) {
	if len(parts) == 0 {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(parts)
	return sql.NullString{String: string(text), Valid: true}, err
}

// insertSignals stores the rows, tells how many of them were new, and which contradict what is stored already.
func insertSignals(tx *boundStatements, rows []signalRow) (stored int, conflicts []error, err error) {
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		isNew, err := insertInOne(chunk, tx.insertSignal, tx.insertSignals, signalRow.values)
		if err != nil {
			return 0, nil, err
		}
		stored += isNew
		if isNew == len(chunk) {
			continue
		}
		for _, row := range chunk {
			switch err := row.compare(tx); {
			case errors.Is(err, signal.ErrConflict):
				conflicts = append(conflicts, err)
			case err != nil:
				return 0, nil, err
			}
		}
	}
	return stored, conflicts, nil
}

// values are those of the row's columns, as the statements that insert name them.
func (r signalRow) values(to []any) []any {
	s := r.signal
	return append(to, toText(s.ID), toText(s.Strategy), toText(s.Params), toText(s.Symbol),
		int64(s.Interval), int64(s.Direction), s.Confidence, s.Price,
		r.barTime, r.createdAt, r.validUntil, r.parts)
}

// compare tells whether what is stored under the row's ID says the same.
func (r signalRow) compare(tx *boundStatements) error {
	first, err := scanSignal(tx.signalByID.QueryRow(toText(r.signal.ID)))
	if err == nil && !first.Same(r.signal) {
		err = fmt.Errorf("signal %s: %w", r.signal.ID, signal.ErrConflict)
	}
	return err
}

func scanSignal(row interface{ Scan(...any) error }) (signal.Signal, error) {
	var s signal.Signal
	var interval int64
	var barTime, createdAt, validUntil sql.NullInt64
	var parts sql.NullString
	err := row.Scan(&s.Seq, &s.ID, &s.Strategy, &s.Params, &s.Symbol, &interval, &s.Direction, &s.Confidence, &s.Price,
		&barTime, &createdAt, &validUntil, &parts)
	for _, text := range []*string{&s.ID, &s.Strategy, &s.Params, &s.Symbol} {
		*text = fromText(*text)
	}
	s.Interval = time.Duration(interval)
	s.BarTime, s.CreatedAt, s.ValidUntil = fromNanos(barTime), fromNanos(createdAt), fromNanos(validUntil)
	if err == nil && parts.Valid {
		if err = json.Unmarshal([]byte(parts.String), &s.Parts); err != nil {
			err = fmt.Errorf("parts of signal %s: %w", s.ID, err)
		}
	}
	return s, err
}
