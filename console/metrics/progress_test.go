package metrics_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func TestProgressHasOneRuleForAllServices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		var hangs atomic.Bool
		release := make(chan struct{})
		cfg := metrics.Config{Registry: registry, Tree: tree(t, registry, map[string]supervisor.Service{
			"works": serve(working),
			"hangs": serve(func(ctx context.Context) error {
				for !hangs.Load() && ctx.Err() == nil {
					health.Beat(ctx)
					time.Sleep(time.Second)
				}
				<-release
				return nil
			}),
			"rests": serve(func(ctx context.Context) error {
				health.Beat(ctx)
				health.Expect(ctx, health.Limits{MaxSilence: time.Second})
				health.Idle(ctx, time.Time{})
				<-ctx.Done()
				return ctx.Err()
			}),
		})}
		t.Cleanup(func() {
			close(release)
			synctest.Wait() // the run that was given up has ended before the tree is stopped
		})
		time.Sleep(time.Minute)
		require.Empty(t, silent(t, cfg))
		hangs.Store(true)
		time.Sleep(9 * time.Second)
		require.Empty(t, silent(t, cfg))
		require.InDelta(t, 9, ages(t, cfg)["trader/hangs"], 1.5, "it counts towards the deadline")
		time.Sleep(4 * time.Second)
		require.Equal(t, []string{"trader/hangs"}, silent(t, cfg))
		time.Sleep(time.Hour)
		require.Equal(t, []string{"trader/hangs"}, silent(t, cfg), "also when its run was given up")
	})
}

// ages is for how long each service has been silent whose silence is judged.
func ages(t *testing.T, cfg metrics.Config) map[string]float64 {
	t.Helper()
	ages := make(map[string]float64)
	for _, m := range numbers(t, cfg, "vigil_service_progress_timestamp_seconds") {
		ages[labelOf(m, "service")] = float64(time.Now().UnixMilli())/1000 - m.GetGauge().GetValue()
	}
	return ages
}

// silent are the services of which the rule says that they make no progress.
func silent(t *testing.T, cfg metrics.Config) (paths []string) {
	t.Helper()
	ages := ages(t, cfg)
	for _, m := range numbers(t, cfg, "vigil_service_progress_deadline_seconds") {
		if service := labelOf(m, "service"); ages[service] > m.GetGauge().GetValue() {
			paths = append(paths, service)
		}
	}
	for _, m := range numbers(t, cfg, "vigil_service_state") {
		if labelOf(m, "state") == "stalled" && m.GetGauge().GetValue() == 1 {
			paths = append(paths, labelOf(m, "service"))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// numbers are those of one family.
func numbers(t *testing.T, cfg metrics.Config, name string) []*dto.Metric {
	t.Helper()
	for _, family := range gather(t, cfg) {
		if family.GetName() == name {
			return family.GetMetric()
		}
	}
	return nil
}
