package certify

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Entry is a line of a tape: one of these.
type Entry struct {
	Run      *RunEntry `json:"run,omitempty"`
	Case     string    `json:"case,omitempty"` // what follows is of this one; "end" is the last look at the account
	Exchange *Exchange `json:"exchange,omitempty"`
	Frame    *Frame    `json:"frame,omitempty"`
	Line     *Line     `json:"line,omitempty"` // what the case saw
}

// RunEntry is the first line of a tape.
type RunEntry struct {
	Venue string    `json:"venue"`
	Mark  string    `json:"mark"` // of the run's client IDs, see Config.Run
	Began time.Time `json:"began"`
}

// Exchange is a request and its answer.
type Exchange struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Asked  string            `json:"asked,omitempty"` // query and form by name, or a body of JSON, without what is secret
	Status int               `json:"status,omitempty"`
	Header map[string]string `json:"header,omitempty"` // those that say what is left of a budget
	Answer string            `json:"answer,omitempty"`
	Broken bool              `json:"broken,omitempty"` // no whole answer came
}

// Frame is a message of a stream.
type Frame struct {
	Path  string `json:"path"`
	First bool   `json:"first,omitempty"` // the stream was opened, and nothing is told yet
	Text  string `json:"text,omitempty"`
}

// Tape writes what goes over the wire as JSON lines, one Entry each, and leaves out what is secret: no request header is
// written, no signature and no time, and instead of a listenKey or what tells whose account it is there stands SCRUBBED. What
// it still tells is what the account held and traded.
type Tape struct {
	secrets []string
	about   []string // the instruments of the run, as the venue calls them

	mu  sync.Mutex // guards all below
	to  io.Writer  // nil keeps nothing
	err error
}

func newTape(to io.Writer, about []string, secrets ...string) *Tape {
	return &Tape{to: to, about: about, secrets: slices.DeleteFunc(secrets, func(s string) bool { return s == "" })}
}

// failed is why the tape is not whole.
func (t *Tape) failed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *Tape) begin(venue, mark string, at time.Time) {
	t.note(Entry{Run: &RunEntry{venue, mark, at.UTC()}})
}

func (t *Tape) note(e Entry) {
	if t == nil || t.to == nil {
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(e)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil && err == nil {
		_, err = io.WriteString(t.to, t.blank(text.String()))
	}
	if t.err == nil {
		t.err = err
	}
}

// blank is the last barrier: key and secret, wherever they may have come from.
func (t *Tape) blank(text string) string {
	for _, secret := range t.secrets {
		text = strings.ReplaceAll(text, secret, scrubbed)
	}
	return text
}

// through records what passes.
func (t *Tape) through(next http.RoundTripper) http.RoundTripper { return recorder{next, t} }

type recorder struct {
	next http.RoundTripper
	tape *Tape
}

// RoundTrip implements http.RoundTripper. A stream that is opened passes unseen: who reads it notes its frames.
func (r recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.tape.to == nil || request.Header.Get("Upgrade") != "" {
		return r.next.RoundTrip(request)
	}
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		_ = request.Body.Close() // it is read
		request = request.Clone(request.Context())
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	x := &Exchange{Method: request.Method, Path: scrubPath(request.URL.Path), Asked: asked(request.URL, body)}
	response, err := r.next.RoundTrip(request)
	if err != nil {
		x.Broken = true
		r.tape.note(Entry{Exchange: x})
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	_ = response.Body.Close() // it is read
	x.Status, x.Header, x.Broken = response.StatusCode, budgetOf(response.Header), err != nil
	x.Answer = r.tape.scrubAnswer(request.URL, raw)
	r.tape.note(Entry{Exchange: x})
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(raw))
	return response, nil
}

func budgetOf(h http.Header) map[string]string {
	kept := make(map[string]string)
	for name := range h {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-mbx-") || strings.HasPrefix(lower, "x-ratelimit-") || lower == "retry-after" {
			kept[lower] = h.Get(name)
		}
	}
	return kept
}

// asked is what a request says, in one order whatever the client: its query and its form by name, or its JSON. Times are
// left out, and what is signed, so that the same question has the same text in another run.
func asked(u *url.URL, body []byte) string {
	text := strings.TrimSpace(string(body))
	values := u.Query()
	if strings.HasPrefix(text, "{") {
		text = scrubText(body)
	} else {
		form, err := url.ParseQuery(text)
		for name, all := range form {
			values[name] = append(values[name], all...)
		}
		if text = ""; err != nil {
			text = "(no form)"
		}
	}
	for _, name := range []string{"startTime", "endTime", "listenKey", "after", "until", "date", "start", "end"} {
		if values.Has(name) {
			values.Set(name, "*")
		}
	}
	for _, name := range []string{"signature", "timestamp"} {
		values.Del(name)
	}
	return strings.TrimSpace(values.Encode() + " " + text)
}
