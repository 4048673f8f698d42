package alpacatest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Dial connects to whoever serves Listen, in memory and whatever the address. It fits http.Transport.DialContext.
func (v *Venue) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return v.wire.Dial(ctx, network, address)
}

// Client is an http.Client over Dial, for any http URL such as http://venue. It keeps no connection that is idle, so
// that nothing of it outlives a testing/synctest bubble.
func (v *Venue) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: v.Dial, DisableKeepAlives: true}}
}

// Listen serves the venue to those who Dial, and does what Serve does, until ctx ends.
func (v *Venue) Listen(ctx context.Context) error {
	server := &http.Server{Handler: v, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(v.wire) }) // it ends by Close, and only by that
	err := v.Serve(ctx)
	_ = server.Close()
	v.CutStreams()
	serving.Wait()
	v.handling.Wait()
	return err
}
