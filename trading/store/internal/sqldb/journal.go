package sqldb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Journal is the order journal in a DB.
type Journal struct {
	db    *DB
	lease int64 // the number of its lease, which holds as long as no other is given; 0 for one that the first Claim ends
}

var (
	_ journal.Journal     = (*Journal)(nil)
	_ journal.Snapshotter = (*Journal)(nil)
	_ journal.Marker      = (*Journal)(nil)
	_ journal.History     = (*Journal)(nil)
)

// Identity implements journal.Journal: names that the database drew when it was made, and when it was first written after
// it had been restored from a backup.
func (j *Journal) Identity(context.Context) (string, error) { return j.db.identity.journal(), nil }

// Append implements journal.Journal.
func (j *Journal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	return j.db.Failed("append to the journal", j.append(ctx, at, events))
}

func (j *Journal) append(ctx context.Context, at time.Time, events []journal.Event) error {
	if err := j.db.Enter(ctx); err != nil {
		return err
	}
	defer j.db.Leave()
	instant, err := ToNanos("the time", at)
	if err != nil {
		return err
	}
	rows := make([]eventRow, 0, len(events))
	for i, e := range events {
		row, err := newEventRow(instant, e)
		if err != nil {
			return fmt.Errorf("event %d of %d: %w", i+1, len(events), err)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	return j.commit(ctx, func(tx transaction) error {
		return insertEvents(tx, rows)
	})
}

func insertEvents(tx transaction, rows []eventRow) error {
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		if _, err := insertInOne(tx, chunk, tx.insertEvent, tx.insertEvents, eventRow.values); err != nil {
			return err
		}
	}
	return nil
}

// eventRow is an event as it is stored.
type eventRow struct {
	at         sql.NullInt64
	kind, data string
	ref, cause sql.NullString
}

func newEventRow(at sql.NullInt64, e journal.Event) (eventRow, error) {
	if e == nil {
		return eventRow{}, errors.New("no event")
	}
	kind, data, err := journal.Encode(e)
	ref, cause := Refs(e)
	return eventRow{at, kind, string(data), ref, cause}, err
}

// values are those of the row's columns, as the statements that insert name them.
func (r eventRow) values(to []any) []any { return append(to, r.at, r.kind, r.data, r.ref, r.cause) }

// Read implements journal.Journal.
func (j *Journal) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if limit < 1 { // A reader that asks for nothing would believe that it has seen everything.
		return nil, j.db.Failed("read the journal", fmt.Errorf("limit %d is below 1", limit))
	}
	entries, err := j.readHere(ctx, after, limit)
	if err == nil && (len(entries) == 0 || entries[0].Seq != after+1) {
		var archived []journal.Entry
		if archived, err = j.archived(ctx, Question{After: after, Before: math.MaxInt64, Limit: limit}); len(archived) > 0 {
			entries = archived
		}
	}
	if err != nil {
		return nil, j.db.Failed("read the journal", err)
	}
	return entries, nil
}

func (j *Journal) archived(ctx context.Context, q Question) ([]journal.Entry, error) {
	if err := j.db.Enter(ctx); err != nil {
		return nil, err
	}
	defer j.db.Leave()
	return j.db.driver.Archived(ctx, q)
}

func (j *Journal) readHere(ctx context.Context, after int64, limit int) (entries []journal.Entry, err error) {
	query := func() (*sql.Rows, error) { return j.db.prepared.eventsAfter.QueryContext(ctx, after, limit) }
	err = j.db.read(ctx, query, func(rows *sql.Rows) error {
		entry, err := scanEntry(rows)
		entries = append(entries, entry)
		return err
	})
	return entries, err
}

func scanEntry(rows *sql.Rows) (journal.Entry, error) {
	var entry journal.Entry
	var at sql.NullInt64
	var kind string
	var data sql.RawBytes // valid until the next row, which is as long as it takes to decode it
	if err := rows.Scan(&entry.Seq, &at, &kind, &data); err != nil {
		return entry, err
	}
	entry.At = fromNanos(at)
	event, err := journal.Decode(kind, data)
	if err != nil {
		return entry, fmt.Errorf("entry %d: %w", entry.Seq, err)
	}
	entry.Event = event
	return entry, nil
}

// KeepMark implements journal.Marker.
func (j *Journal) KeepMark(ctx context.Context, m journal.Mark) error {
	if err := j.db.Enter(ctx); err != nil {
		return j.db.Failed("keep a mark", err)
	}
	defer j.db.Leave()
	data, err := json.Marshal(m)
	hour, wrong := ToNanos("the time", m.At.UTC().Truncate(time.Hour))
	if err = errors.Join(err, wrong); err != nil {
		return j.db.Failed("keep a mark", err)
	}
	return j.db.Failed("keep a mark", j.commit(ctx, func(tx transaction) error {
		if _, err := tx.exec(tx.keepHour, hour, string(data)); err != nil {
			return err
		}
		_, err := tx.exec(tx.keepMark, string(data))
		return err
	}))
}

// LastMark implements journal.Marker.
func (j *Journal) LastMark(ctx context.Context) (m journal.Mark, ok bool, err error) {
	if err := j.db.Enter(ctx); err != nil {
		return m, false, j.db.Failed("read the mark", err)
	}
	defer j.db.Leave()
	var data string
	err = j.db.prepared.lastMark.QueryRowContext(ctx).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return m, false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &m)
	}
	return m, err == nil, j.db.Failed("read the mark", err)
}

// Marks implements journal.Marker.
func (j *Journal) Marks(ctx context.Context, since time.Time) (marks []journal.Mark, err error) {
	from := int64(math.MinInt64)
	if hour := since.Truncate(time.Hour); hour.After(earliest) {
		from = hour.UnixNano()
	}
	query := func() (*sql.Rows, error) { return j.db.prepared.hours.QueryContext(ctx, from) }
	err = j.db.read(ctx, query, func(rows *sql.Rows) error {
		var data string
		var m journal.Mark
		if err := rows.Scan(&data); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			return err
		}
		if !m.At.Before(since) {
			marks = append(marks, m)
		}
		return nil
	})
	return marks, j.db.Failed("read the marks", err)
}
