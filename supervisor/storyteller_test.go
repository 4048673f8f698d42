package supervisor_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/golden"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// storyteller is a tree whose events are told as its log tells them, with the time since the start.
type storyteller struct {
	*supervisor.Supervisor
	t     *testing.T
	rec   *recorder
	text  strings.Builder
	heard int
}

func newStoryteller(t *testing.T, strategy supervisor.Strategy) *storyteller {
	s, rec := grouped(t, strategy)
	return &storyteller{Supervisor: s, t: t, rec: rec}
}

// chapter tells what has happened up to now, and begins a section.
func (s *storyteller) chapter(title string) {
	s.catchUp()
	fmt.Fprintf(&s.text, "# %s\n", title)
}

// waits lets time pass.
func (s *storyteller) waits(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
	s.catchUp()
}

// does is an act of a person.
func (s *storyteller) does(what string, act func() error) {
	s.catchUp()
	at := time.Since(s.rec.start)
	err := act()
	s.line(at, "person", what, fmt.Sprintf("error=%v", err))
	s.catchUp()
}

// catchUp adds the events that were not told yet, in their order; but no order is promised to runs that are verified at
// the same instant, so that those are told by their paths.
func (s *storyteller) catchUp() {
	all := s.rec.all()
	fresh := slices.Clone(all[s.heard:])
	s.heard = len(all)
	for rest := fresh; len(rest) > 0; {
		others := func(e supervisor.Event) bool { return !verifiedAt(e, rest[0].Stamped().Time) }
		n := slices.IndexFunc(rest, others)
		if n < 0 {
			n = len(rest)
		}
		slices.SortFunc(rest[:n], func(a, b supervisor.Event) int {
			return strings.Compare(a.Stamped().Path, b.Stamped().Path)
		})
		rest = rest[max(n, 1):]
	}
	for _, e := range fresh {
		kind := strings.TrimPrefix(fmt.Sprintf("%T", e), "supervisor.")
		s.line(e.Stamped().Time.Sub(s.rec.start), kind, e.Stamped().Path, s.attributes(e))
	}
}

func verifiedAt(e supervisor.Event, at time.Time) bool {
	_, verified := e.(supervisor.Verified)
	return verified && e.Stamped().Time.Equal(at)
}

func (s *storyteller) line(at time.Duration, event, path, attributes string) {
	words := fmt.Sprintf("%9s  %-12s  %-24s %s", "+"+at.String(), event, path, attributes)
	s.text.WriteString(strings.TrimRight(words, " ") + "\n")
}

// attributes are those that the log has, but for stacks; times are since the start.
func (s *storyteller) attributes(e supervisor.Event) string {
	var line strings.Builder
	supervisor.LogEvent(slog.New(slog.NewTextHandler(&line, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch {
			case slices.Contains([]string{slog.TimeKey, slog.LevelKey, slog.MessageKey, "service", "stack"}, a.Key):
				return slog.Attr{}
			case a.Value.Kind() == slog.KindTime && !a.Value.Time().IsZero():
				a.Value = slog.StringValue("+" + a.Value.Time().Sub(s.rec.start).String())
			}
			return a
		},
		Level: slog.LevelDebug,
	})), e)
	return strings.TrimSpace(line.String())
}

// states tells how everything is.
func (s *storyteller) states() {
	s.catchUp()
	var list []string
	var walk func(c *supervisor.Status)
	walk = func(c *supervisor.Status) {
		words := c.Path + " " + string(c.State)
		if c.Zombies > 0 {
			words += fmt.Sprintf(" (%d zombies)", c.Zombies)
		}
		list = append(list, words)
		for _, child := range c.Children {
			walk(child)
		}
	}
	all := s.Status()
	walk(&all)
	s.line(time.Since(s.rec.start), "states", strings.Join(list, ", "), "")
}

func (s *storyteller) check(path string) {
	s.catchUp()
	golden.Check(s.t, s.text.String(), path)
}
