package supervision_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// BenchmarkStall lets one child hang beside many that are watched, and measures how long after its limit it is asked to
// stop: a tick of the watch, and the search for its stack among all others.
func BenchmarkStall(b *testing.B) {
	for _, siblings := range []int{0, 1000, crowd} {
		b.Run(map[int]string{0: "alone", 1000: "beside 1000", crowd: "beside 100000"}[siblings], func(b *testing.B) {
			services, up := idlers(siblings)
			tree, err := supervisor.New(supervisor.Config{Name: "bench", Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			for i, service := range services {
				if err := tree.Add(name(i), service, supervisor.Policy{Stall: time.Hour}); err != nil {
					b.Fatal(err)
				}
			}
			if err := tree.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			up.Wait()
			const limit = 100 * time.Millisecond
			asked := make(chan time.Duration)
			hangs := service(func(ctx context.Context) error {
				began := time.Now()
				<-ctx.Done()
				asked <- time.Since(began)
				return ctx.Err()
			})
			var sum time.Duration
			n := 0
			for b.Loop() {
				if err := tree.Add("hangs", hangs, supervisor.Policy{Stall: limit, Restart: supervisor.Temporary}); err != nil {
					b.Fatal(err)
				}
				sum += <-asked - limit
				n++
				for _, err := tree.StatusOf("hangs"); err == nil; _, err = tree.StatusOf("hangs") { // until it is forgotten
				}
			}
			b.ReportMetric(float64(sum.Microseconds())/1000/float64(n), "ms/late")
			if err := tree.Stop(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
}
