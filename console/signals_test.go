package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestLatestPassesItsParametersToTheStore(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]signal.Query{
		"/api/signals/latest":                          {Limit: 100},
		"/api/signals/latest?limit=5":                  {Limit: 5},
		"/api/signals/latest?limit=1":                  {Limit: 1},
		"/api/signals/latest?limit=1000":               {Limit: 1000},
		"/api/signals/latest?symbol=BTC%2FUSDT%3AUSDT": {Limit: 100, Symbol: "BTC/USDT:USDT"},
		"/api/signals/latest?symbol=BTC/USDT:USDT":     {Limit: 100, Symbol: "BTC/USDT:USDT"},
		"/api/signals/latest?strategy=ema_cross":       {Limit: 100, Strategy: "ema_cross"},
		"/api/signals/latest?min_confidence=0":         {Limit: 100},
		"/api/signals/latest?min_confidence=1":         {Limit: 100, MinConfidence: 1},
		"/api/signals/latest?min_confidence=0.5&limit=7&symbol=A&strategy=b": {
			Limit: 7, Symbol: "A", Strategy: "b", MinConfidence: 0.5,
		},
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			var queries []signal.Query // the second one looks whether there is such a symbol at all
			h := handler(t, console.Config{Signals: latestFunc(func(_ context.Context, q signal.Query) ([]signal.Signal, error) {
				queries = append(queries, q)
				return nil, nil
			})})
			w := ask(h, http.MethodGet, target)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.Equal(t, want, queries[0])
		})
	}
}

func TestParameterThatIsBadIsNamed(t *testing.T) {
	t.Parallel()
	store := latestFunc(func(context.Context, signal.Query) ([]signal.Signal, error) {
		panic("the store must not be asked")
	})
	for query, want := range map[string]struct{ parameter, detail string }{
		"limit=0":                        {"limit", `limit: "0" is not a whole number from 1 to 1000`},
		"limit=-1":                       {"limit", `limit: "-1" is not`},
		"limit=1001":                     {"limit", `limit: "1001" is not`},
		"limit=1.5":                      {"limit", `limit: "1.5" is not`},
		"limit=":                         {"limit", `limit: "" is not`},
		"limit=five":                     {"limit", `limit: "five" is not`},
		"limit=99999999999999999999":     {"limit", `limit: "99999999999999999999" is not`},
		"limit=5&limit=6":                {"limit", "limit: given more than once"},
		"min_confidence=1.01":            {"min_confidence", `min_confidence: "1.01" is not a number from 0 to 1`},
		"min_confidence=-0.01":           {"min_confidence", "is not a number"},
		"min_confidence=NaN":             {"min_confidence", "is not a number"},
		"min_confidence=Inf":             {"min_confidence", "is not a number"},
		"min_confidence=":                {"min_confidence", "is not a number"},
		"symbol=":                        {"symbol", "symbol: empty"},
		"strategy=":                      {"strategy", "strategy: empty"},
		"strategie=ema_cross":            {"strategie", "strategie: unknown; there are before, format, interval, limit, min_confidence, params, since, strategy, symbol and until"},
		"Limit=5":                        {"Limit", "Limit: unknown"},
		"=5":                             {"", ": unknown"},
		"b=1&a=1&c=1":                    {"a", "a: unknown"},
		"symbol=%zz":                     {"", "the query cannot be read"},
		"symbol=a;limit=5":               {"", "the query cannot be read"},
		strings.Repeat("x", 5000) + "=1": {strings.Repeat("x", 100), strings.Repeat("x", 100) + ": unknown"},
		"x=" + strings.Repeat("y", 5): {
			"x", "x: unknown",
		},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			h := handler(t, console.Config{Signals: store})
			p := refused(t, ask(h, http.MethodGet, "/api/signals/latest?"+query), http.StatusBadRequest)
			require.Equal(t, want.parameter, p.Parameter)
			require.Contains(t, p.Detail, want.detail)
		})
	}
}

func TestLatestIsAnArrayAlsoWhenItIsEmpty(t *testing.T) {
	t.Parallel()
	w := ask(handler(t, console.Config{}), http.MethodGet, "/api/signals/latest")
	require.Equal(t, "[]\n", w.Body.String())
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))

	want := []signal.Signal{example(2, "ETH/USDT:USDT", signal.Short), example(1, "BTC/USDT:USDT", signal.Long)}
	want[1].Parts = []signal.Part{{Strategy: "macd", Weight: 2, Spoke: true, Direction: signal.Long, Confidence: 0.5}}
	w = ask(handler(t, console.Config{Signals: given(want...)}), http.MethodGet, "/api/signals/latest")
	require.Contains(t, w.Body.String(), `"parts":[{"strategy":"macd"`)
	var got []signal.Signal
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, want, got, "in the store's order, the newest first")
}

