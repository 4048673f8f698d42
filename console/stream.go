package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// What a stream is like where the Config does not say.
const (
	defaultHeartbeat  = 15 * time.Second
	defaultMaxStreams = 32
)

const (
	streamPage = 100         // signals read at a time
	streamPoll = time.Second // how often a store is asked that is no signal.Notifier
)

var errSlow = errors.New("the client did not take what it was sent")

// stream is one client of /api/signals/stream. It holds no queue: it reads the store from its cursor on, as fast as the
// client takes it, so one that is slow costs what a fast one does, and one that takes nothing is dropped.
type stream struct {
	api     *api
	w       http.ResponseWriter
	control *http.ResponseController
	request *http.Request
	cursor  cursor
	filter  filter
	said    int64 // the place that the client was told
	started bool  // the first page was sent: whether that one is whole was said by the status
	wrote   time.Time
}

// streamSignals answers GET /api/signals/stream.
func (a *api) streamSignals(w http.ResponseWriter, r *http.Request) {
	s := &stream{api: a, w: w, control: http.NewResponseController(w), request: r}
	if wrong := s.parse(); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if !a.streams.TryAcquire(1) {
		w.Header().Set("Retry-After", "5")
		answer.Refuse(w, r, answer.Problem{Status: http.StatusServiceUnavailable, Detail: fmt.Sprintf(
			"%d streams are open, and that is all there are", a.cfg.MaxStreams)})
		return
	}
	defer a.streams.Release(1)
	wake := s.wake()
	first, wrong, err := s.begin()
	switch {
	case err != nil:
		a.failed(w, r, err)
	case wrong != nil:
		answer.Refuse(w, r, *wrong)
	case s.open():
		// A client that takes nothing is cut off, and its request's context with it: that it is gone says nothing then.
		if err := s.run(wake, first); errors.Is(err, errSlow) || err != nil && r.Context().Err() == nil {
			a.log(r, slog.LevelWarn, "Console stream ended", err)
		}
	}
}

// parse reads where the stream begins. A browser that comes back says so in Last-Event-ID, and that is newer than what
// stands in its address.
func (s *stream) parse() *answer.Problem {
	if wrong := parse(s.request.URL.RawQuery, s.filter.parameters(map[string]setter{
		"after": s.cursor.setAfter, "store": s.cursor.setStore,
	})); wrong != nil {
		return wrong
	}
	const header = "Last-Event-ID"
	if id := s.request.Header.Get(header); id != "" {
		if wrong := s.cursor.setEventID(id); wrong != "" {
			return badParameter(header, wrong)
		}
	}
	return nil
}

// begin reads the first page, so that a store that cannot be read is told while there still is a status to tell it by.
// Without a cursor the stream begins with what is new from now on.
func (s *stream) begin() (first page, wrong *answer.Problem, err error) {
	ctx, cancel := clockctx.WithTimeout(s.request.Context(), s.api.cfg.Clock, s.api.cfg.Timeout)
	defer cancel()
	if wrong, err = s.unknownSymbol(ctx); wrong != nil || err != nil {
		return first, wrong, err
	}
	if !s.cursor.given {
		newest, err := s.api.latest(ctx, signal.Query{Limit: 1})
		if err != nil {
			return first, nil, fmt.Errorf("read the newest signal: %w", err)
		}
		if len(newest) > 0 {
			s.cursor.seq = newest[0].Seq
		}
	}
	first, s.cursor.store, wrong, err = s.api.readAfter(ctx, s.cursor, streamPage)
	return first, wrong, err
}

