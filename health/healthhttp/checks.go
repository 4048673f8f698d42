package healthhttp

import (
	"net/http"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// checksType is what draft-inadarei-api-health-check-06 calls its documents.
const checksType = "application/health+json"

type checks struct {
	Status string             `json:"status"` // pass, warn or fail
	Output string             `json:"output,omitempty"`
	Checks map[string][]check `json:"checks"` // by path
	Notes  []string           `json:"notes,omitempty"`
}

type check struct {
	ComponentType string    `json:"componentType"`
	Status        string    `json:"status"`
	ObservedValue string    `json:"observedValue,omitempty"` // its state
	Time          time.Time `json:"time"`
	Output        string    `json:"output,omitempty"`
}

// The draft's words for a verdict.
var statusOf = map[health.Verdict]string{health.Healthy: "pass", health.Degraded: "warn", health.Unhealthy: "fail"}

// checks answers with the parts as checks: all that are asked for, or the worst.
func (h *Handler) checks(w http.ResponseWriter, r *http.Request, report health.Report, v view) {
	if v.path != "" {
		var ok bool
		if report, ok = report.Below(v.path); !ok {
			refuseNoPart(w, r, v.path)
			return
		}
	}
	parts := report.Parts
	doc := checks{
		Status: statusOf[report.Verdict], Output: strings.Join(firstOf(report.Reasons), "; "), Checks: map[string][]check{},
	}
	if len(parts) > maxParts && !v.full {
		parts = worst(parts)
		doc.Notes = []string{"only the worst parts are here: ask for ?full=1"}
	}
	for _, p := range parts {
		doc.Checks[p.Path] = []check{{
			ComponentType: "component", Status: statusOf[p.Verdict], ObservedValue: string(p.Lifecycle.State),
			Time: report.At.UTC(), Output: foreign.Cut(p.Reason, maxLine),
		}}
	}
	text, err := answer.JSON(doc)
	if err != nil {
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusInternalServerError, Detail: "the report cannot be written as JSON",
		})
		return
	}
	status := http.StatusOK
	if report.Verdict == health.Unhealthy {
		status = http.StatusServiceUnavailable
	}
	answer.Write(w, r, status, checksType, text)
}
