package supervisor_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// TestRestartLoopsWithoutADelayAnswer has more loops than processors, each of which would keep one for as long as
// the runtime lets it: 200 of them would keep everybody else waiting for a second at each step.
func TestRestartLoopsWithoutADelayAnswer(t *testing.T) {
	t.Parallel()
	ends := map[string]serve{
		"errors":  failing,
		"returns": func(context.Context) error { return nil },
		"panics":  func(context.Context) error { panic("boom") },
		"exits":   func(context.Context) error { runtime.Goexit(); return nil },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			const loops, calls = 200, 10
			s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet()})
			require.NoError(t, err)
			for i := range loops {
				add(t, s, fmt.Sprint(i), end, supervisor.Policy{
					MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
			}
			require.NoError(t, s.Start(context.Background()))
			var callers sync.WaitGroup
			for caller := range 4 {
				callers.Go(func() {
					for call := range calls {
						path := fmt.Sprint(caller*calls + call)
						_ = s.Restart(t.Context(), path)
						_ = s.StopChild(context.Background(), path)
						_ = s.StartChild(t.Context(), path)
						s.Status()
					}
				})
			}
			callers.Wait()
			require.NoError(t, s.Stop(context.Background()))
		})
	}
}
