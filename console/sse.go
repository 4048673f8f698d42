package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

// What a stream is like where the Config does not say.
const (
	defaultHeartbeat  = 15 * time.Second
	defaultMaxStreams = 32
)

var (
	errSlow      = errors.New("the client did not take what it was sent")
	errSignedOut = errors.New("the session of who reads it is over")
)

// sse is what streams of server-sent events have in common. A stream holds no queue, and one that takes nothing is dropped:
// no reader costs another one anything.
type sse struct {
	api     *api
	w       http.ResponseWriter
	control *http.ResponseController
	request *http.Request
	cursor  cursor // up to where the client has got all that it asked for
	said    int64  // the place that it was told
	wrote   time.Time
	session bool // it was opened by a session, and ends with it
}

func newSSE(a *api, w http.ResponseWriter, r *http.Request) *sse {
	_, session := a.sessions.of(r)
	return &sse{
		api: a, w: w, control: http.NewResponseController(w), request: r,
		session: session && a.cfg.Read.enabled(),
	}
}

// lastEventID reads the place that a browser says when it comes back. It is newer than what stands in its address.
func (s *sse) lastEventID() *answer.Problem {
	const header = "Last-Event-ID"
	if id := s.request.Header.Get(header); id != "" {
		if wrong := s.cursor.setEventID(id); wrong != "" {
			return badParameter(header, wrong)
		}
	}
	return nil
}

// enter takes one of the places, or answers that there is none. Who has entered releases it.
func (s *sse) enter() bool {
	if s.api.streams.TryAcquire(1) {
		return true
	}
	s.w.Header().Set("Retry-After", "5")
	answer.Refuse(s.w, s.request, answer.Problem{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf(
		"%d streams are open, and that is all there are", s.api.cfg.MaxStreams)})
	return false
}

// open sends the head. It reports whether a body is to follow.
func (s *sse) open(sourceHeader string) bool {
	// A server limits how long a request is read and an answer written; this one has no end. A writer that knows no
	// deadlines has none to lift.
	_ = s.control.SetReadDeadline(time.Time{})
	_ = s.control.SetWriteDeadline(time.Time{})
	answer.SetHeaders(s.w, "text/event-stream")
	nameSource(s.w, sourceHeader, s.cursor.store)
	s.w.WriteHeader(http.StatusOK)
	return s.request.Method != http.MethodHead
}

// hello says in how many ms a browser comes back, and with what as its Last-Event-ID if it has got nothing by then.
func (s *sse) hello() error {
	s.said = s.cursor.seq
	return s.send(fmt.Sprintf("retry: 2000\nid: %s\n\n", s.cursor.eventID()))
}

// ended logs why a stream has ended, unless its client has gone. One that takes nothing is cut off, and its request's
// context with it: that it is gone says nothing then.
func (s *sse) ended(err error) {
	if errors.Is(err, errSignedOut) {
		return
	}
	if errors.Is(err, errSlow) || err != nil && s.request.Context().Err() == nil {
		s.api.log(s.request, slog.LevelWarn, "Console stream ended", err)
	}
}

// untilBeat is how long until the next heartbeat. A mock clock must never see After(d <= 0).
func (s *sse) untilBeat() time.Duration {
	return max(s.wrote.Add(s.api.cfg.Heartbeat).Sub(s.api.cfg.Clock.Now()), 1)
}

// beat sends a comment where nothing was sent for as long as a heartbeat takes: whoever listens can tell a quiet market
// from a dead line, and a client that is gone is found out.
func (s *sse) beat() error {
	if s.api.cfg.Clock.Now().Sub(s.wrote) < s.api.cfg.Heartbeat {
		return nil
	}
	if s.said == s.cursor.seq {
		return s.send(": still here\n\n")
	}
	s.said = s.cursor.seq
	return s.send(fmt.Sprintf(": still here\nid: %s\n\n", s.cursor.eventID())) // past what is not asked for
}

// skip returns the event that says that something is gone which the client has not got, and goes on after it.
func (s *sse) skip(text []byte, whole int64) []byte {
	from := s.cursor.seq
	s.cursor.seq = max(from, whole)
	s.said = s.cursor.seq
	return fmt.Appendf(text, "id: %s\nevent: gap\ndata: {\"after\":%d,\"oldest\":%d}\n\n", s.cursor.eventID(), from, whole+1)
}

// say appends one event, and moves the cursor to it.
func (s *sse) say(text []byte, seq int64, kind string, v any) ([]byte, error) {
	body, err := answer.JSON(v)
	if err != nil {
		return nil, fmt.Errorf("write %s %d: %w", kind, seq, err)
	}
	s.cursor.seq, s.said = seq, seq
	return fmt.Appendf(text, "id: %s\nevent: %s\ndata: %s\n", s.cursor.eventID(), kind, body), nil // which ends in a newline
}

// send writes and flushes. A client that has not taken it within Timeout is cut off by a deadline that has passed: that
// way the time stands on the Clock.
func (s *sse) send(text string) error {
	if _, ok := s.api.sessions.of(s.request); s.session && !ok {
		return errSignedOut
	}
	ctx, cancel := clockctx.WithTimeout(context.WithoutCancel(s.request.Context()), s.api.cfg.Clock, s.api.cfg.Timeout)
	defer cancel()
	cut := context.AfterFunc(ctx, func() { _ = s.control.SetWriteDeadline(time.Unix(1, 0)) })
	_, err := s.w.Write([]byte(text))
	if err == nil {
		err = s.control.Flush()
	}
	if inTime := cut(); !inTime {
		err = errSlow
	}
	s.wrote = s.api.cfg.Clock.Now()
	return err
}
