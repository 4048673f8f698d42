// Package serve makes a service of an http.Handler: the console, a page of metrics, or a host's own.
//
// Listen binds an address, and a Server serves a handler there until its context ends. A supervisor may start the
// Server again after any end: it binds the same address again. A Server sets limits on slow clients and on how many
// connections there are, lets requests in flight finish when it ends, and cuts off the rest. A handler whose answers have
// no end, such as a stream, watches
// Stopping.
//
// A handler that panics ends its own request, and the panic goes to the Logger. A Logger that panics costs the line. A
// listener that fails ends Serve with
// an error. Everything is safe for concurrent use.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// defaultMaxConns is how many connections may be open at once where the Config does not say.
const defaultMaxConns = 1024

// defaultDrain is how long requests in flight may take at the end where the Config does not say.
const defaultDrain = 2 * time.Second

// The limits on what a slow client, or a hostile one, may hold on to. A handler whose answer is to last longer lifts
// them with http.ResponseController.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 15 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
)

// Config configures a Server.
type Config struct {
	Port    *Port        // where it serves. Required
	Handler http.Handler // what it serves. Required
	// Exposed says that the Handler may be reached from other machines: it asks for a credential, or has no secrets. A Port
	// beyond this machine is refused without it, unless the Handler has a method Protected() bool that says so, as a
	// console's handler does whose reads need a token.
	Exposed bool
	// MaxConns is how many connections may be open at once; 0 means 1,024. One more takes the place of the one
	// that has been idle for longest; where none is idle it is closed. It should be above the streams that a handler allows.
	MaxConns int
	Drain    time.Duration // how long requests in flight may take once Serve is asked to end; 0 means 2 s
	Clock    health.Clock  // nil means the machine's clock
	Logger   *slog.Logger  // nil means slog.Default()
}

// Server serves one handler on one Port. It is a service. Use New.
type Server struct{ cfg Config }

// New returns a Server. It begins with Serve.
func New(cfg Config) (*Server, error) {
	if cfg.Port == nil {
		return nil, errors.New("serve: Config.Port is nil")
	}
	if cfg.Handler == nil {
		return nil, errors.New("serve: Config.Handler is nil")
	}
	if !cfg.Port.Local() && !cfg.Exposed && !protected(cfg.Handler) {
		return nil, fmt.Errorf("serve: other machines reach %s, and the Handler asks for no token: protect it, or say that it "+
			"may be read by everybody (Config.Exposed)", cfg.Port.addr)
	}
	if cfg.MaxConns < 0 {
		return nil, fmt.Errorf("serve: Config.MaxConns %d is negative", cfg.MaxConns)
	}
	if cfg.Drain < 0 {
		return nil, fmt.Errorf("serve: Config.Drain %s is negative", cfg.Drain)
	}
	cfg.Drain = cmp.Or(cfg.Drain, defaultDrain)
	cfg.MaxConns = cmp.Or(cfg.MaxConns, defaultMaxConns)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.Logger = foreign.NewLog(cfg.Logger).Logger // net/http logs where a panic would end the process
	return &Server{cfg: cfg}, nil
}

// protected reports whether a handler says that it answers only those who have a credential.
func protected(h http.Handler) bool {
	p, ok := h.(interface{ Protected() bool })
	return ok && p.Protected()
}

// Serve serves until ctx ends and returns its error, or why it could not serve. At the end it takes no more
// connections, lets requests in flight finish for as long as Config.Drain says, and cuts off the rest: their contexts
// end and their connections are closed. A handler that ignores its context is not waited for.
func (s *Server) Serve(ctx context.Context) error {
	listener, err := s.cfg.Port.take()
	if err != nil {
		return err
	}
	defer s.cfg.Port.release()
	// Not from ctx: requests outlive it by the drain.
	requests, cut := context.WithCancel(context.WithValue(context.Background(), stoppingKey{}, ctx.Done()))
	defer cut()
	server := s.server(requests)
	if !s.cfg.Port.Local() {
		s.cfg.Logger.Warn("Served to other machines: whoever reaches the address is answered", "address", s.cfg.Port.addr)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()

	health.Idle(ctx, time.Time{}) // it waits for others: its silence means nothing
	health.Ready(ctx)
	select {
	case err := <-ended:
		_ = server.Close() // the listener's error is the one that counts
		return fmt.Errorf("serve: serve on %s: %w", s.cfg.Port.addr, plain(err))
	case <-ctx.Done():
		s.drain(server)
		<-ended //nolint:errcheck // it says that the server was closed
		return ctx.Err()
	}
}

// stoppingKey is where a request's context has the channel that Stopping returns.
type stoppingKey struct{}

// Stopping returns a channel that is closed when the Server of the request with this context is asked to end; nil where
// no Server serves it. An answer without an end must watch it: http.Server.Shutdown waits for such an answer as for any
// other, and would take the whole drain.
func Stopping(ctx context.Context) <-chan struct{} {
	stopping, _ := ctx.Value(stoppingKey{}).(<-chan struct{})
	return stopping
}

func (s *Server) server(requests context.Context) *http.Server {
	return &http.Server{
		Handler:           s.unread(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ConnState:         newConns(s.cfg.MaxConns).changed,
		ErrorLog:          slog.NewLogLogger(s.cfg.Logger.Handler(), slog.LevelWarn),
	}
}

func (s *Server) drain(server *http.Server) {
	limit, cancel := clockctx.WithTimeout(context.Background(), s.cfg.Clock, s.cfg.Drain)
	defer cancel()
	if err := server.Shutdown(limit); err == nil {
		return
	}
	s.cfg.Logger.Warn("Requests cut off at the end", "address", s.cfg.Port.addr, "drain", s.cfg.Drain)
	_ = server.Close() // its own error would be a listener that is closed already
}
