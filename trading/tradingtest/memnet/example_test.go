package memnet_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/memnet"
)

// A venue and its client in one process: no port is taken, and a testing/synctest bubble can hold both.
func ExampleNet() {
	network := memnet.New("venue")
	venue := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "open")
	})}
	ended := make(chan error)
	go func() { ended <- venue.Serve(network) }()

	transport := &http.Transport{DialContext: network.Dial}
	response, err := (&http.Client{Transport: transport}).Get("http://venue/status")
	if err != nil {
		fmt.Println(err)
		return
	}
	text, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	fmt.Println(string(text))

	transport.CloseIdleConnections()
	_ = venue.Close()
	fmt.Println(<-ended)
	// Output:
	// open
	// http: Server closed
}
