package console

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"

	pages "github.com/seed-5dee1c0a/vigil/console/page"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// handler is what New returns.
type handler struct {
	http.Handler
	protected bool
}

// Protected reports whether nothing but the two probes and the page's files, which hold no data, is read without a
// credential.
func (h *handler) Protected() bool { return h.protected }

// exact answers only to paths as they are written: a mux would redirect //api/.. to what it takes it for.
func exact(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
			answer.Refuse(w, r, answer.Problem{
				Status: http.StatusNotFound, Detail: fmt.Sprintf("nothing is served at this path; did you mean %.100q?", clean),
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The paths beside those of reads.
const (
	controlPath = "/api/control/{verb}"
	sessionPath = "/api/session"
)

// readPaths are the paths that are only read.
func (a *api) readPaths() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/api/signals":            a.signalsAfter,
		"/api/signals/latest":     a.latestSignals,
		"/api/signals/stream":     a.streamSignals,
		"/api/signals/{id}":       a.signal,
		"/api/host":               a.host,
		"/api/status":             a.status,
		"/api/positions":          a.positions,
		"/api/strategies":         a.strategies,
		"/api/locks":              a.locks,
		"/api/outcomes":           a.outcomes,
		"/api/orders":             a.orders,
		"/api/orders/{client_id}": a.order,
		"/api/fills":              a.fills,
		"/api/performance":        a.performance,
		"/api/equity":             a.equity,
		"/api/bars":               a.bars,
		"/api/generator":          a.generator,
		"/api/services":           a.services,
		"/api/events":             a.events,
		"/api/acts":               a.pastActs,
		"/api/openapi.yaml":       a.openAPI,
		"/plain":                  a.plain,
	}
}

func (a *api) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	for at, serve := range a.readPaths() {
		mux.Handle(at, a.reading(serve))
	}
	mux.HandleFunc(sessionPath, a.session)
	if a.cfg.Control.enabled() {
		mux.Handle(controlPath, newControl(a))
	} else {
		mux.HandleFunc("/api/control/", noControl)
	}
	if a.cfg.Metrics != nil {
		mux.Handle(metricsPath, a.metrics())
	}
	if a.cfg.Health != nil {
		for _, at := range slices.Sorted(maps.Keys(probes)) {
			h := a.ofHealth(at)
			mux.Handle(at, h)
			mux.Handle(at+"/", h) // one part
		}
	}
	mux.HandleFunc("/", nothing)
	if !a.cfg.Page {
		return mux, nil
	}
	files, err := pages.New()
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	mux.Handle("/{$}", files)
	mux.Handle("/page/", files)
	return mux, nil
}

func nothing(w http.ResponseWriter, r *http.Request) {
	answer.Refuse(w, r, answer.Problem{Status: http.StatusNotFound, Detail: "nothing is served at this path"})
}

// reading lets through what only reads, of those who may.
func (a *api) reading(serve http.HandlerFunc) http.Handler { return onlyRead(a.known(serve)) }

// onlyRead lets through what only reads. Patterns with a method would clash where one path is another's special case.
func onlyRead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			answer.OnlyRead(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
