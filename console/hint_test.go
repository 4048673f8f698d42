package console_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
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

func TestSymbolThatNobodyWatchesIsSaid(t *testing.T) {
	t.Parallel()
	store := signal.NewMemory(0)
	add(t, store, 1, 3)
	odd := example(4, "E\r\nTH\x1b", signal.Long)
	require.NoError(t, store.Append(t.Context(), odd))
	h := handler(t, console.Config{Signals: store, Symbols: func() []string { return []string{"BTC", "SOL"} }})
	for target, status := range map[string]int{
		"/api/signals/latest?symbol=BTC":          http.StatusOK,
		"/api/signals/latest?symbol=SOL":          http.StatusOK, // watched, and has not spoken yet
		"/api/signals/latest?symbol=E%0D%0ATH%1B": http.StatusOK, // of earlier days
		"/api/signals/latest?symbol=BTCUSDT":      http.StatusNotFound,
	} {
		w := ask(h, http.MethodGet, target)
		require.Equal(t, status, w.Code, target)
		if status != http.StatusOK {
			p := refused(t, w, status)
			require.Equal(t, "symbol", p.Parameter)
			require.Contains(t, p.Detail, `"BTCUSDT" and nobody watches it; watched are "BTC", "SOL"`)
		}
	}
	h = handler(t, console.Config{Signals: store})
	w := ask(h, http.MethodGet, "/api/signals/latest?symbol=BTCUSDT&strategy=ema")
	require.Equal(t, "[]\n", w.Body.String())
	require.Equal(t, []string{
		`none of the newest signals has this symbol; there are "BTC", "E\r\nTH\x1b"`,
		`none of the newest signals has this strategy; there are "ema_cross"`,
	}, w.Header().Values("Signal-Hint"))
	require.Empty(t, ask(h, http.MethodGet, "/api/signals/latest?symbol=BTC&min_confidence=1").Header().Values("Signal-Hint"))
}

func TestPathIsServedAsItIsWritten(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{})
	for _, path := range []string{
		"//api/signals/latest", "/api//signals/latest", "/api/../api/signals/latest", "//api/..", "/./api/signals",
		"/x/..//example.com", "/api/signals/latest/", "",
	} {
		refused(t, ask(h, http.MethodGet, "/", func(r *http.Request) { r.URL.Path = path }), http.StatusNotFound)
	}
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// The real server ends the request's context with the deadline that cuts the client off.
func TestSlowReaderIsLogged(t *testing.T) {
	t.Parallel()
	store := signal.NewMemory(0)
	huge := strings.Repeat("x", 1<<20)
	for i := range 20 {
		one := example(int64(i), "BTC", signal.Long)
		one.ID, one.Params = one.ID[:5]+huge[:1<<19]+one.ID, huge
		require.NoError(t, store.Append(t.Context(), one))
	}
	var log lockedBuffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	port, err := serve.Listen("127.0.0.1:0")
	require.NoError(t, err)
	server, err := serve.New(serve.Config{Port: port, Logger: logger,
		Handler: handler(t, console.Config{Signals: store, Timeout: 50 * time.Millisecond, Logger: logger})})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	conn, err := net.Dial("tcp", port.Addr())
	require.NoError(t, err)
	_, err = conn.Write([]byte("GET /api/signals/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return strings.Contains(log.String(), "the client did not take what it was sent")
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, conn.Close())
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
}

// sayer is an error that says what it is told to.
type sayer struct{ say func() string }

func (s *sayer) Error() string { return s.say() }

func TestErrorOfAStoreMayHangOrSayTooMuch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		release := make(chan struct{})
		var say func() string
		h := handler(t, console.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Signals: latestFunc(
			func(context.Context, signal.Query) ([]signal.Signal, error) { return nil, &sayer{say} })})
		started := time.Now()
		say = func() string { <-release; return "" }
		refused(t, ask(h, http.MethodGet, "/api/signals/latest"), http.StatusServiceUnavailable)
		require.Equal(t, 5*time.Second, time.Since(started))
		close(release)
		synctest.Wait()
		for _, bad := range []func() string{
			func() string { return strings.Repeat("x", 1<<20) },
			func() string { panic("no words") },
		} {
			say = bad
			refused(t, ask(h, http.MethodGet, "/api/signals/latest"), http.StatusServiceUnavailable)
		}
		require.Contains(t, log.String(), "no words")
		require.Less(t, strings.Count(log.String(), "x"), 1200)
	})
}
