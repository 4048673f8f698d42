package certify

import (
	"net/http"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/memnet"
)

// inMemory serves a handler over a network of its own, in this process, until end is called.
func inMemory(h http.Handler) (through http.RoundTripper, end func()) {
	network := memnet.New("memory")
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(network) }) // it ends by Close, and only by that
	return &http.Transport{DialContext: network.Dial, DisableKeepAlives: true}, func() {
		_ = server.Close() // nobody asks any more
		serving.Wait()
	}
}
