package serve_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/health"
)

// hello answers at once.
var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })

func listen(t testing.TB, addr string) *serve.Port {
	t.Helper()
	p, err := serve.Listen(addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// server returns a Server and its Port, which the system chose.
func server(t testing.TB, cfg serve.Config) (*serve.Server, *serve.Port) {
	t.Helper()
	cfg.Port = listen(t, "127.0.0.1:0")
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := serve.New(cfg)
	require.NoError(t, err)
	return s, cfg.Port
}

// serve runs one Serve until end is called, which returns what it returned.
func begin(t testing.TB, s *serve.Server) (end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// get asks over a connection of its own.
func get(addr string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestServerServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	s, port := server(t, serve.Config{Handler: hello})
	for range 3 { // and again, as after a restart, at the same address
		end := begin(t, s)
		body, err := get(port.Addr())
		for errors.Is(err, syscall.ECONNREFUSED) { // a later Serve may not have bound yet
			body, err = get(port.Addr())
		}
		require.NoError(t, err)
		require.Equal(t, "hello", body)
		require.Equal(t, context.Canceled, end())
		_, err = get(port.Addr())
		require.ErrorIs(t, err, syscall.ECONNREFUSED, "nothing listens any more")
	}
}

func TestPortKeepsAClientWaitingUntilServe(t *testing.T) {
	t.Parallel()
	s, port := server(t, serve.Config{Handler: hello})
	conn, err := net.Dial("tcp", port.Addr())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	end := begin(t, s)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(answer), "hello"), string(answer))
	require.Equal(t, context.Canceled, end())
}

func TestPortInUseIsFoundAtOnceAndNamed(t *testing.T) {
	t.Parallel()
	port := listen(t, "127.0.0.1:0")
	_, err := serve.Listen(port.Addr())
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.EqualError(t, err, "serve: listen on "+port.Addr()+": bind: address already in use")
	require.NoError(t, port.Close())
	again := listen(t, port.Addr())
	require.Equal(t, port.Addr(), again.Addr())
	require.NoError(t, port.Close(), "closing twice is fine")
}

func TestServerThatCannotBindFailsAndTheNextServeHeals(t *testing.T) {
	t.Parallel()
	s, port := server(t, serve.Config{Handler: hello})
	require.NoError(t, port.Close())
	thief, err := net.Listen("tcp", port.Addr())
	require.NoError(t, err)
	err = s.Serve(t.Context())
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.ErrorContains(t, err, port.Addr())
	require.NoError(t, thief.Close())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, context.Canceled, s.Serve(ctx))
}

func TestPortRefusesABadAddress(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"localhost":               `serve: listen on "localhost": missing port in address`,
		"::1:80":                  `"::1:80": too many colons in address`,
		"127.0.0.1:65536":         "127.0.0.1:65536",
		"127.0.0.1:nosuchservice": "nosuchservice",
		"192.0.2.1:80":            "serve: listen on 192.0.2.1:80: bind:", // not an address of ours
	} {
		_, err := serve.Listen(addr)
		require.ErrorContains(t, err, want, addr)
	}
}

func TestConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	port := listen(t, "127.0.0.1:0")
	for want, cfg := range map[string]serve.Config{
		"Config.Port":       {Handler: hello},
		"Config.Handler":    {Port: port},
		"Config.Drain -1ns": {Port: port, Handler: hello, Drain: -1},
	} {
		_, err := serve.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

func TestPortWithoutAHostIsOnThisMachine(t *testing.T) {
	t.Parallel()
	port := listen(t, ":0")
	host, _, err := net.SplitHostPort(port.Addr())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
}

func TestPortIsServedOnceAtATime(t *testing.T) {
	t.Parallel()
	s, port := server(t, serve.Config{Handler: hello})
	end := begin(t, s)
	_, err := get(port.Addr())
	require.NoError(t, err)
	require.ErrorContains(t, s.Serve(t.Context()), "served already")
	require.NoError(t, port.Close(), "it leaves alone what serves")
	_, err = get(port.Addr())
	require.NoError(t, err)
	require.Equal(t, context.Canceled, end())
}

// drainClock announces each wait and lets the test end it.
type drainClock struct {
	armed chan time.Duration
	fire  chan time.Time
}

func (drainClock) Now() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }
func (c drainClock) After(d time.Duration) <-chan time.Time {
	c.armed <- d
	return c.fire
}

