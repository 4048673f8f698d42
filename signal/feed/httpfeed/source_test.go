package httpfeed_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

func source(t *testing.T, address string, clk feed.Clock) *httpfeed.Source {
	s, err := httpfeed.New(httpfeed.Endpoint{URL: address, Symbols: map[string]string{btc: "BTCUSDT"}, Interval: time.Minute, Clock: clk})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestSourceKeepsItsContract(t *testing.T) {
	t.Parallel()
	signaltest.TestSource(t, func(t *testing.T) (signal.Source, string) {
		clk := feed.NewReplayClock(noon)
		return source(t, venue(t, clk).URL+klines, clk), btc
	})
}

// says is a server that gives the same answer each time.
func says(t *testing.T, answer http.HandlerFunc) string {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL + "/candles?key=secret"
}

func candle(minute int, rest string) string {
	return fmt.Sprintf(`[%d,%s]`, noon.Add(time.Duration(minute)*time.Minute).Unix(), rest)
}

const fine = "10,12,9,11,3"

func TestSourceNamesWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, s) }
	}
	status := func(code int, s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, s, code) }
	}
	for want, answer := range map[string]http.HandlerFunc{
		`/candles: 500 Internal Server Error: "it broke\n"`:       status(500, "it broke"),
		"/candles: 502 Bad Gateway":                               status(502, strings.Repeat("<html>", 1000)),
		"/candles: 404 Not Found":                                 status(404, ""),
		"/candles: 429 Too Many Requests":                         status(429, "slower"),
		"BTC/USDT: the answer is not JSON: \"<html>":              text("<html>" + strings.Repeat("x", 1000)),
		`BTC/USDT: the answer is not JSON: ""`:                    text(""),
		`BTC/USDT: the answer is not JSON: "[[17174`:              text("[" + candle(-5, fine) + ",[17"),
		`BTC/USDT: the candles are no list: "{\"code\":-1121}"`:   text(`{"code":-1121}`),
		`BTC/USDT: the candles are no list: "null"`:               text("null"),
		`candle 2: open: "x" is not a number: "[1717415700,\"x\"`: text("[" + candle(-6, fine) + "," + candle(-5, `"x",12,9,11,3`) + "]"),
		`candle 1: volume: there is no place 5: "[`:               text("[" + candle(-5, "10,12,9,11") + "]"),
		`candle 1: time: there is no "0": "7"`:                    text("[7]"),
		`candle 1: time: "yesterday" is neither`:                  text(`[["yesterday",` + fine + `]]`),
		"the candle of 2024-06-03T11:55:00Z: high 8 is below":     text("[" + candle(-5, "10,8,9,11,3") + "]"),
		"the candle of 2024-06-03T11:55:00Z: close NaN is not":    text("[" + candle(-5, `10,12,9,"NaN",3`) + "]"),
		"the candle of 2024-06-03T11:55:00Z: it opens before":     text("[" + candle(-5, fine) + "," + candle(-5, "1,1,1,1,1") + "]"),
		"the answer is longer than 8388608 bytes":                 text(strings.Repeat(" ", httpfeed.MaxAnswer+1)),
		"/candles: after 3 bytes: unexpected EOF": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "[[1")
		},
		"/candles: EOF": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"/candles: stopped after 10 redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/candles", http.StatusFound)
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			batch, err := source(t, says(t, answer), feed.NewReplayClock(noon)).Bars(t.Context(), btc, noon.Add(-time.Hour), 10)
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "secret")
			require.Less(t, len(err.Error()), 500)
			require.Empty(t, batch.Bars)
		})
	}
}

func TestSourceOfADeadAddressIsAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := source(t, server.URL+"/candles?key=secret", feed.NewReplayClock(noon)).Bars(t.Context(), btc, noon, 10)
	require.ErrorContains(t, err, "/candles: dial tcp")
	require.NotContains(t, err.Error(), "secret")
}

func TestSourceLeavesAMuteServerWithItsContext(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{"before it says anything": "", "in the middle": "[[17"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			address := says(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, begin)
				_ = http.NewResponseController(w).Flush()
				cancel()
				<-r.Context().Done()
			})
			_, err := source(t, address, feed.NewReplayClock(noon)).Bars(ctx, btc, noon, 10)
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

func TestSourceGivesWhatHasClosedByBothClocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		date string
		want int
	}{
		"the clocks agree":                      {noon.Format(http.TimeFormat), 2},
		"ours is ahead":                         {noon.Add(-time.Second).Format(http.TimeFormat), 1},
		"theirs is ahead":                       {noon.AddDate(1, 0, 0).Format(http.TimeFormat), 2},
		"theirs is no time":                     {"noon", 2},
		"what they say is older than all of it": {noon.Add(-time.Hour).Format(http.TimeFormat), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := says(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", c.date)
				// The newest first, one of them twice, and the last one not over yet.
				_, _ = io.WriteString(w, "["+candle(0, fine)+","+candle(-1, fine)+","+candle(-1, fine)+","+candle(-2, fine)+"]")
			})
			batch, err := source(t, address, feed.NewReplayClock(noon)).Bars(t.Context(), btc, noon.Add(-3*time.Minute), 10)
			require.NoError(t, err)
			require.Len(t, batch.Bars, c.want)
			for i, b := range batch.Bars {
				require.Equal(t, noon.Add(time.Duration(i-2)*time.Minute), b.Time)
			}
		})
	}
}

func TestSourceLeavesABusyServerAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code  int
		after string
		wait  time.Duration
	}{
		"as long as it says":                {429, "7", 7 * time.Second},
		"until when it says":                {503, noon.Add(2 * time.Minute).Format(http.TimeFormat), 2 * time.Minute},
		"for a while where it says nothing": {429, "", 30 * time.Second},
		"no longer than an hour":            {418, "999999999999", time.Hour},
		"not at all where its time is over": {503, noon.Add(-time.Minute).Format(http.TimeFormat), 0},
		"nor where it says less than none":  {429, "-5", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			address := says(t, func(w http.ResponseWriter, _ *http.Request) {
				if asked++; asked > 1 {
					_, _ = io.WriteString(w, "[]")
					return
				}
				w.Header().Set("Retry-After", c.after)
				w.WriteHeader(c.code)
			})
			clk := feed.NewReplayClock(noon)
			s := source(t, address, clk)
			_, err := s.Bars(t.Context(), btc, noon, 10)
			require.ErrorContains(t, err, http.StatusText(c.code))
			if c.wait > 0 {
				clk.Set(noon.Add(c.wait - time.Second))
				_, err = s.Bars(t.Context(), btc, noon, 10)
				require.ErrorContains(t, err, "not asked for another 1s: httpfeed: ")
				require.Equal(t, 1, asked)
			}
			clk.Set(noon.Add(c.wait))
			batch, err := s.Bars(t.Context(), btc, noon, 10)
			require.NoError(t, err)
			require.Empty(t, batch.Bars, "an empty list is no news and no fault")
		})
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	const row = `{"at":"2024-06-03T13:55:00+02:00","o":"10","h":12,"l":9.0,"c":1.1e1,"v":3,"x":null}`
	for name, c := range map[string]struct {
		shape httpfeed.Shape
		text  string
	}{
		"objects":             {httpfeed.Shape{Rows: "", Fields: strings.Split("at,o,h,l,c,v", ",")}, "[" + row + "]"},
		"deep in the answer":  {httpfeed.Shape{Rows: "result.list", Fields: strings.Split("at,o,h,l,c,v", ",")}, `{"result":{"n":1,"list":[` + row + `]}}`},
		"in another order":    {httpfeed.Shape{Rows: "", Fields: strings.Split("0,1,3,4,2,5", ",")}, "[" + candle(-5, "10,11,12,9,3") + "]"},
		"microseconds":        {httpfeed.Shape{}, "[[1717415700000000," + fine + "]]"},
		"nanoseconds as text": {httpfeed.Shape{}, `[["1717415700000000000",` + fine + "]]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars, err := c.shape.Read([]byte(c.text), btc, time.Minute, time.Unix(0, 0), noon)
			require.NoError(t, err)
			require.Equal(t, []signal.Bar{{
				Symbol: btc, Interval: time.Minute, Time: noon.Add(-5 * time.Minute), Open: 10, High: 12, Low: 9, Close: 11, Volume: 3,
			}}, bars)
		})
	}
	_, err := httpfeed.Shape{Rows: "data.list"}.Read([]byte(`{"data":[]}`), btc, time.Minute, time.Unix(0, 0), noon)
	require.ErrorContains(t, err, `the answer has no "list" on the way to data.list`)
}

func FuzzDecode(f *testing.F) {
	f.Add("", []byte("["+candle(-5, fine)+","+candle(-4, fine)+"]"))
	f.Add("a.b", []byte(`{"a":{"b":[{"0":"2024-06-03T11:55:00Z","1":1,"2":"1","3":1,"4":1,"5":1e0}]}}`))
	f.Add("", []byte(`[[1e3,null,true,{},[],"x"]]`))
	f.Fuzz(func(t *testing.T, rows string, text []byte) {
		bars, err := httpfeed.Shape{Rows: rows}.Read(text, btc, time.Minute, time.Unix(0, 0), noon)
		if err != nil {
			return
		}
		for i, b := range bars {
			if invalid := b.Validate(); invalid != nil || b.End().After(noon) || i > 0 && b.Time.Before(bars[i-1].End()) {
				t.Errorf("bar %d: %+v (%v)", i, b, invalid)
			}
		}
	})
}
