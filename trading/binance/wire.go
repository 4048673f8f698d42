package binance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds what is read of an answer; exchangeInfo, the longest, has about 1 MB.
const maxAnswer = 32 << 20

// exchange is one request and what came of it. It rides in the context of the request, since go-binance keeps neither
// status nor headers of an error.
type exchange struct {
	begin func(context.Context) error // asked when all is signed and nothing is sent; nil for what needs no leave

	held   error // begin's, and then nothing was sent
	sent   bool
	status int
	header http.Header
	body   []byte
	broken error // of the transport
}

type exchangeKey struct{}

// wire is the transport below go-binance: what it is handed is signed, and the next thing that happens is the request.
type wire struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		return w.next.RoundTrip(r)
	}
	if x.begin != nil {
		if x.held = x.begin(r.Context()); x.held != nil {
			if r.Body != nil {
				_ = r.Body.Close() // a transport has to, and it is in memory
			}
			return nil, x.held
		}
	}
	x.sent = true
	response, err := w.next.RoundTrip(r)
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
