package console_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const readToken = "b7d1e9064c2f85a3b7d1e9064c2f85a4"

// locked is a console that only those may read who are known.
func locked(t testing.TB, change ...func(*console.Config)) (http.Handler, *asked) {
	t.Helper()
	var did asked
	return did.handler(t, append([]func(*console.Config){func(c *console.Config) {
		c.Read.Token = readToken
		c.Events = newEvents(t, console.EventsConfig{})
		c.Health = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	}}, change...)...), &did
}

func bearer(token string) func(*http.Request) { return header("Authorization", "Bearer "+token) }

// login begins a session and returns its cookie.
func login(t testing.TB, h http.Handler, token string, change ...func(*http.Request)) *http.Cookie {
	t.Helper()
	w := askForSession(h, http.MethodPost, append([]func(*http.Request){bearer(token)}, change...)...)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NotContains(t, w.Body.String(), token)
	cookies := w.Result().Cookies()
	require.Len(t, cookies, 1)
	require.NotContains(t, w.Body.String(), cookies[0].Value, "scripts do not see it")
	return cookies[0]
}

func askForSession(h http.Handler, method string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	return ask(h, method, "/api/session", append([]func(*http.Request){
		header("Content-Type", "application/json"), body(strings.NewReader("{}")),
	}, change...)...)
}

func with(c *http.Cookie) func(*http.Request) { return func(r *http.Request) { r.AddCookie(c) } }

var protectedPaths = []string{
	"/api/signals", "/api/signals/latest", "/api/signals/stream", "/api/signals/x", "/api/status", "/api/positions", "/api/orders",
	"/api/orders/x", "/api/fills", "/api/bars", "/api/generator", "/api/services", "/api/events", "/api/acts", "/api/performance",
	"/api/equity", "/api/strategies", "/api/locks",
	"/api/openapi.yaml", "/api/host", "/api/outcomes", "/health",
}

func TestReadNeedsItsTokenOnEveryPath(t *testing.T) {
	t.Parallel()
	h, _ := locked(t)
	for _, path := range protectedPaths {
		for name, change := range map[string]func(*http.Request){
			"nothing": header("X-Nothing"), "a wrong token": bearer(strings.Repeat("0", 32)), "a part of it": bearer(readToken[:31]),
			"a password": header("Authorization", "Basic "+readToken), "a cookie": header("Cookie", "vigil_session="+readToken),
			"an empty cookie": header("Cookie", "vigil_session="), "HEAD": method(http.MethodHead), "a stream": asStream,
		} {
			w := ask(h, http.MethodGet, path, change)
			require.Equal(t, http.StatusUnauthorized, w.Code, "%s %s", path, name)
			require.Contains(t, w.Header().Get("WWW-Authenticate"), "Bearer")
		}
		for _, name := range []string{"token", "access_token"} {
			w := ask(h, http.MethodGet, path+"?"+name+"="+readToken)
			require.Equal(t, name, refused(t, w, http.StatusBadRequest).Parameter)
			refused(t, ask(h, http.MethodGet, path+"?"+name+"="+readToken, bearer(readToken)), http.StatusBadRequest)
		}
		refused(t, ask(h, http.MethodGet, path, bearer(readToken), func(r *http.Request) { r.Host = "evil.example" }), http.StatusForbidden)
	}
	for _, path := range []string{"/api/status", "/api/signals/latest", "/api/events", "/health"} {
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, path, bearer(readToken)).Code, path)
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, path, bearer(goodToken)).Code, "who may act may read")
	}
	for _, path := range []string{"/livez", "/readyz"} {
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, path).Code, "a probe has no secrets")
	}
	require.True(t, h.(interface{ Protected() bool }).Protected())
	require.False(t, handler(t, console.Config{}).(interface{ Protected() bool }).Protected())
}

