package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
)

func TestBadConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]console.Config{
		"Config.Signals":                  {},
		"Config.Timeout -1s":              {Signals: given(), Timeout: -time.Second},
		`Config.Hosts[1] ""`:              {Signals: given(), Hosts: []string{"a.example", ""}},
		`Config.Hosts[0] "a.example:80"`:  {Signals: given(), Hosts: []string{"a.example:80"}},
		`Config.Hosts[0] "[::2]:80"`:      {Signals: given(), Hosts: []string{"[::2]:80"}},
		`Config.Hosts[0] "http://a"`:      {Signals: given(), Hosts: []string{"http://a"}},
		`Config.Hosts[0] "*.example.net"`: {Signals: given(), Hosts: []string{"*.example.net"}},
	} {
		_, err := console.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

func TestHostThatIsUnknownIsRefused(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Hosts: []string{"Trader.example.net", "10.0.0.7", "fd00::7", "[fd00::8]"}})
	for host, known := range map[string]bool{
		"localhost": true, "localhost:8000": true, "LOCALHOST:1": true, "localhost.": true, "localhost.:8000": true,
		"127.0.0.1": true, "127.0.0.1:8000": true, "[::1]": true, "[::1]:8000": true,
		"trader.example.net": true, "TRADER.example.NET:443": true, "10.0.0.7:8000": true,
		"[fd00::7]": true, "[fd00::7]:8000": true, "[fd00::8]:8000": true,

		"": false, ":8000": false, "evil.example": false, "evil.example:8000": false, "localhost.evil.example": false,
		"evil.example/localhost": false, "localhost@evil.example": false, "example.net": false, "10.0.0.8": false,
		"127.0.0.1.evil.example:8000": false, "0.0.0.0:8000": false, "[::2]:8000": false, "x.trader.example.net": false,
	} {
		w := ask(h, http.MethodGet, "/api/signals/latest", func(r *http.Request) { r.Host = host })
		if known {
			require.Equal(t, http.StatusOK, w.Code, host)
		} else {
			require.Contains(t, refused(t, w, http.StatusForbidden).Detail, fmt.Sprintf("%q", host))
		}
	}
	w := ask(h, http.MethodGet, "/", func(r *http.Request) { r.Host = strings.Repeat("x", 10_000) })
	refused(t, w, http.StatusForbidden)
	require.Less(t, w.Body.Len(), 400, "a name is quoted, a novel is not")
}

func TestOriginThatIsForeignChangesNothing(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{})
	across := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	foreign := func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }
	for _, by := range []func(*http.Request){across, foreign} {
		p := refused(t, ask(h, http.MethodPost, "/api/signals/latest", by), http.StatusForbidden)
		require.Contains(t, p.Detail, "another origin")
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/signals/latest", by).Code,
			"reading is harmless: the browser does not show the answer to the other origin")
	}
	own := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }
	refused(t, ask(h, http.MethodPost, "/api/signals/latest", own), http.StatusMethodNotAllowed)
}

func TestPathThatIsNotServedIsAProblem(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{})
	for _, path := range []string{"/", "/api", "/api/signals/", "/api/signals/stream/", "/api/signals/latest/", "/health", "/favicon.ico"} {
		refused(t, ask(h, http.MethodGet, path), http.StatusNotFound)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		w := ask(h, method, "/api/signals/latest")
		refused(t, w, http.StatusMethodNotAllowed)
		require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{})
	for _, target := range []string{"/api/signals/latest", "/api/signals/latest?limit=0", "/nowhere"} {
		get, head := ask(h, http.MethodGet, target), ask(h, http.MethodHead, target)
		require.Equal(t, get.Code, head.Code)
		require.Equal(t, get.Header(), head.Header())
		require.Zero(t, head.Body.Len())
	}
}

func TestHealthIsServedBesideTheRest(t *testing.T) {
	t.Parallel()
	health := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "health of ", r.URL.Path) })
	h := handler(t, console.Config{Health: health})
	for _, path := range []string{"/health", "/livez", "/readyz"} {
		require.Equal(t, "health of "+path, ask(h, http.MethodGet, path).Body.String())
		w := ask(h, http.MethodGet, path, func(r *http.Request) { r.Host = "evil.example" })
		refused(t, w, http.StatusForbidden)
	}
}

// Each header stands there once, and a handler that the host gave says its own.
func TestHeadersForbidCachingAndSniffing(t *testing.T) {
	t.Parallel()
	health := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	h := handler(t, console.Config{Health: health})
	for target, status := range map[string]int{
		"/api/signals/latest": http.StatusOK, "/api/signals/latest?limit=0": http.StatusBadRequest, "/nowhere": http.StatusNotFound,
	} {
		w := ask(h, http.MethodGet, target)
		require.Equal(t, status, w.Code)
		require.Equal(t, []string{"no-store"}, w.Header().Values("Cache-Control"), target)
		require.Equal(t, []string{"nosniff"}, w.Header().Values("X-Content-Type-Options"), target)
	}
	require.Empty(t, ask(h, http.MethodGet, "/health").Header().Values("Cache-Control"))
}
