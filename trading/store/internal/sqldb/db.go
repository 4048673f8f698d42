// Package sqldb keeps signals, the states of strategies and the order journal in an SQL database. It is what the
// packages sqlite and postgres share: the rows, the statements, and the transactions. Each of them adds how it connects,
// its schema, and who may write (Driver).
//
// A DB is safe for concurrent use and starts no goroutine of its own. See the two packages for what is promised.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var (
	// ErrClosed says that the DB was closed before the call.
	ErrClosed = errors.New("store: the database is closed")
	// ErrNewerSchema says that a newer version of this module wrote the database.
	ErrNewerSchema = errors.New("store: the database was written by a newer version of this program")
	// ErrReadOnly says that the DB was opened to be read only.
	ErrReadOnly = errors.New("store: the database was opened to be read only")
)

// Driver is what one kind of database does in its own way. The methods get no call after Close.
type Driver interface {
	// Settle returns once a transaction that failed has ended: its connection may be lost, and the commit not.
	Settle(ctx context.Context) error
	// Transact runs do, which is one transaction, and returns its error or that the database cannot be written. It is
	// called by one goroutine at a time.
	Transact(do func() error) error
	// Archived answers from the journal entries that were moved out of the database; with none if there are none between
	// the Seqs asked for.
	Archived(ctx context.Context, q Question) ([]journal.Entry, error)
	// Close closes the connections, and then gives up the lease.
	Close() error
}

// Setup is how a DB is opened. The Driver closes the pools, also where Open fails.
type Setup struct {
	Name   string // of the package, which errors begin with
	Where  string // what is opened, for errors
	Schema Schema
	Run    []Setting // the run that the database belongs to; none asks for nothing

	Driver          Driver
	Writer, Readers *sql.DB // one connection that writes, or nil if the database is only read; several that read
	Numbered        bool    // parameters of long statements are numbered: $1, $2
	// Whole lets each step of the opening come to its end where the context ends. It is for a database in a file, which
	// is removed then: database/sql rolls back behind one's back, and would write into what is being removed.
	Whole bool
}

// DB is an open database. Use Open, and Close when done.
type DB struct {
	name, where string
	identity    identity
	driver      Driver
	readers     *sql.DB
	group       *group
	prepared    *statements
	signals     *Signals
	journal     *Journal
	leases      atomic.Int64 // on the journal so far

	mu     sync.Mutex     // guards closed, and calls against being added to once it is set
	closed bool           // no call begins any more
	calls  sync.WaitGroup // those under way
	finish func() error   // closes what is open, once
}

// Open brings the schema up to date, binds the database to its run, and prepares the statements.
func Open(ctx context.Context, s Setup) (*DB, error) {
	inside := ctx
	if s.Whole {
		inside = context.WithoutCancel(ctx)
	}
	db := &DB{name: s.Name, where: s.Where, driver: s.Driver, readers: s.Readers}
	db.finish = sync.OnceValue(db.closeDriver)
	var identity identity
	for _, step := range []func() error{
		func() error { return s.checkSchema(inside) },
		func() (err error) { identity, err = s.bind(inside); return err },
		func() (err error) { db.prepared, err = s.prepare(inside); return err },
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	db.group = &group{db: s.Writer, driver: s.Driver, prepared: db.prepared}
	db.signals = &Signals{db: db, identity: identity.store, streams: newStreams()}
	db.identity, db.journal = identity, &Journal{db: db}
	return db, ctx.Err()
}

// checkSchema brings the schema up to date, or refuses one that is not where it cannot.
func (s Setup) checkSchema(ctx context.Context) error {
	if s.Writer == nil {
		return s.Schema.expect(ctx, s.Readers)
	}
	return s.Schema.Migrate(ctx, s.Writer)
}

// bind returns the identity of the database, and makes sure that it belongs to the run.
func (s Setup) bind(ctx context.Context) (identity identity, err error) {
	if s.Writer == nil {
		return belongs(ctx, s.Readers, s.Run)
	}
	return bind(ctx, s.Writer, s.Run)
}

// Signals returns the signal store in the database.
func (db *DB) Signals() *Signals { return db.signals }

// Journal returns the order journal in the database.
func (db *DB) Journal() *Journal { return db.journal }

// Readers returns the connections that read, for use between Enter and Leave.
func (db *DB) Readers() *sql.DB { return db.readers }

// Write runs do in a transaction that it may share with other writes, and returns once that is durable or failed. The
// error of one rolls all of them back.
func (db *DB) Write(ctx context.Context, do func(tx *sql.Tx) error) error {
	return db.group.commit(ctx, func(tx transaction) error { return do(tx.tx) })
}

// CanWrite reports whether the database was opened to be written.
func (db *DB) CanWrite() bool { return db.group.db != nil }

// Close waits for the calls under way, closes the database and gives up the lease on it. Calls that come later fail with
// ErrClosed. Close may be called again, and says the same.
func (db *DB) Close() error {
	db.mu.Lock()
	db.closed = true
	db.mu.Unlock()
	db.calls.Wait()
	return db.finish()
}

func (db *DB) closeDriver() error { return db.Failed("close "+db.where, db.driver.Close()) }

// Failed names the package and what it could not do; nil stays nil.
func (db *DB) Failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", db.name, what, err)
}

// Enter begins a call, which must end with Leave.
func (db *DB) Enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.group.unsettled.Load() {
		if err := db.settle(ctx); err != nil {
			return fmt.Errorf("after a transaction that failed: %w", err)
		}
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return ErrClosed
	}
	db.calls.Add(1)
	return nil
}

func (db *DB) settle(ctx context.Context) error {
	if err := db.driver.Settle(ctx); err != nil {
		return err
	}
	db.group.unsettled.Store(false)
	return nil
}

// Leave ends a call.
func (db *DB) Leave() { db.calls.Done() }

// query begins to read.
type query = func() (*sql.Rows, error)

// read runs a query and hands each of its rows to scan.
func (db *DB) read(ctx context.Context, query query, scan func(*sql.Rows) error) error {
	if err := db.Enter(ctx); err != nil {
		return err
	}
	defer db.Leave()
	rows, err := query()
	if err != nil {
		return err
	}
	return eachRow(rows, func() error { return scan(rows) })
}

// eachRow calls scan for each row, and closes them.
func eachRow(rows *sql.Rows, scan func() error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(); err != nil {
			return err
		}
	}
	return rows.Err()
}
