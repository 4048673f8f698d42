// Package memnet is a network in memory: Dial at one end, a net.Listener at the other. Both wait in a way that a
// testing/synctest bubble understands.
package memnet

import (
	"context"
	"net"
	"sync"
)

// Net is the network. Use New. It is safe for concurrent use.
type Net struct {
	name  string
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

var _ net.Listener = (*Net)(nil)

// New returns a network whose address has a name.
func New(name string) *Net {
	return &Net{name: name, conns: make(chan net.Conn), ended: make(chan struct{})}
}

// Accept implements net.Listener.
func (n *Net) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener: from then on nobody can dial.
func (n *Net) Close() error {
	n.once.Do(func() { close(n.ended) })
	return nil
}

// Addr implements net.Listener.
func (n *Net) Addr() net.Addr { return addr(n.name) }

// Dial connects to whoever accepts, whatever the address. It fits http.Transport.DialContext.
func (n *Net) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := pipe(addr(n.name))
	select {
	case n.conns <- far:
		return near, nil
	case <-n.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }
