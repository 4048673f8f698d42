package console

import (
	"errors"
	"net/http"
)

// metricsPath is where Config.Metrics answers.
const metricsPath = "/metrics"

// checkMetrics refuses a credential that opens more, or less, than it should.
func (c *Config) checkMetrics() error {
	switch {
	case c.MetricsToken == "":
		return nil
	case c.Metrics == nil:
		return errors.New("console: Config.MetricsToken is set without Config.Metrics")
	case c.MetricsToken == c.Read.Token || c.MetricsToken == c.Control.Token:
		return errors.New("console: Config.MetricsToken is another one's as well: a scraper could read more than metrics, or act")
	}
	if wrong := weak(c.MetricsToken); wrong != "" {
		return errors.New("console: Config.MetricsToken " + wrong)
	}
	return nil
}

// metrics lets scrapers through. Who may read, or act, may scrape.
func (a *api) metrics() http.Handler {
	if a.cfg.MetricsToken == "" {
		return onlyRead(a.known(a.cfg.Metrics))
	}
	read := a.cfg.Read
	scrapers := &door{cfg: a.cfg, name: "metrics", sessions: a.sessions, keys: []credential{
		{token: a.cfg.MetricsToken, actor: "scraper"}, {token: read.Token, authorize: read.Authorize, actor: "reader"},
		ofControl(a.cfg.Control),
	}}
	return onlyRead(a.behind(scrapers, a.cfg.Metrics))
}
