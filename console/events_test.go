package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func newEvents(t testing.TB, cfg console.EventsConfig) *console.Events {
	t.Helper()
	events, err := console.NewEvents(cfg)
	require.NoError(t, err)
	return events
}

type happened struct {
	Seq        int64
	At         time.Time
	Kind, Text string
	Data       map[string]any
}

func happenings(t testing.TB, w *httptest.ResponseRecorder) (found []happened) {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &found))
	return found
}

func asStream(r *http.Request) { r.Header.Set("Accept", "text/html, text/event-stream;q=0.9") }

// brief is for a stream that must not be one: it ends.
func brief(t testing.TB) func(*http.Request) {
	return func(r *http.Request) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		t.Cleanup(cancel)
		*r = *r.WithContext(ctx)
	}
}

// placed returns the numbers of the events in a stream, and the last id.
func placed(text string) (found []int64, last string) {
	var seq int64
	for row := range strings.Lines(text) {
		if id, ok := strings.CutPrefix(row, "id: "); ok {
			last = strings.TrimSpace(id)
			_, _ = fmt.Sscanf(last, "%d", &seq)
		}
		if strings.HasPrefix(row, "event: ") {
			found = append(found, seq)
		}
	}
	return found, last
}

func acts(e *console.Events, from, to int) {
	for n := from; n <= to; n++ {
		e.Act(journal.Acted{Actor: "ann", Verb: "flatten", Object: fmt.Sprint("S", n), Ended: noon})
	}
}

func TestEventsTellWhatTheHostSays(t *testing.T) {
	t.Parallel()
	events := newEvents(t, console.EventsConfig{})
	h := handler(t, console.Config{Events: events})
	require.JSONEq(t, "[]", ask(h, http.MethodGet, "/api/events").Body.String())
	at := supervisor.Stamp{Path: "bot/feed", Time: noon}
	events.Service(supervisor.Failed{Stamp: at, End: supervisor.End{Err: errors.New(strings.Repeat("long ", 10_000))}})
	events.Service(supervisor.Stalled{Stamp: at, Silence: time.Minute, Stack: "goroutine 1"})
	events.Act(journal.Acted{Actor: "ann", Verb: "kill", Key: goodKey, Ended: noon, Error: "not flat in time"})
	found := happenings(t, ask(h, http.MethodGet, "/api/events"))
	require.Len(t, found, 3)
	require.Equal(t, "act", found[0].Kind)
	require.Equal(t, "ann asked to kill (refused or failed: not flat in time)", found[0].Text)
	require.Equal(t, "kill", found[0].Data["verb"])
	require.Equal(t, "service", found[2].Kind)
	require.Contains(t, found[2].Text, "bot/feed: ")
	require.Less(t, len(fmt.Sprint(found[2].Data)), 10_000, "one event cannot fill the memory")
	require.NotContains(t, found[1].Data, "stack")
	require.Equal(t, noon, found[1].At)
}

func TestEventsOfVerdictAndJournal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		history := journal.NewMemory()
		say := func(events ...journal.Event) { require.NoError(t, history.Append(t.Context(), time.Now(), events...)) }
		say(seen("acted", ""), intent()) // of an earlier run
		time.Sleep(time.Minute)
		registry := health.NewRegistry(health.Config{Clock: clock.New()})
		events := newEvents(t, console.EventsConfig{Registry: registry, History: history})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- events.Serve(ctx) }()
		synctest.Wait()
		h := handler(t, console.Config{Events: events})
		require.Empty(t, happenings(t, ask(h, http.MethodGet, "/api/events")), "what is past is not told")
		say(journal.Submitting{ClientID: "o1"}, fill("o1", 1), journal.Halted{Reason: "daily loss"})
		part := registry.Begin("bot/feed").Part()
		health.Raise(health.NewContext(ctx, part), health.Condition{Key: "x", Verdict: health.Unhealthy, Text: "no bars"})
		time.Sleep(time.Second + time.Millisecond)
		found := happenings(t, ask(h, http.MethodGet, "/api/events"))
		require.Len(t, found, 3)
		require.Equal(t, "halted: daily loss", found[0].Text)
		require.Equal(t, "filled: buy 1 BTC/USDT at 100", found[1].Text)
		require.Equal(t, "verdict", found[2].Kind)
		require.Equal(t, "unhealthy", found[2].Data["verdict"])
		time.Sleep(time.Minute)
		require.Len(t, happenings(t, ask(h, http.MethodGet, "/api/events")), 3, "each once")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// countingHistory says how many entries it was asked for.
