package tradingtest

import (
	"net"
	"sync"
)

// LineFault is what a Line does to a request.
type LineFault string

// The faults.
const (
	// RequestLost: the request does not arrive, and its sender gets an error.
	RequestLost LineFault = "a lost request"
	// ReplyLost: the request arrives, and its sender gets an error instead of the reply.
	ReplyLost LineFault = "a lost reply"
	// ReplyCut: the request arrives, and of the reply's body half is there, and then an error.
	ReplyCut LineFault = "a reply that is cut"
	// ProxyPage: the request arrives, and something in between answers 502 with a page for people.
	ProxyPage LineFault = "a page of a proxy instead of the reply"
	// RequestTwice: the request arrives twice, and its sender gets the reply to the second.
	RequestTwice LineFault = "a request that is repeated"
	// ReplyLate: the request arrives, and the reply does not come before the request's context ends, or the fault does.
	ReplyLate LineFault = "a reply that does not come"
)

// Line is what an adapter sends over, made unreliable: put one below the adapter, and give it to the suite, or set its faults
// yourself. tradingtest/httpline makes an http.RoundTripper of it; Conn wraps a connection, such as that of a stream. The zero
// value is a line without faults. It is safe for concurrent use.
type Line struct {
	mu     sync.Mutex // guards all below
	fault  LineFault
	left   int           // requests that the fault is for; below 0 for all
	over   chan struct{} // closed at the next Fail
	sent   []string
	conns  map[*conn]bool
	heard  LineFault // of what arrives on connections
	change chan struct{}
}

// Fail lets the next n requests have a fault; below zero means all, until it is called again. No fault ("") ends it.
func (l *Line) Fail(f LineFault, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.left = f, n
	if l.over != nil {
		close(l.over)
	}
	l.over = make(chan struct{})
}

// Take notes a request by its method and says which fault it has, "" for none, and when the next Fail is, at which whoever is
// delayed goes on. It is for what carries requests, such as httpline.
func (l *Line) Take(method string) (f LineFault, over <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = append(l.sent, method)
	if l.left == 0 {
		return "", l.over
	}
	l.left = max(l.left-1, -1)
	return l.fault, l.over
}

// mark forgets which requests there were.
func (l *Line) mark() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = nil
}

// since are the methods of the requests since mark.
func (l *Line) since() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.sent...)
}

// Conn returns a connection over the Line: see Cut and Hear.
func (l *Line) Conn(c net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = make(map[*conn]bool)
	}
	own := &conn{Conn: c, line: l, closed: make(chan struct{})}
	l.conns[own] = true
	return own
}

// Cut closes all connections of the Line, and returns how many those were.
func (l *Line) Cut() int {
	l.mu.Lock()
	conns := l.conns
	l.conns = nil
	l.mu.Unlock()
	for c := range conns {
		_ = c.end()
	}
	return len(conns)
}

// Hear lets what arrives on the Line's connections have a fault, until it is called again; none ("") ends it. They stay open.
// ReplyLost drops what arrives: a stream looks like this whose other end has forgotten it. ReplyLate holds it back.
// RequestTwice lets what one Read has got come again with the next. Other faults are none here.
func (l *Line) Hear(f LineFault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = f
	if l.change != nil {
		close(l.change)
	}
	l.change = make(chan struct{})
}

// hearing is the fault of what arrives, and a channel that is closed when that is another one.
func (l *Line) hearing() (LineFault, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.change == nil {
		l.change = make(chan struct{})
	}
	return l.heard, l.change
}

// conn is a connection below an adapter. One goroutine reads at a time.
type conn struct {
	net.Conn
	line   *Line
	again  []byte // what comes a second time
	closed chan struct{}
	once   sync.Once
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.again) > 0 {
		n := copy(p, c.again)
		c.again = c.again[n:]
		return n, nil
	}
	for {
		n, err := c.Conn.Read(p)
		if err != nil {
			return n, err
		}
		switch fault, change := c.line.hearing(); fault {
		case ReplyLost:
			continue
		case ReplyLate:
			select {
			case <-change:
			case <-c.closed:
				return 0, net.ErrClosed
			}
		case RequestTwice:
			c.again = append([]byte(nil), p[:n]...)
		}
		return n, nil
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.line.mu.Lock()
	delete(c.line.conns, c)
	c.line.mu.Unlock()
	return c.end()
}

func (c *conn) end() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
