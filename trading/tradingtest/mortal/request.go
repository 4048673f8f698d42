package mortal

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// RoundTrip implements http.RoundTripper. A dead process sends nothing. A request that is on its way when the process dies
// arrives, and so does one whose context ends.
func (p *Process) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Upgrade") != "" { // a stream, which ends with its own context
		if p.dead() {
			return nil, ErrDead
		}
		return p.next.RoundTrip(r)
	}
	body, err := whole(r.Body)
	if err != nil {
		return nil, err
	}
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead
	if p.dead() || changes && p.dies(BeforeSending) {
		return nil, ErrDead
	}
	if changes && p.dies(WhileSending) {
		p.send(r, body, p.delay())
		return nil, ErrDead
	}
	select {
	case a := <-p.send(r, body, 0):
		if a.err == nil && changes && p.dies(AfterSending) {
			return nil, ErrDead // the answer is in memory: nothing is left open
		}
		return a.response, a.err
	case <-p.alive.Done(): // in the middle of a call
		return nil, ErrDead
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (p *Process) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flight(p.random)
}

type answer struct {
	response *http.Response
	err      error
}

// send sends a request whatever becomes of its process, and reads the answer into memory.
func (p *Process) send(r *http.Request, body []byte, after time.Duration) <-chan answer {
	sent := r.Clone(context.WithoutCancel(r.Context()))
	if r.Body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	got := make(chan answer, 1) // nobody may be there to hear it
	p.sent.Go(func() {
		time.Sleep(after) //vigil:wallclock see the package's word on clocks
		response, err := p.next.RoundTrip(sent)
		if err == nil {
			far := response.Body
			var told []byte
			told, err = io.ReadAll(far)
			_ = far.Close()
			response.Body = io.NopCloser(bytes.NewReader(told))
		}
		got <- answer{response, err}
	})
	return got
}

// whole reads a body to its end, and closes it.
func whole(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	all, err := io.ReadAll(body)
	_ = body.Close()
	return all, err
}
