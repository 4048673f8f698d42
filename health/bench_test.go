package health_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// deep returns a context with n more contexts between the part and the caller, as a service derives them.
func deep(b *testing.B, n int) context.Context {
	b.Helper()
	ctx := health.NewContext(context.Background(), health.NewRegistry(health.Config{}).Begin("part").Part())
	for range n {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		b.Cleanup(cancel)
	}
	return ctx
}

// BenchmarkBeat: the walk up the contexts is all that it costs, so the depth is what differs.
func BenchmarkBeat(b *testing.B) {
	for _, depth := range []int{0, 1, 4} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			ctx := deep(b, depth)
			b.ReportAllocs()
			for b.Loop() {
				health.Beat(ctx)
			}
		})
	}
	b.Run("unwatched", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			health.Beat(context.Background())
		}
	})
	b.Run("part", func(b *testing.B) {
		p := health.FromContext(deep(b, 4))
		b.ReportAllocs()
		for b.Loop() {
			p.Beat()
		}
	})
}

// BenchmarkBeatParallel beats one part from all processors, which share its cache line as long as nobody takes the beat.
func BenchmarkBeatParallel(b *testing.B) {
	for _, depth := range []int{0, 1} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			ctx := deep(b, depth)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					health.Beat(ctx)
				}
			})
		})
	}
}

func BenchmarkObserve(b *testing.B) {
	ctx := deep(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		health.Observe(ctx, nil)
	}
}

// crowd returns a registry with one part that has n children, and their handles.
func crowd(n int) (*health.Registry, []*health.Part) {
	r := health.NewRegistry(health.Config{})
	owner, parts := r.Begin("gen").Part(), make([]*health.Part, n)
	for i := range parts {
		parts[i] = owner.Child(fmt.Sprintf("s%d", i))
		parts[i].Observe(nil)
	}
	return r, parts
}

// BenchmarkReport makes a report where nothing has changed since the last one, where every part has made progress, and
// where a part came, so that the order of all is new. Its cpu-us/op is the time of all processors, which other work on
// the machine does not lengthen as it does the time by the wall.
func BenchmarkReport(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		r, parts := crowd(n)
		for name, change := range map[string]func(){
			"unchanged": func() {},
			"progress": func() {
				for _, p := range parts {
					p.Observe(nil)
				}
			},
			"one_more": func() {
				r.Begin("more")
				r.Forget("more")
			},
		} {
			b.Run(fmt.Sprintf("parts=%d/%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				var spent time.Duration
				for b.Loop() {
					b.StopTimer()
					change()
					b.StartTimer()
					before := processorTime()
					r.Report()
					spent += processorTime() - before
				}
				b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-us/op")
			})
		}
	}
}

// BenchmarkFirstReport is the one that has everything still to do: the order of the parts, and each of them.
func BenchmarkFirstReport(b *testing.B) {
	b.ReportAllocs()
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		r, _ := crowd(100_000)
		b.StartTimer()
		before := processorTime()
		r.Report()
		spent += processorTime() - before
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-us/op")
}

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // it cannot fail with these arguments
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestBeatDoesNotAllocate(t *testing.T) { //nolint:paralleltest // it counts allocations
	ctx, cancel := context.WithCancel(health.NewContext(t.Context(), health.NewRegistry(health.Config{}).Begin("part").Part()))
	defer cancel()
	if n := testing.AllocsPerRun(1000, func() { health.Beat(ctx) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
