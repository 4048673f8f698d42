package pagetest_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// site is a web server that can die and come back at the same address.
type site struct {
	t       testing.TB
	handler http.Handler
	address string
	end     func()
}

// serve serves a console with the page until the test ends.
func serve(t testing.TB, cfg console.Config) *site {
	t.Helper()
	cfg.Page = true
	if cfg.Signals == nil {
		cfg.Signals = signal.NewMemory(1000)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Mode == "" {
		cfg.Mode = "paper"
	}
	h, err := console.New(cfg)
	require.NoError(t, err)
	s := &site{t: t, handler: h, address: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *site) url() string { return "http://" + s.address + "/" }

// start listens at the address that it had, if it had one.
func (s *site) start() {
	s.t.Helper()
	var listener net.Listener
	require.Eventually(s.t, func() (ok bool) {
		var err error
		listener, err = (&net.ListenConfig{}).Listen(s.t.Context(), "tcp", s.address)
		return err == nil
	}, patience, 20*time.Millisecond)
	s.address = listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: time.Minute, BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	s.end = func() {
		cancel()
		_ = server.Close()
		<-served
	}
}

// stop is a crash: connections end in the middle.
func (s *site) stop() {
	if s.end != nil {
		s.end()
		s.end = nil
	}
}

// anybody is a log-in of the host's that lets everybody in.
func anybody(*http.Request) (string, error) { return "ann", nil }

// run runs something until the test ends, and waits for it.
func run(t testing.TB, serve func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		t.Logf("it ended: %v", <-done)
	})
}
