package main

import (
	"errors"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// scrapesAtOnce is how many scrapes there may be at once: one that is slower than its interval must not heap up.
const scrapesAtOnce = 4

// metrics is what /metrics answers: what the console shows, the run time of Go, and the process.
func (a *app) metrics() (http.Handler, error) {
	cfg := metrics.Config{
		Registry: a.registry, Room: a.db.Room, Mode: a.cfg.mode(), Version: version(), Clock: a.clock, Logger: a.log,
	}
	if t := a.trader; t != nil {
		cfg.Tree, cfg.Account, cfg.Days = t.Tree(), t.Account, t.Performance
		cfg.Generator = func() generator.Status { return t.Status().Generator }
	}
	collector, err := metrics.New(cfg)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	err = errors.Join(registry.Register(collector), registry.Register(collectors.NewGoCollector()),
		registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: scrapesAtOnce}), err
}
