package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	btc    = "BTC/USDT"
	klines = "/klines?symbol={symbol}&since={after_ms}&limit={limit}"
)

var noon = time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)

// venue answers with the candles of a synthetic market, the one that is not over yet among them.
func venue(t *testing.T, clk *feed.ReplayClock) *httptest.Server {
	ahead := feed.NewReplayClock(clk.Now().Add(time.Minute))
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 7, Symbols: []string{btc}, Interval: time.Minute, Clock: ahead})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ahead.Set(clk.Now().Add(time.Minute))
		since, bad := strconv.ParseInt(r.FormValue("since"), 10, 64)
		limit, worse := strconv.Atoi(r.FormValue("limit"))
		if bad != nil || worse != nil || r.FormValue("symbol") != "BTCUSDT" {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		since = max(since, noon.AddDate(0, 0, -1).UnixMilli())
		batch, err := market.Bars(r.Context(), btc, time.UnixMilli(since-1), limit)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var rows []string
		for _, b := range batch.Bars {
			rows = append(rows, fmt.Sprintf(`[%d,"%v","%v","%v","%v","%v",0]`, b.Time.UnixMilli(), b.Open, b.High, b.Low, b.Close, b.Volume))
		}
		_, _ = io.WriteString(w, "["+strings.Join(rows, ",")+"]")
	}))
	t.Cleanup(server.Close)
	return server
}

// From the address to the signals: an hour of candles, asked for minute by minute.
func TestSignalsComeFromTheAddress(t *testing.T) {
	t.Parallel()
	clk := feed.NewReplayClock(noon)
	cfg, err := parse([]string{"--url", venue(t, clk).URL + klines, "--symbols", btc + "=BTCUSDT"}, io.Discard)
	require.NoError(t, err)
	cfg.end.Clock = clk
	source, closeSource, err := open(cfg)
	require.NoError(t, err)
	defer closeSource()
	store := signal.NewMemory(0)
	gen, err := newGenerator(cfg, source, store)
	require.NoError(t, err)
	for range 60 {
		clk.Set(clk.Now().Add(time.Minute))
		require.Empty(t, gen.Cycle(t.Context(), clk.Now()).Errors)
	}
	status := gen.Status()
	require.Equal(t, generator.DataFaults{}, status.Faults)
	require.Equal(t, noon.Add(59*time.Minute), status.Symbols[0].LastBar, "and not the candle that is not over")
	require.Positive(t, status.Signals)

	var out lines
	ctx, cancel := context.WithCancel(t.Context())
	out.enough = func() { cancel() }
	require.ErrorIs(t, printer{store, &out}.Serve(ctx), context.Canceled)
	require.Regexp(t, `^2024-06-03 12:\d\d:00 BTC/USDT (long|short|flat) at \d+(\.\d)?, confidence [01]\.\d\d \(\w+ \w+\)`, out.String())
}

// lines is a place to write to that says when there is a whole line.
type lines struct {
	bytes.Buffer
	enough func()
}

func (l *lines) Write(p []byte) (int, error) {
	n, err := l.Buffer.Write(p)
	if bytes.HasSuffix(p, []byte("\n")) {
		l.enough()
	}
	return n, err
}

func TestProgramEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
	defer server.Close()
	require.NoError(t, run(ctx, []string{"--url", server.URL, "--symbols", "BTC"}, io.Discard))
}

func TestFlagsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--url is missing":                     {"--symbols", "A"},
		"want a place and its hours":           {"--hours", "09:30-16:00"},
		"no such place: unknown time zone X/Y": {"--hours", "X/Y 09:30-16:00"},
		"Closes 9h0m0s is not after":           {"--hours", "UTC 10:00-09:00"},
		"flag provided but not defined: -fast": {"--fast"},
		"Symbols is empty":                     {"--url", "http://x/"},
		`URL "x" is no address`:                {"--url", "x", "--symbols", "A"},
		`URL "http://x/{sym}": there are`:      {"--url", "http://x/{sym}", "--symbols", "A"},
		"Interval 0s is not above zero":        {"--url", "http://x/", "--symbols", "A", "--interval", "0s"},
		"Shape.Fields has 2 names":             {"--url", "http://x/", "--symbols", "A", "--fields", "t,o"},
		"Shape.Fields[1], the open, is empty":  {"--url", "http://x/", "--symbols", "A", "--fields", "t,,h,l,c,v"},
		"Cycle -1s is negative":                {"--url", "http://x/", "--symbols", "A", "--cycle", "-1s"},
	} {
		require.ErrorContains(t, run(t.Context(), args, io.Discard), want)
	}
}

// The candles of the second address, where the first one has none.
func TestFailoverGoesToTheSecondAddress(t *testing.T) {
	t.Parallel()
	clk := feed.NewReplayClock(noon)
	broken := httptest.NewServer(http.NotFoundHandler())
	defer broken.Close()
	cfg, err := parse([]string{
		"--url", broken.URL + klines, "--url", venue(t, clk).URL + klines, "--symbols", btc + "=BTCUSDT",
	}, io.Discard)
	require.NoError(t, err)
	cfg.end.Clock = clk
	source, closeSource, err := open(cfg)
	require.NoError(t, err)
	defer closeSource()
	batch, err := source.Bars(t.Context(), btc, noon.Add(-3*time.Minute), 10)
	require.NoError(t, err)
	require.Len(t, batch.Bars, 2)
}

func TestHoursAreThoseOfThePlace(t *testing.T) {
	t.Parallel()
	hours, err := weekdays("America/New_York 09:30-16:00")
	require.NoError(t, err)
	for at, want := range map[string]bool{
		"2024-06-03T13:29:00Z": false, "2024-06-03T13:30:00Z": true, "2024-06-03T19:59:00Z": true, // a Monday, in summer
		"2024-06-03T20:00:00Z": false, "2024-06-02T15:00:00Z": false, "2024-12-02T13:30:00Z": false, // and in winter
	} {
		moment, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		open, _ := hours.Open("SPY", moment)
		require.Equal(t, want, open, at)
	}
}
