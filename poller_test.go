package vigil_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The service that a newcomer copies waits an hour for work, and is not taken for one that hangs.
func TestPollerThatWaitsForWorkIsNoHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		mux := http.NewServeMux()
		polls := 0
		service := &poller{poll: func(context.Context) error {
			polls++
			return nil
		}}
		stopped := make(chan error)
		go func() { stopped <- watch(ctx, service, mux) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, 1, polls, "it was not started again")
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/health", nil))
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		cancel()
		require.NoError(t, <-stopped)
	})
}
