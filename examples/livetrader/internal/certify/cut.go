package certify

import (
	"errors"
	"net/http"
	"sync/atomic"
)

// errCut is what who asks hears of an answer that was cut on our side.
var errCut = errors.New("certify: the answer was cut on purpose, on our side")

// cutter drops the next answer to a request that sends an order: the venue has it, and who sent it does not know.
type cutter struct {
	next  http.RoundTripper
	armed atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err == nil && r.Method == http.MethodPost && c.armed.CompareAndSwap(true, false) {
		_ = response.Body.Close() // nobody reads it
		return nil, errCut
	}
	return response, err
}
