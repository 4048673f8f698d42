package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

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

// sms is a Notifier over a channel of one's own. It says what an answer means: later, never, or done.
type sms struct {
	send func(text string) (status int)
}

func (s sms) Notify(_ context.Context, m notify.Message) error {
	switch status := s.send(m.Text); {
	case status == http.StatusTooManyRequests:
		return &notify.RetryError{After: time.Minute, Err: errors.New("the gateway is busy")}
	case status == http.StatusBadRequest:
		return fmt.Errorf("%w: the gateway does not take it", notify.ErrRefused)
	case status != http.StatusOK:
		return fmt.Errorf("the gateway answered %d", status)
	}
	return nil
}

func ExampleNotifier() {
	for _, status := range []int{200, 400, 429} {
		channel := sms{func(string) int { return status }}
		err := channel.Notify(context.Background(), notify.Message{Text: "trading is halted"})
		retry := &notify.RetryError{}
		fmt.Println(status, "refused:", errors.Is(err, notify.ErrRefused), "later:", errors.As(err, &retry), retry.After)
	}
	// Output:
	// 200 refused: false later: false 0s
	// 400 refused: true later: false 0s
	// 429 refused: false later: true 1m0s
}

// A receiver believes only what somebody signed who has the secret, and a moment ago.
func ExampleVerify() {
	const secret = "a secret of 16 bytes or more"
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		if err != nil || !notify.Verify(secret, r.Header.Get(notify.SignatureHeader), body, time.Now(), 5*time.Minute) {
			http.Error(w, "who are you?", http.StatusForbidden)
		}
	}
	w := httptest.NewRecorder()
	receive(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"text":"all is well"}`)))
	fmt.Println(w.Code)
	// Output: 403
}

// A Service stands in the tree, beside what it tells of. Whatever raises a condition that needs a person wakes one.
func Example() {
	registry := health.NewRegistry(health.Config{})
	told := make(chan struct{})
	service, err := notify.New(notify.Config{To: pager{told}, Registry: registry, Kinds: []notify.Kind{notify.KindHalt}})
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
	// Output: halt: host/engine: trading is halted: the day's loss (look at the account, then rearm)
}

type haltedEngine struct{}

func (haltedEngine) Serve(ctx context.Context) error {
	health.Raise(ctx, health.Condition{
		Key: "halted", Verdict: health.Unhealthy, Person: true, Closed: true,
		Text: "trading is halted: the day's loss", Remedy: "look at the account, then rearm",
	})
	<-ctx.Done()
	return ctx.Err()
}
