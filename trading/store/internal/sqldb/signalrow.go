package sqldb

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

const signalColumns = `seq, stream, bar_time, id, direction, confidence, price, created_at, valid_until, parts`

// signalRow is a signal as it is stored.
type signalRow struct {
	seq, stream                    int64
	barTime, createdAt, validUntil sql.NullInt64
	id                             sql.NullString // NULL is the one that Stream.ID makes
	direction                      int64
	confidence, price              float64
	parts                          sql.NullString // JSON
}

// fields are where the columns go that signalColumns names.
func (r *signalRow) fields() []any {
	return []any{&r.seq, &r.stream, &r.barTime, &r.id, &r.direction, &r.confidence, &r.price, &r.createdAt, &r.validUntil,
		&r.parts}
}

// signal returns the signal, which is of the given stream.
func (r *signalRow) signal(of stream) (signal.Signal, error) {
	s := signal.Signal{Seq: r.seq, Strategy: of.Strategy, Params: of.Params, Symbol: of.Symbol, Interval: of.Interval,
		Direction: signal.Direction(r.direction), Confidence: r.confidence, Price: r.price, BarTime: fromNanos(r.barTime),
		CreatedAt: fromNanos(r.createdAt), ValidUntil: fromNanos(r.validUntil)}
	s.ID = fromText(r.id.String)
	if !r.id.Valid {
		s.ID = of.ID(s.BarTime)
	}
	var err error
	if r.parts.Valid {
		s.Parts, err = decodeParts(r.parts.String)
	}
	if err != nil {
		return s, fmt.Errorf("parts of signal %s: %w", s.ID, err)
	}
	return s, nil
}

// newSignal is one to be stored.
type newSignal struct {
	given signal.Signal
	signalRow
}

// newSignals refuses all of them if one cannot be stored.
func newSignals(signals []signal.Signal) ([]newSignal, error) {
	rows := make([]newSignal, len(signals))
	for i, s := range signals {
		if err := s.Validate(); err != nil {
			return nil, err
		}
		row, err := newSignalRow(s)
		if err != nil {
			return nil, fmt.Errorf("signal %s: %w", s.ID, err)
		}
		if row.id.Valid && looksMade(s.ID) && s.ID != s.Stream().ID(s.BarTime) {
			return nil, fmt.Errorf("signal %s: the ID looks like one of Stream.ID, which makes %s of this signal", s.ID,
				s.Stream().ID(s.BarTime))
		}
		rows[i] = newSignal{s, row}
	}
	return rows, nil
}

// looksMade reports whether an ID may be one that Stream.ID makes: 24 hexadecimal digits.
func looksMade(id string) bool {
	return len(id) == 24 && strings.Trim(id, "0123456789abcdef") == ""
}

// newSignalRow leaves the stream open, which only a transaction can tell.
func newSignalRow(s signal.Signal) (signalRow, error) {
	row := signalRow{direction: int64(s.Direction), confidence: s.Confidence, price: s.Price}
	var errs [4]error
	row.barTime, errs[0] = ToNanos("the BarTime", s.BarTime)
	row.createdAt, errs[1] = ToNanos("the CreatedAt", s.CreatedAt)
	row.validUntil, errs[2] = ToNanos("the ValidUntil", s.ValidUntil)
	row.parts, errs[3] = encodeParts(s.Parts)
	if !row.barTime.Valid || s.ID != s.Stream().ID(s.BarTime) {
		row.id = sql.NullString{String: toText(s.ID), Valid: true}
	}
	return row, errors.Join(errs[:]...)
}

func encodeParts(parts []signal.Part) (sql.NullString, error) {
	if len(parts) == 0 {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(parts)
	return sql.NullString{String: string(text), Valid: true}, err
}

func decodeParts(text string) (parts []signal.Part, err error) {
	err = json.Unmarshal([]byte(text), &parts)
	return parts, err
}

// values are those of the columns that intoSignals names.
func (n newSignal) values(to []any) []any {
	return append(to, n.stream, orNull(n.barTime.Int64, n.barTime.Valid), orNull(n.id.String, n.id.Valid), n.direction,
		n.confidence, n.price, orNull(n.createdAt.Int64, n.createdAt.Valid),
		orNull(n.validUntil.Int64, n.validUntil.Valid), orNull(n.parts.String, n.parts.Valid))
}

// orNull saves database/sql the way through a driver.Valuer.
func orNull[T any](value T, valid bool) any {
	if !valid {
		return nil
	}
	return value
}
