package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// lockClass is the first half of the advisory lock's key, the same number that marks a SQLite file as ours: "VGIL". The
// second half is the schema.
const lockClass = 0x5647494c

// LockedError says that another DB, in whichever process, has the database open to write.
type LockedError struct {
	Database string
	Holder   string // which process, on which machine, from which address; "" if it let go just now
}

func (e *LockedError) Error() string {
	if e.Holder == "" {
		return "it is in use by another process"
	}
	return "it is in use by " + e.Holder
}

// lease is a DB's right to write a database. It lasts as long as the connection that writes, which holds the lock, and
// the next connection renews it if no other program had the database in between: docs/adr/0008.
type lease struct {
	schema string // what is leased
	token  string // is in the database as long as no other program opens it

	mu     sync.Mutex // guards all below
	held   bool       // some connection has taken the lock
	signed bool
	over   error // once another program has had the database, for good
}

// hold is what a new connection that writes has to pass: it takes the lock, and renews a lease that was signed.
func (l *lease) hold(ctx context.Context, conn *pgx.Conn) error {
	l.mu.Lock()
	signed, over := l.signed, l.over
	l.mu.Unlock()
	if over != nil {
		return over
	}
	taken, err := lock(ctx, conn, l.schema, signed)
	if err != nil {
		return fmt.Errorf("take the lock: %w", err)
	}
	if !taken {
		return lockedBy(ctx, conn, l.schema)
	}
	if !signed {
		l.mu.Lock()
		l.held = true
		l.mu.Unlock()
		return nil
	}
	return l.renew(ctx, conn)
}

// lock tries to take the lock. An opening waits a moment for it, because a server notices only some time later that the
// process that had it was killed. A renewal does not wait: a holder may keep it for days.
func lock(ctx context.Context, conn *pgx.Conn, schema string, renewal bool) (taken bool, err error) {
	const key = `($1, hashtext($2))`
	if renewal {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock"+key, lockClass, schema).Scan(&taken)
		return taken, err
	}
	if _, err := conn.Exec(ctx, "SET lock_timeout = '2s'"); err != nil {
		return false, err
	}
	_, err = conn.Exec(ctx, "SELECT pg_advisory_lock"+key, lockClass, schema)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "55P03" { // lock_not_available
		return false, nil
	}
	if err == nil {
		_, err = conn.Exec(ctx, "RESET lock_timeout")
	}
	return err == nil, err
}

// renew checks whether the database is as the last connection left it.
func (l *lease) renew(ctx context.Context, conn *pgx.Conn) error {
	var token string
	if err := conn.QueryRow(ctx, `SELECT value FROM meta WHERE name = 'holder'`).Scan(&token); err != nil {
		return fmt.Errorf("read who had it last: %w", err)
	}
	if token == l.token {
		return nil
	}
	over := fmt.Errorf("the connection was lost, and another program has had the database since: %w", journal.ErrTakenOver)
	l.mu.Lock()
	l.over = over
	l.mu.Unlock()
	return over
}

// lockedBy returns who holds the lock.
func lockedBy(ctx context.Context, conn *pgx.Conn, schema string) error {
	const who = `SELECT a.application_name || coalesce(', from ' || host(a.client_addr), '') FROM pg_locks l
		JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.objsubid = 2 AND l.classid = $1 AND l.objid = (hashtext($2)::bigint & 4294967295)::oid`
	locked := &LockedError{Database: conn.Config().Database}
	err := conn.QueryRow(ctx, who, lockClass, schema).Scan(&locked.Holder)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) { // It may have let go just now.
		return errors.Join(locked, err)
	}
	return locked
}

// sign writes down who has the database from now on.
func (l *lease) sign(ctx context.Context, writer *sql.DB) error {
	const set = `INSERT INTO meta (name, value) VALUES ('holder', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	if _, err := writer.ExecContext(ctx, set, l.token); err != nil {
		return fmt.Errorf("write down who has it: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signed = true
	return nil
}

// release gives the lock back at once: the server would do so only some time after the connection is closed. A server that
// cannot be reached, or does not answer, does so then.
func (l *lease) release(writer *sql.DB) {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	if !held { // It would wait once more for a lock that another has.
		return
	}
	_, _ = writer.ExecContext(context.Background(), "SELECT pg_advisory_unlock_all()")
}
