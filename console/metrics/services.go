package metrics

import (
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

var (
	verdicts = []string{health.Healthy.String(), health.Degraded.String(), health.Unhealthy.String()}
	states   = []string{
		string(health.StateNotStarted), string(health.StateStarting), string(health.StateRunning), string(health.StatePaused),
		string(health.StateStalled), string(health.StateBackoff), string(health.StateStopping), string(health.StateStopped),
		string(health.StateCrashed),
	}
)

// services tells of the tree.
func (c *collector) services(s *scrape) {
	s.parts = make(map[string]*health.PartReport, len(s.report.Parts))
	for _, p := range s.report.Parts {
		s.parts[p.Path] = p
	}
	s.paths = make(labels)
	if c.cfg.Tree != nil {
		tree := c.cfg.Tree.Status()
		s.tree(&tree)
	}
}

// children tells of the parts that the tree does not know, such as the symbols of the generator. They come last: where
// there is no room for all, they are left out first.
func (c *collector) children(s *scrape) {
	for _, p := range s.report.Parts {
		if s.parts[p.Path] != nil {
			s.group(s.paths, p.Path, func(label string) { s.part(label, p, nil) })
		}
	}
}

// tree tells of a service and of those below it.
func (s *scrape) tree(status *supervisor.Status) {
	part := s.parts[status.Path]
	delete(s.parts, status.Path)
	s.group(s.paths, status.Path, func(label string) {
		s.service(label, status)
		if part != nil {
			s.part(label, part, status)
		}
	})
	for _, child := range status.Children {
		s.tree(child)
	}
}

// service tells what the tree knows of a service.
func (s *scrape) service(label string, status *supervisor.Status) {
	s.oneOf(serviceState, states, string(status.State), label)
	s.at(serviceSince, status.Since, label)
	s.at(nextRestart, status.NextRestart, label)
	s.tell(starts, float64(status.Starts), label)
	s.tell(restarts, float64(status.Restarts), label)
	s.tell(failedStarts, float64(status.FailedStarts), label)
	s.tell(panics, float64(status.Panics), label)
	s.tell(stalls, float64(status.Stalls), label)
	s.tell(abandoned, float64(status.Zombies), label)
}

// at tells a time, where there is one.
func (s *scrape) at(f *family, at time.Time, labels ...string) {
	if !at.IsZero() {
		s.tell(f, seconds(at), labels...)
	}
}

// part tells what health knows of a part. status is nil where the tree does not know it.
func (s *scrape) part(label string, p *health.PartReport, status *supervisor.Status) {
	s.oneOf(serviceVerdict, verdicts, p.Verdict.String(), label)
	s.tell(errorRun, float64(p.ErrorRun), label)
	s.silence(label, p, status)
	s.conditions(label, p)
	told := make(labels, len(p.Counts))
	for name, n := range p.Counts {
		event := text(name)
		if told[event] { // of two names that are alike once they are text, one is enough
			s.leftOut++
			continue
		}
		told[event] = true
		s.tell(events, float64(n), label, event)
	}
}

// silence tells the deadline that comes first: that of its work, or that of its beats. A service whose silence nobody
// judges at present has none.
func (s *scrape) silence(label string, p *health.PartReport, status *supervisor.Status) {
	since, ok := s.report.SilentSince(p)
	most := p.Limits.MaxSilence
	if status != nil && status.Stall > 0 && (!ok || status.LastBeat.Add(status.Stall).Before(since.Add(most))) {
		since, most, ok = status.LastBeat, status.Stall, true
	}
	if ok {
		s.tell(progress, seconds(since), label)
		s.tell(limit, most.Seconds(), label)
	}
}

// kind is a sort of conditions. Their keys may have the name of a symbol behind a slash, which is left out.
type kind struct{ key, verdict, person string }

func (s *scrape) conditions(label string, p *health.PartReport) {
	if len(p.Conditions) == 0 {
		return
	}
	raised := make(map[kind]int)
	for _, c := range p.Conditions {
		key, _, _ := strings.Cut(c.Key, "/")
		raised[kind{text(key), c.Verdict.String(), strconv.FormatBool(c.Person)}]++
	}
	for k, n := range raised {
		s.tell(conditions, float64(n), label, k.key, k.verdict, k.person)
	}
}
