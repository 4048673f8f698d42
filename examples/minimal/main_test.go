package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestMain(m *testing.M) {
	ramdisk.Use()
	goleak.VerifyTestMain(m)
}

func TestMinimalAnswersForItsHealthAndStops(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it listens at once
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	database := filepath.Join(t.TempDir(), "minimal.db")
	stopped := make(chan error, 1)
	go func() { stopped <- run(ctx, nil, database, address) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	healthy := func() bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/health", http.NoBody)
		require.NoError(t, err)
		answer, err := client.Do(request)
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode == http.StatusOK
	}
	for !healthy() {
		select {
		case err := <-stopped:
			require.Fail(t, "it ended", "%v", err)
		case <-ctx.Done():
			require.Fail(t, "it is not healthy within a minute")
		default:
		}
	}
	cancel()
	require.NoError(t, <-stopped)
}

func TestThreeInARowSpeaksAtTheThirdBarOnly(t *testing.T) {
	t.Parallel()
	var said []string
	s := &threeInARow{}
	for _, move := range []float64{1, 1, 1, 1, -1, -1, 0, -1, 1} {
		if signal, ok := s.OnBar(signal.Bar{Open: 10, Close: 10 + move}); ok {
			said = append(said, signal.Direction.String())
		}
	}
	require.Equal(t, []string{"long", "short"}, said)
}
