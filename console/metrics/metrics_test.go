package metrics_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
)

func TestCollectorFitsAPedanticRegistry(t *testing.T) {
	t.Parallel()
	c, err := metrics.New(metrics.Config{Registry: health.NewRegistry(health.Config{})})
	require.NoError(t, err)
	reg := prometheus.NewPedanticRegistry()
	require.NoError(t, reg.Register(c))
	families, err := reg.Gather()
	require.NoError(t, err)
	require.NotEmpty(t, families)
}
