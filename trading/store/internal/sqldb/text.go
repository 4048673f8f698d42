package sqldb

import "strings"

// PostgreSQL's texts cannot hold a NUL. Names with one are no use to anybody, but a store gives back what it was given,
// so it is stored behind a character that names have as little use for. JSON needs none of it: it has its own escapes.
const substitute = "\x1a"

var (
	substituting = strings.NewReplacer("\x00", substitute+"0", substitute, substitute+substitute)
	restoring    = strings.NewReplacer(substitute+"0", "\x00", substitute+substitute, substitute)
)

func toText(s string) string { return substituting.Replace(s) }

// fromText looks first: a Replacer of more than bytes allocates even where there is nothing to replace.
func fromText(s string) string {
	if !strings.Contains(s, substitute) {
		return s
	}
	return restoring.Replace(s)
}
