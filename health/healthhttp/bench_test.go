package healthhttp_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func BenchmarkHealth(b *testing.B) {
	for _, symbols := range []int{3, 1000} {
		for _, path := range []string{"/health", "/health?full=1", "/readyz"} {
			b.Run(fmt.Sprintf("symbols=%d%s", symbols, path), func(b *testing.B) {
				h := handler(b, healthhttp.Config{Registry: market(symbols), Extra: mode})
				b.ReportAllocs()
				for b.Loop() {
					ask(h, http.MethodGet, path)
				}
			})
		}
	}
}

// BenchmarkHealthAtOnce is 10,000 requests, a goroutine each, while a part makes progress. Its cpu-ms/op is the time of
// all processors for all of them.
func BenchmarkHealthAtOnce(b *testing.B) {
	for _, symbols := range []int{3, 1000} {
		b.Run(fmt.Sprintf("symbols=%d", symbols), func(b *testing.B) {
			r := market(symbols)
			h := handler(b, healthhttp.Config{Registry: r, Extra: mode})
			busy := r.Begin("trader/busy").Part()
			var spent time.Duration
			for b.Loop() {
				before := processorTime()
				var all sync.WaitGroup
				for range 10_000 {
					all.Go(func() {
						busy.Observe(nil)
						ask(h, http.MethodGet, "/health")
					})
				}
				all.Wait()
				spent += processorTime() - before
			}
			b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it cannot fail with these arguments
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// sink is a ResponseWriter that costs nothing: what is measured is the handler.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { s.bytes += len(p); return len(p), nil }

// five returns a handler of five services, with the object of a host.
func five(tb testing.TB) (*healthhttp.Handler, *health.Part) {
	tb.Helper()
	r := health.NewRegistry(health.Config{})
	var last *health.Run
	for _, name := range []string{"feed", "generator", "engine", "store", "monitor"} {
		last = r.Begin("trader/" + name)
		live(last, health.Lifecycle{State: health.StateRunning, Since: time.Now()})
		last.Part().Observe(nil)
	}
	return handler(tb, healthhttp.Config{Registry: r, Extra: mode, Version: func() uint64 { return 0 }}), last.Part()
}

// BenchmarkHealthOfFive is /health of five services in process: while nothing but progress is made, and where each answer
// has another state to tell than the one before. The peers' figures are those of benchmarks/peers/health.
func BenchmarkHealthOfFive(b *testing.B) {
	for name, change := range map[string]func(*health.Part){
		"progress": func(p *health.Part) { p.Observe(nil) },
		"changed":  func(p *health.Part) { p.Raise(health.Condition{Key: "k"}) },
	} {
		b.Run(name, func(b *testing.B) {
			h, part := five(b)
			w, r := &sink{header: make(http.Header)}, httptest.NewRequest(http.MethodGet, "/health", http.NoBody)
			b.ReportAllocs()
			for b.Loop() {
				change(part)
				h.ServeHTTP(w, r)
			}
		})
	}
}

func TestHealthDoesNotAllocateWhileNothingChanges(t *testing.T) { //nolint:paralleltest // it counts allocations
	h, _ := five(t)
	w, r := &sink{header: make(http.Header)}, httptest.NewRequest(http.MethodGet, "/health", http.NoBody)
	h.ServeHTTP(w, r)
	if n := testing.AllocsPerRun(1000, func() { h.ServeHTTP(w, r) }); n > 0.1 { // a second may pass meanwhile
		t.Fatalf("%v allocations", n)
	}
	if w.status != http.StatusOK || w.bytes == 0 {
		t.Fatalf("status %d, %d bytes", w.status, w.bytes)
	}
}

// BenchmarkHealthWhileAllHangs is /health of twenty services that are all deadlocked and twenty probes that all hang: while
// nothing else changes, and where something does before each answer, so that none is kept.
func BenchmarkHealthWhileAllHangs(b *testing.B) {
	r := hanging(b)
	h, part := handler(b, healthhttp.Config{Registry: r}), r.Begin("trader/other").Part()
	for name, change := range map[string]func(){
		"kept": func() {}, "changed": func() { part.Raise(health.Condition{Key: "k"}) },
	} {
		b.Run(name, func(b *testing.B) {
			w, request := &sink{header: make(http.Header)}, httptest.NewRequest(http.MethodGet, "/health", http.NoBody)
			var took []time.Duration
			for b.Loop() {
				change()
				began := time.Now()
				h.ServeHTTP(w, request)
				took = append(took, time.Since(began))
			}
			require.Equal(b, http.StatusServiceUnavailable, w.status)
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-us")
		})
	}
}

// hanging returns the registry of a tree in which everything hangs.
func hanging(b *testing.B) *health.Registry {
	b.Helper()
	r, over := health.NewRegistry(health.Config{}), make(chan struct{})
	tree, err := supervisor.New(supervisor.Config{Name: "trader", Registry: r, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	for i := range 20 {
		require.NoError(b, tree.Add(fmt.Sprintf("service%d", i), waits(over), supervisor.Policy{
			Stall: 20 * time.Millisecond, StopTimeout: 10 * time.Millisecond,
		}))
		probe, err := health.NewProbe(health.ProbeConfig{
			Check: func(context.Context) error { <-over; return nil }, Timeout: time.Millisecond,
		})
		require.NoError(b, err)
		require.NoError(b, tree.Add(fmt.Sprintf("probe%d", i), probe, supervisor.Policy{}))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- tree.Serve(ctx) }()
	b.Cleanup(func() {
		close(over)
		cancel()
		require.NoError(b, <-ended)
	})
	require.Eventually(b, func() bool {
		ill := slices.DeleteFunc(r.Report().Parts, func(p *health.PartReport) bool { return p.Verdict != health.Unhealthy })
		return len(ill) >= 40
	}, time.Minute, 10*time.Millisecond)
	return r
}

// waits is a service that hears nothing but the end of all.
type waits chan struct{}

func (w waits) Serve(context.Context) error {
	<-w
	return nil
}
