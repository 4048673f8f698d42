package supervisor_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// hookedClock calls the hook when somebody looks at it.
type hookedClock struct {
	clock.Clock
	hook atomic.Pointer[func()]
}

func (c *hookedClock) Now() time.Time {
	if hook := c.hook.Load(); hook != nil {
		(*hook)()
	}
	return c.Clock.Now()
}

func TestWhoSeesAnEventSeesItsStatus(t *testing.T) {
	t.Parallel()
	var s *supervisor.Supervisor
	clk := &hookedClock{Clock: clock.New()}
	asking, shown := make(chan struct{}), make(chan supervisor.Status, 1)
	s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Clock: clk, OnEvent: func(e supervisor.Event) {
		if _, ok := e.(supervisor.Paused); ok {
			close(asking)
			shown <- s.Status()
		}
	}})
	require.NoError(t, err)
	add(t, s, "a", untilDone, supervisor.Policy{Verify: supervisor.Off})
	require.NoError(t, s.Start(context.Background()))
	require.Eventually(t, func() bool { return s.Status().Children[0].State == health.StateRunning }, 10*time.Second, time.Millisecond)
	var looks atomic.Int32
	hook := func() {
		if looks.Add(1) != 2 { // the first one is for the event, the second for the state
			return
		}
		<-asking
		for range 1000 {
			runtime.Gosched()
		}
	}
	clk.hook.Store(&hook)
	require.NoError(t, s.Pause("a"))
	clk.hook.Store(nil)
	require.NotEqual(t, health.StateRunning, (<-shown).Children[0].State)
	require.NoError(t, s.Stop(t.Context()))
}
