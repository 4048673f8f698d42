package shoutrrr_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
)

// A server on this machine stands for all services: it answers, is busy, fails, closes, and does not answer at all.
func TestServicesOverARealConnection(t *testing.T) {
	t.Parallel()
	modes := make(chan string, 1)
	held := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // A server sees that its client has gone once it has read everything.
		switch <-modes {
		case "busy":
			w.Header().Set("Retry-After", "5")
			w.WriteHeader(http.StatusTooManyRequests)
		case "broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "closes":
			panic(http.ErrAbortHandler)
		case "hangs":
			held <- struct{}{}
			<-r.Context().Done()
		default:
			_, _ = w.Write([]byte(map[string]string{
				"api.telegram.org": `{"ok":true,"result":{}}`, "slack.com": `{"ok":true}`, "hooks.slack.com": "ok",
			}[r.Host]))
		}
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a test's own
			return dialer.DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
	}}
	defer client.CloseIdleConnections()
	for service, url := range chats {
		n, err := shoutrrr.New(shoutrrr.Config{URL: url, Client: client})
		require.NoError(t, err)
		ask := func(mode string) error {
			modes <- mode
			return n.Notify(t.Context(), notify.Message{Title: "t", Body: "b"})
		}
		require.NoError(t, ask("answers"), service)
		retry := &notify.RetryError{}
		require.ErrorAs(t, ask("busy"), &retry)
		require.Equal(t, 5*time.Second, retry.After)
		require.ErrorContains(t, ask("broken"), "answered 500")
		require.ErrorContains(t, ask("closes"), "not reached")

		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		modes <- "hangs"
		go func() { ended <- n.Notify(ctx, notify.Message{Title: "t", Body: "b"}) }()
		<-held
		cancel()
		err = <-ended
		require.ErrorContains(t, err, "context canceled", "it ends with its context")
		requireNoSecret(t, err.Error())
	}
}
