package watchdog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/hide"
)

// Defaults of PingConfig.
const (
	defaultEvery   = time.Minute
	defaultTimeout = 10 * time.Second
)

// PingConfig configures a Ping.
type PingConfig struct {
	Registry *health.Registry // Required
	URL      string           // of the check, without a suffix. Required. It is a secret, and never logged
	Every    time.Duration    // how often it is told; 0 means 1 min
	Stuck    time.Duration    // how long a part may be crashed or stalled; 0 means 5 min
	Timeout  time.Duration    // how long an answer may take; 0 means 10 s
	// Accepts reports whether the body of a 2xx says that the ping counts; nil means that an OK with a word in brackets
	// does not.
	Accepts func(body string) bool
	Client  *http.Client // nil means one of its own. Redirections are not followed: what they lead to is not the check
	Clock   health.Clock // nil means the machine's clock
	Logger  *slog.Logger // nil means slog.Default()
}

// counts refuses what healthchecks.io answers with 200 where no check was pinged: "OK (not found)" and "OK (rate
// limited)". A client that looks at the status alone would believe in a switch that is not there.
func counts(body string) bool {
	return !strings.HasPrefix(body, "OK") || !strings.Contains(body, "(")
}

// Ping tells a dead man's switch that the process is alive: somebody is called when it says nothing any more. Use NewPing.
//
// It POSTs to the URL at each interval as long as nothing is stuck, to URL/fail with the reasons when something is, to
// URL/start at first, and to URL/log what a person would want to read later: that the system is not healthy, that it is
// again, and that it was stopped. A system that is halted is alive, so that the switch stays quiet.
type Ping struct {
	common

	cfg     PingConfig
	client  http.Client
	host    string
	secrets hide.Secrets
	said    health.Verdict // the one that was logged last
}

// NewPing returns a Ping.
func NewPing(cfg PingConfig) (*Ping, error) {
	p := &Ping{cfg: cfg}
	if err := p.prepare(cfg.Registry, cfg.Stuck, cfg.Clock, cfg.Logger); err != nil {
		return nil, err
	}
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("watchdog: PingConfig.URL is no http or https URL (it is a secret, and not shown)")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("watchdog: PingConfig.URL has a query or a fragment: suffixes are added to its path")
	case cfg.Every < 0 || cfg.Timeout < 0:
		return nil, errors.New("watchdog: PingConfig.Every or Timeout is negative")
	}
	p.host = u.Host
	p.cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	p.cfg.Every, p.cfg.Timeout = cmp.Or(cfg.Every, defaultEvery), cmp.Or(cfg.Timeout, defaultTimeout)
	if p.cfg.Accepts == nil {
		p.cfg.Accepts = counts
	}
	if cfg.Client != nil {
		p.client = *cfg.Client
	}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p.secrets = hide.URL(p.cfg.URL)
	return p, nil
}

// String returns a name for the tree.
func (p *Ping) String() string { return "ping" }

// again is how soon a ping that failed is tried again.
const again = 5 * time.Second

// Serve pings until ctx ends.
func (p *Ping) Serve(ctx context.Context) error {
	health.Expect(ctx, limits(p.remedy()))
	p.note(ctx, p.send(ctx, "/start", "started"))
	for {
		next := p.cfg.Every
		if !p.note(ctx, p.ping(ctx)) {
			next = min(next, again)
		}
		health.Idle(ctx, p.clk.Now().Add(next))
		select {
		case <-ctx.Done():
			_ = p.send(context.WithoutCancel(ctx), "/log", "stopped by its own process: no more pings follow")
			return ctx.Err()
		case <-p.clk.After(next):
		}
	}
}

// ping says how the system stands.
func (p *Ping) ping(ctx context.Context) error {
	if stuck := p.look(); len(stuck) > 0 {
		return p.send(ctx, "/fail", "a new process is needed: "+strings.Join(stuck, "; "))
	}
	status, verdict := p.status(), p.report.Verdict
	var logged error
	if verdict != p.said {
		if logged = p.send(ctx, "/log", status); logged == nil {
			p.said = verdict
		}
	}
	return errors.Join(logged, p.send(ctx, "", status)) // a switch that takes no log is to hear that the process is alive
}

// note says in health and in the log whether the switch is told.
func (p *Ping) note(ctx context.Context, err error) (ok bool) {
	const key = "not_pinged"
	if err != nil && ctx.Err() != nil {
		return false // It was broken off, and says nothing of the switch.
	}
	p.outcome(err, "the dead man's switch")
	if err == nil {
		health.Clear(ctx, key)
		health.Observe(ctx, nil)
		return true
	}
	health.Observe(ctx, err)
	health.Raise(ctx, health.Condition{
		Key: key, Verdict: health.Degraded, Text: err.Error(),
		Remedy: p.remedy(),
	})
	return false
}

func (p *Ping) remedy() string {
	return "see whether the check at " + p.host + " exists, and whether this machine reaches it"
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 200

func (p *Ping) send(ctx context.Context, suffix, body string) error {
	ctx, cancel := clockctx.WithTimeout(ctx, p.clk, p.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.cfg.URL+suffix, strings.NewReader(body))
	if err != nil {
		return p.hidden(err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := p.client.Do(req)
	if err != nil {
		return p.hidden(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode < 200 || resp.StatusCode > 299 || !p.cfg.Accepts(string(said)) {
		return fmt.Errorf("watchdog: the switch at %s answered %d %q", p.host, resp.StatusCode,
			p.secrets.In(string(said)))
	}
	return nil
}

// hidden is an error of the client without the URL.
func (p *Ping) hidden(err error) error {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("watchdog: the switch at %s: %w", p.host, err)
}
