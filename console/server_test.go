package console_test

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

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
)

// hello answers at once.
var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })

func listen(t testing.TB, addr string, h http.Handler, cfg console.ServerConfig) *console.Server {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := console.Listen(addr, h, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// serve runs one Serve until end is called, which returns what it returned.
func serve(t testing.TB, s *console.Server) (end func() error) {
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

func TestAServerServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	s := listen(t, "127.0.0.1:0", hello, console.ServerConfig{})
	for range 3 { // and again, as after a restart, at the same address
		end := serve(t, s)
		body, err := get(s.Addr())
		for errors.Is(err, syscall.ECONNREFUSED) { // a later Serve may not have bound yet
			body, err = get(s.Addr())
		}
		require.NoError(t, err)
		require.Equal(t, "hello", body)
		require.Equal(t, context.Canceled, end())
		_, err = get(s.Addr())
		require.ErrorIs(t, err, syscall.ECONNREFUSED, "nothing listens any more")
	}
}

func TestWhoConnectsBeforeServeWaitsForIt(t *testing.T) {
	t.Parallel()
	s := listen(t, "127.0.0.1:0", hello, console.ServerConfig{})
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	require.NoError(t, err)
	end := serve(t, s)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(answer), "hello"), string(answer))
	require.Equal(t, context.Canceled, end())
}

func TestAPortInUseIsFoundAtOnceAndNamed(t *testing.T) {
	t.Parallel()
	s := listen(t, "127.0.0.1:0", hello, console.ServerConfig{})
	_, err := console.Listen(s.Addr(), hello, console.ServerConfig{})
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.EqualError(t, err, "console: listen on "+s.Addr()+": bind: address already in use")
	require.NoError(t, s.Close())
	again := listen(t, s.Addr(), hello, console.ServerConfig{})
	require.Equal(t, s.Addr(), again.Addr())
	require.NoError(t, s.Close(), "closing twice is fine")
}

func TestAServeThatCannotBindFailsAndTheNextOneHeals(t *testing.T) {
	t.Parallel()
	s := listen(t, "127.0.0.1:0", hello, console.ServerConfig{})
	require.NoError(t, s.Close())
	thief, err := net.Listen("tcp", s.Addr())
	require.NoError(t, err)
	err = s.Serve(t.Context())
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.ErrorContains(t, err, s.Addr())
	require.NoError(t, thief.Close())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, context.Canceled, s.Serve(ctx))
}

func TestBadAddressesAndConfigsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		addr string
		h    http.Handler
		cfg  console.ServerConfig
		want string
	}{
		"no port":              {"localhost", hello, console.ServerConfig{}, `console: listen on "localhost": missing port in address`},
		"too many colons":      {"::1:80", hello, console.ServerConfig{}, `"::1:80": too many colons in address`},
		"a port out of range":  {"127.0.0.1:65536", hello, console.ServerConfig{}, "127.0.0.1:65536"},
		"a port of no service": {"127.0.0.1:nosuchservice", hello, console.ServerConfig{}, "nosuchservice"},
		"not our address":      {"192.0.2.1:80", hello, console.ServerConfig{}, "console: listen on 192.0.2.1:80: bind:"},
		"no handler":           {"127.0.0.1:0", nil, console.ServerConfig{}, "handler is nil"},
		"a negative drain":     {"127.0.0.1:0", hello, console.ServerConfig{Drain: -1}, "ServerConfig.Drain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := console.Listen(c.addr, c.h, c.cfg)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestAnAddressWithoutAHostIsOnThisMachine(t *testing.T) {
	t.Parallel()
	s := listen(t, ":0", hello, console.ServerConfig{})
	host, _, err := net.SplitHostPort(s.Addr())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
	require.Equal(t, "127.0.0.1:8000", console.DefaultAddr)
}

func TestTwoServesAtOnceAreRefused(t *testing.T) {
	t.Parallel()
	s := listen(t, "127.0.0.1:0", hello, console.ServerConfig{})
	end := serve(t, s)
	_, err := get(s.Addr())
	require.NoError(t, err)
	require.ErrorContains(t, s.Serve(t.Context()), "served already")
	require.NoError(t, s.Close(), "it leaves alone what serves")
	_, err = get(s.Addr())
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

func TestRequestsInFlightMayFinish(t *testing.T) {
	t.Parallel()
	clk := drainClock{armed: make(chan time.Duration, 1), fire: make(chan time.Time, 1)}
	h := slow{make(chan struct{}), make(chan struct{})}
	s := listen(t, "127.0.0.1:0", h, console.ServerConfig{Clock: clk})
	end := serve(t, s)
	body := make(chan string, 1)
	go func() {
		text, err := get(s.Addr())
		if err != nil {
			text = err.Error()
		}
		body <- text
	}()
	<-h.entered
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	require.Equal(t, console.DefaultDrain, <-clk.armed)
	close(h.release)
	require.Equal(t, "finished", <-body)
	require.Equal(t, context.Canceled, <-ended)
}

func TestRequestsThatLastTooLongAreCutOff(t *testing.T) {
	t.Parallel()
	clk := drainClock{armed: make(chan time.Duration, 1), fire: make(chan time.Time, 1)}
	h := slow{make(chan struct{}), make(chan struct{})}
	var log bytes.Buffer
	s := listen(t, "127.0.0.1:0", h, console.ServerConfig{
		Clock: clk, Drain: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	end := serve(t, s)
	failed := make(chan error, 1)
	go func() {
		_, err := get(s.Addr())
		failed <- err
	}()
	<-h.entered
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	require.Equal(t, time.Minute, <-clk.armed)
	clk.fire <- clk.Now()
	require.Equal(t, context.Canceled, <-ended)
	<-failed //nolint:errcheck // its answer or its connection was cut: which of them came first does not matter
	require.Contains(t, log.String(), "Console requests cut off at the end")
}

func TestAServerIsAServiceThatMaySayNothing(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	part := registry.Begin("console")
	s := listen(t, "127.0.0.1:0", hello, console.ServerConfig{})
	ctx, cancel := context.WithCancel(health.NewContext(t.Context(), part.Part()))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	<-part.Part().AwaitReady()
	require.True(t, part.IdleAt(time.Now()))
	cancel()
	require.Equal(t, context.Canceled, <-ended)
}

// What net/http says on its own, such as a handler's panic, goes to the same log.
func TestAHandlerThatPanicsIsLoggedAndEndsNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var calls atomic.Int32
	s := listen(t, "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) == 1 {
			panic("no such page")
		}
		_, _ = io.WriteString(w, "hello")
	}), console.ServerConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	end := serve(t, s)
	_, err := get(s.Addr())
	require.Error(t, err)
	body, err := get(s.Addr())
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	require.Equal(t, context.Canceled, end())
	require.Contains(t, log.String(), "no such page")
}
