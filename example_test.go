package vigil_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
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

// trade runs a whole trader on paper, and answers for it on /health, /livez and /readyz, until ctx ends.
func trade(ctx context.Context, bars signal.Source, coin trading.Instrument, db vigil.Store, mux *http.ServeMux) error {
	cross, err := strategy.EMACross{Fast: 8, Slow: 21}.Spec() // or a strategy of yours: two methods
	if err != nil {
		return err
	}
	trader, err := vigil.New(vigil.Config{
		Source: bars, Interval: time.Minute, Strategies: []signal.Spec{cross}, Instruments: []trading.Instrument{coin},
		Paper: &paper.Config{}, // or the Broker of a venue, with Size, Risk and Capital
		Store: db,              // a SQLite file or a PostgreSQL server, of trading/store
	})
	if err != nil {
		return err
	}
	probes, err := healthhttp.New(healthhttp.Config{Registry: trader.Registry()})
	if err != nil {
		return err
	}
	probes.Mount(mux)
	return trader.Serve(ctx)
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

func Example_trader() {
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{"BTC/USDT"}, Interval: time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: number("0.1"), Step: number("0.0001")}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // at once: this example is about what it takes
	fmt.Println("stopped:", trade(ctx, market, coin, newDisk(), http.NewServeMux()))
	// Output: stopped: <nil>
}
