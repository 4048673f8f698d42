package serve_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/serve"
)

// pipes is a listener without a network, whose deadlines stand on the bubble's clock.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p pipes) Close() error   { return nil }

func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// A client that sends its header a byte a second is cut off, and another one is answered meanwhile.
func TestServerCutsOffSlowHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := serve.New(serve.Config{Port: listen(t, "127.0.0.1:0"), Handler: hello})
		require.NoError(t, err)
		p := pipes{make(chan net.Conn), make(chan struct{})}
		inner, ended := s.Inner(), make(chan error, 1)
		go func() { ended <- inner.Serve(p) }()
		slow, began := p.dial(), time.Now()
		for at := 0; ; at++ {
			if _, err := slow.Write([]byte{"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: aaaaaaaaaaaaaaaaa"[at%58]}); err != nil {
				break
			}
			require.Less(t, time.Since(began), 10*time.Second, "it is still listened to")
			time.Sleep(time.Second)
		}
		quick := p.dial()
		_, err = quick.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
		require.NoError(t, err)
		said, err := io.ReadAll(quick)
		require.NoError(t, err)
		require.Contains(t, string(said), "hello")
		close(p.done)
		require.Error(t, <-ended)
		require.NoError(t, inner.Close())
		require.NoError(t, slow.Close())
		require.NoError(t, quick.Close())
	})
}

// A body that the handler does not read, and that never comes, holds a connection no longer than a moment.
func TestServerDoesNotWaitForABodyThatNobodyReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reads := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				_, _ = io.Copy(w, r.Body)
			}
			_, _ = io.WriteString(w, "hello")
		})
		s, err := serve.New(serve.Config{Port: listen(t, "127.0.0.1:0"), Handler: reads})
		require.NoError(t, err)
		p := pipes{make(chan net.Conn), make(chan struct{})}
		inner, ended := s.Inner(), make(chan error, 1)
		go func() { ended <- inner.Serve(p) }()
		began, owing := time.Now(), p.dial()
		_, err = owing.Write([]byte("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"))
		require.NoError(t, err)
		said, err := io.ReadAll(owing)
		require.NoError(t, err)
		require.Contains(t, string(said), "hello")
		require.Equal(t, time.Second, time.Since(began))

		kept := p.dial() // one whose body is read is for the next request as well
		for range 2 {
			time.Sleep(2 * time.Second)
			_, err = kept.Write([]byte("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nyes"))
			require.NoError(t, err)
			answered, err := http.ReadResponse(bufio.NewReader(kept), nil)
			require.NoError(t, err)
			text, err := io.ReadAll(answered.Body)
			require.NoError(t, err)
			require.NoError(t, answered.Body.Close())
			require.Equal(t, "yeshello", string(text))
		}
		require.NoError(t, kept.Close())
		require.NoError(t, owing.Close())
		close(p.done)
		require.Error(t, <-ended)
		require.NoError(t, inner.Close())
	})
}

// What a header may hold is bounded.
func TestServerRefusesAHugeHeader(t *testing.T) {
	t.Parallel()
	s, port := server(t, serve.Config{Handler: hello})
	end := begin(t, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+port.Addr(), http.NoBody)
	require.NoError(t, err)
	r.Header.Set("X-Huge", longText(64<<10))
	answered, err := http.DefaultTransport.RoundTrip(r)
	if err == nil { // it may also break the connection
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, answered.StatusCode)
		require.NoError(t, answered.Body.Close())
	}
	body, err := get(port.Addr())
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	require.ErrorIs(t, end(), context.Canceled)
}

func longText(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = 'a'
	}
	return string(text)
}
