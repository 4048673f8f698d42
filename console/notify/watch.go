package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

	verdict  health.Verdict // the one that was told
	why      string         // its reasons
	badSince time.Time      // since when it has not been healthy
	changed  time.Time      // since when it is another one; zero if it is not
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
	if stopping := w.s.cfg.Stopping; stopping != nil && stopping() {
		return // What is down now is down on purpose.
	}
	holds := make(map[string]Message)
	for _, part := range w.others.Parts {
		w.s.describe(part, holds)
	}
	for _, key := range slices.Sorted(maps.Keys(holds)) {
		m := holds[key]
		switch h := w.told[key]; {
		case h == nil, h.Text != m.Text, now.Sub(h.reminded) >= w.s.cfg.Remind:
			w.told[key] = &holding{Message: m, reminded: now}
			w.s.Post(m)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.told)) {
		h := w.told[key]
		if _, still := holds[key]; !still {
			delete(w.told, key)
			w.s.Post(Message{Key: key, Kind: h.Kind, Over: true, Since: h.Since, Money: overMeaning[h.Kind],
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
	for _, c := range part.Conditions {
		kind := KindPerson
		if c.Closed {
			kind = KindHalt
		}
		if c.Person && s.tells(kind) {
			add(Message{Key: "condition/" + part.Path + "/" + c.Key, Kind: kind, Urgent: true,
				Text: part.Path + ": " + c.Text, Money: meaning(c), Remedy: c.Remedy, Since: c.Since})
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
			Money: downMeaning, Remedy: "find out why, and restart it by its path", Since: life.Since})
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
		w.s.Post(w.aboutVerdict(verdict))
		if w.verdict == health.Healthy {
			w.badSince = w.changed
		}
		w.verdict, w.why, w.changed = verdict, reasons(w.others), time.Time{}
	}
}

// aboutVerdict tells of another verdict: of one that is not healthy why, of one that is healthy again what it was.
func (w *watch) aboutVerdict(verdict health.Verdict) Message {
	m := Message{
		Key: "verdict", Kind: KindVerdict, Urgent: verdict == health.Unhealthy, Over: verdict == health.Healthy,
		Text: fmt.Sprintf("The system is %s, and was %s", verdict, w.verdict), Money: verdictMeaning(verdict), Since: w.changed,
	}
	why := reasons(w.others)
	if m.Over {
		m.Text = fmt.Sprintf("The system is healthy again after %s, and was %s",
			w.changed.Sub(w.badSince).Round(time.Second), w.verdict)
		m.Since, why = w.badSince, w.why
	}
	if why != "" {
		m.Text += ": " + why
	}
	for _, part := range w.others.Parts {
		if !m.Over && part.Verdict == verdict && m.Remedy == "" {
			m.Remedy = part.Remedy
		}
	}
	return m
}

// reasons are the first ones of a report.
func reasons(r health.Report) string {
	text := strings.Join(r.Reasons[:min(maxReasons, len(r.Reasons))], "; ")
	if more := len(r.Reasons) - maxReasons; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}
