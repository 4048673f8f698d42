package healthhttp

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// query reads a query. The part that the path of the request names is the one that is asked for.
func query(raw, part string) (url.Values, *answer.Problem) {
	values, err := url.ParseQuery(raw)
	switch {
	case err != nil:
		return nil, &answer.Problem{Status: http.StatusBadRequest, Detail: "the query cannot be read: " + err.Error()}
	case part != "" && values.Has("path"):
		return nil, &answer.Problem{
			Status: http.StatusBadRequest, Parameter: "path", Detail: "path: the address names a part already",
		}
	case part != "":
		values.Set("path", part)
	}
	return values, nil
}

// probe answers ok, or 503 with the reasons that judge has against it, of the parts that are asked for. Where ages decide
// they must not be old.
func (h *Handler) probe(
	w http.ResponseWriter, r *http.Request, part string, judge func(health.Report) (reasons []string, agesDecide bool),
) {
	query, wrong := query(r.URL.RawQuery, part)
	if wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	report, unknown := picked(h.shared().report, query)
	if path := query.Get("path"); path != "" && len(report.Parts) == 0 {
		refuseNoPart(w, r, path)
		return
	}
	reasons, agesDecide := judge(report)
	if agesDecide {
		report, _ = picked(h.cfg.Registry.Report(), query)
		reasons, _ = judge(report)
	}
	status, body := http.StatusOK, "ok\n"
	if len(reasons) > 0 {
		status, body = http.StatusServiceUnavailable, lines(reasons)
	}
	if query.Has("verbose") {
		body = lines(unknown) + verbose(report) + body
	}
	answer.Write(w, r, status, "text/plain; charset=utf-8", []byte(body))
}

// picked returns what of a report is asked for, and says which of the parts that it is to be without are not there.
func picked(report health.Report, query url.Values) (part health.Report, unknown []string) {
	if path := strings.Trim(query.Get("path"), "/"); path != "" {
		report, _ = report.Below(path)
	}
	exclude := query["exclude"]
	if len(exclude) == 0 {
		return report, nil
	}
	paths := make([]string, len(exclude))
	for i, path := range exclude {
		paths[i] = strings.Trim(path, "/")
		if _, ok := report.Below(paths[i]); !ok {
			unknown = append(unknown, fmt.Sprintf("exclude: there is no part %.100q", path))
		}
	}
	return report.Without(paths...), unknown
}

func refuseNoPart(w http.ResponseWriter, r *http.Request, path string) {
	answer.Refuse(w, r, answer.Problem{
		Status: http.StatusNotFound, Parameter: "path", Detail: fmt.Sprintf("path: there is no part %.100q", path),
	})
}

// verbose lists the parts with a supervisor, as many as a summary shows, the worst first.
func verbose(report health.Report) string {
	var listed []string
	for _, p := range worst(report.Parts) {
		switch {
		case p.Lifecycle.State == "":
		case p.Verdict == health.Healthy:
			listed = append(listed, fmt.Sprintf("[+] %s %s", p.Path, p.Lifecycle.State))
		default:
			listed = append(listed, fmt.Sprintf("[-] %s %s: %s", p.Path, p.Verdict, p.Reason))
		}
	}
	return printable(listed)
}

// lines writes the reasons against a probe, as many as a summary shows.
func lines(reasons []string) string { return printable(firstOf(reasons)) }

// printable writes each text as one line that a terminal only shows.
func printable(texts []string) string {
	var out strings.Builder
	for _, text := range texts {
		for _, c := range text {
			if !unicode.IsPrint(c) {
				c = ' '
			}
			out.WriteRune(c)
		}
		out.WriteByte('\n')
	}
	return out.String()
}
