package alpacatest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

var dec = decimal.RequireFromString

// trial is a venue, and one who asks it as its pages describe, by no library of ours or of others. Its time is the test's.
type trial struct {
	*alpacatest.Venue
	t   *testing.T
	now *atomic.Pointer[time.Time]
}

// monday is a day of trading, 10:00 in New York.
var monday = time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)

func try(t *testing.T, at time.Time, change ...func(*alpacatest.Config)) trial {
	t.Helper()
	now := &atomic.Pointer[time.Time]{}
	now.Store(&at)
	cfg := alpacatest.Config{
		Now: func() time.Time { return *now.Load() }, Logger: slog.New(slog.DiscardHandler),
		Assets: []alpacatest.Asset{{Symbol: "AAPL", Price: dec("200"), Shortable: true}, {Symbol: "MSFT", Price: dec("400")}},
	}
	for _, c := range change {
		c(&cfg)
	}
	return trial{alpacatest.New(cfg), t, now}
}

// pass lets time pass.
func (c trial) pass(d time.Duration) {
	then := c.Now().Add(d)
	c.now.Store(&then)
}

// said is what the venue answers: its body, which is an object or a list.
type said struct {
	status int
	body   []byte
}

type object map[string]any

func (c trial) send(method, path string, body any) said {
	c.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(c.t, err)
	if body == nil {
		text = nil
	}
	r := httptest.NewRequestWithContext(c.t.Context(), method, path, bytes.NewReader(text))
	r.Header.Set("APCA-API-KEY-ID", alpacatest.Key)
	r.Header.Set("APCA-API-SECRET-KEY", alpacatest.Secret)
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	answer, err := io.ReadAll(w.Result().Body)
	require.NoError(c.t, err)
	return said{w.Code, answer}
}

func (c trial) get(path string) said { c.t.Helper(); return c.send(http.MethodGet, path, nil) }

func (s said) object(t *testing.T) object {
	t.Helper()
	require.Equal(t, http.StatusOK, s.status, "%s", s.body)
	var o object
	require.NoError(t, json.Unmarshal(s.body, &o), "%s", s.body)
	return o
}

func (s said) list(t *testing.T) []object {
	t.Helper()
	require.Equal(t, http.StatusOK, s.status, "%s", s.body)
	var l []object
	require.NoError(t, json.Unmarshal(s.body, &l), "%s", s.body)
	return l
}
