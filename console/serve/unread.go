package serve

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// unreadTimeout is how long what is left of a body may take that the handler has not read to its end. The server reads it
// before it answers, and who never sends it would hold the connection for all of readTimeout, without a credential.
const unreadTimeout = time.Second

// unread does not wait for bodies that nobody reads.
func (s *Server) unread() http.Handler {
	next := s.cfg.Handler
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		body := &seen{ReadCloser: r.Body}
		own := r.WithContext(r.Context())
		own.Body = body
		next.ServeHTTP(w, own)
		if !body.ended.Load() {
			_ = http.NewResponseController(w).SetReadDeadline(s.cfg.Clock.Now().Add(unreadTimeout))
		}
	})
}

// seen is a body that knows whether it was read to its end.
type seen struct {
	io.ReadCloser

	ended atomic.Bool
}

func (b *seen) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.ended.Store(true)
	}
	return n, err //nolint:wrapcheck // it is the body's own
}
