package certify

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// inMemory serves a handler over a network of its own, in this process, until end is called.
func inMemory(h http.Handler) (through http.RoundTripper, end func()) {
	w := &wire{conns: make(chan net.Conn), ended: make(chan struct{})}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(w) }) // it ends by Close, and only by that
	return &http.Transport{DialContext: w.dial, DisableKeepAlives: true}, func() {
		_ = server.Close() // nobody asks any more
		serving.Wait()
	}
}

// wire is a net.Listener whose other end is dial.
type wire struct {
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.conns <- far:
		return near, nil
	case <-w.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (w *wire) Close() error {
	w.once.Do(func() { close(w.ended) })
	return nil
}

// Addr implements net.Listener.
func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }
