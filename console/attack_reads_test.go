package console_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// listPaths are those that take a limit.
var listPaths = []string{
	"/api/signals", "/api/signals/latest", "/api/orders", "/api/fills", "/api/bars?symbol=BTC", "/api/events", "/api/outcomes",
}

func TestLimitsThatAskForTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Events: newEvents(t, console.EventsConfig{}), History: tell(t)})
	for _, path := range listPaths {
		sign := "?"
		if strings.Contains(path, "?") {
			sign = "&"
		}
		for _, limit := range []string{"1e9", "1000000000", "100001", "0", "-1", "0x10", "9223372036854775808", "%00", "1%20"} {
			p := refused(t, ask(h, http.MethodGet, path+sign+"limit="+limit), http.StatusBadRequest)
			require.Equal(t, "limit", p.Parameter, path)
		}
	}
}

// A name that was made to point here opens nothing, whatever is asked for and by which method.
func TestReboundNamesOpenNothing(t *testing.T) {
	t.Parallel()
	h, did := locked(t)
	for _, path := range append([]string{"/", "/livez", "/api/session", "/api/control/kill"}, protectedPaths...) {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete, http.MethodOptions} {
			for _, host := range []string{
				"evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.example", "localhost:8000@evil.example",
				"[::2]:8000", "", "0.0.0.0:8000",
			} {
				w := ask(h, method, path, bearer(goodToken), func(r *http.Request) { r.Host = host })
				require.Equal(t, http.StatusForbidden, w.Code, "%s %s as %q", method, path, host)
			}
		}
	}
	require.Empty(t, did.done)
}

// What looks like another path is none: nothing that needs a token is reached without one.
func TestPathsThatAreNotThemselvesOpenNothing(t *testing.T) {
	t.Parallel()
	h, did := locked(t)
	for _, path := range []string{
		"//api/status", "/api//status", "/api/./status", "/livez/../api/status", "/api/status/", "/API/status", "/api/status/.",
		"/api/signals/../../health", "/api/orders/..", "/livez/", "/api/control/../status", "/api/status\x00", "/api/status;x",
		"/readyz/..//health", "/.", "/..", "/api/signals/latest/..", `/api\status`,
	} {
		for _, verb := range []string{http.MethodGet, http.MethodPost} {
			w := ask(h, verb, "/", func(r *http.Request) { r.URL.Path, r.URL.RawPath = path, "" })
			require.Contains(t, []int{http.StatusNotFound, http.StatusUnauthorized}, w.Code, "%s %q", verb, path)
			require.NotContains(t, w.Body.String(), "equity", path)
		}
	}
	require.Empty(t, did.done)
}

// lateStore takes two seconds for each read.
type lateStore struct{ *signal.Memory }

func (s lateStore) wait(ctx context.Context) {
	select {
	case <-time.After(2 * time.Second):
	case <-ctx.Done():
	}
}

func (s lateStore) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	s.wait(ctx)
	return s.Memory.Latest(ctx, q)
}

func (s lateStore) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	s.wait(ctx)
	return s.Memory.After(ctx, seq, limit)
}

// A thousand streams against a bound of five hundred, on a slow store, half of whose readers take nothing: the bound holds,
// trading and acts take no longer, and who reads gets everything.
func TestThousandStreamsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := signal.NewMemory(0)
		var did asked
		h := did.handler(t, func(c *console.Config) {
			c.Signals, c.MaxStreams, c.Logger = lateStore{store}, 500, slog.New(slog.DiscardHandler)
			c.Account = func() (engine.Status, bool) { return halted, true }
		})
		lines := make([]*line, 1000)
		var ends sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for i := range lines {
			l, end := connect(t, h, "/api/signals/stream?after=0")
			lines[i] = l
			context.AfterFunc(ctx, func() { ends.Add(1); defer ends.Done(); end() })
		}
		time.Sleep(10 * time.Second)
		var open []*line
		for _, l := range lines {
			text := l.said()
			if l.status == http.StatusOK {
				open = append(open, l)
				require.Contains(t, text, "retry: 2000\nid: 0@")
				continue
			}
			require.Equal(t, http.StatusServiceUnavailable, l.status)
			require.Equal(t, "5", l.header.Get("Retry-After"))
		}
		require.Len(t, open, 500)
		for _, l := range open[:250] {
			l.block()
		}
		for seq := int64(1); seq <= 20; seq++ {
			began := time.Now()
			require.NoError(t, store.Append(ctx, example(seq, "BTC", signal.Long)))
			w := post(h, "halt", `{"reason":"x"}`, header("Idempotency-Key", fmt.Sprintf("key-of-the-act-%04d", seq)))
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/status").Code)
			require.Zero(t, time.Since(began), "a signal, an act and a look at the account")
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		for _, l := range open[250:] {
			require.Len(t, seqs(l.said()), 20, "who reads gets everything")
		}
		for _, l := range open[:250] {
			select {
			case <-l.past:
			default:
				t.Fatal("a reader that takes nothing was not dropped")
			}
		}
		l, end := connect(t, h, "/api/signals/stream?after=0")
		time.Sleep(5 * time.Second)
		require.Len(t, seqs(l.said()), 20, "and there is room for others again")
		end()
		cancel()
		synctest.Wait()
		ends.Wait()
	})
}

// An idempotency key that somebody has seen is worth nothing without a token, and does nothing twice with one.
func TestReplayedKeyDoesNothingTwice(t *testing.T) {
	t.Parallel()
	h, did := locked(t)
	require.Equal(t, http.StatusOK, post(h, "flatten", `{"symbol":"BTC/USDT"}`).Code)
	refused(t, post(h, "flatten", `{"symbol":"BTC/USDT"}`, header("Authorization")), http.StatusUnauthorized)
	refused(t, post(h, "flatten", `{"symbol":"BTC/USDT"}`, bearer(readToken)), http.StatusUnauthorized)
	refused(t, post(h, "flatten", `{"symbol":"ETH/USDT"}`), http.StatusConflict)
	refused(t, post(h, "kill", `{}`), http.StatusConflict)
	for range 100 {
		w := post(h, "flatten", `{"symbol":"BTC/USDT"}`)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "true", w.Header().Get("Idempotency-Replayed"))
	}
	require.Equal(t, []string{"flatten BTC/USDT token"}, did.done)
}
