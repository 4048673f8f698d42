// Package healthhttp answers "is it working?" over HTTP, for people, scripts and orchestrators:
//
//   - /health: the report as JSON, 200 while the system works (healthy or degraded) and 503 when it does not.
//   - /livez: 503 when only a new process can help, because a part has been crashed or stalled for too long.
//   - /readyz: 503 while the system is unhealthy or a part was not started yet.
//
// The answer of /health is a summary where the report is large: the worst 50 parts, in at most 64 kB, and how many were
// left out. /health?full=1 is the whole report, and /health?path=trader/engine all of that part and what is below it.
// A client that accepts application/health+json gets the checks of draft-inadarei-api-health-check-06.
//
// /livez and /readyz answer "ok" or the reasons against it. They take ?path=trader/engine for one part and what is below
// it, ?exclude=trader/feed, as often as needed, for all without some, and ?verbose to list every part.
//
// One part can stand in the path as well: /livez/trader/engine is /livez?path=trader/engine, and so with the other two.
//
// One answer serves all who ask for as long as no verdict and no state in it has changed and no limit was reached; its
// ages, counts and times are at most a second old. No code of a part runs for it, and no lock is held that a part could
// hold for long, so a part that hangs cannot delay the answer and cannot keep an old one alive. Answers are not to be
// cached. What is shown holds the texts of errors; who may read it is for the host to decide. A request that is refused
// is told so by application/problem+json (RFC 9457).
package healthhttp

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// defaultStuck is how long a part may be crashed or stalled before /livez gives the process up.
const defaultStuck = 5 * time.Minute

// Config configures the handler.
type Config struct {
	// Registry is whose report is shown. Required.
	Registry *health.Registry
	// Extra returns what else /health shows of a report, by name, between the reasons and the parts; nil means nothing.
	// It runs in the goroutine of a request, and holds no lock. The report is shared: it is only to be read. A name
	// of the document's own is left out.
	Extra func(health.Report) map[string]any
	// Version returns another number after each change of a state that Extra tells and the Registry does not know; one
	// number for all time where Extra tells of the report alone. What Extra returned is then shown until the number or the
	// report changes, and at most for a second. It runs for each request, so that it should take nanoseconds. nil means
	// that Extra runs for each request.
	Version func() uint64
	// Stuck is how long a part may be crashed or stalled before /livez answers 503. It should be longer than the
	// parts' supervisors take to try again by themselves. 0 means 5 min.
	Stuck time.Duration
}

// Handler answers GET and HEAD for /health, /livez and /readyz, and everything else with 404 or 405. Use New.
type Handler struct {
	cfg      Config
	draining atomic.Bool

	last atomic.Pointer[shared]
	mu   sync.Mutex // held by who makes a new one
}

// New returns a Handler. A host that serves something else as well mounts it with Mount.
func New(cfg Config) (*Handler, error) {
	if cfg.Registry == nil {
		return nil, errors.New("healthhttp: Config.Registry is nil")
	}
	if cfg.Stuck < 0 {
		return nil, fmt.Errorf("healthhttp: Config.Stuck %s is negative", cfg.Stuck)
	}
	cfg.Stuck = cmp.Or(cfg.Stuck, defaultStuck)
	return &Handler{cfg: cfg}, nil
}

// paths are those that are answered.
var paths = [...]string{"/health", "/livez", "/readyz"}

// Mount adds /health, /livez and /readyz, and what is below them, to the mux and nothing else, so that they have their place
// beside whatever the host serves at "/", "GET /" or any other pattern that is wider than theirs.
func (h *Handler) Mount(mux *http.ServeMux) {
	for _, path := range paths {
		// Method by method: a pattern for all of them would be in conflict with a host's "GET /".
		for _, method := range []string{
			http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
			http.MethodConnect, http.MethodTrace,
		} {
			mux.Handle(method+" "+path, h)
			mux.Handle(method+" "+path+"/", h)
		}
	}
}

