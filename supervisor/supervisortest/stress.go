package supervisortest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// StressConfig says how Stress goes about it. The zero value is a sound default.
type StressConfig struct {
	Rounds int           // how often the service is served; 0 means 100
	Span   time.Duration // the longest that a run lasts before it is asked to stop; 0 means 20 ms
	Within time.Duration // how long a run may take to return when it is asked; 0 means 1 s
	Seed   uint64        // of the moments at which runs are asked
	Clock  health.Clock  // nil means the machine's clock; in a bubble that is a fake one
	// EndsByItself allows Serve to return before it is asked, as a service does whose work can be done.
	EndsByItself bool
}

// Stress holds a service to the contract of Serve, which is what a supervisor builds on:
//
//   - with a context that has ended it returns, and does not panic;
//   - when its context ends, at whatever moment, it returns within a limit;
//   - it does not end before, unless it may (and never in a panic or by Goexit);
//   - when it has returned it can be served again.
//
// The same service is served in all rounds: state that a run leaves behind is what is looked for. Goroutines left behind
// are for goleak, in the TestMain of the package.
func Stress(t testing.TB, service supervisor.Service, cfg StressConfig) {
	t.Helper()
	cfg.Rounds = cmp.Or(cfg.Rounds, 100)
	cfg.Span = cmp.Or(cfg.Span, 20*time.Millisecond)
	cfg.Within = cmp.Or(cfg.Within, time.Second)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	random := rand.New(rand.NewPCG(cfg.Seed, 0))
	for round := range cfg.Rounds {
		span := time.Duration(random.Int64N(int64(cfg.Span) + 1))
		if round == 0 {
			span = 0
		}
		if err := cfg.round(t.Context(), service, span); err != nil {
			t.Fatalf("supervisortest: round %d, stopped after %s: %v", round, span, err)
		}
	}
}

// round serves once, for the given span.
func (cfg StressConfig) round(ctx context.Context, service supervisor.Service, span time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if span == 0 {
		cancel()
	}
	ended := make(chan error, 1)
	go serveOnce(ctx, service, ended)
	if span > 0 {
		select {
		case err := <-ended:
			return cfg.judgeEarly(err)
		case <-cfg.Clock.After(span):
		}
		cancel()
	}
	select {
	case err := <-ended:
		return violation(err)
	case <-cfg.Clock.After(cfg.Within):
		return fmt.Errorf("Serve has not returned %s after its context ended", cfg.Within)
	}
}

func (cfg StressConfig) judgeEarly(err error) error {
	if v := violation(err); v != nil || cfg.EndsByItself {
		return v
	}
	return &violated{fmt.Sprintf("Serve returned before it was asked to: %v", err)}
}

// violated is an end that no service may have.
type violated struct{ what string }

func (v *violated) Error() string { return v.what }

func violation(err error) error {
	if v, ok := err.(*violated); ok { //nolint:errorlint // made here, and never wrapped
		return v
	}
	return nil
}

// serveOnce sends how the run ended, however it did: a deferred call sees a Goexit too.
func serveOnce(ctx context.Context, service supervisor.Service, ended chan<- error) {
	err := error(&violated{"Serve called runtime.Goexit"})
	defer func() {
		if v := recover(); v != nil {
			err = &violated{fmt.Sprintf("Serve panicked: %v\n%s", v, debug.Stack())}
		}
		ended <- err
	}()
	err = service.Serve(ctx)
}
