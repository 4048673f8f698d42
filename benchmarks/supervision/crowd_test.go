package supervision_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func crowds() []peer {
	return append(peers(), peer{"vigil watched", startVigil(supervisor.Policy{Stall: time.Hour})})
}

// BenchmarkStart adds 100,000 children and waits until all of them run.
func BenchmarkStart(b *testing.B) {
	for _, p := range crowds() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				services, up := idlers(crowd)
				runtime.GC()
				b.StartTimer()
				stop := p.start(b, services)
				up.Wait()
				b.StopTimer()
				stop()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkStop stops 100,000 children: suture all at once, vigil one after the other in reverse order.
func BenchmarkStop(b *testing.B) {
	for _, p := range crowds() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				services, up := idlers(crowd)
				stop := p.start(b, services)
				up.Wait()
				time.Sleep(4 * time.Second) //vigil:wallclock past their verification, a crowd is at rest; memory is real
				runtime.GC()
				b.StartTimer()
				stop()
			}
		})
	}
}

// BenchmarkIdle measures what 100,000 children at rest hold: heap and stacks, after a collection. Run it in a process of
// its own for each peer: the runtime never gives a goroutine's descriptor back, so whoever comes first pays for all.
func BenchmarkIdle(b *testing.B) {
	for _, p := range crowds() {
		b.Run(p.name, func(b *testing.B) {
			var sum float64
			n := 0
			for b.Loop() {
				before := inUse()
				services, up := idlers(crowd)
				own := inUse() - before // the services themselves are nobody's cost
				stop := p.start(b, services)
				up.Wait()
				time.Sleep(4 * time.Second) //vigil:wallclock past their verification, a crowd is at rest; memory is real
				sum += float64(inUse()-before-own) / crowd
				n++
				stop()
				runtime.KeepAlive(services)
			}
			b.ReportMetric(sum/float64(n), "B/child")
		})
	}
}

func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
