package console_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// lastID returns the id that a client would send as its Last-Event-ID.
func lastID(text string) (id string) {
	for row := range strings.Lines(text) {
		if found, ok := strings.CutPrefix(row, "id: "); ok {
			id = strings.TrimSpace(found)
		}
	}
	return id
}

func TestStreamThatIsLostBeforeTheFirstSignalMissesNothing(t *testing.T) {
	t.Parallel()
	for _, held := range []int64{0, 3} {
		synctest.Test(t, func(t *testing.T) {
			store, _ := filled(t, held)
			h := handler(t, console.Config{Signals: store})
			first, lose := connect(t, h, "/api/signals/stream")
			id := lastID(first.said())
			lose()
			add(t, store, held+1, held+2)
			again, end := connect(t, h, "/api/signals/stream", lastEventID(id))
			defer end()
			text := again.said()
			add(t, store, held+3, held+3)
			require.Equal(t, []int64{held + 1, held + 2, held + 3}, seqs(text+again.said()))
		})
	}
}

func TestCursorOfWhatIsGoneIsSaid(t *testing.T) {
	t.Parallel()
	small := signal.NewMemory(10)
	add(t, small, 1, 100)
	pruned, _ := filled(t, 100)
	_, err := pruned.Prune(t.Context(), signal.Retention{Count: 10, Passed: 100})
	require.NoError(t, err)
	for name, store := range map[string]signal.Store{
		"dropped": small, "pruned": pruned, "by a store that does not say": struct{ signal.Store }{small},
	} {
		h := handler(t, console.Config{Signals: store})
		for _, asked := range []func() *httptest.ResponseRecorder{ // one by one: a stream that is not refused has no end
			func() *httptest.ResponseRecorder { return ask(h, http.MethodGet, "/api/signals?after=1") },
			func() *httptest.ResponseRecorder { return ask(h, http.MethodGet, "/api/signals?after=89&limit=5") },
			func() *httptest.ResponseRecorder { return ask(h, http.MethodHead, "/api/signals/stream?after=1") },
			func() *httptest.ResponseRecorder {
				return ask(h, http.MethodHead, "/api/signals/stream", lastEventID("0"))
			},
			func() *httptest.ResponseRecorder {
				return ask(h, http.MethodGet, "/api/signals/stream", lastEventID("1"))
			},
			func() *httptest.ResponseRecorder {
				return ask(h, http.MethodGet, "/api/signals/stream", lastEventID("0"))
			},
		} {
			w := asked()
			require.Equal(t, http.StatusGone, w.Code, name)
			if w.Body.Len() > 0 {
				require.Contains(t, refused(t, w, http.StatusGone).Detail, "from 91 on nothing is missing: begin anew after 90")
				require.Contains(t, w.Body.String(), `"oldest":91`)
			}
		}
		for _, target := range []string{"/api/signals", "/api/signals?after=0", "/api/signals?after=90"} {
			got := signals(t, ask(h, http.MethodGet, target))
			require.Len(t, got, 10, "%s: %s", name, target)
		}
	}
}

// What goes while a client is slow is said in its stream: the status was said long ago.
func TestStreamSaysWhatWasLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := signal.NewMemory(10)
		add(t, store, 1, 5)
		slow := &mute{Store: struct{ signal.Store }{store}}
		h := handler(t, console.Config{Signals: windowed{slow, store}})
		l, end := connect(t, h, "/api/signals/stream")
		defer end()
		l.said()
		add(t, store, 6, 100)
		time.Sleep(time.Second)
		text := l.said()
		require.Contains(t, text, "id: 90\nevent: gap\ndata: {\"after\":5,\"oldest\":91}\n\n")
		require.Len(t, seqs(text), 10)
		add(t, store, 101, 105)
		time.Sleep(time.Second)
		text = l.said()
		require.Len(t, seqs(text), 5)
		require.NotContains(t, text, "gap")
	})
}

// windowed is a store that does not say when there is more, and says what it has forgotten.
type windowed struct {
	signal.Store
	signal.Window
}

