// Package sqlstore keeps signals, the states of strategies and the order journal in one database, durably: in a SQLite
// file (Open), or on a PostgreSQL server (OpenPostgres).
//
// An Append or SaveStates that returned nil has been synced to the disk: it survives kill -9 and a power cut. Calls are
// all or none, and calls that come at the same time share one transaction and one sync. Readers never wait for the
// writer, nor the writer for them.
//
// Signals stay until Prune is called, which nothing in here does by itself. It removes in steps of a few hundred,
// between which others write; each step is all or none, not the whole.
//
// When things fail: a database that is locked by another program is waited for, up to five seconds, and then the call
// fails; a full disk, an unwritable or a broken file fails the call. A call that failed has stored nothing and may be
// made again; on a server, one that was cut off in its commit may have stored all of it, and nothing is read or written
// before that is settled. An Append whose transaction has begun waits for its end even if its context ends meanwhile,
// because a caller that gave up would not know whether what it wrote is there.
//
// One process at a time may have a database open, held by a lock file beside it that the death of the process releases;
// any number may read it meanwhile (Config.ReadOnly). A database that belongs to another program, to a newer version of
// this one or to another run configuration is refused.
//
// A DB and what it hands out are safe for concurrent use. It starts no goroutine of its own.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/pressly/goose/v3"
)

var (
	// ErrClosed says that the DB was closed before the call.
	ErrClosed = errors.New("the database is closed")
	// ErrForeign says that a file is no database of this package.
	ErrForeign = errors.New("not a vigil database")
	// ErrNewerSchema says that a newer version of this package wrote the database.
	ErrNewerSchema = errors.New("the database was written by a newer version of this program")
	// ErrReadOnly says that the DB was opened to be read only.
	ErrReadOnly = errors.New("the database was opened to be read only")
)

// Config configures Open and OpenPostgres.
type Config struct {
	// Run is the run configuration that the database belongs to. The first Open that names one binds the database
	// to it, and a later one with another is refused with a *ConfigurationError. Empty asks for nothing: whoever
	// only looks into a database need not know what it belongs to.
	Run []Setting
	// ReadOnly looks into a database that another process may be trading on. Nothing is locked, created, brought up to
	// date or written, and every call that would write fails with ErrReadOnly; but SQLite may leave its empty -wal and
	// -shm files beside a database that was closed.
	ReadOnly bool
	// LowWater is how many bytes have to be free on the database's disk for Room to be content; 0 means 256 MiB.
	LowWater int64
}

// DB is an open database. Use Open, and Close when done.
type DB struct {
	path     string // or what a server calls it
	remote   bool   // on a server: what became of a transaction that failed may not be settled yet
	lowWater uint64
	lock     *lockFile // nil if it is only read, as is writer
	writer   *sql.DB   // one connection
	readers  *sql.DB
	signals  *Signals
	journal  *Journal
	claims   atomic.Int64 // of the journal so far

	mu     sync.Mutex     // guards closed, and calls against being added to once it is set
	closed bool           // no call begins any more
	calls  sync.WaitGroup // those under way
	finish func() error   // closes what is open, once
}

