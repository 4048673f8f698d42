// Package console is the operator's API over HTTP: what a trading system did, for people and scripts beside it.
//
// New returns a plain http.Handler, which a host mounts where it likes; a Server serves one on an address of its own and
// is a service like any other. What goes wrong is told as application/problem+json (RFC 9457): a request that cannot be
// understood names its parameter, a store that fails is a 503 whose cause stands in the log and not in the answer.
//
// There is no log-in. The console is for the machine it runs on: it answers only to the host names it knows, so that a
// web page of somebody else cannot reach it through the operator's browser by a name that points here (DNS rebinding),
// and refuses what such a page sends across origins. Everything is safe for concurrent use.
package console

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Clock is the time on which a request or a shutdown is too slow. Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// DefaultTimeout is how long an answer may take where the Config does not say.
const DefaultTimeout = 5 * time.Second

// Config configures the handler.
type Config struct {
	// Signals is read by /api/signals. Required.
	Signals signal.Store
	// Health answers /health, /livez and /readyz, such as a handler of package healthhttp; nil for none.
	Health http.Handler
	// Hosts are the names, without port, by which the console may be called beside localhost, 127.0.0.1 and ::1,
	// such as "trader.example.net" or "10.0.0.7".
	Hosts []string
	// Timeout is how long a store may take to answer; 0 means DefaultTimeout.
	Timeout time.Duration
	Clock   Clock        // nil means the machine's clock
	Logger  *slog.Logger // nil means slog.Default()
}

// api is the handler's state.
type api struct {
	cfg   Config
	hosts map[string]bool
}

// New returns the console's handler:
//
//	GET /api/signals/latest?limit&symbol&strategy&min_confidence	signals as a JSON array, newest first
//	GET /health, /livez, /readyz	by Config.Health
func New(cfg Config) (http.Handler, error) {
	if cfg.Signals == nil {
		return nil, errors.New("console: Config.Signals is nil")
	}
	if cfg.Timeout < 0 {
		return nil, fmt.Errorf("console: Config.Timeout %s is negative", cfg.Timeout)
	}
	hosts, err := knownHosts(cfg.Hosts)
	if err != nil {
		return nil, err
	}
	cfg.Timeout = cmp.Or(cfg.Timeout, DefaultTimeout)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	a := &api{cfg: cfg, hosts: hosts}
	return a.guarded(a.routes()), nil
}

func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/signals/latest", a.latestSignals)
	mux.HandleFunc("/api/signals/latest", onlyRead)
	if a.cfg.Health != nil {
		for _, path := range []string{"/health", "/livez", "/readyz"} {
			mux.Handle(path, a.cfg.Health)
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, problem{Status: http.StatusNotFound, Detail: "nothing is served at this path"})
	})
	return mux
}

// onlyRead refuses the methods that a path without changes does not have. The mux's own refusal would be plain text.
func onlyRead(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	refuse(w, r, problem{Status: http.StatusMethodNotAllowed, Detail: "this path is read with GET or HEAD"})
}