// slowStore takes its time, one call after the other, and counts the calls.
type slowStore struct {
	*signal.Memory
	turn  chan struct{} // taken for as long as a call takes; no Mutex, which a bubble does not see through
	calls atomic.Int32
}

func (s *slowStore) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	s.calls.Add(1)
	found, err := s.Memory.After(ctx, seq, limit)
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	time.Sleep(2 * time.Millisecond)
	return found, err
}

func TestStreamsAreAllServedByASlowStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		memory, _ := filled(t, 3)
		store := &slowStore{turn: make(chan struct{}, 1), Memory: memory}
		h := handler(t, console.Config{
			Signals: store, MaxStreams: 1000, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		lines := make([]*line, 500)
		for i := range lines {
			l, end := connect(t, h, "/api/signals/stream")
			defer end()
			lines[i] = l
		}
		time.Sleep(time.Second)
		synctest.Wait()
		before := store.calls.Load()
		add(t, memory, 4, 4)
		time.Sleep(time.Second)
		for _, l := range lines {
			require.Equal(t, []int64{4}, seqs(l.said()))
		}
		require.LessOrEqual(t, store.calls.Load()-before, int32(4), "they read together")
		add(t, memory, 5, 5)
		time.Sleep(time.Second)
		for _, l := range lines {
			require.Equal(t, []int64{5}, seqs(l.said()), "and go on")
		}
		require.Empty(t, log.String())
	})
}

// Of those who wait together some may go; the call is the others' as well.
func TestCallThatSomeLeaveIsMadeForTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory, _ := filled(t, 3)
		h := handler(t, console.Config{Signals: &slowStore{turn: make(chan struct{}, 1), Memory: memory}, Timeout: time.Minute})
		var all sync.WaitGroup
		for i := range 20 {
			ctx, cancel := context.WithCancel(t.Context())
			all.Go(func() {
				defer cancel()
				w := ask(h, http.MethodGet, "/api/signals?after=1", func(r *http.Request) { *r = *r.WithContext(ctx) })
				if stayed := i%2 == 0; stayed != (w.Code == http.StatusOK) {
					t.Errorf("%d: status %d: %s", i, w.Code, w.Body)
				}
			})
			if i%2 == 1 {
				time.AfterFunc(time.Millisecond, cancel)
			}
		}
		all.Wait()
	})
}

// Whoever asks while a call is under way may have been woken by what that call has not read.
func TestCallThatIsUnderWayIsNotJoined(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory, _ := filled(t, 3)
		h := handler(t, console.Config{Signals: &slowStore{turn: make(chan struct{}, 1), Memory: memory}})
		var first sync.WaitGroup
		first.Go(func() { ask(h, http.MethodGet, "/api/signals?after=1") })
		time.Sleep(time.Millisecond)
		add(t, memory, 4, 4)
		require.Len(t, signals(t, ask(h, http.MethodGet, "/api/signals?after=1")), 3)
		first.Wait()
	})
}

func BenchmarkStreams(b *testing.B) {
	for _, n := range []int{100, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			store := signal.NewMemory(0)
			h := handler(b, console.Config{Signals: store, MaxStreams: 1000})
			got := make(chan struct{}, n)
			ctx, cancel := context.WithCancel(b.Context())
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					r := httptest.NewRequest(http.MethodGet, "/api/signals/stream", http.NoBody).WithContext(ctx)
					r.Host = "localhost"
					h.ServeHTTP(&counting{header: http.Header{}, got: got}, r)
				})
			}
			for range n {
				<-got // the head
			}
			seq := int64(0)
			for b.Loop() {
				seq++
				_ = store.Append(b.Context(), example(seq, "BTC", signal.Long))
				for range n {
					<-got
				}
			}
			cancel()
			all.Wait()
		})
	}
}

// counting is a writer that tells of each write.
type counting struct {
	header http.Header
	got    chan<- struct{}
}

func (c *counting) Header() http.Header { return c.header }
func (c *counting) WriteHeader(int)     {}
func (c *counting) Flush()              {}

func (c *counting) Write(p []byte) (int, error) {
	c.got <- struct{}{}
	return len(p), nil
}
