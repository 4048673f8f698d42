package sqlstore

import "strings"

// PostgreSQL's texts cannot hold a NUL. Names with one are no use to anybody, but a store gives back what it was given,
// so it is stored behind a character that names have as little use for. JSON needs none of it: it has its own escapes.
const substitute = "\x1a"

var (
	toText   = strings.NewReplacer("\x00", substitute+"0", substitute, substitute+substitute)
	fromText = strings.NewReplacer(substitute+"0", "\x00", substitute+substitute, substitute)
)