// split returns which of the paths is asked, and of which part, where the path says it; "" where none of them is.
func split(asked string) (path, part string) {
	for _, path := range paths {
		rest, ok := strings.CutPrefix(asked, path)
		switch {
		case !ok:
		case rest == "":
			return path, ""
		case len(rest) > 1 && rest[0] == '/':
			return path, rest[1:]
		}
	}
	return "", ""
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, part := split(r.URL.Path)
	switch {
	case path == "":
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusNotFound, Detail: "nothing is served at this path: there are /health, /livez and /readyz",
		})
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		answer.OnlyRead(w, r)
	case path == "/livez":
		h.livez(w, r, part)
	case path == "/readyz":
		h.readyz(w, r, part)
	default:
		h.health(w, r, part)
	}
}

// shared returns the report that all who ask at this moment are told.
func (h *Handler) shared() *shared {
	var version uint64
	if h.cfg.Version != nil {
		version = h.cfg.Version() // before the report and all else: what changes from here on makes a new one
	}
	if s := h.last.Load(); h.holds(s, version) {
		return s
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.last.Load()
	if !h.holds(s, version) { // else somebody has made it meanwhile
		s = &shared{report: h.cfg.Registry.Report(), version: version}
		h.last.Store(s)
	}
	return s
}

// holds reports whether all of s would be said again now.
func (h *Handler) holds(s *shared, version uint64) bool {
	return s != nil && s.version == version && h.cfg.Registry.Current(s.report)
}

func (h *Handler) health(w http.ResponseWriter, r *http.Request, part string) {
	s := h.shared()
	inChecks := answer.Wants(r, checksType, "application/json")
	if plain := s.plain.Load(); plain != nil && part == "" && r.URL.RawQuery == "" && !inChecks {
		plain.Write(w, r)
		return
	}
	v, wrong := parse(r.URL.RawQuery, part)
	if wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if inChecks {
		h.checks(w, r, s.report, v)
		return
	}
	text, err := h.text(s, v)
	switch {
	case errors.Is(err, errNoPart):
		refuseNoPart(w, r, v.path)
		return
	case err != nil:
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusInternalServerError, Detail: "the report cannot be written as JSON",
		})
		return
	}
	text.Write(w, r)
}

// text returns the answer to who asks for that view. The one that nearly all ask for is kept.
func (h *Handler) text(s *shared, v view) (text *answer.Text, err error) {
	doc, err := s.document(v)
	if err != nil {
		return nil, err
	}
	extra, err := h.extra(s)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if s.report.Verdict == health.Unhealthy {
		status = http.StatusServiceUnavailable
	}
	text = answer.NewText(status, "application/json", doc.head, extra, doc.tail)
	if v == (view{}) && (h.cfg.Extra == nil || h.cfg.Version != nil) {
		s.plain.Store(text)
	}
	return text, nil
}

// extra returns what the host adds, as the middle of the document.
func (h *Handler) extra(s *shared) ([]byte, error) {
	if h.cfg.Extra == nil {
		return nil, nil
	}
	if kept := s.extra.Load(); kept != nil {
		return *kept, nil
	}
	text, err := encodeExtra(h.cfg.Extra(s.report))
	if err == nil && h.cfg.Version != nil {
		s.extra.Store(&text)
	}
	return text, err
}

func (h *Handler) livez(w http.ResponseWriter, r *http.Request, part string) {
	h.probe(w, r, part, func(report health.Report) (reasons []string, agesDecide bool) { return report.Stuck(h.cfg.Stuck) })
}

func (h *Handler) readyz(w http.ResponseWriter, r *http.Request, part string) {
	h.probe(w, r, part, func(report health.Report) (reasons []string, agesDecide bool) {
		if h.draining.Load() {
			reasons = append(reasons, "draining: this process is about to stop")
		}
		return append(reasons, report.NotReady()...), false
	})
}

// Drain has /readyz answer 503 from now on, so that nothing is sent this way any more before anything stops. A host calls
// it as soon as it was asked to end, and ends its tree a few seconds later.
func (h *Handler) Drain() { h.draining.Store(true) }
