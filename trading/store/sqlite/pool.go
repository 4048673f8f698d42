package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// purpose is what a pool of connections is for.
type purpose int

const (
	marking  purpose = iota // to mark a new file as ours, and nothing else
	writing                 // one connection, through which everything is written
	reading                 // connections that cannot write
	readOnly                // the same, in a process that must not write
	copying                 // a connection that copies the database elsewhere
)

// maxReaders bounds the connections that read at the same time; a read takes well below a millisecond.
const maxReaders = 4

// openPool makes a pool. It connects when it is used.
func openPool(path string, use purpose) *sql.DB {
	c := &connector{path: path, purpose: use, pragmas: pragmasFor(use)}
	pool := sql.OpenDB(c)
	limit := 1
	if use == reading || use == readOnly {
		limit = maxReaders
	}
	pool.SetMaxOpenConns(limit)
	pool.SetMaxIdleConns(limit)
	return pool
}

// connector makes connections whose settings have been read back. A driver may ignore a setting that it does not know,
// and SQLite leaves out one that it cannot have (as write-ahead logging on a network drive): either would only show
// after a power cut.
type connector struct {
	path    string
	purpose purpose
	pragmas []pragma
}

// pragma is a setting of a connection.
type pragma struct {
	name, value, reads string // reads: what it says once it has that value
}

// pragmasFor returns what is set on each connection, in this order, and then read back.
func pragmasFor(p purpose) []pragma {
	if p == marking {
		return []pragma{{"busy_timeout", "5000", "5000"}, {"synchronous", "full", "2"}}
	}
	all := []pragma{
		{"busy_timeout", "5000", "5000"}, // milliseconds; first, so that the others wait too
		{"journal_mode", "wal", "wal"},   // readers and the writer do not wait for each other
		{"synchronous", "full", "2"},     // with NORMAL, a power cut takes what had been acknowledged
		{"foreign_keys", "1", "1"},
		{"mmap_size", "0", "0"}, // an I/O error in mapped memory would be a signal that ends the process
		{"query_only", "0", "0"},
	}
	switch p {
	case reading:
		all[len(all)-1] = pragma{"query_only", "1", "1"}
	case readOnly: // Neither can be set there, nor needs to be.
		all = slices.DeleteFunc(all, func(p pragma) bool { return p.name == "journal_mode" || p.name == "query_only" })
	}
	return all
}

// dsn is an URI, as a path may hold any character. Only the marking connection may create the file.
func (c *connector) dsn() string {
	query := url.Values{"mode": {"rw"}}
	switch c.purpose {
	case marking:
		query.Set("mode", "rwc")
	case readOnly:
		query.Set("mode", "ro")
	case writing:
		// A transaction that begins by reading cannot wait for a lock later on: a third of them failed.
		query.Set("_txlock", "immediate")
	}
	for _, p := range c.pragmas {
		query.Add("_pragma", p.name+"("+p.value+")")
	}
	return (&url.URL{Scheme: "file", Path: c.path, RawQuery: query.Encode()}).String()
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	base, err := sqlite.NewConnector(c.dsn())
	if err != nil {
		return nil, err
	}
	conn, err := base.Connect(ctx)
	if failed, ok := errors.AsType[*sqlite.Error](err); ok && failed.Code() == sqlite3.SQLITE_NOTADB {
		return nil, fmt.Errorf("%w: it is no SQLite file", ErrForeign)
	}
	if err != nil {
		return nil, err
	}
	if err := c.verify(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return &sqlite.Driver{} }

// verify reads back what the connection was set to.
func (c *connector) verify(ctx context.Context, conn driver.Conn) error {
	want := c.pragmas
	if c.purpose != marking {
		want = slices.Insert(slices.Clone(want), 0, pragma{name: "application_id", reads: fmt.Sprint(applicationID)})
	}
	for _, p := range want {
		got, err := readPragma(ctx, conn, p.name)
		if err != nil {
			return fmt.Errorf("read %s: %w", p.name, err)
		}
		if got != p.reads && p.name == "application_id" {
			return fmt.Errorf("%w: its application id is %s, want %s", ErrForeign, got, p.reads)
		}
		if got != p.reads {
			return fmt.Errorf("%s is %s, want %s", p.name, got, p.reads)
		}
	}
	return nil
}

func readPragma(ctx context.Context, conn driver.Conn, name string) (string, error) {
	queryer, ok := conn.(driver.QueryerContext)
	if !ok {
		return "", errors.New("the driver cannot query")
	}
	rows, err := queryer.QueryContext(ctx, "PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	value := make([]driver.Value, 1)
	err = rows.Next(value)
	if errors.Is(err, io.EOF) { // SQLite says nothing about a setting that it does not know.
		value[0], err = "unknown", nil
	}
	return fmt.Sprint(value[0]), errors.Join(err, rows.Close())
}
