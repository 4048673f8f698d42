// Package healthhttp answers "is it working?" over HTTP, for people, scripts and orchestrators:
//
//   - /health: the whole report as JSON, 200 while the system works (healthy or degraded) and 503 when it does not.
//   - /livez: 503 when only a new process can help, because a part has been crashed or stalled for too long.
//   - /readyz: 503 while the system is unhealthy or a part was not started yet.
//
// An answer is computed from what the parts said, when it is asked for: no code of a part runs, and no lock is held that
// a part could hold for long, so a part that hangs cannot delay the answer and cannot keep an old one alive. Answers are
// not to be cached. What is shown holds the texts of errors; who may read it is for the host to decide.
package healthhttp

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// DefaultStuck is how long a part may be crashed or stalled before /livez gives the process up.
const DefaultStuck = 5 * time.Minute

// Config configures the handler.
type Config struct {
	// Registry is whose report is shown. Required.
	Registry *health.Registry
	// Extra returns what else /health shows of a report, by name, between the reasons and the parts; nil means nothing.
	// It runs in the request's goroutine and holds no lock. A name of the document's own is left out.
	Extra func(health.Report) map[string]any
	// Stuck is how long a part may be crashed or stalled before /livez answers 503. It should be longer than the
	// parts' supervisors take to try again by themselves. 0 means DefaultStuck.
	Stuck time.Duration
}

// New returns a handler of GET and HEAD for /health, /livez and /readyz. It answers everything else with 404 or 405.
func New(cfg Config) (http.Handler, error) {
	if cfg.Registry == nil {
		return nil, errors.New("healthhttp: Config.Registry is nil")
	}
	if cfg.Stuck < 0 {
		return nil, fmt.Errorf("healthhttp: Config.Stuck %s is negative", cfg.Stuck)
	}
	cfg.Stuck = cmp.Or(cfg.Stuck, DefaultStuck)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", cfg.health)
	mux.HandleFunc("GET /livez", cfg.livez)
	mux.HandleFunc("GET /readyz", cfg.readyz)
	return uncached(mux), nil
}

// uncached sets the header on refusals as well: a proxy may keep a 404 or 405, too.
func uncached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (cfg Config) health(w http.ResponseWriter, r *http.Request) {
	report := cfg.Registry.Report()
	status := http.StatusOK
	if report.Verdict == health.Unhealthy {
		status = http.StatusServiceUnavailable
	}
	var extra map[string]any
	if cfg.Extra != nil {
		extra = cfg.Extra(report)
	}
	body, err := newDocument(report, extra).encode()
	if err != nil {
		http.Error(w, "the report cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	answer(w, r, status, "application/json", body)
}

func (cfg Config) livez(w http.ResponseWriter, r *http.Request) {
	probe(w, r, stuck(cfg.Registry.Report(), cfg.Stuck))
}

func (cfg Config) readyz(w http.ResponseWriter, r *http.Request) {
	probe(w, r, unready(cfg.Registry.Report()))
}

// probe answers ok, or 503 with the reasons against it.
func probe(w http.ResponseWriter, r *http.Request, against []string) {
	status, body := http.StatusOK, "ok\n"
	if len(against) > 0 {
		status, body = http.StatusServiceUnavailable, strings.Join(against, "\n")+"\n"
	}
	answer(w, r, status, "text/plain; charset=utf-8", []byte(body))
}

func answer(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone
	}
}
