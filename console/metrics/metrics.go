// Package metrics tells Prometheus what the console shows: the state of each service, the account, the signals, the age of
// the data. New returns a prometheus.Collector, which a host registers in a Registerer of its own and serves as it likes,
// such as by console.Config.Metrics. AlertRules and Dashboard are rules for Prometheus and a dashboard for Grafana that use
// them.
//
// It reads the snapshots that health, the tree, the generator and the engine keep for everybody who asks, when it is asked
// and not before. It waits for no part, and no part waits for it. A function of the host's that hangs or panics costs the
// metrics that it would have told, for as long as it does: vigil_source_up is then 0 for it, and the others are told.
//
// Labels are names of services, symbols and what the code itself has names for: never an order, never the text of an error.
// How many series there may be is bounded; what is beyond that is left out, service by service, and counted.
//
// Everything is safe for concurrent use.
package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

const (
	defaultMaxSeries = 5000
	defaultTimeout   = time.Second
)

// Config says what there is to tell of. The functions are those of a console.Config; what is nil is not told of.
type Config struct {
	Registry  *health.Registry             // the verdict, and each part's. Required.
	Tree      *supervisor.Supervisor       // the state of each service
	Account   func() (engine.Status, bool) // false while there is no account yet
	Generator func() generator.Status      // what became of the bars
	Days      func() []book.Day            // days ascending, for the drawdown; asked once in a trading day
	Room      func() error                 // why nothing more should be stored, as of a vigil.Store
	Mode      string                       // such as paper or live, for vigil_info
	Version   string                       // of the program, for vigil_info
	MaxSeries int                          // how many series a scrape may have that a service or a symbol adds; 0 means 5,000
	Timeout   time.Duration                // how long a scrape waits for these functions; 0 means 1 s
	Clock     health.Clock                 // nil means the machine's clock
	Logger    *slog.Logger                 // nil means slog.Default()
}

// collector is what New returns.
type collector struct {
	cfg       Config
	account   *source[maybeAccount]
	generator *source[generator.Status]
	days      *source[[]book.Day]
	room      *source[error]
	peak      peak

	said sync.Once // that series are left out
}

// maybeAccount is what Config.Account returns.
type maybeAccount struct {
	engine.Status
	ok bool
}

// New returns the collector of what the Config names.
func New(cfg Config) (prometheus.Collector, error) {
	switch {
	case cfg.Registry == nil:
		return nil, errors.New("metrics: Config.Registry is nil")
	case cfg.MaxSeries < 0:
		return nil, fmt.Errorf("metrics: Config.MaxSeries %d is negative", cfg.MaxSeries)
	case cfg.Timeout < 0:
		return nil, fmt.Errorf("metrics: Config.Timeout %s is negative", cfg.Timeout)
	}
	cfg.MaxSeries = cmp.Or(cfg.MaxSeries, defaultMaxSeries)
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	c := &collector{cfg: cfg}
	if cfg.Account != nil {
		c.account = newSource("account", func() maybeAccount {
			s, ok := cfg.Account()
			return maybeAccount{s, ok}
		})
	}
	c.generator, c.days, c.room = newSource("generator", cfg.Generator), newSource("days", cfg.Days), newSource("room", cfg.Room)
	return c, nil
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range families {
		out <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := &scrape{room: c.cfg.MaxSeries, report: c.cfg.Registry.Report(),
		patience: patience{end: c.cfg.Clock.After(c.cfg.Timeout)}}
	c.generator.begin()
	c.account.begin()
	c.room.begin()
	c.process(s)
	c.services(s)
	c.trading(s)
	c.generation(s)
	c.children(s)
	c.bounded(s)
	for _, metric := range s.metrics {
		out <- metric
	}
}

// process tells of the process and of all of it.
func (c *collector) process(s *scrape) {
	s.tell(up, 1)
	s.tell(info, 1, text(c.cfg.Mode), text(c.cfg.Version))
	s.tell(clockNow, seconds(s.report.At))
	s.tell(started, seconds(s.report.At.Add(-s.report.Uptime)))
	s.oneOf(verdict, verdicts, s.report.Verdict.String())
}

// bounded tells what was left out, and says it once.
func (c *collector) bounded(s *scrape) {
	s.tell(leftOut, float64(s.leftOut))
	if s.leftOut > 0 {
		c.said.Do(func() {
			c.cfg.Logger.Warn("Metrics are left out: there are more services and symbols than series",
				"left_out", s.leftOut, "max_series", c.cfg.MaxSeries)
		})
	}
}
