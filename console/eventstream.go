package console

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// runHeader names the run that the numbers of events are of.
const runHeader = "Events-Run"

// events answers GET /api/events: as a stream to those who accept one, and else as a list.
func (a *api) events(w http.ResponseWriter, r *http.Request) {
	if a.cfg.Events == nil {
		absent(w, r, "events", "Events")
		return
	}
	w.Header().Set("Vary", "Accept")
	if answer.Wants(r, "text/event-stream", "application/json") {
		a.streamEvents(w, r)
		return
	}
	limit, before := signal.DefaultLimit, int64(0)
	if wrong := parse(r.URL.RawQuery, map[string]setter{"limit": setLimit(&limit), "before": setPlace(&before)}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	found, more := a.cfg.Events.before(before, limit)
	if more {
		linkNext(w, r.URL.Path, url.Values{}, "before", found[len(found)-1].Seq, limit)
	}
	nameSource(w, runHeader, a.cfg.Events.run)
	a.json(w, r, http.StatusOK, found)
}

// eventStream is one client of the stream.
type eventStream struct {
	*sse
	events *Events
}

func (a *api) streamEvents(w http.ResponseWriter, r *http.Request) {
	s := &eventStream{newSSE(a, w, r), a.cfg.Events}
	wrong := parse(r.URL.RawQuery, map[string]setter{"after": s.cursor.setEventID})
	if wrong == nil {
		wrong = s.lastEventID()
	}
	if wrong == nil {
		wrong = s.begin()
	}
	if wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if !s.enter() {
		return
	}
	defer a.streams.Release(1)
	if s.open(runHeader) {
		s.ended(s.run())
	}
}

// begin finds the place. A past that is gone is said while there still is a status to say it by.
func (s *eventStream) begin() *answer.Problem {
	held, run := s.events.after(s.cursor.seq, 0), s.cursor.store
	s.cursor.store = s.events.run
	switch {
	case !s.cursor.given:
		s.cursor.seq = held.last
	case s.cursor.seq == 0 && run == "":
		s.cursor.seq = held.whole // from the oldest on
	case run != "" && run != s.events.run, s.cursor.seq > held.last:
		return &answer.Problem{Status: http.StatusGone, Oldest: held.whole + 1, Detail: fmt.Sprintf(
			"this place is of another run, whose events are gone: begin anew, from %d on nothing of this run is missing",
			held.whole+1)}
	case s.cursor.seq < held.whole:
		return &answer.Problem{Status: http.StatusGone, Oldest: held.whole + 1, Detail: fmt.Sprintf(
			"some of what happened after number %d is not held any more; from %d on nothing is missing: begin anew after %d",
			s.cursor.seq, held.whole+1, held.whole)}
	}
	return nil
}

func (s *eventStream) run() error {
	if err := s.hello(); err != nil {
		return err
	}
	var tick <-chan time.Time
	for ctx := s.request.Context(); ; {
		added := s.events.added.Next() // before reading, so that nothing falls in between
		p := s.events.after(s.cursor.seq, streamPage)
		if err := s.sendAll(p); err != nil {
			return err
		}
		if len(p.events) < streamPage {
			if tick == nil {
				tick = s.api.cfg.Clock.After(s.untilBeat())
			}
			select {
			case <-ctx.Done():
				return nil
			case <-serve.Stopping(ctx):
				return nil
			case <-added:
			case <-tick:
				tick = nil
			}
		}
		if err := s.beat(); err != nil {
			return err
		}
	}
}

func (s *eventStream) sendAll(p eventPage) (err error) {
	var text []byte
	if s.cursor.seq < p.whole {
		text = s.skip(text, p.whole)
	}
	for _, one := range p.events {
		if text, err = s.say(text, one.Seq, one.Kind, one); err != nil {
			return err
		}
	}
	if len(text) == 0 {
		return nil
	}
	return s.send(string(text))
}
