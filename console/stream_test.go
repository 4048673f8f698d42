package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// line is the writer of one stream, with the deadlines that a server's has. What is written when it is stuck waits for
// a deadline that has passed.
type line struct {
	mu     sync.Mutex // guards all below
	header http.Header
	status int
	text   bytes.Buffer
	stuck  bool
	past   chan struct{} // closed once a deadline has passed
	lifted int           // deadlines
}

func newLine() *line { return &line{header: http.Header{}, past: make(chan struct{})} }

func (l *line) Header() http.Header { return l.header }
func (l *line) Flush()              {}

func (l *line) WriteHeader(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status = status
}

func (l *line) Write(p []byte) (int, error) {
	l.mu.Lock()
	stuck := l.stuck
	l.mu.Unlock()
	if stuck {
		<-l.past
		return 0, os.ErrDeadlineExceeded
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *line) SetWriteDeadline(at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case at.IsZero():
		l.lifted++
	case at.Before(time.Now()):
		close(l.past)
	}
	return nil
}

func (l *line) SetReadDeadline(at time.Time) error { return l.SetWriteDeadline(at) }

func (l *line) block() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stuck = true
}

// said returns what was sent since the last call.
func (l *line) said() string {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	l.text.Reset()
	return text
}

// connect opens a stream and returns its line and what ends it and waits for its end.
func connect(t *testing.T, h http.Handler, target string, change ...func(*http.Request)) (*line, func()) {
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody).WithContext(ctx)
	r.Host = "localhost"
	for _, c := range change {
		c(r)
	}
	l, done := newLine(), make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(l, r)
	}()
	return l, func() {
		cancel()
		<-done
	}
}

func lastEventID(id string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Last-Event-ID", id) }
}

// filled returns a store that holds so many signals, and its identity.
func filled(t *testing.T, n int64) (*signal.Memory, string) {
	store := signal.NewMemory(0)
	add(t, store, 1, n)
	identity, err := store.Identity(t.Context())
	require.NoError(t, err)
	return store, identity
}

func add(t *testing.T, store signal.Store, from, to int64) {
	for seq := from; seq <= to; seq++ {
		require.NoError(t, store.Append(t.Context(), example(seq, "BTC", signal.Long)))
	}
}

// seqs returns the numbers of the signals.
func seqs(text string) (found []int64) {
	var seq int64
	for row := range strings.Lines(text) {
		_, _ = fmt.Sscanf(row, "id: %d", &seq) // in other rows there is none
		if row == "event: signal\n" {
			found = append(found, seq)
		}
	}
	return found
}

func TestStreamSendsWhatIsNewAsItIsStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, identity := filled(t, 3)
		l, end := connect(t, handler(t, console.Config{Signals: store}), "/api/signals/stream")
		defer end()
		require.Equal(t, "retry: 2000\nid: 3@"+identity+"\n\n", l.said(), "it begins with what is new")
		require.Equal(t, http.StatusOK, l.status)
		require.Equal(t, "text/event-stream", l.header.Get("Content-Type"))
		require.Equal(t, "no-store", l.header.Get("Cache-Control"))
		require.Equal(t, identity, l.header.Get("Signal-Store"))
		require.Equal(t, 2, l.lifted, "the server's limits on reading and writing")

		add(t, store, 4, 4)
		body, err := example(4, "BTC", signal.Long).MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("id: 4@%s\nevent: signal\ndata: %s\n\n", identity, body), l.said())
		add(t, store, 5, 300)
		require.Len(t, seqs(l.said()), 296)
	})
}

func TestStreamGoesOnWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target string
		change func(*http.Request)
		from   int64
	}{
		"after":                           {target: "/api/signals/stream?after=2", from: 3},
		"after 0 is from the beginning":   {target: "/api/signals/stream?after=0", from: 1},
		"Last-Event-ID":                   {target: "/api/signals/stream", change: lastEventID("IDENTITY"), from: 4},
		"Last-Event-ID, the number alone": {target: "/api/signals/stream", change: lastEventID("3"), from: 4},
		"Last-Event-ID is newer":          {target: "/api/signals/stream?after=1", change: lastEventID("3"), from: 4},
		"after with its store":            {target: "/api/signals/stream?after=2&store=IDENTITY", from: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, identity := filled(t, 250)
				change := func(r *http.Request) {
					if c.change != nil {
						c.change(r)
					}
					if r.Header.Get("Last-Event-ID") == "IDENTITY" {
						r.Header.Set("Last-Event-ID", "3@"+identity)
					}
				}
				target := strings.ReplaceAll(c.target, "IDENTITY", url.QueryEscape(identity))
				l, end := connect(t, handler(t, console.Config{Signals: store}), target, change)
				defer end()
				got := seqs(l.said())
				add(t, store, 251, 260)
				got = append(got, seqs(l.said())...)
				var want []int64
				for seq := c.from; seq <= 260; seq++ {
					want = append(want, seq)
				}
				require.Equal(t, want, got, "nothing left out and nothing twice")
			})
		})
	}
}

func TestStreamThatIsQuietBeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, _ := filled(t, 1)
		l, end := connect(t, handler(t, console.Config{Signals: store}), "/api/signals/stream")
		defer end()
		l.said()
		time.Sleep(10 * time.Second)
		add(t, store, 2, 2)
		require.NotEmpty(t, l.said())
		time.Sleep(15*time.Second - 1)
		require.Empty(t, l.said())
		time.Sleep(time.Nanosecond)
		require.Equal(t, ": still here\n\n", l.said(), "fifteen seconds after the last word")
		time.Sleep(time.Hour)
		require.Equal(t, 240, strings.Count(l.said(), ": still here\n\n"))
	})
}

func TestStreamDropsAClientThatTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store, _ := filled(t, 1)
		h := handler(t, console.Config{
			Signals: store, MaxStreams: 1, Timeout: 3 * time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		l, end := connect(t, h, "/api/signals/stream")
		l.said()
		l.block()
		add(t, store, 2, 2)
		time.Sleep(3*time.Second - 1)
		p := refused(t, ask(h, http.MethodGet, "/api/signals/stream"), http.StatusServiceUnavailable)
		require.Equal(t, "1 streams are open, and that is all there are", p.Detail)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Contains(t, log.String(), "the client did not take what it was sent")
		other, endOther := connect(t, h, "/api/signals/stream")
		require.Contains(t, other.said(), "retry: 2000\n", "its place is free")
		endOther()
		end()
	})
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, _ := filled(t, 1)
		h := handler(t, console.Config{Signals: store})
		var ends []func()
		for range 32 {
			_, end := connect(t, h, "/api/signals/stream")
			ends = append(ends, end)
		}
		synctest.Wait()
		w := ask(h, http.MethodGet, "/api/signals/stream")
		refused(t, w, http.StatusServiceUnavailable)
		require.Equal(t, "5", w.Header().Get("Retry-After"))
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/signals").Code, "all else is answered")
		for _, end := range ends {
			end()
		}
		l, end := connect(t, h, "/api/signals/stream")
		defer end()
		require.NotEmpty(t, l.said())
	})
}

// mute is a Store that does not say when there is more, and fails on request.
type mute struct {
	signal.Store
	mu   sync.Mutex // guards fail
	fail error
}

func (m *mute) failing() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fail
}

func (m *mute) set(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *mute) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	if err := m.failing(); err != nil {
		return nil, err
	}
	return m.Store.After(ctx, seq, limit)
}

func TestStreamAsksASilentStoreEachSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		inner, _ := filled(t, 3)
		store := &mute{Store: inner}
		h := handler(t, console.Config{Signals: store, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		l, end := connect(t, h, "/api/signals/stream")
		require.NotEmpty(t, l.said())
		require.NotContains(t, l.header, "Signal-Store")
		add(t, inner, 4, 5)
		require.Empty(t, l.said())
		time.Sleep(time.Second)
		text := l.said()
		require.Equal(t, []int64{4, 5}, seqs(text))
		require.True(t, strings.HasPrefix(text, "id: 4\n"), "without an identity the number is all")

		store.set(errors.New("disk I/O error"))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Contains(t, log.String(), "disk I/O error")
		require.Empty(t, l.said(), "the client is not told what the disk said; it comes back")
		refused(t, ask(h, http.MethodGet, "/api/signals/stream"), http.StatusServiceUnavailable)
		refused(t, ask(h, http.MethodGet, "/api/signals"), http.StatusServiceUnavailable)
		store.set(nil)
		end()
	})
}

// The real server: its limits are lifted, and its end is the stream's.
func TestStreamEndsWithItsServer(t *testing.T) {
	t.Parallel()
	store, _ := filled(t, 3)
	var log bytes.Buffer
	port, err := serve.Listen("127.0.0.1:0")
	require.NoError(t, err)
	server, err := serve.New(serve.Config{
		Port: port, Handler: handler(t, console.Config{Signals: store}), Drain: time.Hour,
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + port.Addr() + "/api/signals/stream?after=1")
	require.NoError(t, err)
	first := make([]byte, 64)
	_, err = io.ReadFull(resp.Body, first)
	require.NoError(t, err)
	require.Contains(t, string(first), "retry: 2000\nid: 1@")
	stop()
	require.Equal(t, context.Canceled, <-ended)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err, "an orderly end")
	require.Equal(t, []int64{2, 3}, seqs(string(first)+string(rest)))
	require.NoError(t, resp.Body.Close())
	require.Empty(t, log.String())
}

// Whatever a client says it has read, the answer is a stream, or a problem that is its own.
func FuzzLastEventID(f *testing.F) {
	for _, seed := range []string{"", "1", "1@memory", "@", "-1", "1@%zz", "9223372036854775807", "1\n2"} {
		f.Add(seed)
	}
	store := signal.NewMemory(0)
	f.Fuzz(func(t *testing.T, id string) {
		w := ask(handler(t, console.Config{Signals: store}), http.MethodHead, "/api/signals/stream", lastEventID(id))
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusConflict, http.StatusGone:
		default:
			t.Errorf("status %d", w.Code)
		}
	})
}
