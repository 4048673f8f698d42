package healthhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

// parted is a system of which one part is down.
func parted(clk *supervisortest.Clock) *health.Registry {
	r := health.NewRegistry(health.Config{Clock: clk})
	live(r.Begin("trader/engine"), health.Lifecycle{State: health.StateRunning, Since: clk.Now()})
	live(r.Begin("trader/feed"), health.Lifecycle{State: health.StateCrashed, Since: clk.Now(), LastError: "no route"})
	return r
}

func TestReadyzOfAPartAndWithoutOne(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: parted(supervisortest.NewClockAt(noon))})
	for at, c := range map[string]struct {
		status int
		says   string
	}{
		"/readyz":                              {503, "trader/feed: crashed: no route\n"},
		"/readyz?path=trader/engine":           {200, "ok\n"},
		"/readyz?path=trader/feed":             {503, "trader/feed: crashed: no route\n"},
		"/readyz?path=trader/fee":              {404, ""},
		"/readyz/trader/engine":                {200, "ok\n"},
		"/readyz/trader":                       {503, "trader/feed: crashed: no route\n"},
		"/readyz/trader?exclude=trader/feed":   {200, "ok\n"},
		"/readyz/trader/fee":                   {404, ""},
		"/readyz/trader/engine?path=trader":    {400, ""},
		"/readyz/":                             {404, ""},
		"/readyzz":                             {404, ""},
		"/livez/trader/feed":                   {200, "ok\n"},
		"/readyz?exclude=trader/feed":          {200, "ok\n"},
		"/readyz?exclude=trader/f&exclude=x":   {503, "trader/feed: crashed: no route\n"},
		"/readyz?exclude=/trader/feed/":        {200, "ok\n"},
		"/readyz?exclude=trader":               {200, "ok\n"},
		"/readyz?verbose&exclude=nobody":       {503, "exclude: there is no part \"nobody\"\n[-] trader/feed unhealthy: crashed: no route\n[+] trader/engine running\ntrader/feed: crashed: no route\n"},
		"/readyz?verbose&exclude=trader/feed":  {200, "[+] trader/engine running\nok\n"},
		"/readyz?path=trader&exclude=trader/%": {400, ""},
	} {
		w := ask(h, http.MethodGet, at)
		require.Equal(t, c.status, w.Code, at)
		if c.says != "" {
			require.Equal(t, c.says, w.Body.String(), at)
		}
	}
}

func TestLivezWithoutAPartThatIsStuck(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClockAt(noon)
	h := handler(t, healthhttp.Config{Registry: parted(clk)})
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/livez").Code)
	clk.Set(noon.Add(time.Hour))
	require.Equal(t, http.StatusServiceUnavailable, ask(h, http.MethodGet, "/livez").Code)
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/livez?exclude=trader/feed").Code)
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/livez?path=trader/engine").Code)
}

func TestDrainedProcessIsAliveAndNotReady(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	live(r.Begin("trader/engine"), health.Lifecycle{State: health.StateRunning, Since: noon})
	h := handler(t, healthhttp.Config{Registry: r})
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/readyz").Code)
	h.Drain()
	require.Equal(t, http.StatusServiceUnavailable, ask(h, http.MethodGet, "/readyz").Code)
	require.Contains(t, ask(h, http.MethodGet, "/readyz").Body.String(), "draining")
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/livez").Code)
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/health").Code)
}

func TestHealthAsChecks(t *testing.T) {
	t.Parallel()
	h := handler(t, healthhttp.Config{Registry: parted(supervisortest.NewClockAt(noon))})
	get := func(at, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, at, nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	w := get("/health", "text/html, Application/Health+JSON;q=0.9")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "application/health+json", w.Header().Get("Content-Type"))
	var doc struct {
		Status, Output string
		Checks         map[string][]struct{ Status, ObservedValue, Output string }
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	require.Equal(t, "fail", doc.Status)
	require.Equal(t, "trader/feed: crashed: no route", doc.Output)
	require.Equal(t, "pass", doc.Checks["trader/engine"][0].Status)
	require.Equal(t, "crashed", doc.Checks["trader/feed"][0].ObservedValue)

	require.Equal(t, http.StatusOK, get("/health?path=trader/engine", "application/health+json").Code)
	require.Equal(t, get("/health?path=trader/engine", "").Body, get("/health/trader/engine", "").Body)
	require.NotEqual(t, get("/health", "").Body, get("/health/trader/engine", "").Body)
	require.Equal(t, http.StatusNotFound, get("/health?path=nobody", "application/health+json").Code)
	for _, other := range []string{"application/json", "application/health+json;q=0", "application/health+json;q=0.1, */*"} {
		require.Equal(t, "application/json", get("/health", other).Header().Get("Content-Type"), other)
	}
}
