package supervision_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// BenchmarkStatus asks for the status of one child, and of all, beside 100,000; of all also when one of them has changed
// since, which includes that change: its restart.
func BenchmarkStatus(b *testing.B) {
	services, up := idlers(crowd)
	tree, err := supervisor.New(supervisor.Config{Name: "bench", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	for i, service := range services {
		if err := tree.Add(name(i), service, supervisor.Policy{Verify: supervisor.Off}); err != nil {
			b.Fatal(err)
		}
	}
	changes := service(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	if err := tree.Add("changes", changes, supervisor.Policy{Verify: supervisor.Off}); err != nil {
		b.Fatal(err)
	}
	if err := tree.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	up.Wait()
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := tree.StatusOf(name(crowd / 2)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			tree.Status()
		}
	})
	b.Run("all, one changed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := tree.Restart(context.Background(), "changes"); err != nil {
				b.Fatal(err)
			}
			tree.Status()
		}
	})
	if err := tree.Stop(context.Background()); err != nil {
		b.Error(err)
	}
}
