package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// defaultPatience is how long a server may keep silent in the middle of a call: a disk that is busy with others
	// takes seconds for a sync.
	defaultPatience = 10 * time.Second
	// connectPatience is how long a connection may take to come about.
	connectPatience = 5 * time.Second
	// stepPatience is for the opening, whose steps may rewrite a large table. Its context ends it as well.
	stepPatience = 10 * time.Minute
	// closePatience is for giving back what the server gets back anyway.
	closePatience = 2 * time.Second
)

// patience bounds how long a connection waits for its server. What writes heeds no caller's context, as callers share
// it, and a server that was stopped, or a machine that hangs, answers nothing and closes nothing.
type patience struct{ limit atomic.Int64 }

func (p *patience) set(limit time.Duration) { p.limit.Store(int64(limit)) }

// bound makes all connections of a configuration end with it.
func (p *patience) bound(config *pgx.ConnConfig) {
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectPatience)
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &patientConn{Conn: conn, patience: p}, nil
	}
}

// patientConn is a connection each of whose reads and writes has a deadline, unless somebody has set one.
type patientConn struct {
	net.Conn
	patience *patience

	mu  sync.Mutex // guards all below, and setting deadlines
	set bool       // somebody has set a deadline: it is how a context ends a call
}

func (c *patientConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set = !t.IsZero()
	return c.Conn.SetDeadline(t)
}

func (c *patientConn) Read(to []byte) (int, error) {
	limit := c.begin()
	n, err := c.Conn.Read(to)
	return n, c.failed(err, limit)
}

func (c *patientConn) Write(from []byte) (int, error) {
	limit := c.begin()
	n, err := c.Conn.Write(from)
	return n, c.failed(err, limit)
}

// begin sets the deadline and returns how far away it is; 0 if it is somebody else's.
func (c *patientConn) begin() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := time.Duration(c.patience.limit.Load())
	if c.set || limit <= 0 {
		return 0
	}
	_ = c.Conn.SetDeadline(time.Now().Add(limit)) //vigil:wallclock the operating system keeps the deadlines of connections
	return limit
}

// failed says which deadline it was.
func (c *patientConn) failed(err error, limit time.Duration) error {
	if limit > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.set {
			return fmt.Errorf("the server has not answered for %s: %w", limit, err)
		}
	}
	return err
}
