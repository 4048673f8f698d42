package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
)

// DefaultAddr is where a Server listens that was given no address: on this machine, for this machine.
const DefaultAddr = "127.0.0.1:8000"

// DefaultDrain is how long requests in flight may take at the end where the ServerConfig does not say.
const DefaultDrain = 2 * time.Second

// What a client that is slow, or means it, may hold on to. An answer that is to last longer lifts its own limit with
// http.ResponseController.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
)

// ServerConfig configures a Server.
type ServerConfig struct {
	Drain  time.Duration // how long requests in flight may take once Serve is asked to end; 0 means DefaultDrain
	Clock  Clock         // nil means the machine's clock
	Logger *slog.Logger  // nil means slog.Default()
}

// Server serves a handler on one address. It is a service: a supervisor may start it again after any end, and it binds
// the same address again. Use Listen.
type Server struct {
	cfg     ServerConfig
	handler http.Handler
	addr    string

	mu      sync.Mutex   // guards all below
	bound   net.Listener // bound and not yet served; else nil
	serving bool
}

// Listen binds addr and returns a Server that serves h there, so that a port that is taken is found before anything
// else is started. Until Serve, who connects waits. An empty addr is DefaultAddr; one without a host, such as ":9000", is
// on this machine only: say "0.0.0.0:9000" to be reached from others. With port 0 the system chooses; see Addr.
func Listen(addr string, h http.Handler, cfg ServerConfig) (*Server, error) {
	if h == nil {
		return nil, errors.New("console: the handler is nil")
	}
	if cfg.Drain < 0 {
		return nil, fmt.Errorf("console: ServerConfig.Drain %s is negative", cfg.Drain)
	}
	cfg.Drain = cmp.Or(cfg.Drain, DefaultDrain)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	host, port, err := net.SplitHostPort(cmp.Or(addr, DefaultAddr))
	if err != nil {
		return nil, fmt.Errorf("console: listen on %q: %w", addr, plain(err))
	}
	bound, err := bind(net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port))
	if err != nil {
		return nil, err
	}
	return &Server{cfg: cfg, handler: h, addr: bound.Addr().String(), bound: bound}, nil
}

func bind(addr string) (net.Listener, error) {
	bound, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("console: listen on %s: %w", addr, plain(err))
	}
	return bound, nil
}

// plain takes the address out of an error of package net: whoever wraps it has named it.
func plain(err error) error {
	var address *net.AddrError
	if errors.As(err, &address) {
		return errors.New(address.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// Addr is the address that the Server listens on, with its real port.
func (s *Server) Addr() string { return s.addr }

// Close gives the address back where Serve was never called. It leaves a Server alone that is serving: end the context
// of its Serve.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound == nil {
		return nil
	}
	bound := s.bound
	s.bound = nil
	return bound.Close()
}

// Serve serves until ctx ends and returns its error, or why it could not serve. At the end it takes no more connections,
// lets requests in flight finish for as long as ServerConfig.Drain says, and cuts off the rest: their contexts end and
// their connections are closed. A handler that ignores its context is not waited for.
func (s *Server) Serve(ctx context.Context) error {
	listener, err := s.take()
	if err != nil {
		return err
	}
	defer s.release()
	// Not from ctx: requests outlive it by the drain. A stream, which would outlive that as well, looks at stoppingKey.
	requests, cut := context.WithCancel(context.WithValue(context.Background(), stoppingKey{}, ctx.Done()))
	defer cut()
	server := s.server(requests)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()

	health.Idle(ctx, time.Time{}) // it waits for others: its silence means nothing
	health.Ready(ctx)
	select {
	case err := <-ended:
		_ = server.Close() // the listener's error is the one that counts
		return fmt.Errorf("console: serve on %s: %w", s.addr, plain(err))
	case <-ctx.Done():
		s.drain(server)
		<-ended //nolint:errcheck // it says that the server was closed
		return ctx.Err()
	}
}

// take hands out the listener that Listen bound, or binds its address again.
func (s *Server) take() (net.Listener, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving {
		return nil, fmt.Errorf("console: %s is being served already", s.addr)
	}
	listener := s.bound
	if listener == nil {
		again, err := bind(s.addr)
		if err != nil {
			return nil, err
		}
		listener = again
	}
	s.bound, s.serving = nil, true
	return listener, nil
}

func (s *Server) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = false
}

func (s *Server) server(requests context.Context) *http.Server {
	return &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelWarn),
	}
}

func (s *Server) drain(server *http.Server) {
	limit, cancel := clockctx.WithTimeout(context.Background(), s.cfg.Clock, s.cfg.Drain)
	defer cancel()
	if err := server.Shutdown(limit); err == nil {
		return
	}
	s.cfg.Logger.Warn("Console requests cut off at the end", "address", s.addr, "drain", s.cfg.Drain)
	_ = server.Close() // its own error would be a listener that is closed already
}