// unknownSymbol refuses a symbol of which there is no signal, and that nobody watches: the stream would be silent for ever.
func (s *stream) unknownSymbol(ctx context.Context) (*answer.Problem, error) {
	wrong := s.api.unknownSymbol(s.filter.symbol)
	if wrong == nil {
		return nil, nil
	}
	found, err := s.api.latest(ctx, signal.Query{Symbol: s.filter.symbol, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("read the newest signal of %.100q: %w", s.filter.symbol, err)
	}
	if len(found) > 0 {
		return nil, nil
	}
	return wrong, nil
}

// open sends the head. It reports whether a body is to follow.
func (s *stream) open() bool {
	// A server limits how long a request is read and an answer written; this one has no end. A writer that knows no
	// deadlines has none to lift.
	_ = s.control.SetReadDeadline(time.Time{})
	_ = s.control.SetWriteDeadline(time.Time{})
	answer.SetHeaders(s.w, "text/event-stream")
	nameStore(s.w, s.cursor.store)
	s.w.WriteHeader(http.StatusOK)
	return s.request.Method != http.MethodHead
}

// run sends page after page until the client, the server or the store ends it.
func (s *stream) run(wake <-chan struct{}, p page) error {
	// In how many ms a browser comes back, and with what as its Last-Event-ID if it has got nothing by then.
	if err := s.send(fmt.Sprintf("retry: 2000\nid: %s\n\n", s.cursor.eventID())); err != nil {
		return err
	}
	ctx := s.request.Context()
	s.said = s.cursor.seq
	var tick <-chan time.Time
	for {
		if err := s.sendAll(p); err != nil {
			return err
		}
		if !p.full {
			if tick == nil {
				tick = s.api.cfg.Clock.After(s.tick(wake))
			}
			select {
			case <-ctx.Done():
				return nil
			case <-serve.Stopping(ctx):
				return nil
			case <-wake:
			case <-tick:
				tick = nil
			}
		}
		if err := s.beat(); err != nil {
			return err
		}
		wake = s.wake() // before reading, so that nothing falls in between
		var err error
		if p, err = s.next(ctx); err != nil {
			return err
		}
	}
}

func (s *stream) next(ctx context.Context) (page, error) {
	ctx, cancel := clockctx.WithTimeout(ctx, s.api.cfg.Clock, s.api.cfg.Timeout)
	defer cancel()
	p, err := s.api.after(ctx, s.cursor.seq, streamPage)
	if err != nil {
		return p, fmt.Errorf("read the signals after %d: %w", s.cursor.seq, err)
	}
	return p, nil
}

// wake returns what says that there is more to read, or nil where the store does not say.
func (s *stream) wake() <-chan struct{} {
	if store, ok := s.api.cfg.Signals.(signal.Notifier); ok {
		return store.Appended()
	}
	return nil
}

// tick is how long to wait when nothing wakes: until the next heartbeat, or until the store is to be asked again.
func (s *stream) tick(wake <-chan struct{}) time.Duration {
	beat := s.wrote.Add(s.api.cfg.Heartbeat).Sub(s.api.cfg.Clock.Now())
	if wake == nil {
		beat = min(streamPoll, beat)
	}
	return max(beat, 1) // A mock clock must never see After(d <= 0).
}

// beat sends a comment where nothing was sent for as long as a heartbeat takes: whoever listens can tell a quiet market
// from a dead line, and a client that is gone is found out.
func (s *stream) beat() error {
	if s.api.cfg.Clock.Now().Sub(s.wrote) < s.api.cfg.Heartbeat {
		return nil
	}
	if s.said == s.cursor.seq {
		return s.send(": still here\n\n")
	}
	s.said = s.cursor.seq
	return s.send(fmt.Sprintf(": still here\nid: %s\n\n", s.cursor.eventID())) // past signals that are not asked for
}

// sendAll sends a page, and before it that signals are gone which the client has not got: it was too slow for a store
// that forgets.
func (s *stream) sendAll(p page) error {
	text := make([]byte, 0, 512*len(p.signals))
	if s.started && p.missing() {
		from := s.cursor.seq
		s.cursor.seq = max(from, p.whole)
		s.said = s.cursor.seq
		text = fmt.Appendf(text, "id: %s\nevent: gap\ndata: {\"after\":%d,\"oldest\":%d}\n\n",
			s.cursor.eventID(), from, p.whole+1)
	}
	s.started = true
	for _, one := range p.signals {
		s.cursor.seq = one.Seq
		if !s.filter.fits(one) {
			continue
		}
		body, err := answer.JSON(one)
		if err != nil {
			return fmt.Errorf("write signal %s: %w", one.ID, err)
		}
		s.said = one.Seq
		text = fmt.Appendf(text, "id: %s\nevent: signal\ndata: %s\n", s.cursor.eventID(), body) // which ends in a newline
	}
	if len(text) == 0 {
		return nil
	}
	return s.send(string(text))
}

// send writes and flushes. A client that has not taken it within Timeout is cut off by a deadline that has passed: that
// way the time stands on the Clock.
func (s *stream) send(text string) error {
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
