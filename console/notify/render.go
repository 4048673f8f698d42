package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// How long a line of a Body gets, in bytes: five of them fit into the 2000 characters of the shortest channel.
const (
	maxWhat = 700
	maxLine = 260
	maxPage = 200
)

// timeFormat is how a Body writes times.
const timeFormat = "2006-01-02 15:04:05 UTC"

// titles are how messages begin: that something holds, and that it is over. They are all our own words.
var titles = map[Kind][2]string{
	KindHalt:    {"Nothing new is opened", "A halt is over"},
	KindPerson:  {"A person is needed", "A trouble is over"},
	KindDown:    {"A service is down", "A service is back"},
	KindVerdict: {"Something is wrong", "All is well again"},
	KindLock:    {"Something is locked for a while", "A lock is over"},
	KindFill:    {"An order was filled", "An order was filled"},
	KindDay:     {"A day is over", "A day is over"},
	kindOther:   {"A message", "A message"},
}

// render writes what a person reads. It is the only place that does: every channel shows Title and Body, and knows
// nothing of what a message is about.
func (m *Message) render(name, page string, now time.Time) {
	words, ok := titles[m.Kind]
	if !ok {
		words = titles[kindOther]
	}
	m.Title = words[0]
	if m.Over {
		m.Title = words[1]
	}
	if name != "" {
		m.Title = plain(name, maxLine) + ": " + m.Title
	}
	lines := []string{cmp.Or(plain(m.Text, maxWhat), "Nothing was said.")}
	if !m.Since.IsZero() {
		lines = append(lines, m.times(now))
	}
	for _, l := range []struct {
		label, text string
		limit       int
	}{
		{"Money: ", m.Money, maxLine}, {"Account: ", m.Account, maxLine},
		{"To do: ", m.Remedy, maxLine}, {"Page: ", page, maxPage},
	} {
		if text := plain(l.text, l.limit); text != "" {
			lines = append(lines, l.label+text)
		}
	}
	m.Body = strings.Join(append(lines, m.counts()...), "\n")
}

// times says since when it holds, or when it was.
func (m *Message) times(now time.Time) string {
	at := m.Since.UTC().Format(timeFormat)
	switch {
	case m.Kind == KindFill:
		return "At: " + at
	case m.Over:
		return "From " + at + " to " + m.At.UTC().Format(timeFormat)
	}
	return fmt.Sprintf("Since: %s, for %s", at, now.Sub(m.Since).Round(time.Second))
}

// counts says what stands behind one message.
func (m *Message) counts() (lines []string) {
	switch {
	case m.Repeats == 1:
		lines = append(lines, "It was said once more since the last message about it.")
	case m.Repeats > 1:
		lines = append(lines, fmt.Sprintf("It was said %d times more since the last message about it.", m.Repeats))
	}
	if m.Lost > 0 {
		lines = append(lines, fmt.Sprintf("Lost before this one: %s.", many(m.Lost, "message")))
	}
	return lines
}

func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// plain is a text from elsewhere as one line, which looks like what it is: a name must not begin a line of its own, turn
// the direction of what follows, or hide in what is not seen.
func plain(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return foreign.Cut(strings.Join(strings.Fields(text), " "), limit)
}
