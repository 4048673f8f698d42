package healthhttp_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/internal/golden"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

func TestBadConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	_, err := healthhttp.New(healthhttp.Config{})
	require.ErrorContains(t, err, "Config.Registry")
	_, err = healthhttp.New(healthhttp.Config{Registry: health.NewRegistry(health.Config{}), Stuck: -time.Second})
	require.ErrorContains(t, err, "Config.Stuck -1s")
}

// trader is a system with something of everything.
func trader() *health.Registry {
	noon := noon.In(time.FixedZone("CET", 3600)) // whatever the clock's zone, the answer is in UTC
	clk := supervisortest.NewClockAt(noon.Add(-time.Hour))
	r := health.NewRegistry(health.Config{Clock: clk})
	gen, engine, feed := r.Begin(generator), r.Begin("trader/engine"), r.Begin("trader/feed")
	live(r.Begin("trader/report"), health.Lifecycle{State: health.StateStopped, Done: true, Since: clk.Now()})
	live(gen, health.Lifecycle{
		State: health.StateBackoff, Since: noon.Add(-2 * time.Second), Restarts: 3,
		LastError: `panic: "<nil>" & more`, LastErrorAt: noon.Add(-2 * time.Second), NextRestart: noon.Add(3 * time.Second),
	})
	live(engine, health.Lifecycle{State: health.StateRunning, Since: clk.Now()})
	live(feed, health.Lifecycle{State: health.StateRunning, Since: clk.Now()})
	clk.Set(noon.Add(-time.Minute))
	engine.Part().Observe(nil)
	engine.Part().Observe(errors.New("broker: 502"))
	gen.Part().Child("BTC/USDT:USDT").Observe(nil)
	feed.Part().Idle(noon.Add(time.Hour))
	clk.Set(noon)
	return r
}

func TestAnswerOfHealth(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: trader(), Extra: mode})
	w := ask(h, http.MethodGet, "/health")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))

	got := strings.ReplaceAll(strings.ReplaceAll(w.Body.String(), `},{"path"`, "},\n{\"path\""), `,"parts"`, ",\n\"parts\"")
	golden.Check(t, got, "testdata/health.json")
}

func TestEmptySystemHasListsAndNoNulls(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})})
	require.JSONEq(t, `{"status":"healthy","uptime_seconds":0,"time":"2026-03-04T12:00:00Z","reasons":[],"parts":[]}`,
		ask(h, http.MethodGet, "/health").Body.String())
}

func TestExtraOfTheHostMayFail(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: trader(), Extra: func(health.Report) map[string]any {
		return map[string]any{"function": func() {}}
	}})
	require.Equal(t, http.StatusInternalServerError, ask(h, http.MethodGet, "/health").Code)
}

func TestStatusCodesFollowTheVerdict(t *testing.T) {
	t.Parallel()
	const yes, no = http.StatusOK, http.StatusServiceUnavailable
	ago := func(d time.Duration) time.Time { return noon.Add(-d) }
	type life = health.Lifecycle
	for name, c := range map[string]struct {
		life                 life
		health, livez, ready int
	}{
		"running":                       {life{State: health.StateRunning, Since: ago(time.Hour)}, yes, yes, yes},
		"running without a supervisor":  {life{}, yes, yes, yes},
		"starting":                      {life{State: health.StateStarting, Since: noon}, yes, yes, yes},
		"paused for a week":             {life{State: health.StatePaused, Since: ago(168 * time.Hour)}, yes, yes, yes},
		"not started":                   {life{State: health.StateNotStarted, Since: noon}, yes, yes, no},
		"stopped by hand":               {life{State: health.StateStopped, Asked: true, Since: ago(time.Hour)}, yes, yes, yes},
		"waiting for hours":             {life{State: health.StateBackoff, Since: ago(5 * time.Hour)}, no, yes, no},
		"stalled just now":              {life{State: health.StateStalled, Since: noon}, no, yes, no},
		"stalled for as long as may be": {life{State: health.StateStalled, Since: ago(5 * time.Minute)}, no, yes, no},
		"stalled for longer":            {life{State: health.StateStalled, Since: ago(5*time.Minute + 1)}, no, no, no},
		"crashed just now":              {life{State: health.StateCrashed, Since: noon}, no, yes, no},
		"crashed for as long as may be": {life{State: health.StateCrashed, Since: ago(5 * time.Minute)}, no, yes, no},
		"crashed for longer":            {life{State: health.StateCrashed, Since: ago(5*time.Minute + 1)}, no, no, no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := handler(t, healthhttp.Config{Registry: living("trader/gen", c.life)})
			for path, want := range map[string]int{"/health": c.health, "/livez": c.livez, "/readyz": c.ready} {
				w := ask(h, http.MethodGet, path)
				require.Equal(t, want, w.Code, "%s: %s", path, w.Body)
				if path != "/health" {
					require.Equal(t, want == yes, w.Body.String() == "ok\n", "%s: %s", path, w.Body)
					require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
				}
			}
		})
	}
}

func TestProbesSayWhy(t *testing.T) {
	t.Parallel()
	r := living("trader/gen", health.Lifecycle{
		State: health.StateCrashed, Since: noon.Add(-90 * time.Second), LastError: "EOF",
	})
	live(r.Begin("trader/engine"), health.Lifecycle{State: health.StateStalled, Since: noon.Add(-2 * time.Minute)})
	h := handler(t, healthhttp.Config{Registry: r, Stuck: time.Minute})
	require.Equal(t, "trader/engine: stalled for 2m0s (limit 1m0s)\ntrader/gen: crashed for 1m30s (limit 1m0s): EOF\n",
		ask(h, http.MethodGet, "/livez").Body.String())
	require.Equal(t, "trader/engine: stalled\ntrader/gen: crashed: EOF\n", ask(h, http.MethodGet, "/readyz").Body.String())

	h = handler(t, healthhttp.Config{Registry: living("trader/gen", health.Lifecycle{State: health.StateNotStarted})})
	require.Equal(t, "trader/gen: not_started\n", ask(h, http.MethodGet, "/readyz").Body.String())
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: trader()})
	for _, path := range []string{"/health", "/livez", "/readyz"} {
		get, head := ask(h, http.MethodGet, path), ask(h, http.MethodHead, path)
		require.Equal(t, get.Code, head.Code)
		require.Equal(t, get.Header(), head.Header())
		require.NotZero(t, get.Body.Len())
		require.Zero(t, head.Body.Len())
	}
}

func TestEverythingElseIsRefusedAndNothingIsCached(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: trader()})
	for _, path := range []string{"/health", "/livez", "/readyz"} {
		for _, method := range []string{
			http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace,
		} {
			w := ask(h, method, path)
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, path)
			require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		}
		require.Equal(t, "no-store", ask(h, http.MethodGet, path).Header().Get("Cache-Control"))
	}
	w := ask(h, http.MethodGet, "/healthz")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
}

// hangingError hangs where it is asked what it says, which is in its service's own goroutine.
type hangingError struct{ entered, release chan struct{} }

func (e hangingError) Error() string {
	close(e.entered)
	<-e.release
	return "late"
}

func TestPartThatHangsCannotDelayTheAnswer(t *testing.T) {
	t.Parallel()
	r := living(generator, health.Lifecycle{State: health.StateRunning})
	h := handler(t, healthhttp.Config{Registry: r, Extra: mode})
	stuck := hangingError{entered: make(chan struct{}), release: make(chan struct{})}
	p := r.Begin(generator)
	var all sync.WaitGroup
	all.Go(func() { p.Part().Observe(stuck) })
	<-stuck.entered
	for _, path := range []string{"/health", "/livez", "/readyz"} {
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, path).Code)
	}
	close(stuck.release)
	all.Wait()
	require.Contains(t, ask(h, http.MethodGet, "/health").Body.String(), "late")
}

func TestHandlerAnswersManyWhileThePartsGoOn(t *testing.T) {
	t.Parallel()
	r := trader()
	var version atomic.Uint64
	h := handler(t, healthhttp.Config{Registry: r, Extra: mode, Version: version.Load})
	p := r.Begin(generator)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				p.Part().Observe(nil)
				version.Add(1)
				p.Part().Child("BTC/USDT:USDT").Observe(errors.New("no"))
				live(p, health.Lifecycle{State: health.StateRunning})
			}
		})
		all.Go(func() {
			for range 20 {
				for _, path := range []string{"/health", "/livez", "/readyz"} {
					if ask(h, http.MethodGet, path).Body.Len() == 0 {
						t.Error("an empty answer")
					}
				}
			}
		})
	}
	all.Wait()
}
