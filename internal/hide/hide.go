// Package hide takes out of texts what lets somebody in: whoever answers may say a secret back.
package hide

import (
	"net/url"
	"slices"
	"strings"
)

// Secrets are the pieces that nobody must see, the longest first.
type Secrets []string

// minSecret is how long a piece is at least: a shorter one is in every text.
const minSecret = 4

// URL returns the pieces of a URL but for its host, as they are written and as they are meant, and the others that are given.
func URL(raw string, others ...string) Secrets {
	pieces := append([]string{raw}, others...)
	if u, err := url.Parse(raw); err == nil {
		pieces = append(pieces, u.RequestURI())
		for _, path := range []string{u.EscapedPath(), u.Path} {
			pieces = append(pieces, strings.Trim(path, "/"))
			pieces = append(pieces, strings.Split(path, "/")...)
		}
		for _, values := range u.Query() {
			pieces = append(pieces, values...)
		}
		password, _ := u.User.Password()
		pieces = append(pieces, u.RawQuery, u.User.String(), u.User.Username(), password)
	}
	pieces = slices.DeleteFunc(pieces, func(s string) bool { return len(s) < minSecret })
	slices.SortFunc(pieces, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(pieces)
}

// In returns the text without them.
func (s Secrets) In(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}
