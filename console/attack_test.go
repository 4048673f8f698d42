package console_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
)

// Each of these is somebody who may not act, or not like this. None gets in.
func TestControlKeepsAttacksOut(t *testing.T) {
	t.Parallel()
	const target = "/api/control/"
	to := func(path string) func(*http.Request) {
		return func(r *http.Request) { r.URL.Path, r.URL.RawPath = path, "" }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"a page of another site":             {header("Sec-Fetch-Site", "cross-site"), http.StatusForbidden},
		"a page of another origin":           {header("Origin", "https://evil.example"), http.StatusForbidden},
		"a page of a sibling":                {header("Sec-Fetch-Site", "same-site"), http.StatusForbidden},
		"a name that was made to point here": {func(r *http.Request) { r.Host = "evil.example:8000" }, http.StatusForbidden},
		"no token":                           {header("Authorization"), http.StatusUnauthorized},
		"an empty token":                     {header("Authorization", "Bearer "), http.StatusUnauthorized},
		"a wrong token":                      {header("Authorization", "Bearer "+strings.Repeat("0", 32)), http.StatusUnauthorized},
		"the beginning of the token":         {header("Authorization", "Bearer "+goodToken[:31]), http.StatusUnauthorized},
		"the token and more":                 {header("Authorization", "Bearer "+goodToken+"0"), http.StatusUnauthorized},
		"the token in other letters":         {header("Authorization", "Bearer "+strings.ToUpper(goodToken)), http.StatusUnauthorized},
		"the token as a password":            {header("Authorization", "Basic "+goodToken), http.StatusUnauthorized},
		"the token as a cookie":              {and(header("Authorization"), header("Cookie", "token="+goodToken)), http.StatusUnauthorized},
		"the token in the query":             {and(header("Authorization"), query("token="+goodToken)), http.StatusBadRequest},
		"a token in the query as well":       {query("access_token=" + goodToken), http.StatusBadRequest},
		"a form":                             {header("Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType},
		"a text":                             {header("Content-Type", "text/plain; application/json"), http.StatusUnsupportedMediaType},
		"no type":                            {header("Content-Type"), http.StatusUnsupportedMediaType},
		"a compressed body":                  {header("Content-Encoding", "gzip"), http.StatusUnsupportedMediaType},
		"GET":                                {method(http.MethodGet), http.StatusMethodNotAllowed},
		"PUT":                                {method(http.MethodPut), http.StatusMethodNotAllowed},
		"GET that says it is POST":           {and(method(http.MethodGet), header("X-HTTP-Method-Override", "POST")), http.StatusMethodNotAllowed},
		"no key":                             {header("Idempotency-Key"), http.StatusBadRequest},
		"a short key":                        {header("Idempotency-Key", "fifteen-letters"), http.StatusBadRequest},
		"a long key":                         {header("Idempotency-Key", strings.Repeat("k", 65)), http.StatusBadRequest},
		"a key with a line break":            {header("Idempotency-Key", goodKey+"\n"), http.StatusBadRequest},
		"two keys":                           {header("Idempotency-Key", goodKey, goodKey+"2"), http.StatusBadRequest},
		"an unknown verb":                    {to(target + "sell-all"), http.StatusNotFound},
		"a verb in capitals":                 {to(target + "KILL"), http.StatusNotFound},
		"no verb":                            {to(target), http.StatusNotFound},
		"a path below a verb":                {to(target + "kill/now"), http.StatusNotFound},
		"a path with two slashes":            {to("/api//control/kill"), http.StatusNotFound},
		"a path with dots":                   {to("/api/signals/../control/kill"), http.StatusNotFound},
		"a path with a NUL":                  {to(target + "kill\x00"), http.StatusNotFound},
		"a body that is too large":           {body(strings.NewReader(`{` + strings.Repeat(" ", 64<<10) + `}`)), http.StatusRequestEntityTooLarge},
		"a body that breaks":                 {body(io.MultiReader(strings.NewReader(`{`), broken{})), http.StatusBadRequest},
		"a body of many brackets":            {body(strings.NewReader(strings.Repeat("[", 60<<10))), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var did asked
			w := post(did.handler(t), "kill", `{}`, c.change)
			refused(t, w, c.status)
			require.Empty(t, did.done)
			require.Empty(t, did.audits)
			require.NotContains(t, w.Body.String(), goodToken)
			switch c.status {
			case http.StatusUnauthorized:
				require.Contains(t, w.Header().Get("WWW-Authenticate"), "Bearer")
			case http.StatusMethodNotAllowed:
				require.Equal(t, http.MethodPost, w.Header().Get("Allow"))
			}
		})
	}
}

func and(all ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		for _, change := range all {
			change(r)
		}
	}
}

func query(raw string) func(*http.Request)   { return func(r *http.Request) { r.URL.RawQuery = raw } }
func method(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }

func body(from io.Reader) func(*http.Request) {
	return func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(from), -1 }
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Who guesses is not told how near he is, and cannot fill the log.
func TestControlGuessesFillNoLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did asked
		var lines strings.Builder
		h := did.handler(t, func(c *console.Config) { c.Logger = slog.New(slog.NewTextHandler(&lines, nil)) })
		var first string
		for i := range 1000 {
			w := post(h, "kill", `{}`, header("Authorization", "Bearer "+goodToken[:i%32]))
			refused(t, w, http.StatusUnauthorized)
			if first == "" {
				first = w.Body.String()
			}
			require.Equal(t, first, w.Body.String())
		}
		require.Equal(t, 1, strings.Count(lines.String(), "\n"))
		time.Sleep(10 * time.Second)
		post(h, "kill", `{}`, header("Authorization"))
		require.Contains(t, lines.String(), "times=1000")
		require.NotContains(t, lines.String(), goodToken[:8])
		require.Empty(t, did.done)
	})
}

// A body that comes a byte at a time, or never ends, takes no longer than an answer may.
func TestControlEndsASlowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did asked
		h := did.handler(t, func(c *console.Config) { c.Timeout = 3 * time.Second })
		slow, client := io.Pipe()
		began := time.Now()
		w := post(h, "kill", `{}`, body(slow))
		require.NoError(t, client.Close()) // as the server closes what was not read
		refused(t, w, http.StatusRequestTimeout)
		require.Equal(t, 3*time.Second, time.Since(began))
		require.Equal(t, "close", w.Header().Get("Connection"))
		require.Empty(t, did.done)
	})
}

// The same over a connection: a server holds a lock while it reads a body, and only a deadline ends that.
func TestControlEndsASlowBodyOfAServer(t *testing.T) {
	t.Parallel()
	var did asked
	server := httptest.NewServer(did.handler(t, func(c *console.Config) { c.Timeout = 50 * time.Millisecond }))
	defer server.Close()
	slow, client := io.Pipe()
	defer client.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/control/kill", slow)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization": "Bearer " + goodToken, "Content-Type": "application/json", "Idempotency-Key": goodKey,
	} {
		r.Header.Set(name, value)
	}
	answered, err := server.Client().Do(r)
	require.NoError(t, err)
	require.NoError(t, answered.Body.Close())
	require.Equal(t, http.StatusRequestTimeout, answered.StatusCode)
	require.Empty(t, did.done)
}
