package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// watch makes messages of what a health registry says: it compares each report with what it has told.
type watch struct {
	s      *Service
	own    string // the Service's path: it does not tell of itself
	report health.Report
	others health.Report       // the report without the Service: a channel that fails is not told of over that channel
	told   map[string]*holding // what holds and was told, by Key

	verdict health.Verdict // the one that was told
	changed time.Time      // since when it is another one; zero if it is not
}

// holding is something that holds.
type holding struct {
	Message

	reminded time.Time
}

// lookEvery is how often the registry is looked at.
const lookEvery = time.Second

func newWatch(s *Service, own string) *watch {
	return &watch{s: s, own: own, told: make(map[string]*holding)}
}

func (w *watch) serve(ctx context.Context) error {
	for {
		if !w.s.cfg.Registry.Current(w.report) {
			w.report = w.s.cfg.Registry.Report()
			w.others = w.report
			if w.own != "" {
				w.others = w.report.Without(w.own)
			}
		}
		w.look(w.s.clk.Now())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.s.clk.After(lookEvery):
		}
	}
}

func (w *watch) look(now time.Time) {
	holds := make(map[string]Message)
	for _, part := range w.others.Parts {
		w.s.describe(part, holds)
	}
	for key, m := range holds {
		switch h := w.told[key]; {
		case h == nil, h.Text != m.Text, now.Sub(h.reminded) >= w.s.cfg.Remind:
			w.told[key] = &holding{Message: m, reminded: now}
			w.s.Post(m)
		}
	}
	for key, h := range w.told {
		if _, still := holds[key]; !still {
			delete(w.told, key)
			w.s.Post(Message{Key: key, Kind: h.Kind, Over: true, Since: h.Since,
				Text: fmt.Sprintf("Over after %s: %s", now.Sub(h.Since).Round(time.Second), h.Text)})
		}
	}
	if w.s.tells(KindVerdict) {
		w.lookAtVerdict(now)
	}
}

// describe adds what a part has that a person must know.
func (s *Service) describe(part *health.PartReport, holds map[string]Message) {
	add := func(m Message) { holds[m.Key] = m }
	if s.tells(KindPerson) {
		for _, c := range part.Conditions {
			if c.Person {
				add(Message{Key: "condition/" + part.Path + "/" + c.Key, Kind: KindPerson, Urgent: true,
					Text: part.Path + ": " + c.Text, Remedy: c.Remedy, Since: c.Since})
			}
		}
	}
	life := part.Lifecycle
	down := life.State == health.StateCrashed || life.State == health.StateStopped && !life.Done && !life.Asked
	if s.tells(KindDown) && down {
		text := fmt.Sprintf("%s is down and stays down (%s)", part.Path, life.State)
		if cause := life.Cause(); cause != "" {
			text += ": " + cause
		}
		add(Message{Key: "down/" + part.Path, Kind: KindDown, Urgent: true, Text: text,
			Remedy: "find out why, and restart it by its path", Since: life.Since})
	}
}

// maxReasons is how many reasons a message tells of a verdict.
const maxReasons = 3

// lookAtVerdict tells of a verdict that has held for as long as Config.Settle.
func (w *watch) lookAtVerdict(now time.Time) {
	verdict := w.others.Verdict
	switch {
	case verdict == w.verdict:
		w.changed = time.Time{}
	case w.changed.IsZero():
		w.changed = now
	case now.Sub(w.changed) >= w.s.cfg.Settle:
		m := Message{
			Key: "verdict", Kind: KindVerdict, Urgent: verdict == health.Unhealthy, Over: verdict == health.Healthy,
			Text: fmt.Sprintf("The system is %s, and was %s", verdict, w.verdict), Since: w.changed,
		}
		if reasons := w.others.Reasons; len(reasons) > 0 {
			m.Text += ": " + strings.Join(reasons[:min(maxReasons, len(reasons))], "; ")
			if more := len(reasons) - maxReasons; more > 0 {
				m.Text += fmt.Sprintf("; and %d more", more)
			}
		}
		w.verdict, w.changed = verdict, time.Time{}
		w.s.Post(m)
	}
}
