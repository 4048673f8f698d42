// Package httpline makes an http.RoundTripper of a tradingtest.Line, so that requests of an adapter and their replies get
// lost, cut, late or repeated on request. It stands below the adapter, where a network is:
//
//	line := &tradingtest.Line{}
//	client := &http.Client{Transport: httpline.Transport{Line: line, Next: http.DefaultTransport}}
//
// It is a package of its own because it needs net/http. A Transport is safe for concurrent use if its Next is.
package httpline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// errLine is the error of a request or a reply that the Line has lost.
var errLine = errors.New("httpline: the connection was reset")

// Transport carries requests over a Line.
type Transport struct {
	Line *tradingtest.Line
	Next http.RoundTripper // what carries them in truth; nil means http.DefaultTransport
}

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	next := t.Next
	if next == nil {
		next = http.DefaultTransport
	}
	switch fault, over := t.Line.Take(r.Method); fault {
	case tradingtest.RequestLost:
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, fmt.Errorf("%w before the request", errLine)
	case tradingtest.RequestTwice:
		return repeat(next, r)
	case tradingtest.ReplyLost, tradingtest.ReplyCut, tradingtest.ProxyPage, tradingtest.ReplyLate:
		reply, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		return spoil(fault, r, reply, over)
	}
	return next.RoundTrip(r)
}

// repeat sends a request twice.
func repeat(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	send := func() (*http.Response, error) {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		return next.RoundTrip(again)
	}
	first, err := send()
	if err != nil {
		return nil, err
	}
	_ = first.Body.Close()
	return send()
}

// spoil makes of a reply what the fault leaves of it.
func spoil(f tradingtest.LineFault, r *http.Request, reply *http.Response, over <-chan struct{}) (*http.Response, error) {
	body, err := io.ReadAll(reply.Body)
	_ = reply.Body.Close()
	if err != nil {
		return nil, err
	}
	switch f {
	case tradingtest.ReplyCut:
		half := bytes.NewReader(body[:len(body)/2])
		reply.Body = io.NopCloser(io.MultiReader(half, broken{}))
		return reply, nil
	case tradingtest.ProxyPage:
		const page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
		return &http.Response{
			Status: "502 Bad Gateway", StatusCode: http.StatusBadGateway, Proto: reply.Proto, ProtoMajor: reply.ProtoMajor,
			ProtoMinor: reply.ProtoMinor, Header: http.Header{"Content-Type": {"text/html"}}, ContentLength: int64(len(page)),
			Body: io.NopCloser(strings.NewReader(page)), Request: r,
		}, nil
	case tradingtest.ReplyLate:
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-over:
		}
	}
	return nil, fmt.Errorf("%w before the reply", errLine)
}

// broken is a body that ends where it should not.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
