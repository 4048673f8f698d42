// Package printable makes texts safe to show on a terminal: what a file, a venue or a caller wrote may hold sequences that
// move the cursor, change colours or ring bells.
package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with U+FFFD in the place of what is not printable, line ends and tabs apart. It also breaks the escape
// character as Go quotes it: a log handler for terminals turns that back into the character.
func Text(s string) string {
	if isPrintable(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if allowed(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
	return strings.ReplaceAll(s, quotedEscape, "/x1b")
}

const quotedEscape = `\x1b`

func isPrintable(s string) bool {
	return utf8.ValidString(s) && !strings.Contains(s, quotedEscape) &&
		strings.IndexFunc(s, func(r rune) bool { return !allowed(r) }) < 0
}

func allowed(r rune) bool { return unicode.IsPrint(r) || r == '\n' || r == '\t' }

// Error returns err with its text made printable; errors.Is and errors.As see what it wraps. A nil error stays nil.
func Error(err error) error {
	if err == nil || isPrintable(err.Error()) {
		return err
	}
	return &printableError{Text(err.Error()), err}
}

type printableError struct {
	text string
	err  error
}

func (e *printableError) Error() string { return e.text }
func (e *printableError) Unwrap() error { return e.err }
