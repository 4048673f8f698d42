package measure

import (
	"regexp"
	"strings"
)

// entry is the first column of a line in a table, and word is one of the words that such a line explains together.
var (
	entry = regexp.MustCompile(`(?m)^\| ([^|]*) \|`)
	word  = regexp.MustCompile(`[a-z]+`)
)

// Explained returns the words that a page explains: those in the first column of its tables, in small letters, but for
// the line that names the columns.
func Explained(page string) map[string]bool {
	words := make(map[string]bool)
	for _, match := range entry.FindAllStringSubmatch(page, -1) {
		if strings.HasPrefix(match[1], "word") {
			continue
		}
		for _, w := range word.FindAllString(match[1], -1) {
			words[w] = true
		}
	}
	return words
}
