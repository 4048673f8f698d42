// Package postgres keeps signals, the states of strategies and the order journal on a PostgreSQL server, durably.
//
// An Append or SaveStates that returned nil is durable: a server whose settings do not make it so is refused. Calls are
// all or none, and calls that come at the same time share one transaction and one sync. Readers never wait for the
// writer, nor the writer for them.
//
// Signals stay until Prune is called, which nothing in here does by itself. It removes in steps of a few hundred,
// between which others write; each step is all or none, not the whole.
//
// One DB at a time may write, wherever it runs. Its lease is an advisory lock, which the connection that writes holds; a
// second DB is refused with a *LockedError, after two seconds in which the server may find out that the first one was
// killed. A pooler that lends one session to several clients would take the lock's meaning away: connect to the server
// itself. Any number may read meanwhile (Config.ReadOnly). A database that belongs to a newer version of this package or
// to another run configuration is refused.
//
// When things fail: if the connection that writes is lost, as when the server restarts, the calls under way fail. The
// next one connects anew and renews the lease before anything is read or written; if another program has had the
// database meanwhile, every call fails with journal.ErrTakenOver from then on. A server that does not answer is given up
// after Config.Patience, whatever the contexts of the calls say; Close then waits two seconds for it at most. A call
// that failed may be made again; one that was cut off in its commit may have stored all of it, and nothing is read
// or written before that is settled.
//
// The package sqlite gives the same in a file. A program links only the driver whose package it imports. Backups,
// integrity and space are for the operator of the server. After a pg_dump was restored, and before it is traded on,
//
//	DELETE FROM vigil.meta WHERE name = 'incarnation';
//
// gives its journal a new identity: otherwise orders would bear client IDs of those that were made after the dump.
//
// A DB and what it hands out are safe for concurrent use. It starts no goroutine of its own.
package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

var (
	// ErrClosed says that the DB was closed before the call.
	ErrClosed = sqldb.ErrClosed
	// ErrNewerSchema says that a newer version of this package wrote the database.
	ErrNewerSchema = sqldb.ErrNewerSchema
	// ErrReadOnly says that the DB was opened to be read only.
	ErrReadOnly = sqldb.ErrReadOnly
)

// Config configures Open.
type Config struct {
	// Run is what the database belongs to: see DB.Bind, which Open then calls. Empty asks for nothing: a program that only
	// looks into a database need not know what it belongs to, and a vigil.Trader binds it by itself.
	Run []Setting
	// ReadOnly looks into a database that another process may be trading on. Nothing is locked, created, brought up to
	// date or written, and every call that would write fails with ErrReadOnly.
	ReadOnly bool
	// Patience is how long the server may keep silent in the middle of a call before the connection is given up and the
	// call fails; 0 means 10 s.
	Patience time.Duration
}

// Setting is one part of what a database belongs to, such as the mode, the venue or the account.
type Setting = journal.Setting

// ConfigurationError says that a database belongs to another run than the one that it was asked for.
type ConfigurationError = journal.OtherRunError

// Signals is the signal store in a database. It keeps the strategies' states beside the signals, so that a copy of the
// one is a copy of the other.
//
// Append refuses a call with a signal whose time lies outside the years 1678 to 2262, or whose ID has 24 hexadecimal
// digits that Stream.ID did not make of it. A Prune that fails says how many are gone already, and the next one goes on
// with the rest.
type Signals = interface {
	signal.Store
	signal.States
	signal.Pruner
	signal.Identified
	signal.Notifier
	signal.Window
}

// DB is an open database. Use Open, and Close when done.
type DB struct{ shared *sqldb.DB }

// IsURL reports whether a name is a URL for Open rather than the path of a file.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Open opens the database that a connection string or URL names, and makes the tables there if there are none: in the
// schema vigil, which it makes too, or in the first schema that the search_path names, which has to exist. The schema
// public does not count as named. A schema with tables of others is refused with a *ForeignError before anything is
// written. Tables that an earlier version of this package put into public are moved to vigil.
//
// The context ends the opening only. No error shows the password.
func Open(ctx context.Context, url string, cfg Config) (*DB, error) {
	parsed, err := pgx.ParseConfig(url) // Its error leaves out the password, and so must ours.
	if err != nil {
		return nil, fmt.Errorf("postgres: open: %w", err)
	}
	where := fmt.Sprintf("%s on %s", parsed.Database, parsed.Host)
	db, err := open(ctx, parsed, where, cfg)
	if err != nil {
		return nil, fmt.Errorf("postgres: open %s: %w", where, err)
	}
	return db, nil
}

//go:embed migrations
var migrations embed.FS

