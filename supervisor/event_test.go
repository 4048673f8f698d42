package supervisor_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func withReceiver(t *testing.T, log *slog.Logger, receive func(supervisor.Event)) *supervisor.Supervisor {
	t.Helper()
	s, err := supervisor.New(supervisor.Config{Name: "root", OnEvent: receive, Logger: log})
	require.NoError(t, err)
	return s
}

func TestReceiverThatBlocksLosesEventsAndNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var got []supervisor.Event
		s := withReceiver(t, quiet(), func(e supervisor.Event) {
			<-release
			got = append(got, e)
		})
		runs := 0
		add(t, s, "a", func(context.Context) error { runs++; time.Sleep(time.Second); return errBoom },
			supervisor.Policy{MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}, StopTimeout: 10 * time.Second})
		start(t, s)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.InDelta(t, 3600, runs, 1, "the tree does not wait")
		close(release)
		time.Sleep(time.Second)
		synctest.Wait()
		lost := 0
		for i, e := range got {
			if d, ok := e.(supervisor.Dropped); ok {
				require.Greater(t, i, 1000, "the newest are lost, not the oldest")
				lost += d.N
			}
		}
		require.Greater(t, lost, 6000)
		require.InDelta(t, 2*3600, lost+len(got), 10, "what is lost is counted")
		stop(t, s)
	})
}

func TestReceiverThatIsStillBlockedAtTheStopIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := withReceiver(t, quiet(), func(supervisor.Event) { <-release })
		add(t, s, "a", untilDone, supervisor.Policy{})
		start(t, s)
		began := time.Now()
		require.EqualError(t, s.Stop(t.Context()), "supervisor: did not stop: root (receiver of events)")
		require.Equal(t, time.Second, time.Since(began))
		close(release)
	})
}

func TestReceiverMayPanicAndCallBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var s *supervisor.Supervisor
		seen := 0
		s = withReceiver(t, slog.New(slog.NewTextHandler(&log, nil)), func(e supervisor.Event) {
			seen++
			_ = s.Status()
			if _, ok := e.(supervisor.Started); ok && seen == 1 {
				_ = s.Restart(t.Context(), "a")
			}
			panic("receiver")
		})
		add(t, s, "a", untilDone, supervisor.Policy{})
		start(t, s)
		stop(t, s)
		require.Equal(t, 4, seen, "started, stopped, started, stopped")
		require.Contains(t, log.String(), "OnEvent panicked")
	})
}

func TestReceiverThatCallsGoexitGetsTheNextEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []supervisor.Event
		s := withReceiver(t, quiet(), func(e supervisor.Event) {
			seen = append(seen, e)
			runtime.Goexit() // as a test's FailNow does
		})
		for _, name := range []string{"a", "b", "c"} {
			add(t, s, name, untilDone, supervisor.Policy{})
		}
		start(t, s)
		require.Len(t, seen, 3)
		stop(t, s)
		require.Len(t, seen, 6)
	})
}

func TestLogOfACrashAndItsRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindTime {
				return slog.String(a.Key, a.Value.Time().UTC().Format("15:04:05"))
			}
			return a
		}})
		s := withReceiver(t, slog.New(handler), nil)
		add(t, s, "signals", lasting(4*time.Second), supervisor.Policy{})
		start(t, s)
		time.Sleep(10 * time.Second)
		stop(t, s)
		require.Equal(t, `time=00:00:00 level=INFO msg="service started" service=root/signals attempt="0 of 10"
time=00:00:03 level=DEBUG msg="service verified" service=root/signals
time=00:00:04 level=ERROR msg="service ended" service=root/signals end=error error=boom ran=4s failed_start=false
time=00:00:04 level=WARN msg="service restarting" service=root/signals at=00:00:09 attempt="1 of 10"
time=00:00:09 level=INFO msg="service started" service=root/signals attempt="1 of 10"
time=00:00:10 level=INFO msg="service stopped" service=root/signals
`, log.String())
	})
}

func TestEventsAllHaveALine(t *testing.T) {
	t.Parallel()
	for _, e := range []supervisor.Event{
		supervisor.Added{}, supervisor.Removed{}, supervisor.Started{}, supervisor.Verified{}, supervisor.Failed{}, supervisor.Restarting{},
		supervisor.Stopped{}, supervisor.Finished{}, supervisor.Stalled{}, supervisor.Abandoned{}, supervisor.ZombieEnded{},
		supervisor.Parked{}, supervisor.Escalated{}, supervisor.GaveUp{}, supervisor.Paused{}, supervisor.Resumed{},
		supervisor.StopTimedOut{}, supervisor.Suspended{}, supervisor.Dropped{}, supervisor.NotReady{},
	} {
		var log bytes.Buffer
		supervisor.LogEvent(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), e)
		require.NotContains(t, log.String(), "unknown event", fmt.Sprintf("%T", e))
		require.NotEmpty(t, log.String())
	}
}
