package health_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// A service says what happened through the context that it was given. It need not know who listens, or whether anybody
// does.
func Example() {
	poll := func(ctx context.Context, fetch func() error) {
		health.Expect(ctx, health.Limits{MaxSilence: time.Minute})
		for range 3 {
			health.Beat(ctx)
			health.Observe(ctx, fetch())
		}
	}

	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(context.Background(), registry.Begin("feed").Part()) // a supervisor does this for its children
	poll(ctx, func() error { return nil })
	fmt.Println(registry.Report().Verdict)
	poll(ctx, func() error { return errors.New("connection refused") })
	fmt.Println(registry.Report().Verdict, registry.Report().Reasons)
	// Output:
	// healthy
	// degraded [feed: 3 errors in a row, last: connection refused]
}

// Some parts of a whole may fail without the whole being ill: each symbol is a child of its own.
func ExampleChild() {
	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(context.Background(), registry.Begin("generator").Part())
	for _, symbol := range []string{"BTC", "ETH", "SOL"} {
		health.Expect(health.Child(ctx, symbol), health.Limits{MaxErrors: 1})
	}
	health.Observe(health.Child(ctx, "SOL"), errors.New("delisted"))
	fmt.Println(registry.Report().Verdict)

	health.Observe(health.Child(ctx, "BTC"), errors.New("timeout"))
	health.Observe(health.Child(ctx, "ETH"), errors.New("timeout"))
	fmt.Println(registry.Report().Verdict)
	// Output:
	// degraded
	// unhealthy
}

// A wait that is planned, such as for a market to open, is no silence.
func ExampleIdle() {
	clk := &handClock{now: time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)}
	registry := health.NewRegistry(health.Config{Clock: clk})
	ctx := health.NewContext(context.Background(), registry.Begin("feed").Part())
	health.Expect(ctx, health.Limits{MaxSilence: time.Minute})

	health.Idle(ctx, time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	for _, d := range []time.Duration{2 * time.Hour, time.Hour, 2 * time.Minute} {
		clk.now = clk.now.Add(d)
		fmt.Println(clk.now.Format(time.TimeOnly), registry.Report().Verdict)
	}
	// Output:
	// 08:00:00 healthy
	// 09:00:00 healthy
	// 09:02:00 unhealthy
}

// A program lets its operators choose the time between two heartbeats; the library does not look at the environment.
func ExampleIntervalFromEnv() {
	environment := map[string]string{"HEALTH_CHECK_INTERVAL": "10"}
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok } // os.LookupEnv
	interval, err := health.IntervalFromEnv(lookup)
	fmt.Println(interval, err)

	environment["HEALTH_CHECK_INTERVAL"] = "often"
	_, err = health.IntervalFromEnv(lookup)
	fmt.Println(err)
	// Output:
	// 10s <nil>
	// health: HEALTH_CHECK_INTERVAL="often" is not a whole number of seconds above zero
}

func ExampleMonitor() {
	registry := health.NewRegistry(health.Config{})
	beaten := make(chan health.Report, 1)
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: registry,
		Interval: 20 * time.Millisecond, // 0 means 5 min; IntervalFromEnv asks HEALTH_CHECK_INTERVAL
		Logger:   slog.New(slog.DiscardHandler),
		OnBeat: func(r health.Report) {
			select {
			case beaten <- r:
			default:
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	run := monitor.Start(ctx)              // returns at once
	fmt.Println(run == monitor.Start(ctx)) // and does so again
	fmt.Println((<-beaten).Verdict)
	fmt.Println(monitor.Stop(ctx)) // returns when it has ended
	// Output:
	// true
	// healthy
	// <nil>
}

// A heartbeat's line holds the uptime, the status and, when it is not healthy, the reasons.
func ExampleMonitor_Serve() {
	clk := &handClock{now: time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC)}
	registry := health.NewRegistry(health.Config{Clock: clk})
	run := registry.Begin("generator") // a supervisor does this for its children
	run.SetState(health.Stage{State: health.StateBackoff})
	run.SetFailure(health.Failure{Error: "EOF"})
	clk.now = clk.now.Add(5 * time.Minute)

	ctx, stop := context.WithCancel(context.Background())
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: registry,
		Interval: time.Millisecond,
		Logger:   slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
		OnBeat:   func(health.Report) { stop() },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(monitor.Serve(ctx))
	// Output:
	// level=INFO msg="Health monitor started" interval=1ms
	// level=WARN msg=Heartbeat uptime=5m0s status=unhealthy reasons="[generator: backoff: EOF]"
	// context canceled
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// A check of the host's is a part like any other: it stands in /health under its name, and turns the verdict.
func ExampleNewProbe() {
	database := func(context.Context) error { return nil } // such as db.PingContext
	probe, err := health.NewProbe(health.ProbeConfig{Check: database, Every: 10 * time.Second})
	if err != nil {
		panic(err)
	}
	fmt.Println(probe != nil) // tree.Add("database", probe, supervisor.Policy{})
	// Output: true
}
