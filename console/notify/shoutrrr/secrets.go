package shoutrrr

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// secrets are the pieces of a URL that nobody must see, the longest first.
type secrets []string

// minSecret is how long a piece is at least: a shorter one is in every text.
const minSecret = 4

// secretsOf are all pieces of a URL that may let somebody in, as they are written and as they are meant.
func secretsOf(raw string, u *url.URL) secrets {
	user := u.User.Username()
	password, _ := u.User.Password()
	token := user + ":" + password
	pieces := []string{
		raw, u.String(), u.User.String(), token, user, password, u.Path, strings.Trim(u.EscapedPath(), "/"),
		url.QueryEscape(user), url.QueryEscape(password), url.PathEscape(password),
		base64.StdEncoding.EncodeToString([]byte("\x00" + user + "\x00" + password)),
		base64.StdEncoding.EncodeToString([]byte(password)),
	}
	if u.Scheme != "smtp" { // the parts of a token; a mail server's name and addresses are none
		pieces = append(pieces, u.Host)
		for _, whole := range []string{password, user, u.Host + u.Path} {
			pieces = append(pieces, strings.FieldsFunc(whole, func(r rune) bool { return strings.ContainsRune("/-,:", r) })...)
		}
	}
	pieces = slices.DeleteFunc(pieces, func(s string) bool { return len(s) < minSecret || isWord(s) })
	slices.SortFunc(pieces, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(pieces)
}

// isWord reports whether a piece of a URL is one that all of them have.
func isWord(s string) bool {
	return slices.Contains([]string{"hook", "webhook", "telegram", "xoxb", "xoxp"}, s)
}

// hide returns a text without them, in one line of a length that a log bears.
func (s secrets) hide(text string) string {
	for _, secret := range s {
		text = strings.ReplaceAll(text, secret, "***")
	}
	text = strings.Join(strings.Fields(text), " ")
	return cut(text, maxReason)
}

const maxReason = 300

// cut returns at most limit bytes of a text, and no half of a character.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:max(0, limit-len(mark))], "") + mark
}

const mark = "..."
