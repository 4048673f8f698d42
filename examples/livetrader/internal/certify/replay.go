package certify

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// Replay is a venue that answers as a tape says, in the order of the tape for each question: an http.Handler for requests and
// streams. The last answer to a question is given again, as a run may ask more often than the one on the tape. It is safe for
// concurrent use.
type Replay struct {
	Venue string // that was recorded
	Mark  string // for Config.Run: the client IDs have to be those of the tape

	mu      sync.Mutex            // guards all below
	answers map[string][]Exchange // by question
	frames  map[string][][]Frame  // by path: those of each time that it was opened
	lacking []string
}

// maxLine is more than any line of a tape has.
const maxLine = 64 << 20

// NewReplay reads a tape.
func NewReplay(tape io.Reader) (*Replay, error) {
	r := &Replay{answers: make(map[string][]Exchange), frames: make(map[string][][]Frame)}
	lines := bufio.NewScanner(tape)
	lines.Buffer(nil, maxLine)
	number := 0
	for lines.Scan() {
		number++
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("certify: tape, line %d: %w", number, err)
		}
		r.add(e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("certify: tape, line %d: %w", number+1, err)
	}
	if r.Mark == "" {
		return nil, errors.New("certify: the tape has no first line with its run")
	}
	return r, nil
}

func (r *Replay) add(e Entry) {
	switch {
	case e.Run != nil:
		r.Venue, r.Mark = e.Run.Venue, e.Run.Mark
	case e.Exchange != nil:
		q := question(e.Exchange.Method, e.Exchange.Path, e.Exchange.Asked)
		r.answers[q] = append(r.answers[q], *e.Exchange)
	case e.Frame != nil:
		all := r.frames[e.Frame.Path]
		if e.Frame.First {
			all = append(all, nil)
		} else if len(all) > 0 {
			all[len(all)-1] = append(all[len(all)-1], *e.Frame)
		}
		r.frames[e.Frame.Path] = all
	}
}

// window is how old a request may be, which is not of its question: a script and an adapter may differ in it.
var window = regexp.MustCompile(`recvWindow=\d+&?`)

func question(method, path, asked string) string {
	return method + " " + path + " " + strings.Trim(window.ReplaceAllString(asked, ""), "& ")
}

// Lacking are the questions to which the tape has no answer.
func (r *Replay) Lacking() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lacking)
}

// ServeHTTP implements http.Handler.
func (r *Replay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Header.Get("Upgrade") != "" {
		r.stream(w, request)
		return
	}
	body, err := io.ReadAll(io.LimitReader(request.Body, maxAnswer))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	x, ok := r.answer(question(request.Method, scrubPath(request.URL.Path), asked(request.URL, body)))
	switch {
	case !ok:
		http.Error(w, `{"code":-9999,"msg":"the tape has no answer to that"}`, http.StatusNotImplemented)
		return
	case x.Broken:
		panic(http.ErrAbortHandler) // the connection ends without a whole answer
	}
	for name, value := range x.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(x.Status)
	_, _ = io.WriteString(w, x.Answer) // whoever asked has gone
}

func (r *Replay) answer(q string) (x Exchange, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.answers[q]
	if len(all) == 0 {
		r.lacking = append(r.lacking, q)
		return Exchange{}, false
	}
	if len(all) > 1 {
		r.answers[q] = all[1:]
	}
	return all[0], true
}

// stream tells all that this opening of the stream was told, at once: who listens keeps it until it is asked for.
func (r *Replay) stream(w http.ResponseWriter, request *http.Request) {
	path := scrubPath(request.URL.Path)
	frames, ok := r.opening(path)
	if !ok {
		http.Error(w, "the tape has no such stream", http.StatusNotFound)
		return
	}
	conn, err := websocket.Accept(w, request, nil)
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = conn.CloseNow() }() // it is at its end, however that came
	for _, f := range frames {
		if conn.Write(request.Context(), websocket.MessageText, []byte(f.Text)) != nil {
			return
		}
	}
	for err == nil { // until whoever listens has gone: what it says was said to the venue
		_, _, err = conn.Read(request.Context())
	}
}

func (r *Replay) opening(path string) (frames []Frame, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.frames[path]
	if len(all) == 0 {
		r.lacking = append(r.lacking, "stream "+path)
		return nil, false
	}
	r.frames[path] = all[1:]
	return all[0], true
}
