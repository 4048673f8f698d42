package health_test

import (
	"context"
	"fmt"
	"testing"

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

func BenchmarkReport(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("parts=%d", n), func(b *testing.B) {
			r := health.NewRegistry(health.Config{})
			ctx := health.NewContext(context.Background(), r.Begin("gen").Part())
			for i := range n {
				health.Observe(health.Child(ctx, fmt.Sprintf("s%d", i)), nil)
			}
			b.ReportAllocs()
			for b.Loop() {
				r.Report()
			}
		})
	}
}

func TestBeatDoesNotAllocate(t *testing.T) { //nolint:paralleltest // it counts allocations
	ctx, cancel := context.WithCancel(health.NewContext(t.Context(), health.NewRegistry(health.Config{}).Begin("part").Part()))
	defer cancel()
	if n := testing.AllocsPerRun(1000, func() { health.Beat(ctx) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
