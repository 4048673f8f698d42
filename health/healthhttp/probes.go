package healthhttp

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/seed-5dee1c0a/vigil/health"
)

// stuck lists the parts that have been crashed or stalled for longer than limit, and reports whether there are some that
// will be. A part that waits for its restart is not among them: it may come back, and a new process would forget how
// often it was tried.
func stuck(report health.Report, limit time.Duration) (reasons []string, pending bool) {
	for _, p := range report.Parts {
		l := p.Lifecycle
		if l.State != health.StateCrashed && l.State != health.StateStalled {
			continue
		}
		age := report.At.Sub(l.Since)
		if age <= limit {
			pending = true
			continue
		}
		reason := fmt.Sprintf("%s: %s for %s (limit %s)", p.Path, l.State, age.Round(time.Second), limit)
		if cause := l.Cause(); cause != "" {
			reason += ": " + cause
		}
		reasons = append(reasons, reason)
	}
	return reasons, pending
}

// unready lists why no work should be sent this way: an unhealthy system's reasons, and the parts that were not started,
// have not said yet that they are ready, or are stopping or stopped without a person's wish for it. Degraded is ready: a
// system with one symbol of fifty gone still does its work.
func unready(report health.Report) []string {
	if report.Verdict == health.Unhealthy {
		return report.Reasons
	}
	var reasons []string
	for _, p := range report.Parts {
		l := p.Lifecycle
		down := l.State == health.StateNotStarted || l.State == health.StateStopping || l.State == health.StateStopped
		switch {
		case down && !l.Done && !l.Asked:
			reasons = append(reasons, p.Path+": "+string(l.State))
		case p.Unready:
			reasons = append(reasons, p.Path+": not ready")
		}
	}
	return reasons
}

// lines writes the reasons against a probe, as many as a summary shows, each as one line that a terminal only shows.
func lines(reasons []string) string {
	var text strings.Builder
	for _, reason := range firstOf(reasons) {
		for _, c := range reason {
			if !unicode.IsPrint(c) {
				c = ' '
			}
			text.WriteRune(c)
		}
		text.WriteByte('\n')
	}
	return text.String()
}
