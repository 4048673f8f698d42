package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/thejerf/suture/v4"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

// A zero Policy has a meaning in each field, which can be read back.
func ExamplePolicy_WithDefaults() {
	p := supervisor.Policy{}.WithDefaults(&poller{})
	fmt.Println("up to", p.MaxRestarts, "restarts,", p.Backoff.Initial, "apart, in a row")
	fmt.Println("a run of", p.Stable, "ends the row; then parked for", p.CoolDown)
	// Output:
	// up to 10 restarts, 5s apart, in a row
	// a run of 1m0s ends the row; then parked for 5m0s
}

// Delays that grow. Jitter keeps a fleet from coming back all at once; the same Config.Seed gives the same delays.
func ExampleBackoff() {
	rec := supervisortest.NewRecorder()
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet(), OnEvent: rec.Record})
	_ = bot.Add("feed", serve(failing), supervisor.Policy{
		MaxRestarts: 4, Exhausted: supervisor.GiveUp,
		Backoff: supervisor.Backoff{Initial: time.Millisecond, Factor: 2, Max: 5 * time.Millisecond},
	})
	ctx := context.Background()
	_ = bot.Start(ctx)
	_, _ = supervisortest.Await[supervisor.GaveUp](ctx, rec, "bot/feed")
	for _, e := range rec.Events() {
		if e, ok := e.(supervisor.Restarting); ok {
			fmt.Println("attempt", e.Attempt, "after", e.At.Sub(e.Time))
		}
	}
	status, _ := bot.StatusOf("feed")
	fmt.Println(status.State, status.LastError)
	_ = bot.Stop(ctx)
	// Output:
	// attempt 1 of 4 after 1ms
	// attempt 2 of 4 after 2ms
	// attempt 3 of 4 after 4ms
	// attempt 4 of 4 after 5ms
	// crashed boom
}

// A loop that says health.Beat is seen to hang, and learns from its context why it was canceled.
func ExamplePolicy_stall() {
	hung := true
	again := make(chan struct{})
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet(), OnEvent: func(e supervisor.Event) {
		if e, ok := e.(supervisor.Stalled); ok {
			fmt.Println(e.Path, "was silent for more than", e.Limit)
		}
	}})
	_ = bot.Add("feed", serve(func(ctx context.Context) error {
		health.Beat(ctx)
		if hung {
			hung = false
			<-ctx.Done() // say, a read that never returns
			var stall *supervisor.StallError
			fmt.Println("canceled because of a stall:", errors.As(context.Cause(ctx), &stall))
			return ctx.Err()
		}
		close(again)
		return (&poller{}).Serve(ctx)
	}), supervisor.Policy{Stall: 50 * time.Millisecond, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
	_ = bot.Start(context.Background())
	<-again
	_ = bot.Stop(context.Background())
	// Unordered output:
	// bot/feed was silent for more than 50ms
	// canceled because of a stall: true
}

// A child that the next ones depend on says when it is ready; they wait for it, but not for ever.
func ExamplePolicy_ready() {
	serving := make(chan struct{})
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("database", serve(func(ctx context.Context) error {
		fmt.Println("database: migrated")
		health.Ready(ctx)
		return untilDone(ctx)
	}), supervisor.Policy{Ready: time.Minute})
	_ = bot.Add("engine", serve(func(ctx context.Context) error {
		fmt.Println("engine: reads the database")
		close(serving)
		return untilDone(ctx)
	}), supervisor.Policy{})
	_ = bot.Start(context.Background())
	<-serving
	_ = bot.Stop(context.Background())
	// Output:
	// database: migrated
	// engine: reads the database
}

// Children come and go while the tree runs. A temporary one is forgotten when its work is done.
func ExampleSupervisor_Add() {
	rec := supervisortest.NewRecorder()
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet(), OnEvent: rec.Record})
	ctx := context.Background()
	_ = bot.Start(ctx)

	job := serve(func(context.Context) error { fmt.Println("the report is written"); return nil })
	fmt.Println(bot.Add("report", job, supervisor.Policy{Restart: supervisor.Temporary}))
	_, _ = supervisortest.Await[supervisor.Finished](ctx, rec, "bot/report")
	fmt.Println(bot.Add("report", nil, supervisor.Policy{}))
	fmt.Println(bot.Add("report", job, supervisor.Policy{Stall: -1 * time.Second}))
	_ = bot.Stop(ctx)
	fmt.Println(len(bot.Status().Children), "children")
	// Unordered output:
	// <nil>
	// the report is written
	// supervisor: add "report": the service is nil
	// supervisor: add "report": Policy.Stall -1s is negative and no named constant
	// 0 children
}

// A path names a child of a child. Its clock, registry and events are those of the root, unless it has its own.
func ExampleSupervisor_Restart() {
	rec := supervisortest.NewRecorder()
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet(), OnEvent: rec.Record})
	trading, _ := supervisor.New(supervisor.Config{Name: "trading"})
	_ = trading.Add("engine", &poller{}, supervisor.Policy{})
	_ = bot.Add("trading", trading, supervisor.Policy{})
	ctx := context.Background()
	_ = bot.Start(ctx)
	_, _ = supervisortest.Await[supervisor.Started](ctx, rec, "bot/trading/engine")

	fmt.Println(bot.Restart(context.Background(), "trading/engine"))
	fmt.Println(bot.Restart(context.Background(), "trading/broker"))
	_, _ = supervisortest.Await[supervisor.Started](ctx, rec, "bot/trading/engine")
	status, _ := bot.StatusOf("trading/engine")
	fmt.Println(status.Restarts, "restart")
	_ = bot.Stop(ctx)
	// Output:
	// <nil>
	// supervisor: no such child: "broker" in "trading"
	// 1 restart
}

// A tree may hang in a tree of suture's, and one of suture's may hang in it.
func ExampleSupervisor_suture() {
	up := make(chan struct{})
	theirs := suture.NewSimple("theirs")
	theirs.Add(serve(func(ctx context.Context) error { close(up); return untilDone(ctx) }))
	ours, _ := supervisor.New(supervisor.Config{Name: "ours", Logger: quiet()})
	fmt.Println(ours.Add("theirs", theirs, supervisor.Policy{}))
	root := suture.NewSimple("root")
	root.Add(ours)

	ctx, cancel := context.WithCancel(context.Background())
	done := root.ServeBackground(ctx)
	<-up
	cancel()
	fmt.Println(<-done)
	// Output:
	// <nil>
	// context canceled
}

// The log has fixed messages and fields. LogEvent is for events that are kept or sent elsewhere first.
func ExampleLogEvent() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{} // for this page only
			}
			return a
		},
	}))
	supervisor.LogEvent(log, supervisor.Failed{
		Stamp: supervisor.Stamp{Path: "bot/feed", Time: time.Now()},
		End:   supervisor.End{Kind: supervisor.EndError, Err: errors.New("no connection")},
		Ran:   time.Minute,
	})
	// Output:
	// level=ERROR msg="service ended" service=bot/feed end=error error="no connection" ran=1m0s failed_start=false
}
