package certify

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
)

// newRun marks a run.
func newRun() string { return strings.ToLower(rand.Text()[:4]) }

// tell lays what both saw in a case side by side.
func (r *runner) tell(name string, venue, fake *script) {
	skipped, failed := venue.skipped != "" || fake.skipped != "", venue.failed != nil || fake.failed != nil
	pairs := pair(venue.lines, fake.lines)
	differing := slices.ContainsFunc(pairs, func(p both) bool { return p.differs() })
	verdict := "same"
	switch {
	case failed:
		verdict = "FAILED"
		r.sum.Differing++
	case skipped:
		verdict = "not run"
		r.sum.NotRun++
	case differing:
		verdict = "DIFFERS"
		r.sum.Differing++
	default:
		r.sum.Same++
	}
	fmt.Fprintf(r.cfg.Out, "%-8s %s\n", verdict, name)
	r.tellWhyNot("venue", venue)
	r.tellWhyNot("fake", fake)
	if skipped && !failed {
		return
	}
	for _, p := range pairs {
		p.tell(r)
	}
}

// tellWhyNot says why a case has not come to its end.
func (r *runner) tellWhyNot(where string, s *script) {
	switch {
	case s.failed != nil:
		fmt.Fprintf(r.cfg.Out, "         %s: %v\n", where, s.failed)
	case s.skipped != "":
		fmt.Fprintf(r.cfg.Out, "         %s: %s\n", where, s.skipped)
	}
}

// both is a line of each; nil where one said nothing under that key.
type both struct {
	key         string
	venue, fake *string
}

// pair brings the lines of both together by their keys, in the order of the venue's. Keys of one case are each said once.
func pair(venue, fake []Line) (pairs []both) {
	for _, l := range venue {
		pairs = append(pairs, both{l.Key, &l.Value, valueOf(fake, l.Key)})
	}
	for _, l := range fake {
		if valueOf(venue, l.Key) == nil {
			pairs = append(pairs, both{l.Key, nil, &l.Value})
		}
	}
	return pairs
}

func valueOf(lines []Line, key string) *string {
	for _, l := range lines {
		if l.Key == key {
			return &l.Value
		}
	}
	return nil
}

func (p both) differs() bool { return p.venue == nil || p.fake == nil || *p.venue != *p.fake }

func (p both) tell(r *runner) {
	switch {
	case !p.differs() && isFields(p.key):
		fmt.Fprintf(r.cfg.Out, "  =      %s: %s\n", p.key, counted(len(strings.Fields(*p.venue))))
	case !p.differs():
		fmt.Fprintf(r.cfg.Out, "  =      %s: %s\n", p.key, *p.venue)
	case isFields(p.key) && p.venue != nil && p.fake != nil:
		fmt.Fprintf(r.cfg.Out, "  !      %s: only the venue has: %s\n         %*s  only the fake has:  %s\n", p.key,
			without(*p.venue, *p.fake), len(p.key), "", without(*p.fake, *p.venue))
	default:
		fmt.Fprintf(r.cfg.Out, "  !      %s: venue: %s\n         %*s  fake:  %s\n",
			p.key, said(p.venue), len(p.key), "", said(p.fake))
	}
}

func counted(names int) string {
	switch names {
	case 0:
		return "none"
	case 1:
		return "the same name"
	}
	return fmt.Sprintf("the same %d names", names)
}

// isFields reports whether a line lists the names in an answer: of two such lists the difference is told.
func isFields(key string) bool { return strings.HasPrefix(key, "fields") }

func without(names, others string) string {
	var left []string
	for _, name := range strings.Fields(names) {
		if !slices.Contains(strings.Fields(others), name) {
			left = append(left, name)
		}
	}
	if len(left) == 0 {
		return "nothing"
	}
	return strings.Join(left, " ")
}

func said(value *string) string {
	if value == nil {
		return "(nothing)"
	}
	return *value
}

func (r *runner) tellEnd() {
	fmt.Fprintf(r.cfg.Out, "\n%d cases the same, %d not, %d not run\n", r.sum.Same, r.sum.Differing, r.sum.NotRun)
	if r.sum.Interrupted {
		fmt.Fprintln(r.cfg.Out, "interrupted: the other cases were not run")
	}
	if len(r.sum.Left) == 0 {
		fmt.Fprintln(r.cfg.Out, "the account is flat: nothing is held and nothing rests")
	}
	for _, what := range r.sum.Left {
		fmt.Fprintln(r.cfg.Out, "LEFT:", what)
	}
}
