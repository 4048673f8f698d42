package alpaca

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds what is read of an answer; the list of assets, the longest, has some 10 MB.
const maxAnswer = 64 << 20

// exchange is one request and what came of it. It is the transport of the client that sends that request, and gives it
// the context that the venue's client does not take.
type exchange struct {
	ctx   context.Context
	next  http.RoundTripper
	begin func(context.Context) error // asked when nothing is left to do but to send; nil for what needs no leave

	held   error // begin's or the context's, and then nothing was sent
	sent   bool
	status int
	header http.Header
	body   []byte
	broken error // of the transport
}

// RoundTrip implements http.RoundTripper. It sends one request and refuses another.
func (x *exchange) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.WithContext(x.ctx)
	err := x.mayBegin()
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // a transport has to, and it is in memory
		}
		return nil, err
	}
	x.sent = true
	response, err := x.next.RoundTrip(r)
	if err != nil {
		x.broken = err
		return nil, err
	}
	x.status, x.header = response.StatusCode, response.Header
	x.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if len(x.body) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	if err = errors.Join(err, response.Body.Close()); err != nil {
		x.broken = err
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(x.body))
	return response, nil
}

func (x *exchange) mayBegin() error {
	if x.sent {
		return errors.New("a request is sent once")
	}
	if x.held = x.ctx.Err(); x.held == nil && x.begin != nil {
		x.held = x.begin(x.ctx)
	}
	return x.held
}