// A probe is free, and what errors say is not.
func TestProbeTellsStrangersWhetherAndNotWhy(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	run := r.Begin("trader/engine")
	run.SetState(health.Stage{State: health.StateRunning, Since: noon})
	h, _ := locked(t, func(c *console.Config) {
		var err error
		c.Health, err = healthhttp.New(healthhttp.Config{Registry: r})
		require.NoError(t, err)
	})
	says := func(path string, change ...func(*http.Request)) string {
		w := ask(h, http.MethodGet, path, change...)
		return strconv.Itoa(w.Code) + " " + w.Body.String()
	}
	require.Equal(t, "200 ok\n", says("/readyz?verbose"))
	require.Equal(t, "200 [+] trader/engine running\nok\n", says("/readyz?verbose", bearer(readToken)))
	require.Equal(t, "200 ok\n", says("/readyz/trader/engine"))
	run.Part().Raise(health.Condition{Key: "away", Verdict: health.Unhealthy, Text: "key AKX is refused at 10.0.0.7"})
	for _, path := range []string{"/readyz", "/readyz?verbose", "/livez?verbose", "/readyz/trader/engine", "/livez/trader/engine?verbose"} {
		require.NotContains(t, says(path), "AKX", path)
	}
	require.Contains(t, says("/readyz"), "503 no; who may read is told why")
	require.Contains(t, says("/readyz", bearer(readToken)), "503 trader/engine: away: key AKX")
	require.Contains(t, says("/livez?verbose", bearer(goodToken)), "200 [-] trader/engine unhealthy: away: key AKX")
	require.Contains(t, says("/health/trader/engine"), "401 ")
	require.Contains(t, says("/livez/trader/none"), "404 ")
	require.Contains(t, says("/livez/"), "404 ")
}

func TestReadTokenDoesNotAct(t *testing.T) {
	t.Parallel()
	h, did := locked(t)
	cookie := login(t, h, readToken)
	refused(t, post(h, "kill", `{}`, bearer(readToken)), http.StatusUnauthorized)
	refused(t, post(h, "kill", `{}`, header("Authorization"), with(cookie)), http.StatusUnauthorized)
	require.Empty(t, did.done)
}

// Who has signed out is told no more, also on a line that was open before.
func TestStreamEndsWithTheSessionThatOpenedIt(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, h http.Handler, c *http.Cookie){
		"signed out": func(t *testing.T, h http.Handler, c *http.Cookie) {
			require.Equal(t, http.StatusNoContent, ask(h, http.MethodDelete, "/api/session", with(c)).Code)
		},
		"over": func(*testing.T, http.Handler, *http.Cookie) { time.Sleep(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var events *console.Events
				h, _ := locked(t, func(c *console.Config) { events, c.Read.Session = c.Events, time.Hour })
				cookie := login(t, h, readToken)
				answered := make(chan string, 1)
				go func() { answered <- ask(h, http.MethodGet, "/api/events", asStream, with(cookie)).Body.String() }()
				synctest.Wait()
				events.Act(journal.Acted{Actor: "ann", Verb: "pause"})
				synctest.Wait()
				end(t, h, cookie)
				events.Act(journal.Acted{Actor: "ann", Verb: "resume"})
				told := <-answered
				require.Contains(t, told, "ann asked to pause")
				require.NotContains(t, told, "ann asked to resume")
			})
		})
	}
}

func TestSessionOpensWhatItsTokenOpens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, did := locked(t, func(c *console.Config) { c.Read.Session = time.Hour })
		reader, actor := login(t, h, readToken), login(t, h, goodToken)
		require.NotEqual(t, reader.Value, actor.Value)
		require.GreaterOrEqual(t, len(reader.Value), 26, "128 bits and more")
		require.True(t, reader.HttpOnly)
		require.Equal(t, http.SameSiteStrictMode, reader.SameSite)
		require.False(t, reader.Secure, "there is no TLS")
		require.Equal(t, time.Now().Add(time.Hour).UTC(), reader.Expires)
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/status", with(reader)).Code)
		require.Equal(t, http.StatusOK, post(h, "kill", `{}`, header("Authorization"), with(actor)).Code)
		require.Equal(t, []string{"kill token"}, did.done)
		for name, change := range map[string]func(*http.Request){
			"a page of another site": header("Sec-Fetch-Site", "cross-site"), "of a sibling": header("Sec-Fetch-Site", "same-site"),
			"another origin": header("Origin", "https://evil.example"), "a rebound name": func(r *http.Request) { r.Host = "evil.example" },
		} {
			w := post(h, "halt", `{"reason":"x"}`, header("Authorization"), with(actor), change)
			require.Equal(t, http.StatusForbidden, w.Code, name)
		}
		require.Len(t, did.done, 1)

		w := askForSession(h, http.MethodDelete, with(reader))
		require.Equal(t, http.StatusNoContent, w.Code)
		require.Negative(t, w.Result().Cookies()[0].MaxAge)
		refused(t, ask(h, http.MethodGet, "/api/status", with(reader)), http.StatusUnauthorized)
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/status", with(actor)).Code)
		time.Sleep(time.Hour)
		refused(t, ask(h, http.MethodGet, "/api/status", with(actor)), http.StatusUnauthorized)
		refused(t, post(h, "halt", `{"reason":"x"}`, header("Authorization"), with(actor)), http.StatusUnauthorized)
	})
}

