package sqlstore

import (
	"context"
	"database/sql"
	"runtime"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Settings reads settings back from a new connection as it is used to write or to read.
func (db *DB) Settings(ctx context.Context, write bool, names ...string) (map[string]string, error) {
	pool := db.readers
	if write {
		pool = db.writer
	}
	values := make(map[string]string)
	for _, name := range names {
		var value string
		if err := pool.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value); err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}

// Pools returns the pools, for tests that do what no user can.
func (db *DB) Pools() (writer, readers *sql.DB) { return db.writer, db.readers }

// HoldWriter takes the only connection that can write, as a slow disk would.
func (db *DB) HoldWriter(ctx context.Context) (release func() error, err error) {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Close, nil
}

// Queued tells how many writes wait for the one that commits.
func (db *DB) Queued() int {
	g := db.signals.group
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue)
}

// Leading tells whether a group is being committed.
func (db *DB) Leading() bool {
	g := db.signals.group
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leading
}

// Pragma is a setting of a connection, as the package asks for it.
type Pragma struct{ Name, Value, Reads string }

// ConnectWith connects to a new file with one setting, and reads it back as every connection does.
func ConnectWith(ctx context.Context, path string, p Pragma) error {
	c := &connector{path: path, purpose: claiming, pragmas: []pragma{{p.Name, p.Value, p.Reads}}}
	conn, err := c.Connect(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// LockIsCurrent takes the lock of a path, lets something happen to its file, and asks whether the lock still counts.
func LockIsCurrent(path string, happen func(lock string)) (bool, error) {
	l, err := acquire(path)
	if err != nil {
		return false, err
	}
	happen(l.path)
	return l.current(), l.release()
}

// CommitNothing takes its turn and writes nothing.
func (db *DB) CommitNothing(ctx context.Context) error {
	return db.signals.group.commit(ctx, func(transaction) error { return nil })
}

// AppendFencedTooEarly is what Append must not be: it looks at the claim before it queues for its turn, and is then held
// up for as long as a scheduler may well do.
func (j *Journal) AppendFencedTooEarly(ctx context.Context, at time.Time, events ...journal.Event) error {
	if j.db.claims.Load() != j.claim {
		return journal.ErrTakenOver
	}
	instant, err := toNanos("the time", at)
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
	return j.group.commit(ctx, func(tx transaction) error { return insertEvents(tx, rows) })
}

// ThroughText tells how a text is stored, and what comes back.
func ThroughText(s string) (stored, back string) { return toText(s), fromText(toText(s)) }