// Open opens the database in the file at path, and creates it if there is none; the folder must exist. The context
// ends the opening only. On an error nothing is left behind, and a file that was there is as it was.
//
// A URL in place of the path, postgres://..., is handed to OpenPostgres, so that one setting of a program can name
// either; IsURL tells them apart.
func Open(ctx context.Context, path string, cfg Config) (*DB, error) {
	if IsURL(path) {
		return OpenPostgres(ctx, path, cfg)
	}
	db, err := open(ctx, path, cfg)
	if err != nil {
		return nil, fmt.Errorf("sqlstore: open %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, name string, cfg Config) (_ *DB, err error) {
	if err := validateRun(cfg.Run); err != nil {
		return nil, err
	}
	if cfg.LowWater < 0 {
		return nil, fmt.Errorf("configuration field LowWater: %d is negative", cfg.LowWater)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path, err := resolve(name)
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, lowWater: uint64(cmp.Or(cfg.LowWater, defaultLowWater))}
	db.finish = sync.OnceValue(db.closeAll)
	if cfg.ReadOnly {
		if err := db.startReading(ctx, cfg); err != nil {
			return nil, errors.Join(err, db.closePools())
		}
		return db, nil
	}
	// The lock comes before any look into the file: to close a file that this process has open a second time drops
	// the locks that SQLite holds on it.
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	file, err := examine(path)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	db.lock = lock
	if err := db.start(ctx, file, cfg); err != nil {
		return nil, errors.Join(err, db.closePools(), file.undo(), lock.release())
	}
	return db, nil
}

// start opens the connections, brings the schema up to date and binds the database to its run. It looks at the context
// between these steps only: database/sql ends a cancelled transaction behind one's back, and what the connection then
// still writes would fall into the undoing.
func (db *DB) start(ctx context.Context, file *databaseFile, cfg Config) error {
	whole := context.WithoutCancel(ctx)
	db.writer, db.readers = openPool(db.path, writing), openPool(db.path, reading)
	var identity string
	var prepared *statements
	for _, step := range []func() error{
		func() error { return file.claim(whole) },
		func() error { return migrate(whole, goose.DialectSQLite3, db.writer) },
		func() (err error) { identity, err = bind(whole, db.writer, cfg.Run); return err },
		func() (err error) { prepared, err = db.prepare(whole); return err },
		func() error { db.serve(identity, prepared); return db.signals.lookForBorrowed(whole) },
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// startReading opens the connections of a database that is only read. It looks at the file through SQLite alone: this
// process may have it open, and to close a file a second time drops the locks that SQLite holds on it.
func (db *DB) startReading(ctx context.Context, cfg Config) error {
	if _, err := os.Stat(db.path); err != nil {
		return cause(err)
	}
	db.readers = openPool(db.path, looking)
	return db.startLooking(ctx, goose.DialectSQLite3, cfg.Run)
}

// startLooking checks what is only read, and prepares for it.
func (db *DB) startLooking(ctx context.Context, dialect goose.Dialect, run []Setting) error {
	if err := upToDate(ctx, dialect, db.readers); err != nil {
		return err
	}
	identity, err := belongs(ctx, db.readers, run)
	if err != nil {
		return err
	}
	prepared, err := db.prepare(ctx)
	if err != nil {
		return err
	}
	db.serve(identity, prepared)
	return nil
}

// serve makes what the DB hands out.
func (db *DB) serve(identity string, prepared *statements) {
	commits := &group{db: db.writer, prepared: prepared}
	db.signals = &Signals{db: db, group: commits, identity: identity, after: prepared.signalsAfter, latest: prepared.latest,
		recent: prepared.recent, streams: newStreams(), allStreams: prepared.allStreams,
		state: prepared.state, nthNewest: prepared.nthNewest, oldest: prepared.oldest}
	db.journal = &Journal{db: db, group: commits, after: prepared.eventsAfter, snapshot: prepared.lastSnapshot}
}

// Signals returns the signal store in the database.
func (db *DB) Signals() *Signals { return db.signals }

// Journal returns the order journal in the database.
func (db *DB) Journal() *Journal { return db.journal }

// Close waits for the calls under way, closes the database and releases its lock. Calls that come later fail with
// ErrClosed. Close may be called again, and says the same.
func (db *DB) Close() error {
	db.mu.Lock()
	db.closed = true
	db.mu.Unlock()
	db.calls.Wait()
	return db.finish()
}

// enter begins a call, which must end with leave.
func (db *DB) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.remote && db.signals.group.unsettled.Load() {
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

// settle makes sure that a transaction whose end is not known has ended: the connection that it went over still works,
// or a new one got the lock, which the server takes from the old one last.
func (db *DB) settle(ctx context.Context) error {
	if err := db.writer.PingContext(ctx); err != nil {
		return err
	}
	db.signals.group.unsettled.Store(false)
	return nil
}

func (db *DB) leave() { db.calls.Done() }

func (db *DB) closeAll() error {
	err := db.closePools()
	if db.lock != nil {
		err = errors.Join(err, db.lock.release())
	}
	if err != nil {
		return fmt.Errorf("sqlstore: close %s: %w", db.path, err)
	}
	return nil
}

// closePools closes every connection; with the last of them the write-ahead log goes into the database.
func (db *DB) closePools() error {
	var errs []error
	if db.remote && db.writer != nil {
		letGo(db.writer)
	}
	for _, pool := range []*sql.DB{db.readers, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}
