package shoutrrr

import (
	"strings"
	"unicode/utf8"
)

// blank is a character that is not seen. Behind an @ it leaves no name that anybody is called by.
const blank = "\u200b"

// pageLine begins the line of a Body that is a link of the host's own. No other line begins like that but the first one.
const pageLine = "Page: "

// text writes a message for one channel, each line of it as write does, in at most limit bytes. Where it is too long the
// longest line gives way: neither the act that ends a trouble nor the link is.
func text(title, body string, limit int, write func(line string) string, link func(url string) string) string {
	lines := strings.Split(body, "\n")
	first := 0 // of the Body, which is what happened
	if title != "" {
		lines, first = append([]string{title}, lines...), 1
	}
	isLink := func(i int) bool { return i > first && strings.HasPrefix(lines[i], pageLine) }
	written := func() string {
		shown := make([]string, len(lines))
		for i, line := range lines {
			if isLink(i) {
				shown[i] = pageLine + link(line[len(pageLine):])
			} else {
				shown[i] = write(line)
			}
		}
		return strings.Join(shown, "\n")
	}
	all := written()
	for len(all) > limit {
		longest := first
		for i, line := range lines {
			if len(line) > len(lines[longest]) && !isLink(i) {
				longest = i
			}
		}
		if len(lines[longest]) <= len(mark) {
			return cut(all, limit)
		}
		// No character is written as more than 10 bytes, so that this takes little more than it must.
		over := max((len(all)-limit)/10, len(mark)+utf8.UTFMax)
		lines[longest] = cut(lines[longest], len(lines[longest])-over)
		all = written()
	}
	return all
}

// same writes what needs no other form.
func same(line string) string { return line }

// escape writes a line in which nobody is mentioned and nothing is a link.
func escape(line string) string { return escapes.Replace(line) }

var escapes = strings.NewReplacer("@", "@"+blank, "://", ":"+blank+"//")
