package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// A child is stopped, started and removed by its name while its siblings work.
func ExampleSupervisor_StopChild() {
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("poller", &poller{}, supervisor.Policy{})
	ctx := context.Background()
	_ = bot.Start(ctx)

	fmt.Println("stop:", bot.StopChild(ctx, "poller"))
	status, _ := bot.StatusOf("poller")
	fmt.Println(status.State)
	fmt.Println("start:", bot.StartChild(context.Background(), "poller"))
	fmt.Println("start again:", bot.StartChild(context.Background(), "poller"))
	fmt.Println("remove:", bot.Remove(context.Background(), "poller"))
	_ = bot.StopChild(ctx, "poller")
	fmt.Println("remove:", bot.Remove(context.Background(), "poller"))
	_ = bot.Stop(ctx)
	// Output:
	// stop: <nil>
	// stopped
	// start: <nil>
	// start again: supervisor: the child is started already: "bot/poller"
	// remove: supervisor: the child is not stopped: "bot/poller"
	// remove: <nil>
}

// What depends on each other is restarted together.
func ExampleStrategy() {
	again := make(chan struct{})
	first := true
	trading, _ := supervisor.New(supervisor.Config{
		Name: "trading", Strategy: supervisor.OneForAll, Logger: quiet(),
		OnEvent: func(e supervisor.Event) {
			switch e.(type) {
			case supervisor.Failed:
				fmt.Println(e.Stamped().Path, "failed")
			case supervisor.Stopped:
				fmt.Println(e.Stamped().Path, "stopped")
			case supervisor.Started:
				fmt.Println(e.Stamped().Path, "started")
			default: // the others do not matter here
			}
		},
	})
	atOnce := supervisor.Policy{Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}}
	_ = trading.Add("book", serve(untilDone), atOnce)
	_ = trading.Add("engine", serve(func(ctx context.Context) error {
		if first {
			first = false
			return errors.New("lost the book")
		}
		close(again)
		return untilDone(ctx)
	}), atOnce)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-again; cancel() }()
	_ = trading.Serve(ctx)
	// Output:
	// trading/book started
	// trading/engine started
	// trading/engine failed
	// trading/book stopped
	// trading/book started
	// trading/engine started
	// trading/engine stopped
	// trading/book stopped
}

// A service that waits on purpose says so, and a pause keeps it down until it is resumed.
func ExampleSupervisor_Pause() {
	paused := make(chan struct{})
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet(), OnEvent: func(e supervisor.Event) {
		if _, ok := e.(supervisor.Paused); ok {
			fmt.Println(e.Stamped().Path, "paused")
			close(paused)
		}
	}})
	_ = bot.Add("report", serve(func(ctx context.Context) error {
		health.Idle(ctx, time.Now().Add(24*time.Hour)) // no stall until then
		return untilDone(ctx)
	}), supervisor.Policy{Stall: time.Minute})
	_ = bot.Start(context.Background())
	_ = bot.Pause(context.Background(), "report")
	<-paused
	fmt.Println("resume:", bot.Resume(context.Background(), "report"))
	_ = bot.Stop(context.Background())
	// Output:
	// bot/report paused
	// resume: <nil>
}

// A run that does not stop is named, and does not hold the others up.
func ExampleUnstoppedError() {
	running, release := make(chan struct{}), make(chan struct{})
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("poller", &poller{}, supervisor.Policy{})
	_ = bot.Add("deaf", serve(func(context.Context) error {
		close(running)
		<-release // and never a look at the context
		return nil
	}), supervisor.Policy{StopTimeout: time.Millisecond})
	_ = bot.Start(context.Background())
	<-running
	err := bot.Stop(context.Background())
	var unstopped *supervisor.UnstoppedError
	fmt.Println(errors.As(err, &unstopped), err)
	close(release)
	// Output: true supervisor: did not stop: bot/deaf
}
