package serve_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/seed-5dee1c0a/vigil/console/serve"
)

// A host binds the port first, so that one that is taken is found before anything trades. Then it serves it like any
// other service.
func Example() {
	port, err := serve.Listen("127.0.0.1:0") // "" is 127.0.0.1:8000
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := serve.New(serve.Config{Port: port, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "vigil_restarts_total 0")
	})})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx) }() // or supervisor.Add("metrics", server, ...)

	body, err := get(port.Addr() + "/metrics")
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(body)
	stop()
	fmt.Println(<-ended)
	// Output:
	// vigil_restarts_total 0
	// context canceled
}
