package binancetest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// wire is a network in memory: Dial at one end, a listener at the other. Both block in a way that a testing/synctest
// bubble understands.
type wire struct {
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), ended: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.ended:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.ended) })
	return nil
}

func (w *wire) Addr() net.Addr { return wireAddr{} }

type wireAddr struct{}

func (wireAddr) Network() string { return "memory" }
func (wireAddr) String() string  { return "binancetest" }

// Listener is one end of a network in memory, for an http.Server over the venue; Dial is the other. Once the server is
// closed, nobody can dial any more.
func (v *Venue) Listener() net.Listener { return v.wire }

// Dial connects to whoever serves Listener, whatever the address. It fits http.Transport.DialContext.
func (v *Venue) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := pipe()
	select {
	case v.wire.conns <- far:
		return near, nil
	case <-v.wire.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Client is an http.Client over Dial, for any http URL such as http://venue. It keeps no connection that is idle, so
// that nothing of it outlives a bubble.
func (v *Venue) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: v.Dial, DisableKeepAlives: true}}
}

// Listen serves the venue on Listener, and does what Serve does, until ctx ends.
func (v *Venue) Listen(ctx context.Context) error {
	server := &http.Server{Handler: v, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(v.wire) }) // it ends by Close, and only by that
	err := v.Serve(ctx)
	_ = server.Close()
	v.CutStreams()
	serving.Wait()
	return err
}