type countingHistory struct {
	*journal.Memory
	asked atomic.Int64
}

func (j *countingHistory) Before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error) {
	j.asked.Add(int64(limit))
	return j.Memory.Before(ctx, seq, kinds, limit)
}

func TestEventsAskAJournalThatIsQuietForItsNewestEntryAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		history := &countingHistory{Memory: journal.NewMemory()}
		events := newEvents(t, console.EventsConfig{History: history})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- events.Serve(ctx) }()
		h := handler(t, console.Config{Events: events})
		told := 0
		time.Sleep(time.Second / 2) // so that nothing is at the moment of a look
		for n := range 3 {          // more than a page of them is of a kind that is not told
			for range 250 {
				require.NoError(t, history.Append(ctx, time.Now(), seen("acted", "")))
			}
			require.NoError(t, history.Append(ctx, time.Now(), journal.Halted{Reason: fmt.Sprint("reason ", n)}))
			require.NoError(t, history.Append(ctx, time.Now(), seen("acted", "")))
			told++
			time.Sleep(2 * time.Second)
			require.Len(t, happenings(t, ask(h, http.MethodGet, "/api/events")), told)
			before := history.asked.Load()
			time.Sleep(time.Hour)
			require.Equal(t, int64(3600), history.asked.Load()-before)
			require.Len(t, happenings(t, ask(h, http.MethodGet, "/api/events")), told, "each once")
		}
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// stuckHistory is a journal that does not answer until it is let go.
type stuckHistory struct {
	*journal.Memory
	calls atomic.Int64
	free  chan struct{}
}

func (j *stuckHistory) Before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error) {
	j.calls.Add(1)
	<-j.free
	return j.Memory.Before(ctx, seq, kinds, limit)
}

func TestEventsOfAJournalThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		history := &stuckHistory{Memory: journal.NewMemory(), free: make(chan struct{})}
		var log bytes.Buffer
		events := newEvents(t, console.EventsConfig{History: history, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- events.Serve(ctx) }()
		require.NoError(t, history.Append(ctx, time.Now().Add(time.Second), journal.Halted{Reason: "odd"}))
		time.Sleep(time.Hour)
		require.Equal(t, int64(1), history.calls.Load())
		h := handler(t, console.Config{Events: events})
		require.Empty(t, happenings(t, ask(h, http.MethodGet, "/api/events")))
		close(history.free)
		time.Sleep(3 * time.Second)
		require.Len(t, happenings(t, ask(h, http.MethodGet, "/api/events")), 1)
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestEventsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	events := newEvents(t, console.EventsConfig{Capacity: 50})
	acts(events, 1, 120)
	h := handler(t, console.Config{Events: events})
	var all []int64
	for at := "/api/events?limit=20"; at != ""; {
		w := ask(h, http.MethodGet, at)
		for _, one := range happenings(t, w) {
			all = append(all, one.Seq)
			require.Equal(t, fmt.Sprint("ann asked to flatten: S", one.Seq), one.Text)
		}
		at = next(w)
	}
	require.Len(t, all, 50)
	require.Equal(t, int64(120), all[0])
	require.Equal(t, int64(71), all[49])
	for _, bad := range []string{"limit=1e9", "limit=1001", "before=0", "after=1"} {
		refused(t, ask(h, http.MethodGet, "/api/events?"+bad), http.StatusBadRequest)
	}
	refused(t, ask(h, http.MethodGet, "/api/events?limit=1", asStream), http.StatusBadRequest)
	_, err := console.NewEvents(console.EventsConfig{Capacity: -1})
	require.ErrorContains(t, err, "Capacity")
}

func TestEventStreamSaysItsPlaceFromTheFirstByteOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := newEvents(t, console.EventsConfig{})
		acts(events, 1, 5)
		h := handler(t, console.Config{Events: events})
		l, end := connect(t, h, "/api/events", asStream)
		text := l.said()
		_, id := placed(text)
		require.Regexp(t, `^retry: 2000\nid: 5@events-\w+\n\n$`, text)
		require.Equal(t, "text/event-stream", l.header.Get("Content-Type"))
		require.Equal(t, "5@"+l.header.Get("Events-Run"), id)
		acts(events, 6, 7)
		text = l.said()
		got, last := placed(text)
		require.Equal(t, []int64{6, 7}, got)
		require.Contains(t, text, "event: act\ndata: {\"seq\":6,")
		end()

		acts(events, 8, 300)
		l, end = connect(t, h, "/api/events", asStream, lastEventID(last))
		got, last = placed(l.said())
		require.Len(t, got, 293, "it goes on where it was, and misses nothing")
		require.Equal(t, int64(8), got[0])
		time.Sleep(15 * time.Second)
		require.Equal(t, ": still here\n\n", l.said())
		end()
		l, end = connect(t, h, "/api/events?after="+last, asStream)
		acts(events, 301, 301)
		got, _ = placed(l.said())
		require.Equal(t, []int64{301}, got)
		end()
		l, end = connect(t, h, "/api/events?after=0", asStream)
		got, _ = placed(l.said())
		require.Len(t, got, 301)
		end()
		head := ask(h, http.MethodHead, "/api/events", asStream)
		require.Equal(t, http.StatusOK, head.Code)
	})
}

func TestEventStreamSaysThatThePastIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := newEvents(t, console.EventsConfig{Capacity: 10})
		acts(events, 1, 5)
		h := handler(t, console.Config{Events: events})
		l, end := connect(t, h, "/api/events", asStream)
		_, id := placed(l.said())
		end()
		acts(events, 6, 15)
		l, end = connect(t, h, "/api/events", asStream, lastEventID(id))
		got, _ := placed(l.said())
		require.Len(t, got, 10, "as far as the ring reaches")
		end()
		acts(events, 16, 16)
		w := ask(h, http.MethodGet, "/api/events", asStream, brief(t), lastEventID(id))
		p := refused(t, w, http.StatusGone)
		require.Contains(t, p.Detail, "begin anew after 6")
		require.Contains(t, w.Body.String(), `"oldest":7`)

		other := handler(t, console.Config{Events: newEvents(t, console.EventsConfig{})})
		require.Contains(t, refused(t, ask(other, http.MethodGet, "/api/events", asStream, brief(t), lastEventID(id)), http.StatusGone).Detail, "another run")
		refused(t, ask(other, http.MethodGet, "/api/events?after=3", asStream, brief(t)), http.StatusGone)
		refused(t, ask(h, http.MethodGet, "/api/events", asStream, lastEventID("x")), http.StatusBadRequest)
	})
}

// A reader that takes nothing is dropped, one that is behind is told, and neither costs another one anything.
func TestEventStreamOfOneReaderIsNotThatOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := newEvents(t, console.EventsConfig{Capacity: 200})
		h := handler(t, console.Config{Events: events, Logger: slog.New(slog.DiscardHandler)})
		slow, endSlow := connect(t, h, "/api/events", asStream)
		defer endSlow()
		quick, endQuick := connect(t, h, "/api/events", asStream)
		defer endQuick()
		slow.said()
		quick.said()
		slow.block()
		var all []int64
		for n := range 10 {
			acts(events, n*100+1, n*100+100)
			got, _ := placed(quick.said())
			all = append(all, got...)
			time.Sleep(400 * time.Millisecond)
		}
		require.Len(t, all, 1000)
		require.Equal(t, int64(1000), all[999])
		time.Sleep(2 * time.Second)
		select {
		case <-slow.past: // it was cut off
		default:
			t.Fatal("a reader that takes nothing was not dropped")
		}
		acts(events, 1001, 1001)
		got, _ := placed(quick.said())
		require.Equal(t, []int64{1001}, got)
	})
}

// paused is a line that takes nothing while it is held.
type paused struct {
	*line
	held atomic.Bool
	free chan struct{}
}

func (p *paused) Write(text []byte) (int, error) {
	if p.held.Load() {
		<-p.free
	}
	return p.line.Write(text)
}

func TestEventStreamTellsOfAGap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := newEvents(t, console.EventsConfig{Capacity: 50})
		h := handler(t, console.Config{Events: events, Timeout: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequest(http.MethodGet, "/api/events", http.NoBody).WithContext(ctx)
		r.Host = "localhost"
		asStream(r)
		p, done := &paused{line: newLine(), free: make(chan struct{})}, make(chan struct{})
		go func() {
			defer close(done)
			h.ServeHTTP(p, r)
		}()
		p.said()
		p.held.Store(true)
		acts(events, 1, 1)
		synctest.Wait()
		acts(events, 2, 200)
		p.held.Store(false)
		close(p.free)
		text := p.said()
		got, _ := placed(text)
		require.Contains(t, text, "event: gap\ndata: {\"after\":1,\"oldest\":151}")
		require.Len(t, got, 1+1+50, "what it was sent, the gap, and what is held")
		require.Equal(t, []int64{1, 150, 151}, got[:3])
		require.Contains(t, text, `"text":"ann asked to flatten: S151"`)
		cancel()
		<-done
	})
}
