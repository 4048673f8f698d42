package vigil_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// prices stands for what your program does already.
type prices struct{}

func (prices) poll(context.Context) error { return nil }

// Serve is all that a service needs: it works until its context ends, and says how it goes.
func (p prices) Serve(ctx context.Context) error {
	for ctx.Err() == nil {
		health.Beat(ctx)                 // the loop turns; silence for longer than Stall is a hang
		health.Observe(ctx, p.poll(ctx)) // a unit of work ended, well or not: this is what /health judges
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return ctx.Err()
}

// The ten lines that put vigil into a program of your own.
func Example() {
	registry := health.NewRegistry(health.Config{})
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Registry: registry, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	if err := tree.Add("prices", prices{}, supervisor.Policy{Stall: 10 * time.Second}); err != nil {
		panic(err)
	}
	probes, err := healthhttp.New(healthhttp.Config{Registry: registry}) // serve it where you like
	if err != nil {
		panic(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	if err := tree.Start(ctx); err != nil { // or tree.Serve(ctx), which blocks
		panic(err)
	}
	for answer := ""; answer != "200 ok"; {
		w := httptest.NewRecorder()
		probes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		answer = fmt.Sprint(w.Code, " ", w.Body)
		answer = answer[:min(len(answer), len("200 ok"))]
	}
	fmt.Println("ready")
	cancel()
	fmt.Println("stopped:", tree.Stop(context.Background()))
	// Output:
	// ready
	// stopped: <nil>
}
