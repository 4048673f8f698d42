package health_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

// probing serves a Probe as the part "host/db", in a bubble.
func probing(t *testing.T, cfg health.ProbeConfig, test func(t *testing.T, part func() health.PartReport)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		probe, err := health.NewProbe(cfg)
		require.NoError(t, err)
		run := r.Begin("host/db")
		run.SetState(health.Stage{State: health.StateRunning, Since: time.Now()})
		ctx, cancel := context.WithCancel(health.NewContext(t.Context(), run.Part()))
		ended := make(chan error, 1)
		go func() { ended <- probe.Serve(ctx) }()
		synctest.Wait()
		test(t, func() health.PartReport {
			part, ok := r.Report().Part("host/db")
			require.True(t, ok)
			return part
		})
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestProbeTellsWhatItsCheckSays(t *testing.T) {
	t.Parallel()
	var wrong atomic.Pointer[error]
	check := func(context.Context) error {
		if err := wrong.Load(); err != nil {
			return *err
		}
		return nil
	}
	probing(t, health.ProbeConfig{Check: check, Every: time.Second}, func(t *testing.T, part func() health.PartReport) {
		require.Equal(t, health.Healthy, part().Verdict)
		err := errors.New("connection refused")
		wrong.Store(&err)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, health.Unhealthy, part().Verdict)
		require.Contains(t, part().Reason, "connection refused")
		wrong.Store(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, health.Healthy, part().Verdict)
	})
}

func TestProbeWaitsForSomeFailuresInARow(t *testing.T) {
	t.Parallel()
	check := func(context.Context) error { return errors.New("slow") }
	probing(t, health.ProbeConfig{Check: check, Every: time.Second, Failures: 3, Verdict: health.Degraded},
		func(t *testing.T, part func() health.PartReport) {
			for range 2 {
				require.Equal(t, health.Healthy, part().Verdict)
				time.Sleep(time.Second)
				synctest.Wait()
			}
			require.Equal(t, health.Degraded, part().Verdict)
		})
}

func TestProbeWhoseCheckHangsIsUnhealthyAndHasNoSecondOne(t *testing.T) {
	t.Parallel()
	var calls, hang atomic.Int64
	var release chan struct{}
	check := func(context.Context) error {
		calls.Add(1)
		if hang.Load() > 0 {
			<-release // whatever its context says
		}
		return nil
	}
	probing(t, health.ProbeConfig{Check: check, Every: time.Minute}, func(t *testing.T, part func() health.PartReport) {
		release = make(chan struct{})
		hang.Store(1)
		time.Sleep(time.Minute + 11*time.Second)
		synctest.Wait()
		require.Equal(t, health.Unhealthy, part().Verdict)
		require.Contains(t, part().Reason, "has not returned within 10s")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 2, calls.Load())
		require.Equal(t, health.Unhealthy, part().Verdict)
		hang.Store(0)
		close(release)
		synctest.Wait()
		require.Equal(t, health.Healthy, part().Verdict)
	})
}

func TestProbeWhoseCheckPanicsOrExitsHasFailed(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(context.Context) error{
		"panic": func(context.Context) error { panic("broken") },
		"exit":  func(context.Context) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			probing(t, health.ProbeConfig{Check: check}, func(t *testing.T, part func() health.PartReport) {
				require.Equal(t, health.Unhealthy, part().Verdict)
				require.NotEmpty(t, part().Reason)
			})
		})
	}
}

func TestProbeThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	check := func(context.Context) error { return nil }
	for says, cfg := range map[string]health.ProbeConfig{
		"Check is nil": {},
		"negative":     {Check: check, Every: -1},
		"Verdict":      {Check: check, Verdict: 7},
	} {
		_, err := health.NewProbe(cfg)
		require.ErrorContains(t, err, says)
	}
}
