package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged collects the host's log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// person is a browser of somebody's.
type person struct {
	t      *testing.T
	client *http.Client
	base   string
}

func (p person) ask(method, path, body string) (status int, answer string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", "0123456789abcdef"+strings.ReplaceAll(path, "/", "-"))
	response, err := p.client.Do(request)
	require.NoError(p.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	return response.StatusCode, string(text)
}

func TestHostKeepsItsMuxItsLoggerAndItsLogIn(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	base := "http://" + listener.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var log logged
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, listener, filepath.Join(t.TempDir(), "embed.db"), accounts("ann:swordfish bob:herring eve:"),
			slog.New(slog.NewTextHandler(&log, nil)))
	}()
	visitor := func(name, password string) person {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		p := person{t, &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}, base}
		response, err := p.client.PostForm(base+"/login", url.Values{"name": {name}, "password": {password}})
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return p
	}
	ann, bob, eve := visitor("ann", "swordfish"), visitor("bob", "herring"), visitor("eve", "")
	for p, want := range map[*person]struct{ page, look, act int }{
		&eve: {200, 401, 401}, &bob: {200, 200, 401}, &ann: {200, 200, 200},
	} {
		status, _ := p.ask(http.MethodGet, "/", "")
		require.Equal(t, want.page, status)
		status, _ = p.ask(http.MethodGet, "/livez", "")
		require.Equal(t, 200, status)
		for _, path := range []string{"/health", "/api/status", "/api/signals/latest", "/api/services"} {
			require.Eventually(t, func() bool { status, _ = p.ask(http.MethodGet, path, ""); return status == want.look },
				time.Minute, 20*time.Millisecond, path)
		}
		require.Eventually(t, func() bool {
			_, answer := p.ask(http.MethodGet, "/api/status", "")
			return want.look != 200 || strings.Contains(answer, `"status":"running"`) || strings.Contains(answer, `"status":"halted"`)
		}, time.Minute, 20*time.Millisecond, "there is an account to act on")
		require.Eventually(t, func() bool {
			status, _ = p.ask(http.MethodPost, "/api/control/halt", `{"reason":"a look around"}`)
			return status == want.act
		}, time.Minute, 20*time.Millisecond)
	}
	_, answer := bob.ask(http.MethodGet, "/api/status", "")
	require.Contains(t, answer, "a look around (by ann)")
	cancel()
	require.NoError(t, <-ended)
	require.Contains(t, log.String(), `msg="Trading halted" part=trading reason="a look around (by ann)"`)
}
