package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// A run tells people of its fills, a dead man's switch that it lives, and systemd that it is ready and that it ends.
func TestRunTellsWhoeverTheEnvironmentNames(t *testing.T) {
	t.Parallel()
	const secret = "a secret of some length"
	messages, pings := make(chan notify.Message, 100), make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.HasPrefix(r.URL.Path, "/ping") {
			pings <- r.URL.Path
			return
		}
		var m notify.Message
		if json.Unmarshal(body, &m) == nil && r.Header.Get(notify.SignatureHeader) != "" {
			messages <- m
		}
	}))
	defer receiver.Close()
	socket := filepath.Join(t.TempDir(), "systemd")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	require.NoError(t, err)
	defer manager.Close() //nolint:errcheck // it is only read from
	said := make(chan string, 1000)
	go func() {
		for buf := make([]byte, 4096); ; {
			n, err := manager.Read(buf)
			if err != nil {
				close(said)
				return
			}
			said <- string(buf[:n])
		}
	}()

	p := launchFor(t, time.Minute, []string{
		webhookVariable + "=" + receiver.URL + "/T0KEN", webhookSecretVariable + "=" + secret,
		pingVariable + "=" + receiver.URL + "/ping/T0KEN", "NOTIFY_SOCKET=" + socket,
	}, "--paper", "--listen", "off", "--interval", "200ms", "--db", tempDB(t))
	require.Equal(t, notify.KindFill, (<-messages).Kind)
	require.Equal(t, "/ping/T0KEN/start", <-pings)
	for text := range said {
		if strings.Contains(text, "READY=1") {
			break
		}
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	for text := range said {
		if strings.Contains(text, "STOPPING=1") {
			break
		}
	}
	require.NotContains(t, p.log.String(), "T0KEN")
	require.NotContains(t, p.log.String(), secret)
}

func TestSecretsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	_, err := parseConfig([]string{"--paper"}, environ(webhookSecretVariable, "x"))
	require.ErrorContains(t, err, "LIVETRADER_WEBHOOK_SECRET is set without LIVETRADER_WEBHOOK_URL")
	require.ErrorAs(t, err, new(usageError))
	_, err = parseConfig([]string{"--paper"}, environ("WATCHDOG_USEC", "soon"))
	require.ErrorContains(t, err, "WATCHDOG_USEC")
	require.ErrorAs(t, err, new(usageError))
}

// Whoever has the token acts on the run, and nobody else.
func TestRunIsControlledOverItsAPI(t *testing.T) {
	t.Parallel()
	p := launchFor(t, time.Minute, []string{tokenVariable + "=" + strongToken},
		"--paper", "--listen", "127.0.0.1:0", "--interval", "200ms", "--db", tempDB(t))
	address := p.await(`msg="API listening" address=(\S+)`)[1]
	act := func(verb, body, token string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/api/control/"+verb, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", verb+"-of-this-very-test")
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode, string(text)
	}
	p.await(`msg=Fill`)
	status, _ := act("kill", "{}", strings.Repeat("0", len(strongToken)))
	require.Equal(t, http.StatusUnauthorized, status)
	status, text := act("kill", "{}", strongToken)
	require.Equal(t, http.StatusOK, status, text)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.NotContains(t, p.stdout.String(), "  position ")
	require.NotContains(t, p.log.String(), strongToken)
}
