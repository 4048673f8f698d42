package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// poller is a service: it works until its context ends, and says that it is alive.
type poller struct{ failures int }

func (p *poller) Serve(ctx context.Context) error {
	if p.failures > 0 {
		p.failures--
		return errors.New("no connection")
	}
	for {
		health.Beat(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// A service that fails twice is restarted twice, and runs.
func Example() {
	running := make(chan struct{})
	tree, err := supervisor.New(supervisor.Config{
		Name:   "bot",
		Logger: quiet(),
		OnEvent: func(e supervisor.Event) {
			switch e := e.(type) {
			case supervisor.Failed:
				fmt.Println(e.Path, "ended:", e.End.Error())
			case supervisor.Restarting:
				fmt.Println(e.Path, "restarts, attempt", e.Attempt)
			case supervisor.Verified:
				close(running)
			default: // the others do not matter here
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := supervisor.Policy{
		Stall:   10 * time.Second,
		Backoff: supervisor.Backoff{Initial: time.Millisecond},
		Verify:  10 * time.Millisecond,
	}
	if err := tree.Add("poller", &poller{failures: 2}, policy); err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-running
		cancel()
	}()
	fmt.Println("stopped:", tree.Serve(ctx))
	// Output:
	// bot/poller ended: no connection
	// bot/poller restarts, attempt 1 of 10
	// bot/poller ended: no connection
	// bot/poller restarts, attempt 2 of 10
	// stopped: <nil>
}

// A supervisor is a service as well: what cannot be mended below is decided above.
func ExampleSupervisor_Serve_escalation() {
	trading, _ := supervisor.New(supervisor.Config{Name: "trading"})
	_ = trading.Add("engine", serve(func(context.Context) error { return errors.New("journal is gone") }),
		supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})

	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("trading", trading, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate})

	err := bot.Serve(context.Background())
	var escalated *supervisor.EscalatedError
	fmt.Println(errors.As(err, &escalated), escalated.Path)
	// Output: true bot/trading
}

// Status is the state of the whole tree, to print or to serve.
func ExampleSupervisor_Status() {
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("poller", &poller{}, supervisor.Policy{Verify: supervisor.Off})
	_ = bot.Start(context.Background())
	for bot.Status().Children[0].State != health.StateRunning { // Start does not wait
	}
	fmt.Println(bot.Status().Children[0].Path, bot.Status().Children[0].State)
	_ = bot.Stop(context.Background())
	fmt.Println(bot.Status().Children[0].Path, bot.Status().Children[0].State)
	// Output:
	// bot/poller running
	// bot/poller stopped
}
