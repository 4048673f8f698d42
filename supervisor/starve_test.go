package supervisor_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// jumpyClock goes forth at each look by as much as told, as the time does for whoever waits for a processor.
type jumpyClock struct {
	clock.Clock
	jump, ahead atomic.Int64
}

func (c *jumpyClock) Now() time.Time {
	return c.Clock.Now().Add(time.Duration(c.ahead.Add(c.jump.Load())))
}

func TestStarvationIsToldFromAHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec, clk := newRecorder(), &jumpyClock{Clock: clock.New()}
		s, err := supervisor.New(supervisor.Config{Name: "root", Clock: clk, OnEvent: rec.Record, Logger: quiet()})
		require.NoError(t, err)
		add(t, s, "a", untilDone, supervisor.Policy{Stall: 10 * time.Second, Verify: supervisor.Off})
		start(t, s)
		clk.jump.Store(int64(150 * time.Millisecond))
		time.Sleep(50 * time.Second)
		require.NotEmpty(t, only[supervisor.Starved](rec))
		require.Empty(t, only[supervisor.Stalled](rec), "it is forgiven")
		time.Sleep(2 * time.Minute)
		require.NotEmpty(t, only[supervisor.Stalled](rec), "up to ten times")

		clk.jump.Store(0)
		require.NoError(t, s.Restart(t.Context(), "a"))
		synctest.Wait()
		told := len(only[supervisor.Stalled](rec))
		time.Sleep(13 * time.Second)
		require.Len(t, only[supervisor.Stalled](rec), told+1)
		stop(t, s)
	})
}