// slow is a handler that announces itself, and answers when it is released or its context ends.
type slow struct{ entered, release chan struct{} }

func (s slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	close(s.entered)
	select {
	case <-s.release:
		_, _ = io.WriteString(w, "finished")
	case <-r.Context().Done():
		_, _ = io.WriteString(w, "cut off")
	}
}

func TestServerLetsRequestsInFlightFinish(t *testing.T) {
	t.Parallel()
	clk := drainClock{armed: make(chan time.Duration, 1), fire: make(chan time.Time, 1)}
	h := slow{make(chan struct{}), make(chan struct{})}
	s, port := server(t, serve.Config{Handler: h, Clock: clk})
	end := begin(t, s)
	body := make(chan string, 1)
	go func() {
		text, err := get(port.Addr())
		if err != nil {
			text = err.Error()
		}
		body <- text
	}()
	<-h.entered
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	require.Equal(t, 2*time.Second, <-clk.armed)
	close(h.release)
	require.Equal(t, "finished", <-body)
	require.Equal(t, context.Canceled, <-ended)
}

func TestServerCutsOffRequestsThatLastTooLong(t *testing.T) {
	t.Parallel()
	clk := drainClock{armed: make(chan time.Duration, 1), fire: make(chan time.Time, 1)}
	h := slow{make(chan struct{}), make(chan struct{})}
	var log bytes.Buffer
	s, port := server(t, serve.Config{
		Handler: h, Clock: clk, Drain: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	end := begin(t, s)
	failed := make(chan error, 1)
	go func() {
		_, err := get(port.Addr())
		failed <- err
	}()
	<-h.entered
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	require.Equal(t, time.Minute, <-clk.armed)
	clk.fire <- clk.Now()
	require.Equal(t, context.Canceled, <-ended)
	<-failed //nolint:errcheck // its answer or its connection was cut: which of them came first does not matter
	require.Contains(t, log.String(), "Requests cut off at the end")
}

func TestServerIsAServiceThatMaySayNothing(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	run := registry.Begin("console")
	s, _ := server(t, serve.Config{Handler: hello})
	ctx, cancel := context.WithCancel(health.NewContext(t.Context(), run.Part()))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	<-run.Part().AwaitReady()
	require.True(t, run.IdleAt(time.Now()))
	cancel()
	require.Equal(t, context.Canceled, <-ended)
}

// What net/http says on its own, such as a handler's panic, goes to the same log.
func TestServerLogsAHandlersPanicAndGoesOn(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var calls atomic.Int32
	s, port := server(t, serve.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			panic("no such page")
		}
		_, _ = io.WriteString(w, "hello")
	})})
	end := begin(t, s)
	_, err := get(port.Addr())
	require.Error(t, err)
	body, err := get(port.Addr())
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	require.Equal(t, context.Canceled, end())
	require.Contains(t, log.String(), "no such page")
}

// An answer without an end sees that its server is asked to end.
func TestStoppingIsClosedWhenServeIsAskedToEnd(t *testing.T) {
	t.Parallel()
	require.Nil(t, serve.Stopping(t.Context()), "no server is there")
	entered := make(chan struct{})
	s, port := server(t, serve.Config{Drain: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-serve.Stopping(r.Context())
		_, _ = io.WriteString(w, "goodbye")
	})})
	end := begin(t, s)
	body := make(chan string, 1)
	go func() {
		text, err := get(port.Addr())
		if err != nil {
			text = err.Error()
		}
		body <- text
	}()
	<-entered
	require.Equal(t, context.Canceled, end())
	require.Equal(t, "goodbye", <-body)
}