func open(ctx context.Context, parsed *pgx.ConnConfig, where string, cfg Config) (*DB, error) {
	if err := sqldb.ValidateRun(cfg.Run); err != nil {
		return nil, err
	}
	if cfg.Patience < 0 {
		return nil, fmt.Errorf("configuration field Patience: %s is negative", cfg.Patience)
	}
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	s := &server{}
	s.patience.set(stepPatience)
	s.patience.bound(parsed)
	complete(parsed)
	schema, err := prepare(ctx, parsed, cfg.ReadOnly)
	if err != nil {
		return nil, err
	}
	parsed.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize()
	s.lease = &lease{schema: schema, token: rand.Text()}
	s.readers = openPool(parsed, "on", maxReaders, durable)
	if !cfg.ReadOnly {
		s.writer = openPool(parsed, "off", 1, durable, s.lease.hold)
	}
	shared, err := sqldb.Open(ctx, sqldb.Setup{
		Name: "postgres", Where: where, Run: cfg.Run, Numbered: true,
		Schema: sqldb.Schema{Dialect: goose.DialectPostgres, Steps: steps, OwnIDs: 3, Settings: 6},
		Driver: s, Writer: s.writer, Readers: s.readers,
	})
	if err == nil && s.writer != nil {
		err = s.lease.sign(ctx, s.writer)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.patience.set(cmp.Or(cfg.Patience, defaultPatience))
	return &DB{shared}, nil
}

// prepare returns the schema for the tables, and makes it ready for them.
func prepare(ctx context.Context, config *pgx.ConnConfig, readOnly bool) (schema string, err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	p, err := findPlace(ctx, conn)
	switch {
	case err != nil:
		return "", err
	case readOnly && p.from != "":
		return "", fmt.Errorf("an earlier version put its tables into the schema %s: open it once to write", p.from)
	case readOnly && p.absent:
		return "", fmt.Errorf("there is no schema %s, which it gets when it is first opened to write", p.schema)
	case readOnly:
		return p.schema, nil
	}
	return p.schema, p.ready(ctx, conn)
}

// Signals returns the signal store in the database.
func (db *DB) Signals() Signals { return db.shared.Signals() }

// Journal returns the order journal in the database, to be read. It can be written as well, until the first Claim. It is
// a journal.Snapshotter too.
func (db *DB) Journal() journal.Journal { return db.shared.Journal() }

// Claim returns the order journal for a new Engine and takes it away from every other: what Journal and earlier claims
// returned can still read, and their Append fails with journal.ErrTakenOver. When it returns, what they had begun to
// append is there or never will be.
//
// A program that builds a second Engine in the same process needs it, as after an escalation: the first one may hang in
// a call to the Broker, and wake up when the second has long decided otherwise.
func (db *DB) Claim(ctx context.Context) (journal.Journal, error) {
	j, err := db.shared.Claim(ctx)
	if err != nil {
		return nil, err
	}
	return j, nil
}

// Bind binds a database that belongs to nothing yet to a run, durably, and refuses another run with a *ConfigurationError,
// which names each setting that differs. They are what makes the positions another run's, such as the mode, the venue and
// the account; what a run may change, such as the parameters of a strategy, is in the journal. One that is not there has
// the value "". A database that is only read stays as it is.
func (db *DB) Bind(ctx context.Context, run []Setting) error { return db.shared.Bind(ctx, run) }

// Room returns nil: how full the disk of a server is cannot be told from here.
func (db *DB) Room() error { return nil }

// Overrides returns what persons want in the place of what the configuration says, by key.
func (db *DB) Overrides(ctx context.Context) ([]journal.Override, error) {
	return db.shared.Overrides(ctx)
}

// SetOverride keeps an override durably, in the place of the one with its key; one without a Value takes that back.
func (db *DB) SetOverride(ctx context.Context, w journal.Override) error {
	return db.shared.SetOverride(ctx, w)
}

// Close waits for the calls under way, closes the connections and releases the lease. Calls that come later fail with
// ErrClosed. Close may be called again, and says the same.
func (db *DB) Close() error { return db.shared.Close() }

// server is the connections to a database and the lease on it. It is what sqldb asks of a kind of database.
type server struct {
	patience        patience
	lease           *lease
	writer, readers *sql.DB // writer has one connection; nil if the database is only read
}

// Settle implements sqldb.Driver. Either the connection that the transaction went over still works, or a new one got the
// lock, which the server takes from the old one last.
func (s *server) Settle(ctx context.Context) error { return s.writer.PingContext(ctx) }

// Transact implements sqldb.Driver.
func (s *server) Transact(do func() error) error { return do() }

// Archived implements sqldb.Driver: there is no archive on a server.
func (s *server) Archived(context.Context, sqldb.Question) ([]journal.Entry, error) { return nil, nil }

// Close implements sqldb.Driver.
func (s *server) Close() error {
	s.patience.set(closePatience)
	if s.writer == nil {
		return s.readers.Close()
	}
	s.lease.release(s.writer)
	return errors.Join(s.readers.Close(), s.writer.Close())
}
