package healthhttp

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// What a summary shows at most.
const (
	maxParts      = 50
	maxBytes      = 64 << 10 // of the parts
	maxReasons    = 20
	maxLine       = 512 // bytes of a reason
	maxText       = 256 // bytes of a text of a part
	maxConditions = 4   // of a part, the worst
	maxCounts     = 16  // of a part, by name
)

// maxViews is how many parts' documents are kept for those who ask for them at the same time.
const maxViews = 64

var errNoPart = errors.New("there is no such part")

// view is what of a report is asked for.
type view struct {
	full bool
	path string // of the part that is asked for; empty for the system
}

// parse reads what is asked for. What it does not know it ignores: some who ask add something of their own.
func parse(raw, part string) (v view, wrong *answer.Problem) {
	values, wrong := query(raw, part)
	if wrong != nil {
		return v, wrong
	}
	v.path = strings.Trim(values.Get("path"), "/")
	if full := values.Get("full"); full != "" {
		var err error
		if v.full, err = strconv.ParseBool(full); err != nil {
			return v, &answer.Problem{
				Status: http.StatusBadRequest, Parameter: "full", Detail: fmt.Sprintf("full: %.100q is neither 1 nor 0", full),
			}
		}
	} else {
		v.full = values.Has("full")
	}
	return v, nil
}

// shared is a report and what was written of it, for all who ask as long as the report is current.
type shared struct {
	report  health.Report
	version uint64 // of what the host adds

	plain atomic.Pointer[answer.Text] // the answer to who asks for nothing in particular
	extra atomic.Pointer[[]byte]      // what the host adds

	mu    sync.Mutex // guards views
	views map[view]document
}

// document returns what is written of the view, without what the host adds.
func (s *shared) document(v view) (document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if doc, ok := s.views[v]; ok {
		return doc, nil
	}
	doc, err := write(s.report, v)
	if err == nil && len(s.views) < maxViews {
		if s.views == nil {
			s.views = make(map[view]document)
		}
		s.views[v] = doc
	}
	return doc, err
}

// write writes what is asked for.
func write(report health.Report, v view) (document, error) {
	switch {
	case v.path != "":
		parts := below(report.Parts, v.path)
		if len(parts) == 0 {
			return document{}, errNoPart
		}
		return encode(shorten(report), newParts(parts), nil)
	case v.full:
		return encode(report, newParts(report.Parts), nil)
	case len(report.Parts) <= maxParts && len(report.Reasons) <= maxReasons:
		if doc, err := encode(report, newParts(report.Parts), nil); err != nil || len(doc.head)+len(doc.tail) <= maxBytes {
			return doc, err
		}
	}
	return summarize(report)
}

// below returns the part at path and those under it.
func below(parts []*health.PartReport, path string) (found []*health.PartReport) {
	at, ok := find(parts, path)
	if ok {
		found = append(found, parts[at])
	}
	path += "/"
	for at, _ = find(parts, path); at < len(parts) && strings.HasPrefix(parts[at].Path, path); at++ {
		found = append(found, parts[at])
	}
	return found
}

func find(parts []*health.PartReport, path string) (int, bool) {
	return slices.BinarySearchFunc(parts, path, func(p *health.PartReport, path string) int { return cmp.Compare(p.Path, path) })
}

// summarize writes the worst parts, as many as there is room for.
func summarize(report health.Report) (document, error) {
	out := leftOut{Parts: map[string]int{}, Reasons: max(0, len(report.Reasons)-maxReasons), See: "/health?full=1"}
	for _, p := range report.Parts {
		out.Parts[p.Verdict.String()]++
	}
	left := maxBytes
	var listed []part
	for _, p := range worst(report.Parts) {
		short := shortPart(p)
		text, err := answer.JSON(short)
		if err != nil {
			return document{}, err
		}
		if left -= len(text); left < 0 {
			break
		}
		listed = append(listed, short)
		out.Parts[p.Verdict.String()]--
	}
	maps.DeleteFunc(out.Parts, func(_ string, n int) bool { return n == 0 })
	slices.SortStableFunc(listed, func(a, b part) int { return cmp.Compare(a.Path, b.Path) })
	return encode(shorten(report), listed, &out)
}

// worst returns the parts that a summary shows: the unhealthy ones first, of equals those with a supervisor.
func worst(parts []*health.PartReport) []*health.PartReport {
	var classes [2 * (health.Unhealthy + 1)][]*health.PartReport
	for _, p := range parts {
		class := 2 * (health.Unhealthy - p.Verdict)
		if p.Lifecycle.State == "" {
			class++
		}
		if len(classes[class]) < maxParts {
			classes[class] = append(classes[class], p)
		}
	}
	all := slices.Concat(classes[:]...)
	return all[:min(len(all), maxParts)]
}

// shorten returns the report with as many reasons as a summary shows.
func shorten(report health.Report) health.Report {
	report.Reasons = firstOf(report.Reasons)
	return report
}

// firstOf returns the first of the reasons, and how many more there are.
func firstOf(reasons []string) []string {
	var out []string
	for _, reason := range reasons[:min(len(reasons), maxReasons)] {
		out = append(out, foreign.Cut(reason, maxLine))
	}
	if more := len(reasons) - maxReasons; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}
