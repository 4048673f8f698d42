package vigil_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// watch supervises a service of yours and answers for it on /health, /livez and /readyz, until ctx ends.
func watch(ctx context.Context, prices supervisor.Service, mux *http.ServeMux) error {
	registry := health.NewRegistry(health.Config{})
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Registry: registry})
	if err != nil {
		return err
	}
	if err := tree.Add("prices", prices, supervisor.Policy{Stall: 10 * time.Second}); err != nil {
		return err
	}
	probes, err := healthhttp.New(healthhttp.Config{Registry: registry})
	if err != nil {
		return err
	}
	probes.Mount(mux)
	return tree.Serve(ctx)
}

// poller stands for what your program does already. Serve is all that a service needs.
type poller struct {
	poll    func(context.Context) error
	pending chan struct{}
}

func (p *poller) Serve(ctx context.Context) error {
	for ctx.Err() == nil {
		health.Beat(ctx)                 // the loop turns: silence for longer than Stall is a hang
		health.Observe(ctx, p.poll(ctx)) // a unit of work ended, well or not: this is what /health judges
		health.Idle(ctx, time.Time{})    // the wait for work may take as long as it likes
		select {
		case <-ctx.Done():
		case <-p.pending:
		}
	}
	return ctx.Err()
}

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	mux := http.NewServeMux()
	polled := make(chan struct{})
	service := &poller{poll: func(context.Context) error { close(polled); return nil }}
	stopped := make(chan error)
	go func() { stopped <- watch(ctx, service, mux) }()
	<-polled

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/livez", nil))
	fmt.Println("/livez:", answer.Code)
	cancel()
	fmt.Println("stopped:", <-stopped)
	// Output:
	// /livez: 200
	// stopped: <nil>
}
