package httpline_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/httpline"
)

// server counts what arrives, and answers with what it was asked.
type server struct{ arrived int }

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.arrived++
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	fmt.Fprintf(recorder, "%d %s", s.arrived, body)
	return recorder.Result(), nil
}

func post(ctx context.Context, line *tradingtest.Line, s *server) (status int, body string, err error) {
	client := http.Client{Transport: httpline.Transport{Line: line, Next: s}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://venue/order", strings.NewReader("an order"))
	if err != nil {
		return 0, "", err
	}
	reply, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = reply.Body.Close() }()
	text, err := io.ReadAll(reply.Body)
	return reply.StatusCode, string(text), err
}

func TestTransportDoesToARequestWhatTheLineSays(t *testing.T) {
	t.Parallel()
	for fault, want := range map[tradingtest.LineFault]struct {
		arrived, status int
		body            string
		fails           bool
	}{
		"":                       {arrived: 1, status: 200, body: "1 an order"},
		tradingtest.RequestLost:  {fails: true},
		tradingtest.ReplyLost:    {arrived: 1, fails: true},
		tradingtest.ReplyCut:     {arrived: 1, status: 200, body: "1 an ", fails: true},
		tradingtest.ProxyPage:    {arrived: 1, status: 502, body: "<html><body><h1>502 Bad Gateway</h1></body></html>"},
		tradingtest.RequestTwice: {arrived: 2, status: 200, body: "2 an order"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			line, s := &tradingtest.Line{}, &server{}
			line.Fail(fault, 1)
			status, body, err := post(t.Context(), line, s)
			require.Equal(t, want.fails, err != nil, err)
			require.Equal(t, want.status, status)
			require.Equal(t, want.body, body)
			require.Equal(t, want.arrived, s.arrived)
			_, body, err = post(t.Context(), line, s)
			require.NoError(t, err, "the fault is for one request")
			require.Contains(t, body, "an order")
		})
	}
}

func TestTransportHoldsAReplyBackUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line, s := &tradingtest.Line{}, &server{}
		line.Fail(tradingtest.ReplyLate, -1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, _, err := post(ctx, line, s)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, s.arrived)
		time.AfterFunc(time.Hour, func() { line.Fail("", 0) })
		status, _, err := post(t.Context(), line, s)
		require.Error(t, err, "what was held back is lost")
		require.Zero(t, status)
	})
}
