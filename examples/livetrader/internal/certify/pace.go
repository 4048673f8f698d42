package certify

import (
	"net/http"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// pacer keeps a time between the requests of who must not ask more often.
type pacer struct {
	next  http.RoundTripper
	clock clock.Clock
	every time.Duration

	mu   sync.Mutex // guards last
	last time.Time  // when the latest may go
}

// RoundTrip implements http.RoundTripper.
func (p *pacer) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	now := p.clock.Now()
	if p.last = p.last.Add(p.every); p.last.Before(now) {
		p.last = now
	}
	wait := p.last.Sub(now)
	p.mu.Unlock()
	if wait > 0 {
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-p.clock.After(wait):
		}
	}
	return p.next.RoundTrip(r)
}
