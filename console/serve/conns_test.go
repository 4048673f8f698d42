package serve_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/serve"
)

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestConnectionsThatAreIdleMakePlace(t *testing.T) {
	t.Parallel()
	s, port := server(t, serve.Config{Handler: hello, MaxConns: 10})
	end := begin(t, s)
	idle := make([]net.Conn, 40)
	for i := range idle {
		idle[i] = dial(t, port.Addr())
		if i%2 == 0 { // one that has asked before, and one that has not
			_, err := idle[i].Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
			require.NoError(t, err)
			_, err = io.ReadFull(idle[i], make([]byte, 15))
			require.NoError(t, err)
		}
	}
	body, err := get(port.Addr())
	require.NoError(t, err)
	require.Equal(t, "hello", body, "whoever holds on to connections keeps nobody out")
	closed := make(chan struct{}, len(idle))
	for _, conn := range idle { // which of them, depends on who was just being answered
		go func() {
			_, _ = io.Copy(io.Discard, conn)
			closed <- struct{}{}
		}()
	}
	for range 30 {
		<-closed
	}
	require.ErrorIs(t, end(), context.Canceled)
}

func TestConnectionsAtWorkAreNotClosedForNewOnes(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	s, port := server(t, serve.Config{MaxConns: 3, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		entered <- struct{}{}
		<-release
	})})
	end := begin(t, s)
	answers := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := get(port.Addr())
			answers <- err
		}()
		<-entered
	}
	_, err := get(port.Addr())
	require.Error(t, err, "there is no place")
	close(release)
	for range 3 {
		require.NoError(t, <-answers)
	}
	require.ErrorIs(t, end(), context.Canceled)
}

// badLog is a handler of which net/http must not notice.
type badLog struct {
	slog.Handler
	does func()
}

func (h badLog) Handle(context.Context, slog.Record) error {
	h.does()
	return nil
}

func TestServerSurvivesItsLog(t *testing.T) {
	t.Parallel()
	for _, does := range []func(){func() { panic("no disk") }, runtime.Goexit} {
		s, port := server(t, serve.Config{
			Logger:  slog.New(badLog{slog.DiscardHandler, does}),
			Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault of the handler's") }),
		})
		end := begin(t, s)
		for range 3 {
			_, err := get(port.Addr())
			require.Error(t, err)
		}
		require.ErrorIs(t, end(), context.Canceled)
	}
}

func TestPortThatOthersReachIsSaid(t *testing.T) {
	t.Parallel()
	require.True(t, listen(t, "127.0.0.1:0").Local())
	require.True(t, listen(t, ":0").Local())
	open := listen(t, "0.0.0.0:0")
	require.False(t, open.Local())
	var log bytes.Buffer
	s, err := serve.New(serve.Config{Port: open, Handler: hello, Exposed: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	end := begin(t, s)
	_, port, err := net.SplitHostPort(open.Addr())
	require.NoError(t, err)
	_, err = get("127.0.0.1:" + port)
	require.NoError(t, err)
	require.ErrorIs(t, end(), context.Canceled)
	require.Contains(t, log.String(), "Served to other machines")
}

// guarded is a handler that says whether it asks for a credential.
type guarded struct {
	http.Handler
	is bool
}

func (g guarded) Protected() bool { return g.is }

func TestPortThatOthersReachNeedsAHandlerThatIsProtected(t *testing.T) {
	t.Parallel()
	open := listen(t, "0.0.0.0:0")
	for name, c := range map[string]struct {
		cfg serve.Config
		ok  bool
	}{
		"a handler that says nothing": {serve.Config{Port: open, Handler: hello}, false},
		"one that is open":            {serve.Config{Port: open, Handler: guarded{hello, false}}, false},
		"one that is protected":       {serve.Config{Port: open, Handler: guarded{hello, true}}, true},
		"one that may be seen":        {serve.Config{Port: open, Handler: hello, Exposed: true}, true},
		"on this machine":             {serve.Config{Port: listen(t, "127.0.0.1:0"), Handler: hello}, true},
	} {
		_, err := serve.New(c.cfg)
		if c.ok {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, "Config.Exposed", name)
		}
	}
}