func TestSessionBeginsWithATokenAlone(t *testing.T) {
	t.Parallel()
	h, _ := locked(t, func(c *console.Config) {
		c.Read.Authorize = func(r *http.Request) (string, error) {
			if r.Header.Get("X-User") == "" {
				return "", errors.New("nobody")
			}
			return r.Header.Get("X-User"), nil
		}
	})
	cookie := login(t, h, readToken)
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"a cookie":              {with(cookie), http.StatusUnauthorized},
		"a log-in of the host":  {header("X-User", "ann"), http.StatusUnauthorized},
		"nothing":               {header("X-Nothing"), http.StatusUnauthorized},
		"a wrong token":         {bearer(strings.Repeat("0", 32)), http.StatusUnauthorized},
		"a token in the query":  {query("token=" + readToken), http.StatusBadRequest},
		"a token in the body":   {body(strings.NewReader(`{"token":"` + readToken + `"}`)), http.StatusUnauthorized},
		"a body that has more":  {and(bearer(readToken), body(strings.NewReader(`{"a":1}`))), http.StatusBadRequest},
		"a large body":          {and(bearer(readToken), body(strings.NewReader(`{`+strings.Repeat(" ", 64<<10)+`}`))), http.StatusRequestEntityTooLarge},
		"a form":                {and(bearer(readToken), header("Content-Type", "text/plain")), http.StatusUnsupportedMediaType},
		"GET":                   {and(bearer(readToken), method(http.MethodGet)), http.StatusMethodNotAllowed},
		"a page of another one": {and(bearer(readToken), header("Sec-Fetch-Site", "cross-site")), http.StatusForbidden},
		"a rebound name":        {and(bearer(readToken), func(r *http.Request) { r.Host = "evil.example" }), http.StatusForbidden},
	} {
		w := askForSession(h, http.MethodPost, c.change)
		require.Equal(t, c.status, w.Code, "%s: %s", name, w.Body)
		require.Empty(t, w.Result().Cookies(), name)
	}
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/status", header("X-User", "ann")).Code)
	free := handler(t, console.Config{})
	refused(t, askForSession(free, http.MethodPost), http.StatusNotFound)
}

func TestSessionCookieIsSecureWithTLS(t *testing.T) {
	t.Parallel()
	h, _ := locked(t)
	require.True(t, login(t, h, readToken, func(r *http.Request) { r.TLS = &tls.ConnectionState{} }).Secure)
	h, _ = locked(t, func(c *console.Config) { c.Read.Secure = true })
	require.True(t, login(t, h, readToken).Secure)
}

// Who has a token and begins sessions without end costs bounded memory, and the newest ones work.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := locked(t)
		first := login(t, h, readToken)
		for range 1000 {
			time.Sleep(time.Millisecond)
			login(t, h, readToken)
		}
		refused(t, ask(h, http.MethodGet, "/api/status", with(first)), http.StatusUnauthorized)
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/status", with(login(t, h, readToken))).Code)
	})
}

func TestReadThatIsBadIsRefusedByNew(t *testing.T) {
	t.Parallel()
	_, err := console.New(console.Config{Signals: given(), Read: console.Read{Token: "secret"}})
	require.ErrorContains(t, err, "Read.Token")
	_, err = console.New(console.Config{Signals: given(), Read: console.Read{Session: -1}})
	require.ErrorContains(t, err, "Read.Session")
}

func TestReadGuessesFillNoLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		h, _ := locked(t, func(c *console.Config) { c.Logger = slog.New(slog.NewTextHandler(&lines, nil)) })
		for i := range 1000 {
			w := ask(h, http.MethodGet, "/api/status", bearer(fmt.Sprintf("%032d", i)))
			var p problem
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			require.NotContains(t, w.Body.String(), readToken)
		}
		require.Equal(t, 1, strings.Count(lines.String(), "\n"))
		require.Contains(t, lines.String(), "Reading refused")
	})
}
