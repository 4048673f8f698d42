package supervisortest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// A test of what a program does when a service fails, on a clock that the test moves.
func Example_restart() {
	clk, rec, feed := supervisortest.NewClock(), supervisortest.NewRecorder(), supervisortest.NewPuppet()
	tree, err := supervisor.New(supervisor.Config{
		Name: "bot", Clock: clk, OnEvent: rec.Record, Logger: quiet(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = tree.Add("feed", feed, supervisor.Policy{})
	ctx := context.Background()
	_ = tree.Start(ctx)

	_ = feed.Do(ctx, supervisortest.Fail(errors.New("no connection")))
	restarting, _ := supervisortest.Await[supervisor.Restarting](ctx, rec, "bot/feed")
	fmt.Println("restarts after", restarting.At.Sub(restarting.Time))

	clk.AwaitArmed(restarting.At)
	clk.Add(5 * time.Second)
	started, _ := supervisortest.Await[supervisor.Started](ctx, rec, "bot/feed")
	fmt.Println("started, attempt", started.Attempt)
	_ = tree.Stop(ctx)
	// Output:
	// restarts after 5s
	// started, attempt 1 of 10
}
