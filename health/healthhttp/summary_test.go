package healthhttp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

// answerOf is what of an answer of /health these tests read.
type answerOf struct {
	Status  string
	Time    time.Time
	Reasons []string
	Parts   []struct {
		Path, Status, Reason string
		Conditions           []struct{ Key string }
		Counts               map[string]int64
		LeftOut              int `json:"left_out"`
	}
	LeftOut *struct {
		Parts   map[string]int
		Reasons int
		See     string
	} `json:"left_out"`
}

// read asks for a document and returns it with its size.
func read(t testing.TB, h http.Handler, path string) (got answerOf, size int) {
	t.Helper()
	w := ask(h, http.MethodGet, path)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), w.Body.String())
	return got, w.Body.Len()
}

// market returns a registry whose generator has n symbols, of which every hundredth fails.
func market(n int) *health.Registry {
	r := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	gen := r.Begin(generator)
	live(gen, health.Lifecycle{State: health.StateRunning, Since: noon})
	for i := range n {
		symbol := gen.Part().Child(fmt.Sprintf("S%04d/USDT", i))
		symbol.Observe(nil)
		if i%100 == 99 {
			symbol.Observe(errors.New("delisted"))
		}
	}
	return r
}

func TestHealthIsASummaryOfManyParts(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: market(1000)})
	got, size := read(t, h, "/health")
	require.Less(t, size, 20<<10)
	require.Len(t, got.Parts, 50)
	listed := map[string]int{}
	for _, p := range got.Parts {
		listed[p.Status]++
	}
	require.Equal(t, map[string]int{"degraded": 11, "healthy": 39}, listed, "the worst are all there")
	require.Equal(t, generator, got.Parts[0].Path, "by path")
	require.Equal(t, map[string]int{"healthy": 951}, got.LeftOut.Parts)

	full, _ := read(t, h, got.LeftOut.See)
	require.Len(t, full.Parts, 1001)
	require.Nil(t, full.LeftOut)
}

func TestHealthOfOnePart(t *testing.T) {
	t.Parallel()
	r := market(1000)
	live(r.Begin("trader/engine"), health.Lifecycle{State: health.StateRunning})
	live(r.Begin(generator+"-2"), health.Lifecycle{State: health.StateRunning})
	h := handler(t, healthhttp.Config{Registry: r})
	for path, want := range map[string]int{
		"trader/engine":                     1,
		"trader":                            1003,
		"/" + generator + "/":               1001,
		generator + "/S0007/USDT":           1,
		generator + "/S0007":                1, // a name may have a slash
		"trader/signal_generation-2&full=1": 1,
	} {
		got, _ := read(t, h, "/health?path="+path)
		require.Len(t, got.Parts, want, path)
		require.Equal(t, "degraded", got.Status, "the system's")
	}
	for query, status := range map[string]int{
		"path=trader/eng": http.StatusNotFound, "full=maybe": http.StatusBadRequest, "path=%zz": http.StatusBadRequest,
		"full": http.StatusOK, "full=false": http.StatusOK, "_=123": http.StatusOK,
	} {
		w := ask(h, http.MethodGet, "/health?"+query)
		require.Equal(t, status, w.Code, query)
		if status != http.StatusOK {
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		}
	}
}

// Whatever parts are called and say, and however many there are.
func TestHealthIsBounded(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	huge := strings.Repeat("x\x1b[31m\u009b\n", 500)
	for i := range 60 {
		run := r.Begin(fmt.Sprintf("%d%.2000s", i, huge))
		live(run, health.Lifecycle{State: health.StateCrashed, LastError: huge, Since: noon.Add(-time.Hour)})
		p := run.Part()
		p.Observe(errors.New(huge))
		p.Child(huge).Observe(errors.New(huge))
		for k := range 100 {
			p.Raise(health.Condition{Key: fmt.Sprint(k), Verdict: health.Unhealthy, Text: huge, Remedy: huge})
			p.Count(fmt.Sprint(k, huge), 1)
		}
	}
	h := handler(t, healthhttp.Config{Registry: r})
	got, size := read(t, h, "/health")
	require.Less(t, size, 100<<10)
	require.NotEmpty(t, got.Parts)
	require.Len(t, got.Parts[0].Conditions, 4)
	require.NotZero(t, got.Parts[0].LeftOut)
	require.Equal(t, "and 40 more", got.Reasons[20])
	for _, path := range []string{"/health", "/livez", "/readyz", "/health?full=1"} {
		w := ask(h, http.MethodGet, path)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.NotContains(t, w.Body.String(), "\x1b", "nothing that a terminal obeys")
		require.NotContains(t, w.Body.String(), "\u009b")
		if path != "/health?full=1" {
			require.Less(t, w.Body.Len(), 100<<10)
		}
	}
	require.Equal(t, 21, strings.Count(ask(h, http.MethodGet, "/livez").Body.String(), "\n"), "one line for each reason")
}

func TestHealthIsWrittenOnceForAllUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClockAt(noon)
	r := health.NewRegistry(health.Config{Clock: clk})
	run := r.Begin(generator)
	live(run, health.Lifecycle{State: health.StateRunning})
	added := 0
	h := handler(t, healthhttp.Config{Registry: r, Extra: func(health.Report) map[string]any {
		added++
		return map[string]any{"added": added}
	}})
	at := func() time.Time {
		got, _ := read(t, h, "/health")
		return got.Time
	}
	require.Equal(t, noon, at())
	clk.Set(noon.Add(time.Second - 1))
	run.Part().Observe(nil)
	require.Equal(t, noon, at(), "only ages have changed")
	require.Equal(t, 2, added, "what the host adds is asked for each time")
	run.Part().Observe(errors.New("down"))
	got, _ := read(t, h, "/health")
	require.Equal(t, "degraded", got.Status, "a verdict is never old")
	require.Equal(t, clk.Now(), got.Time)
	clk.Set(clk.Now().Add(time.Second))
	require.Equal(t, clk.Now(), at(), "ages are no older than a second")
}

func TestLivezCountsToTheMoment(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClockAt(noon)
	r := health.NewRegistry(health.Config{Clock: clk})
	live(r.Begin(generator), health.Lifecycle{State: health.StateCrashed, Since: noon})
	h := handler(t, healthhttp.Config{Registry: r, Stuck: time.Minute})
	clk.Set(noon.Add(time.Minute))
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/livez").Code)
	clk.Set(clk.Now().Add(1))
	require.Equal(t, http.StatusServiceUnavailable, ask(h, http.MethodGet, "/livez").Code)
}

func TestMountLeavesTheRestToTheHost(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"/", "GET /", "POST /", "/{name}", "/{rest...}", "example.com/"} {
		mux := http.NewServeMux()
		mux.HandleFunc(host, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
		handler(t, healthhttp.Config{Registry: trader()}).Mount(mux)
		for _, path := range []string{"/health", "/livez", "/readyz"} {
			r := ask(withoutHost{mux}, http.MethodGet, path)
			require.NotEqual(t, http.StatusTeapot, r.Code, "%s %s", host, path)
			w := ask(withoutHost{mux}, http.MethodPost, path)
			require.Equal(t, http.StatusMethodNotAllowed, w.Code)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		}
	}
}

// withoutHost takes away the host that httptest gives its requests.
type withoutHost struct{ http.Handler }

func (h withoutHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Host = "localhost"
	h.Handler.ServeHTTP(w, r)
}
