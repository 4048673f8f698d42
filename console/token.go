package console

import (
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

const (
	minTokenBits  = 128
	minTokenKinds = 8 // different characters: of 32 random hexadecimal digits fewer are seen once in 10^8
	maxActor      = 100
)

// weak says why a token could be guessed. It cannot see a token that is long and known.
func weak(token string) string {
	bits, kinds := 4, make(map[rune]bool)
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return "has a character that no Bearer token can have"
		}
		if !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			bits = 6
		}
		kinds[c] = true
	}
	if bits*len(token) < minTokenBits || len(kinds) < minTokenKinds {
		return "has less than 128 bits: take 32 hexadecimal digits of a random generator, such as openssl rand -hex 32"
	}
	return ""
}

// form refuses what no request for an act looks like. A token in an address would be in the logs of whatever stands
// between, and a page of another origin can send a form or text without being asked, but no JSON.
func form(r *http.Request) *answer.Problem {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return &answer.Problem{Status: http.StatusMethodNotAllowed, Detail: "an act is asked for with POST"}
	case r.URL.RawQuery != "" || r.URL.ForceQuery:
		return &answer.Problem{
			Status: http.StatusBadRequest,
			Detail: "control has no query parameters: a token belongs into the header Authorization, the object into the body",
		}
	case err != nil || kind != "application/json" || r.Header.Get("Content-Encoding") != "":
		return &answer.Problem{
			Status: http.StatusUnsupportedMediaType, Detail: "the body must be application/json, and Content-Type say so",
		}
	}
	return nil
}

// nameable reports whether text can stand in journals, logs and on terminals.
func nameable(text string, longest int) bool {
	return text != "" && len(text) <= longest && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
