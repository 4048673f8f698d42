package supervision_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/thejerf/suture/v4"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// crowd is how many children the benchmarks of scale have.
const crowd = 100_000

var errBoom = errors.New("boom")

// peer is one library's way to run a list of services.
type peer struct {
	name  string
	start func(b *testing.B, services []service) (stop func())
}

// service is a service of both libraries. It has a String: suture would otherwise print all of it for a name.
type service func(ctx context.Context) error

func (s service) Serve(ctx context.Context) error { return s(ctx) }
func (s service) String() string                  { return "service" }

func peers() []peer {
	return []peer{{"suture", startSuture}, {"vigil", startVigil(supervisor.Policy{})}}
}

func startSuture(_ *testing.B, services []service) (stop func()) {
	s := suture.New("bench", suture.Spec{EventHook: func(suture.Event) {}, FailureThreshold: 1e18})
	for _, service := range services {
		s.Add(service)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := s.ServeBackground(ctx)
	return func() {
		cancel()
		_ = <-done == nil // only that its context has ended
	}
}

func startVigil(policy supervisor.Policy) func(*testing.B, []service) func() {
	return func(b *testing.B, services []service) func() {
		s, err := supervisor.New(supervisor.Config{Name: "bench", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		for i, service := range services {
			if err := s.Add(name(i), service, policy); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Start(context.Background()); err != nil {
			b.Fatal(err)
		}
		return func() {
			if err := s.Stop(context.Background()); err != nil {
				b.Error(err)
			}
		}
	}
}

// name is short, as names are, and made without fmt, whose cost would be counted.
func name(i int) string {
	const digits = "0123456789abcdef"
	return string([]byte{'s', digits[i>>16&15], digits[i>>12&15], digits[i>>8&15], digits[i>>4&15], digits[i&15]})
}

// idlers are n services that do nothing until they are stopped; up.Wait returns when all of them run.
func idlers(n int) (services []service, up *sync.WaitGroup) {
	up = new(sync.WaitGroup)
	up.Add(n)
	for range n {
		services = append(services, func(ctx context.Context) error {
			up.Done()
			<-ctx.Done()
			return ctx.Err()
		})
	}
	return services, up
}
