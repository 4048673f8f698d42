package console_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// latestFunc is a Store of which only Latest is used.
type latestFunc func(ctx context.Context, q signal.Query) ([]signal.Signal, error)

func (f latestFunc) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	return f(ctx, q)
}
func (f latestFunc) Append(context.Context, ...signal.Signal) error { panic("the console only reads") }
func (f latestFunc) After(context.Context, int64, int) ([]signal.Signal, error) {
	panic("not asked for")
}

// given returns a Store that answers every query with the same.
func given(signals ...signal.Signal) latestFunc {
	return func(context.Context, signal.Query) ([]signal.Signal, error) { return signals, nil }
}

func example(seq int64, symbol string, d signal.Direction) signal.Signal {
	bar := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Minute)
	return signal.Signal{
		ID: signal.Stream{Strategy: "ema_cross", Params: "fast=8,slow=21", Symbol: symbol, Interval: time.Minute}.ID(bar), Seq: seq,
		Strategy: "ema_cross", Params: "fast=8,slow=21", Symbol: symbol, Interval: time.Minute,
		Direction: d, Confidence: 0.75, Price: 64000.5, BarTime: bar,
		CreatedAt: bar.Add(time.Minute), ValidUntil: bar.Add(4 * time.Minute),
	}
}

func handler(t testing.TB, cfg console.Config) http.Handler {
	t.Helper()
	if cfg.Signals == nil {
		cfg.Signals = given()
	}
	h, err := console.New(cfg)
	require.NoError(t, err)
	return h
}

// ask calls h as a client on this machine does.
func ask(h http.Handler, method, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, http.NoBody)
	r.Host = "localhost:8000"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// signals reads an answer.
func signals(t testing.TB, w *httptest.ResponseRecorder) (got []signal.Signal) {
	t.Helper()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	return got
}

type problem struct {
	Type, Title, Detail, Parameter, Field string
	Status                                int
	ReasonCode                            string `json:"reason_code"`
}

// refused returns the problem that must be the answer.
func refused(t testing.TB, w *httptest.ResponseRecorder, status int) problem {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body)
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	var p problem
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, status, p.Status)
	require.Equal(t, "about:blank", p.Type)
	require.Equal(t, http.StatusText(status), p.Title)
	require.NotEmpty(t, p.Detail)
	return p
}
