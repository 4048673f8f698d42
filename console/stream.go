package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
)

const (
	streamPage = 100         // signals read at a time
	streamPoll = time.Second // how often a store is asked that is no signal.Notifier
)

// stream is one client of /api/signals/stream. It holds no queue: it reads the store from its cursor on, as fast as the
// client takes it, so one that is slow costs what a fast one does, and one that takes nothing is dropped.
type stream struct {
	*sse
	filter  filter
	started bool // the first page was sent: whether that one is whole was said by the status
}

// streamSignals answers GET /api/signals/stream.
func (a *api) streamSignals(w http.ResponseWriter, r *http.Request) {
	s := &stream{sse: newSSE(a, w, r)}
	if wrong := s.parse(); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if !s.enter() {
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
	case s.open(storeHeader):
		s.ended(s.run(wake, first))
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
	return s.lastEventID()
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

// run sends page after page until the client, the server or the store ends it.
func (s *stream) run(wake <-chan struct{}, p page) error {
	if err := s.hello(); err != nil {
		return err
	}
	ctx := s.request.Context()
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
	if wake == nil {
		return min(streamPoll, s.untilBeat())
	}
	return s.untilBeat()
}

// sendAll sends a page, and before it that signals are gone which the client has not got: it was too slow for a store
// that forgets.
func (s *stream) sendAll(p page) error {
	text := make([]byte, 0, 512*len(p.signals))
	if s.started && p.missing() {
		text = s.skip(text, p.whole)
	}
	s.started = true
	for _, one := range p.signals {
		if s.cursor.seq = one.Seq; !s.filter.fits(one) {
			continue
		}
		var err error
		if text, err = s.say(text, one.Seq, "signal", one); err != nil {
			return err
		}
	}
	if len(text) == 0 {
		return nil
	}
	return s.send(string(text))
}
