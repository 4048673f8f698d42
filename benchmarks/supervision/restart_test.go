package supervision_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

var atOnce = supervisor.Policy{
	MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay},
}

// BenchmarkRestart lets one child fail at once, again and again, with no delay.
func BenchmarkRestart(b *testing.B) {
	for _, p := range []peer{{"suture", startSuture}, {"vigil", startVigil(atOnce)}} {
		b.Run(p.name, func(b *testing.B) { restart(b, p, 0) })
	}
}

// BenchmarkRestartBesideSiblings does so beside others that work: what a restart costs must not depend on them.
func BenchmarkRestartBesideSiblings(b *testing.B) {
	for _, siblings := range []int{10, 1000, 100_000} {
		for _, p := range []peer{{"suture", startSuture}, {"vigil", startVigil(atOnce)}} {
			b.Run(fmt.Sprintf("%s/siblings=%d", p.name, siblings), func(b *testing.B) { restart(b, p, siblings) })
		}
	}
}

func restart(b *testing.B, p peer, siblings int) {
	b.ReportAllocs()
	services, up := idlers(siblings)
	begin, done := make(chan struct{}), make(chan struct{})
	services = append(services, func(ctx context.Context) error {
		<-begin
		if b.Loop() { // in the service's own goroutine: nothing but the restart is between two of these
			return errBoom
		}
		close(done)
		<-ctx.Done()
		return ctx.Err()
	})
	stop := p.start(b, services)
	up.Wait()
	close(begin)
	<-done
	stop()
}
