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

// encode leaves <, > and & as they are: nosniff keeps anybody from taking the answer for HTML, and people read it.
func encode(v any) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return body.Bytes(), err
}

func write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // whoever asked has gone: there is nobody to tell
	}
}
