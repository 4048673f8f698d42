package sqldb

import (
	"context"
	"runtime"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Inside returns the DB that a signal store belongs to.
func Inside(signals any) *DB { return signals.(*Signals).db }

// HoldWriter takes the only connection that can write, as a slow disk would.
func (db *DB) HoldWriter(ctx context.Context) (release func() error, err error) {
	conn, err := db.group.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Close, nil
}

// Queued returns how many writes wait for the one that commits.
func (db *DB) Queued() int {
	g := db.group
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// Leading reports whether a group is being committed.
func (db *DB) Leading() bool {
	g := db.group
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leading
}

// CommitNothing takes its turn and writes nothing.
func (db *DB) CommitNothing(ctx context.Context) error {
	return db.group.commit(ctx, func(transaction) error { return nil })
}

// AppendFencedTooEarly is what Append must not be: it looks at the lease before it queues for its turn, and is then held
// up for as long as a scheduler may well do.
func (j *Journal) AppendFencedTooEarly(ctx context.Context, at time.Time, events ...journal.Event) error {
	if j.db.leases.Load() != j.lease {
		return journal.ErrTakenOver
	}
	instant, err := ToNanos("the time", at)
	if err != nil {
		return err
	}
	for range 10_000 {
		runtime.Gosched()
	}
	var rows []eventRow
	for _, e := range events {
		row, err := newEventRow(instant, e)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return j.db.group.commit(ctx, func(tx transaction) error { return insertEvents(tx, rows) })
}

// ThroughText returns how a text is stored, and what comes back.
func ThroughText(s string) (stored, back string) { return toText(s), fromText(toText(s)) }

// Split cuts a snapshot into parts.
func Split(data []byte) [][]byte { return split(data) }

// Parts returns the sizes of the parts that are stored.
func Parts(ctx context.Context, db *DB) map[string]int {
	sizes := make(map[string]int)
	rows, err := db.readers.QueryContext(ctx, "SELECT hash, length(data) FROM snapshot_parts") //nolint:sqlclosecheck // see eachRow
	if err != nil {
		panic(err)
	}
	if err := eachRow(rows, func() error {
		var hash string
		var size int
		err := rows.Scan(&hash, &size)
		sizes[hash] = size
		return err
	}); err != nil {
		panic(err)
	}
	return sizes
}

// Run runs a statement, as a person with a tool does.
func (db *DB) Run(ctx context.Context, text string) error {
	_, err := db.group.db.ExecContext(ctx, text)
	return err
}
