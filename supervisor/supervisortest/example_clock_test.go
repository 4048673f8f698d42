package supervisortest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

// A test that the heartbeat is in the log when it should be: an hour of them, without a bubble and without an hour.
func Example_heartbeat() {
	clk, beats := supervisortest.NewClock(), make(chan health.Report)
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: health.NewRegistry(health.Config{Clock: clk}), Interval: 20 * time.Minute, Clock: clk, Logger: quiet(),
		OnBeat: func(r health.Report) { beats <- r },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error)
	go func() { stopped <- monitor.Serve(ctx) }()
	for range 3 {
		clk.AwaitArmed(clk.Now().Add(20 * time.Minute))
		moved := make(chan struct{})
		go func() { clk.Add(20 * time.Minute); close(moved) }()
		beat := <-beats
		<-moved
		fmt.Println(beat.At.Format("15:04"), beat.Verdict)
	}
	cancel()
	fmt.Println(<-stopped)
	// Output:
	// 00:20 healthy
	// 00:40 healthy
	// 01:00 healthy
	// context canceled
}

// A test of when a service that works, and whose work fails, turns the health of the program.
func Example_errors() {
	clk := supervisortest.NewClock()
	registry := health.NewRegistry(health.Config{Clock: clk})
	part := registry.Begin("bot/poller").Part()
	part.Expect(health.Limits{MaxErrors: 3})
	for i := range 3 {
		part.Observe(errors.New("no connection"))
		clk.Add(time.Second)
		fmt.Println(i+1, "in a row:", registry.Report().Verdict)
	}
	part.Observe(nil)
	fmt.Println("one that works:", registry.Report().Verdict)
	// Output:
	// 1 in a row: degraded
	// 2 in a row: degraded
	// 3 in a row: unhealthy
	// one that works: healthy
}

// A Puppet does what a service of a program's own does once in a year.
func ExamplePuppet() {
	clk, rec, feed := supervisortest.NewClock(), supervisortest.NewRecorder(), supervisortest.NewPuppet()
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Clock: clk, OnEvent: rec.Record, Logger: quiet()})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = tree.Add("feed", feed, supervisor.Policy{Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
	ctx := context.Background()
	_ = tree.Start(ctx)
	_ = feed.Do(ctx, supervisortest.Ready())
	_ = feed.Do(ctx, supervisortest.Beat())
	for _, act := range []supervisortest.Act{supervisortest.Return(), supervisortest.Panic("no price"), supervisortest.Exit()} {
		_ = feed.Do(ctx, act)
		failed, _ := supervisortest.Await[supervisor.Failed](ctx, rec, "bot/feed")
		fmt.Println(failed.End.Kind)
	}
	_ = feed.Do(ctx, supervisortest.Hang()) // and does not beat: but it heeds its context
	fmt.Println("stopped:", tree.Stop(ctx))
	// Output:
	// returned
	// panic
	// goexit
	// stopped: <nil>
}

// A service that does not heed its context is left behind, and its supervisor says so.
func ExampleDeaf() {
	clk, feed := supervisortest.NewClock(), supervisortest.NewPuppet()
	tree, err := supervisor.New(supervisor.Config{Name: "bot", Clock: clk, Logger: quiet()})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = tree.Add("feed", feed, supervisor.Policy{StopTimeout: time.Second})
	ctx := context.Background()
	_ = tree.Start(ctx)
	_ = feed.Do(ctx, supervisortest.Deaf())
	stopped := make(chan error)
	go func() { stopped <- tree.Stop(ctx) }()
	clk.AwaitArmed(clk.Now().Add(time.Second))
	clk.Add(time.Second)
	fmt.Println(<-stopped)
	feed.Release()
	fmt.Println("its run returns:", supervisortest.ErrDeaf)
	// Output:
	// supervisor: did not stop: bot/feed
	// its run returns: supervisortest: released
}

// In a test of your service.
func ExampleStress() {
	test := func(t *testing.T) {
		supervisortest.Stress(t, supervisortest.NewPuppet(), supervisortest.StressConfig{Rounds: 50})
	}
	fmt.Println(test != nil)
	// Output: true
}
