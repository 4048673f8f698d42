package notify_test

import (
	"context"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// pager is what brings messages to people: a Webhook in most programs, here the output.
type pager struct{ told chan struct{} }

func (p pager) Notify(_ context.Context, m notify.Message) error {
	fmt.Printf("%s: %s (%s)\n", m.Kind, m.Text, m.Remedy)
	close(p.told)
	return nil
}

// A Service stands in the tree, beside what it tells of. Whatever raises a condition that needs a person wakes one.
func Example() {
	registry := health.NewRegistry(health.Config{})
	told := make(chan struct{})
	service, err := notify.New(notify.Config{To: pager{told}, Registry: registry, Kinds: []notify.Kind{notify.KindPerson}})
	if err != nil {
		panic(err)
	}
	tree, err := supervisor.New(supervisor.Config{Name: "host", Registry: registry})
	if err != nil {
		panic(err)
	}
	for name, s := range map[string]supervisor.Service{"notify": service, "engine": haltedEngine{}} {
		if err := tree.Add(name, s, supervisor.Policy{}); err != nil {
			panic(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- tree.Serve(ctx) }()
	<-told
	cancel()
	if err := <-ended; err != nil {
		fmt.Println(err)
	}
	// Output: person: host/engine: trading is halted: the day's loss (look at the account, then rearm)
}

type haltedEngine struct{}

func (haltedEngine) Serve(ctx context.Context) error {
	health.Raise(ctx, health.Condition{
		Key: "halted", Verdict: health.Unhealthy, Person: true,
		Text: "trading is halted: the day's loss", Remedy: "look at the account, then rearm",
	})
	<-ctx.Done()
	return ctx.Err()
}
