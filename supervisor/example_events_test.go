package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// What a program does about each event is up to it: here, whom it wakes.
func ExampleEvent() {
	whom := func(e supervisor.Event) string {
		switch e.(type) {
		case supervisor.GaveUp, supervisor.Escalated, supervisor.Parked:
			return "a person, now: the tree does not mend it by itself, or not soon"
		case supervisor.Abandoned, supervisor.StopTimedOut, supervisor.Starved, supervisor.NotReady:
			return "a person, in the morning: something does not do as it is told"
		case supervisor.Failed, supervisor.Stalled, supervisor.Restarting, supervisor.Suspended, supervisor.Dropped,
			supervisor.Folded, supervisor.ZombieEnded:
			return "nobody, it is counted"
		case supervisor.Added, supervisor.Removed, supervisor.Started, supervisor.Verified, supervisor.Finished,
			supervisor.Stopped, supervisor.Paused, supervisor.Resumed, supervisor.Halted:
			return "nobody, it was meant"
		}
		return "a person: it is an event of a later version"
	}
	fmt.Println(whom(supervisor.Parked{}))
	fmt.Println(whom(supervisor.Restarting{}))
	// Output:
	// a person, now: the tree does not mend it by itself, or not soon
	// nobody, it is counted
}

// A program that lets its operators stop and start children over HTTP answers them by what the error is.
func ExampleSupervisor_errors() {
	code := func(err error) int {
		switch {
		case err == nil:
			return http.StatusOK
		case errors.Is(err, supervisor.ErrNotFound):
			return http.StatusNotFound
		case errors.Is(err, supervisor.ErrNotRunning), errors.Is(err, supervisor.ErrStopping):
			return http.StatusServiceUnavailable // the tree, not the child
		case errors.Is(err, supervisor.ErrStarted), errors.Is(err, supervisor.ErrNotStopped),
			errors.Is(err, supervisor.ErrDuplicate), errors.Is(err, supervisor.ErrOwned), errors.Is(err, supervisor.ErrZombie):
			return http.StatusConflict
		}
		return http.StatusInternalServerError
	}
	ctx := context.Background()
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("poller", &poller{}, supervisor.Policy{})
	_ = bot.Start(ctx)
	fmt.Println(code(bot.Restart(ctx, "poller")))
	fmt.Println(code(bot.StopChild(ctx, "feed")))
	fmt.Println(code(bot.StartChild(ctx, "poller")))
	_ = bot.Stop(ctx)
	// Output:
	// 200
	// 404
	// 409
}

// A service that has something to say before it goes may ask why it has to.
func ExampleStallError() {
	farewell := func(ctx context.Context) string {
		cause := context.Cause(ctx)
		var stalled *supervisor.StallError
		switch {
		case errors.As(cause, &stalled):
			return "I was too slow: " + stalled.Error()
		case errors.Is(cause, supervisor.ErrRestarted), errors.Is(cause, supervisor.ErrGroup):
			return "I will be back at once"
		case errors.Is(cause, supervisor.ErrPaused), errors.Is(cause, supervisor.ErrHalted):
			return "I will be back when a person wants me"
		}
		return "this is the end"
	}
	running, said := make(chan struct{}), make(chan string, 1)
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("desk", serve(func(ctx context.Context) error {
		close(running)
		<-ctx.Done()
		said <- farewell(ctx)
		return ctx.Err()
	}), supervisor.Policy{StopTimeout: supervisor.Forever})
	ctx := context.Background()
	_ = bot.Start(ctx)
	<-running
	_ = bot.Pause(ctx, "desk")
	fmt.Println(<-said)
	_ = bot.Stop(ctx)
	// Output: I will be back when a person wants me
}

// A panic is an end like others, and its value is at hand.
func ExamplePanicError() {
	ended := make(chan supervisor.End, 1)
	bot, _ := supervisor.New(supervisor.Config{
		Name: "bot", Logger: quiet(),
		OnEvent: func(e supervisor.Event) {
			if failed, ok := e.(supervisor.Failed); ok {
				ended <- failed.End
			}
		},
	})
	_ = bot.Add("prices", serve(func(context.Context) error { panic("no price") }), supervisor.Policy{})
	ctx := context.Background()
	_ = bot.Start(ctx)
	end := <-ended
	var panicked *supervisor.PanicError
	fmt.Println(end.Kind, errors.As(end.Err, &panicked), panicked.Value)
	_ = bot.Stop(ctx)
	// Output: panic true no price
}

// standby is told when to idle, and keeps its connection.
type standby struct {
	running chan struct{}
	said    chan string
}

func (s standby) Serve(ctx context.Context) error {
	close(s.running)
	<-ctx.Done()
	return ctx.Err()
}
func (s standby) Pause()  { s.said <- "idles" }
func (s standby) Resume() { s.said <- "goes on" }

// A service that is expensive to start is paused without an end of its run.
func ExamplePauser() {
	s := standby{running: make(chan struct{}), said: make(chan string, 2)}
	var _ supervisor.Pauser = s
	bot, _ := supervisor.New(supervisor.Config{Name: "bot", Logger: quiet()})
	_ = bot.Add("socket", s, supervisor.Policy{})
	ctx := context.Background()
	_ = bot.Start(ctx)
	<-s.running
	_ = bot.Pause(ctx, "socket")
	_ = bot.Resume(ctx, "socket")
	fmt.Println(<-s.said)
	fmt.Println(<-s.said)
	_ = bot.Stop(ctx)
	// Output:
	// idles
	// goes on
}
