package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Question asks a journal for a part of what it holds.
type Question struct {
	After, Before int64    // the Seqs that the answer lies between
	NewestFirst   bool     // and it begins with the newest
	Kinds         []string // as they are stored; none are all
	About         string   // the ID that the answer is about; "" asks for all
	Limit         int
}

const (
	eventsBefore = `SELECT seq, at, kind, data FROM journal WHERE seq < $1 ORDER BY seq DESC LIMIT $2`
	eventsAbout  = `SELECT seq, at, kind, data FROM journal WHERE seq IN (` + seqsAbout + `) ORDER BY seq LIMIT $2`
	seqsAbout    = `SELECT seq FROM journal WHERE ref = $1 UNION ALL SELECT seq FROM journal WHERE cause = $1`
)

// IsForAll reports whether every entry between the Seqs belongs to the answer, until its limit.
func (q Question) IsForAll() bool { return len(q.Kinds) == 0 && q.About == "" }

// Text is the statement that finds the answer, with its values. Where entries have no refs, as in an archive of before,
// it finds all that there are, with no limit: Answer leaves out what is not meant.
func (q Question) Text(refs bool) (text string, values []any) {
	value := func(v any) string {
		values = append(values, v)
		return fmt.Sprint("$", len(values))
	}
	text = `SELECT seq, at, kind, data FROM journal WHERE seq > ` + value(q.After) + ` AND seq < ` + value(q.Before)
	if len(q.Kinds) > 0 {
		places := make([]string, len(q.Kinds))
		for i, kind := range q.Kinds {
			places[i] = value(kind)
		}
		text += ` AND kind IN (` + strings.Join(places, ", ") + `)`
	}
	if q.About != "" && !refs {
		return text + ` ORDER BY seq`, values
	}
	if q.About != "" {
		text += ` AND seq IN (` + strings.ReplaceAll(seqsAbout, "$1", value(refText(q.About))) + `)`
	}
	text += ` ORDER BY seq`
	if q.NewestFirst {
		text += ` DESC`
	}
	return text + ` LIMIT ` + value(q.Limit), values
}

// Answer returns the entries that a Text found, and closes them.
func (q Question) Answer(rows *sql.Rows) (entries []journal.Entry, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for len(entries) < q.Limit && rows.Next() {
		entry, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		if q.About == "" || journal.OrderOf(entry.Event) == q.About || journal.SignalOf(entry.Event) == q.About {
			entries = append(entries, entry)
		}
	}
	return entries, rows.Err()
}

// Before implements journal.History.
func (j *Journal) Before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error) {
	entries, err := j.before(ctx, seq, kinds, limit)
	return entries, j.db.Failed(fmt.Sprintf("read the journal before %d", seq), err)
}

func (j *Journal) before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error) {
	names, err := storedKinds(kinds)
	switch {
	case err != nil:
		return nil, err
	case limit < 1:
		return nil, fmt.Errorf("limit %d is below 1", limit)
	case seq <= 0:
		seq = math.MaxInt64
	}
	q := Question{Before: seq, NewestFirst: true, Kinds: names, Limit: limit}
	entries, err := j.ask(ctx, q)
	if err != nil || len(entries) == limit {
		return entries, err
	}
	if len(entries) > 0 { // What is being moved stands in both places.
		q.Before = entries[len(entries)-1].Seq
	}
	q.Limit -= len(entries)
	rest, err := j.archived(ctx, q)
	return append(entries, rest...), err
}

// storedKinds returns the names under which entries of these kinds are stored: "cancelled" was one before v0.1.
func storedKinds(kinds []string) (names []string, err error) {
	for _, kind := range kinds {
		event, err := journal.Decode(kind, []byte("{}"))
		if err != nil || journal.KindOf(event) != kind {
			return nil, fmt.Errorf("unknown event kind %q", kind)
		}
		names = append(names, kind)
		if kind == journal.KindOf(journal.Canceled{}) {
			names = append(names, "cancelled")
		}
	}
	return names, nil
}

// About implements journal.History.
func (j *Journal) About(ctx context.Context, id string, limit int) ([]journal.Entry, error) {
	entries, err := j.about(ctx, id, limit)
	return entries, j.db.Failed(fmt.Sprintf("read what is about %.200q", id), err)
}

// about reads here first: what is moved to the archive meanwhile is then in both answers, and not in none.
func (j *Journal) about(ctx context.Context, id string, limit int) ([]journal.Entry, error) {
	switch {
	case limit < 1:
		return nil, fmt.Errorf("limit %d is below 1", limit)
	case id == "":
		return nil, errors.New("no ID")
	}
	q := Question{Before: math.MaxInt64, About: asInJSON(id), Limit: limit}
	entries, err := j.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(entries) > 0 {
		q.Before = entries[0].Seq
		if _, first := entries[0].Event.(journal.IntentMade); first && journal.OrderOf(entries[0].Event) == q.About {
			return entries, nil // Nothing is about an order before it is made.
		}
	}
	rest, err := j.archived(ctx, q)
	all := slices.Concat(rest, entries)
	return all[:min(len(all), limit)], err
}

func (j *Journal) ask(ctx context.Context, q Question) (entries []journal.Entry, err error) {
	if err := j.db.Enter(ctx); err != nil {
		return nil, err
	}
	defer j.db.Leave()
	rows, err := j.rows(ctx, q)
	if err != nil {
		return nil, err
	}
	return q.Answer(rows)
}

func (j *Journal) rows(ctx context.Context, q Question) (*sql.Rows, error) {
	switch {
	case q.About != "":
		return j.db.prepared.eventsAbout.QueryContext(ctx, refText(q.About), q.Limit)
	case len(q.Kinds) == 0:
		return j.db.prepared.eventsBefore.QueryContext(ctx, q.Before, q.Limit)
	}
	text, values := q.Text(true)
	return j.db.readers.QueryContext(ctx, text, values...)
}