func TestStoreThatFailsIsNotQuoted(t *testing.T) {
	t.Parallel()
	nan := example(1, "BTC", signal.Long)
	nan.Price = math.NaN()
	for name, c := range map[string]struct {
		store latestFunc
		log   string
	}{
		"an error": {func(context.Context, signal.Query) ([]signal.Signal, error) {
			return nil, errors.New("open /var/lib/secret.db: disk I/O error")
		}, "open /var/lib/secret.db: disk I/O error"},
		"a signal that JSON cannot say": {given(nan), "unsupported value: NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := handler(t, console.Config{Signals: c.store, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			w := ask(h, http.MethodGet, "/api/signals/latest")
			refused(t, w, http.StatusServiceUnavailable)
			require.NotContains(t, w.Body.String(), "secret")
			require.NotContains(t, w.Body.String(), "NaN")
			require.Contains(t, log.String(), "level=ERROR msg=\"Console request failed\" path=/api/signals/latest")
			require.Contains(t, log.String(), c.log)
		})
	}
}

func TestStoreThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	hanging := latestFunc(func(ctx context.Context, _ signal.Query) ([]signal.Signal, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	for name, c := range map[string]struct{ timeout, takes time.Duration }{
		"after five seconds": {0, 5 * time.Second},
		"after the timeout":  {250 * time.Millisecond, 250 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				h := handler(t, console.Config{
					Signals: hanging, Timeout: c.timeout, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				})
				start := time.Now()
				refused(t, ask(h, http.MethodGet, "/api/signals/latest"), http.StatusServiceUnavailable)
				require.Equal(t, c.takes, time.Since(start))
				require.Contains(t, log.String(), "deadline exceeded")
			})
		})
	}
	t.Run("the client has gone, which is no failure", func(t *testing.T) {
		t.Parallel()
		var log bytes.Buffer
		h := handler(t, console.Config{Signals: hanging, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		w := ask(h, http.MethodGet, "/api/signals/latest", func(r *http.Request) { *r = *r.WithContext(gone) })
		refused(t, w, http.StatusServiceUnavailable)
		require.Empty(t, log.String())
	})
}

// A store that hangs whatever its context says costs a bounded number of calls, and no client waits for it.
func TestStoreThatIsDeafHangsNoRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		release := make(chan struct{})
		var calls atomic.Int32
		deaf := latestFunc(func(context.Context, signal.Query) ([]signal.Signal, error) {
			calls.Add(1)
			<-release
			return nil, nil
		})
		h := handler(t, console.Config{Signals: deaf, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		start := time.Now()
		for range 64 {
			refused(t, ask(h, http.MethodGet, "/api/signals/latest"), http.StatusServiceUnavailable)
		}
		require.Equal(t, 64*5*time.Second, time.Since(start))
		refused(t, ask(h, http.MethodGet, "/api/signals/latest"), http.StatusServiceUnavailable)
		require.Equal(t, 65*5*time.Second, time.Since(start), "it waits for its turn, and no longer")
		require.Equal(t, int32(64), calls.Load())
		require.Contains(t, log.String(), "too many calls of the store are under way")
		close(release)
		synctest.Wait()
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/signals/latest").Code)
	})
}

func TestStoreThatEndsItsGoroutineIsAnError(t *testing.T) {
	t.Parallel()
	for want, store := range map[string]latestFunc{
		"panic: no":                 func(context.Context, signal.Query) ([]signal.Signal, error) { panic("no") },
		"runtime.Goexit was called": func(context.Context, signal.Query) ([]signal.Signal, error) { runtime.Goexit(); return nil, nil },
	} {
		var log bytes.Buffer
		h := handler(t, console.Config{Signals: store, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		refused(t, ask(h, http.MethodGet, "/api/signals/latest"), http.StatusServiceUnavailable)
		require.Contains(t, log.String(), want)
		require.Equal(t, strings.HasPrefix(want, "panic"), strings.Contains(log.String(), "stack="), log.String())
	}
}

// Whatever the query, the store is asked within the bounds or not at all, and the answer is JSON.
func FuzzLatest(f *testing.F) {
	for _, seed := range []string{"", "limit=5&symbol=BTC", "limit=%35", "min_confidence=1e-3", "a;b", "%", "symbol=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		asked := false
		h := handler(t, console.Config{Signals: latestFunc(func(_ context.Context, q signal.Query) ([]signal.Signal, error) {
			asked = true
			if q.Limit < 1 || q.Limit > 1000 || !(q.MinConfidence >= 0 && q.MinConfidence <= 1) {
				t.Errorf("out of bounds: %+v", q)
			}
			return nil, nil
		})})
		w := ask(h, http.MethodGet, "/api/signals/latest", func(r *http.Request) { r.URL.RawQuery = query })
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("not JSON: %q", w.Body)
		}
		if ok := w.Code == http.StatusOK; ok != asked || !ok && w.Code != http.StatusBadRequest {
			t.Errorf("status %d, store asked: %t", w.Code, asked)
		}
	})
}
