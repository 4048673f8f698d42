package healthhttp_test

import (
	"fmt"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
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
