package serve

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// conns bounds the connections of a server. A limit on the listener would do so too, and let whoever holds them idle keep
// everybody else out.
type conns struct {
	limit int

	mu    sync.Mutex // guards all below
	open  map[net.Conn]*list.Element
	quiet *list.List // of those that are idle or have not asked yet, the longest first
}

func newConns(limit int) *conns {
	return &conns{limit: limit, open: make(map[net.Conn]*list.Element), quiet: list.New()}
}

// changed is an http.Server's ConnState.
func (c *conns) changed(conn net.Conn, state http.ConnState) {
	if state == http.StateClosed || state == http.StateHijacked {
		c.forget(conn)
		return
	}
	if surplus := c.note(conn, state); surplus != nil {
		_ = surplus.Close() // its goroutine sees the end and says StateClosed
	}
}

// note takes note of a connection's state, and returns the one that is to be closed for it.
func (c *conns) note(conn net.Conn, state http.ConnState) (surplus net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.open[conn]
	if !known && state != http.StateNew {
		return nil // it was chosen to be closed
	}
	if before != nil {
		c.quiet.Remove(before)
	}
	if !known && len(c.open) >= c.limit {
		if surplus = c.longestLocked(); surplus == nil {
			return conn
		}
	}
	c.open[conn] = nil
	if state != http.StateActive {
		c.open[conn] = c.quiet.PushBack(conn)
	}
	return surplus
}

// longestLocked takes out the connection that has been quiet for longest, nil where all are at work.
func (c *conns) longestLocked() net.Conn {
	front := c.quiet.Front()
	if front == nil {
		return nil
	}
	conn, _ := c.quiet.Remove(front).(net.Conn)
	delete(c.open, conn)
	return conn
}

func (c *conns) forget(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.open[conn]; at != nil {
		c.quiet.Remove(at)
	}
	delete(c.open, conn)
}
