//go:build unix

package alpaca_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// senderOf is the variable that makes this test the process that is stopped: it has the address of the venue.
const senderOf = "ALPACA_TEST_SENDER_OF"

// A process is stopped after the engine gave leave to send, for ten seconds at the venue. The venue knows no deadline, so the
// order arrives when the process goes on: once, and the same client ID is refused from then on.
func TestProcessThatIsStoppedSendsOnceAndLate(t *testing.T) {
	if url := os.Getenv(senderOf); url != "" {
		send(t, url)
		return
	}
	t.Parallel()
	v := alpacatest.New(alpacatest.Config{
		Start: time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC), Scale: 200, Logger: quiet, // ten seconds are 50 ms
	})
	server := httptest.NewServer(v)
	defer server.Close()
	sender := exec.Command(os.Args[0], "-test.run=^TestProcessThatIsStoppedSendsOnceAndLate$", "-test.v")
	sender.Env = append(os.Environ(), senderOf+"="+server.URL)
	var said bytes.Buffer
	sender.Stdout, sender.Stderr = &said, &said
	hold, err := sender.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, sender.Start())

	var state syscall.WaitStatus
	_, err = syscall.Wait4(sender.Process.Pid, &state, syscall.WUNTRACED, nil)
	require.NoError(t, err)
	require.True(t, state.Stopped(), "it has ended: %s", &said)
	require.NoError(t, hold.Close()) // from now on only the signal keeps it from sending
	stopped := v.Now()
	<-v.After(10 * time.Second)
	require.Zero(t, v.Orders())
	require.NoError(t, sender.Process.Signal(syscall.SIGCONT))
	require.NoError(t, sender.Wait(), "%s", &said)

	ledger := v.Ledger()
	require.Len(t, ledger.Orders, 1)
	require.Len(t, ledger.Fills, 1)
	require.GreaterOrEqual(t, ledger.Orders[0].Submitted.Sub(stopped), 10*time.Second, "it came late")
	require.True(t, v.Held("AAPL").Equal(num("10")))
}

// send is the process: it stops itself between Begin and the request. Some of its threads may run on for a moment, so that it
// waits for the end of its input as well, which comes once it is stopped.
func send(t *testing.T, url string) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	b, err := alpaca.New(alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: url, Transport: transport, Logger: quiet,
	})
	require.NoError(t, err)
	a := approved(t, buy("v-1"), "0")
	stopped := a.Gated(func(context.Context) error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
			return err
		}
		_, err := io.ReadAll(os.Stdin)
		return err
	})
	require.NoError(t, b.Submit(t.Context(), stopped))
	r, err := b.Order(t.Context(), a.Order().Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusFilled, r.Status)
	require.ErrorIs(t, b.Submit(t.Context(), a), trading.ErrDuplicate)
}
