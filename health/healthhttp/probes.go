package healthhttp

import (
	"strings"
	"unicode"
)

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
