// Package answer writes the answers of HTTP handlers: whole ones in JSON, and refusals as problems (RFC 9457).
package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// Problem is an RFC 9457 problem of the type about:blank, whose title is the status's own.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Parameter string `json:"parameter,omitempty"`   // the query parameter that was wrong
	Field     string `json:"field,omitempty"`       // the field of the body, or the header, that was wrong
	Reason    string `json:"reason_code,omitempty"` // the same in one word, for programs
	Oldest    int64  `json:"oldest,omitempty"`      // the first number from which on nothing is missing
	Retry     bool   `json:"-"`                     // the same request may do better in a moment
}

// Refuse answers with p.
func Refuse(w http.ResponseWriter, r *http.Request, p Problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	body, _ := JSON(p) // strings and numbers: there is nothing in it that could fail
	Write(w, r, p.Status, "application/problem+json", body)
}

// OnlyRead refuses a method that a path without changes does not have. A mux's own refusal would be plain text.
func OnlyRead(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	Refuse(w, r, Problem{Status: http.StatusMethodNotAllowed, Detail: "this path is read with GET or HEAD"})
}

// JSON encodes v, and a newline. It leaves <, > and & as they are: people read the answer, and nosniff keeps a browser
// from taking it for HTML. Of what a terminal takes for a command nothing is left as it is.
func JSON(v any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return escape(body.Bytes()), err
}

// escape writes the control characters that JSON lets through as \u sequences: DEL, and those from 80 to 9f, which are
// two bytes. They can only stand in strings.
func escape(text []byte) []byte {
	if !bytes.ContainsAny(text, controls) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		if 0x7f <= c && c <= 0x9f {
			out = fmt.Appendf(out, `\u%04x`, c)
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}

// controls are the control characters that JSON lets through.
var controls = func() string {
	var all []rune
	for c := rune(0x7f); c <= 0x9f; c++ {
		all = append(all, c)
	}
	return string(all)
}()

// Text is a whole answer, which may be given many times: what does not differ between two of them is made once.
type Text struct {
	status int
	header [4]field
	body   [][]byte
}

// field is a header. All who are given the answer share its values.
type field struct {
	name   string
	values []string
}

// NewText returns the answer of that body, which may come in pieces.
func NewText(status int, contentType string, body ...[]byte) *Text {
	length := 0
	for _, piece := range body {
		length += len(piece)
	}
	t := &Text{status: status, body: body}
	copy(t.header[:], common(contentType))
	t.header[len(t.header)-1] = field{"Content-Length", []string{strconv.Itoa(length)}}
	return t
}

// Write gives the answer. It allocates nothing of its own.
func (t *Text) Write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for i := range t.header {
		header[t.header[i].name] = t.header[i].values
	}
	w.WriteHeader(t.status)
	if r.Method == http.MethodHead {
		return
	}
	for _, piece := range t.body {
		if _, err := w.Write(piece); err != nil {
			return // the client has gone: nothing is left to tell
		}
	}
}

// Write answers with the whole body at once, which may come in pieces.
func Write(w http.ResponseWriter, r *http.Request, status int, contentType string, body ...[]byte) {
	NewText(status, contentType, body...).Write(w, r)
}

// SetHeaders sets what all answers have.
func SetHeaders(w http.ResponseWriter, contentType string) {
	for _, f := range common(contentType) {
		w.Header()[f.name] = f.values
	}
}

func common(contentType string) []field {
	return []field{
		{"Content-Type", []string{contentType}}, {"Cache-Control", []string{"no-store"}},
		{"X-Content-Type-Options", []string{"nosniff"}},
	}
}
