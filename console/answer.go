package console

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// problem is an RFC 9457 problem of the type about:blank, whose title is the status's own.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Parameter string `json:"parameter,omitempty"` // the query parameter that was wrong
}

// refuse answers with p.
func refuse(w http.ResponseWriter, r *http.Request, p problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	body, _ := encode(p) // strings and a number: there is nothing in it that could fail
	write(w, r, p.Status, "application/problem+json", body)
}

// encode leaves <, > and & as they are: people read the answer, and nosniff keeps a browser from taking it for HTML.
func encode(v any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return body.Bytes(), err
}

// write answers with the whole body at once. Package healthhttp has the same lines: it also serves hosts without a
// console, and three lines of headers are no room of their own.
func write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	setHeaders(w, contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone: nothing is left to tell
	}
}

// setHeaders sets what all answers of the console have. Config.Health sets its own.
func setHeaders(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}
