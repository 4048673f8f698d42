package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	ossignal "os/signal"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// unread starts a launcher whose log goes to a pipe that is nearly full, and returns the end that reads it.
func unread(t *testing.T, args ...string) (cmd *exec.Cmd, log *os.File) {
	t.Helper()
	log, write, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	_, err = write.Write(make([]byte, 64<<10-512)) // of the 64 kB that it holds
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env, cmd.Dir = append(os.Environ(), actAsLivetrader+"=1"), t.TempDir()
	cmd.Stdout, cmd.Stderr = write, write
	require.NoError(t, cmd.Start())
	require.NoError(t, write.Close())
	return cmd, log
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestLogThatNobodyReadsStopsNothing(t *testing.T) {
	t.Parallel()
	address := freePort(t)
	cmd, _ := unread(t, "--paper", "--interval", "250ms", "--listen", address)
	signals := func() int64 {
		var newest []struct {
			Seq int64 `json:"seq"`
		}
		get(t, "http://"+address+"/api/signals/latest?limit=1", &newest)
		if len(newest) == 0 {
			return 0
		}
		return newest[0].Seq
	}
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + address + "/api/signals/latest") //nolint:noctx // of this test
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusOK // 503 says that it waits for its database
	}, longWait, shortWait)
	require.Eventually(t, func() bool { return signals() > 5 }, longWait, shortWait,
		"the pipe has room for half a kB, and the start alone says more")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())
}

func TestLogWhoseReaderIsGoneStopsNothing(t *testing.T) {
	t.Parallel()
	cmd, log := unread(t, "--paper", "--interval", "250ms", "--listen", "off", "--duration", "2s")
	_, err := io.ReadFull(log, make([]byte, 10))
	require.NoError(t, err)
	require.NoError(t, log.Close())
	require.NoError(t, cmd.Wait(), "a clean end")
}

func TestSignalsThatComeTogetherAreOne(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			if ossignal.Ignored(s) {
				t.Skip("these tests were started to ignore it, as by nohup, and so is what they start")
			}
			p := launch(t, "--paper", "--listen", "off")
			p.await(`msg="LIVE TRADING ENGINE STARTED`)
			p.signal(s)
			p.signal(s)
			require.Equal(t, exitOK, p.end())
			require.Contains(t, p.stdout.String(), "Summary")
		})
	}
}

func TestInterruptBeforeTheStartIsACleanEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		code, _, log := runHere(ctx, "--paper", "--listen", "off", "--db", tempDB(t))
		require.Equal(t, exitOK, code, log)
	})
}
