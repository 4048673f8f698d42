package sqlstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// IsURL tells whether Open takes a name for the URL of a PostgreSQL database.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// OpenPostgres opens the database that a PostgreSQL connection string or URL names, in its first schema of search_path,
// and makes the tables there if there are none. The context ends the opening only.
//
// One DB at a time may write, wherever it runs: the connection that writes holds an advisory lock, and a second one is
// refused with a *LockedError, after two seconds in which the server may find out that the first one was killed. If that
// connection is lost, as when the server restarts, the calls under way fail, and the next one connects anew and takes
// the lock again before anything is read or written; if somebody else has had the database meanwhile, every call fails
// with trading.ErrTakenOver from then on. A server whose settings do not make a commit durable is refused.
//
// A pooler that lends one session to several clients would take the lock's meaning away: connect to the server itself.
//
// Config.LowWater, Backup and Integrity are for the one who runs the server: Room is always content, the other two fail
// with errors.ErrUnsupported.
func OpenPostgres(ctx context.Context, url string, cfg Config) (*DB, error) {
	parsed, err := pgx.ParseConfig(url) // Its error leaves out the password, and so must ours.
	if err != nil {
		return nil, fmt.Errorf("sqlstore: open PostgreSQL: %w", err)
	}
	db := &DB{path: fmt.Sprintf("PostgreSQL %s on %s", parsed.Database, parsed.Host), remote: true}
	db.finish = sync.OnceValue(db.closeAll)
	if err := db.startPostgres(ctx, parsed, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlstore: open %s: %w", db.path, err), db.closePools())
	}
	return db, nil
}

func (db *DB) startPostgres(ctx context.Context, parsed *pgx.ConnConfig, cfg Config) error {
	if err := validateRun(cfg.Run); err != nil {
		return err
	}
	db.readers = postgresPool(parsed, "on", maxReaders, durable)
	if cfg.ReadOnly {
		return db.startLooking(ctx, goose.DialectPostgres, cfg.Run)
	}
	tenure := &tenure{token: rand.Text()}
	db.writer = postgresPool(parsed, "off", 1, durable, tenure.enter)
	if err := migrate(ctx, goose.DialectPostgres, db.writer); err != nil {
		return err
	}
	identity, err := bind(ctx, db.writer, cfg.Run)
	if err != nil {
		return err
	}
	if err := tenure.begin(ctx, db.writer); err != nil {
		return err
	}
	prepared, err := db.prepare(ctx)
	if err != nil {
		return err
	}
	db.serve(identity, prepared)
	return db.signals.lookForBorrowed(ctx)
}

// postgresPool makes a pool, each of whose connections passes some checks before it is used.
func postgresPool(parsed *pgx.ConnConfig, readOnly string, limit int, checks ...func(context.Context, *pgx.Conn) error) *sql.DB {
	config := parsed.Copy()
	host, _ := os.Hostname() // It is for people.
	config.RuntimeParams["application_name"] = fmt.Sprintf("vigil, process %d on %s", os.Getpid(), cmp.Or(host, "?"))
	config.RuntimeParams["default_transaction_read_only"] = readOnly
	config.RuntimeParams["synchronous_commit"] = "on"
	for name, value := range map[string]string{ // 25 s after a machine is gone, the server gives its lock back, not 2 h
		"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	} {
		config.RuntimeParams[name] = cmp.Or(config.RuntimeParams[name], value)
	}
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		for _, check := range checks {
			if err := check(ctx, conn); err != nil {
				return err
			}
		}
		return nil
	}))
	pool.SetMaxOpenConns(limit)
	pool.SetMaxIdleConns(limit)
	return pool
}

// durable refuses a server that says durable before it is.
func durable(ctx context.Context, conn *pgx.Conn) error {
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if value != "on" {
			return fmt.Errorf("%s is %s, want on: what was acknowledged could be lost", name, value)
		}
	}
	return nil
}

// tenure is a DB's right to write a database on a server. It lasts as long as the connection that writes, which holds
// the lock, and goes on with the next one if nobody else had it in between: docs/adr/0008.
type tenure struct {
	token string // is in the database while nobody else has opened it

	mu    sync.Mutex // guards all below
	begun bool
	over  error // once somebody else has had the database, for good
}

// enter is what a new connection that writes has to pass.
func (h *tenure) enter(ctx context.Context, conn *pgx.Conn) error {
	h.mu.Lock()
	begun, over := h.begun, h.over
	h.mu.Unlock()
	if over != nil {
		return over
	}
	taken, err := take(ctx, conn, begun)
	if err != nil {
		return fmt.Errorf("take the lock: %w", err)
	}
	if !taken {
		return lockedBy(ctx, conn)
	}
	if !begun {
		return nil
	}
	return h.goOn(ctx, conn)
}

// take tries to take the lock. An opening waits a moment for it, because a server notices only some time later that the
// process that had it was killed. Afterwards nobody waits: a holder may keep it for days.
func take(ctx context.Context, conn *pgx.Conn, begun bool) (taken bool, err error) {
	const key = `($1, hashtext(current_schema()))`
	if begun {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock"+key, applicationID).Scan(&taken)
		return taken, err
	}
	if _, err := conn.Exec(ctx, "SET lock_timeout = '2s'"); err != nil {
		return false, err
	}
	_, err = conn.Exec(ctx, "SELECT pg_advisory_lock"+key, applicationID)
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "55P03" { // lock_not_available
		return false, nil
	}
	if err == nil {
		_, err = conn.Exec(ctx, "RESET lock_timeout")
	}
	return err == nil, err
}

// goOn looks whether the database is as the last connection left it.
func (h *tenure) goOn(ctx context.Context, conn *pgx.Conn) error {
	var token string
	if err := conn.QueryRow(ctx, `SELECT value FROM meta WHERE name = 'holder'`).Scan(&token); err != nil {
		return fmt.Errorf("read who had it last: %w", err)
	}
	if token == h.token {
		return nil
	}
	over := fmt.Errorf("the connection was lost, and another program has had the database since: %w", journal.ErrTakenOver)
	h.mu.Lock()
	h.over = over
	h.mu.Unlock()
	return over
}

// lockedBy tells who holds the lock.
func lockedBy(ctx context.Context, conn *pgx.Conn) error {
	const who = `SELECT a.application_name || coalesce(', from ' || host(a.client_addr), '') FROM pg_locks l
		JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.objsubid = 2 AND l.classid = $1 AND l.objid = (hashtext(current_schema())::bigint & 4294967295)::oid`
	locked := &LockedError{Path: conn.Config().Database}
	err := conn.QueryRow(ctx, who, applicationID).Scan(&locked.Holder)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) { // It may have let go just now.
		return errors.Join(locked, err)
	}
	return locked
}

// begin writes down who has the database from now on.
func (h *tenure) begin(ctx context.Context, writer *sql.DB) error {
	const set = `INSERT INTO meta (name, value) VALUES ('holder', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	if _, err := writer.ExecContext(ctx, set, h.token); err != nil {
		return fmt.Errorf("write down who has it: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begun = true
	return nil
}

// letGo gives the lock back at once: the server would do so only some time after the connection is closed. Where it
// cannot be told, it does so then.
func letGo(writer *sql.DB) {
	_, _ = writer.ExecContext(context.Background(), "SELECT pg_advisory_unlock_all()")
}
