package alpacatest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata/stream"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// line is a connection to a stream of market data.
type line struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, url string) line {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(url, "http"), nil) //nolint:bodyclose // it has none
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return line{t, conn}
}

func (l line) say(text string) {
	l.t.Helper()
	require.NoError(l.t, l.conn.Write(l.t.Context(), websocket.MessageText, []byte(text)))
}

// hear returns what one message says, without its time.
func (l line) hear() object {
	l.t.Helper()
	_, text, err := l.conn.Read(l.t.Context())
	require.NoError(l.t, err)
	var all []object
	require.NoError(l.t, json.Unmarshal(text, &all), "%s", text)
	require.Len(l.t, all, 1)
	delete(all[0], "t")
	return all[0]
}

const goodKey = `{"action":"auth","key":"` + alpacatest.Key + `","secret":"` + alpacatest.Secret + `"}`

func onLine(t *testing.T, change ...func(*alpacatest.Config)) (trial, string) {
	t.Helper()
	c := try(t, monday, change...)
	server := httptest.NewServer(c.Venue)
	t.Cleanup(server.Close)
	return c, server.URL
}

func TestDataStreamTellsBarsThatAreOver(t *testing.T) {
	t.Parallel()
	c, url := onLine(t)
	l := dial(t, url+"/v2/iex")
	require.Equal(t, object{"T": "success", "msg": "connected"}, l.hear())
	l.say(goodKey)
	require.Equal(t, object{"T": "success", "msg": "authenticated"}, l.hear())
	l.say(`{"action":"subscribe","bars":["AAPL","MSFT"],"updatedBars":["AAPL"]}`)
	l.hear()
	l.say(`{"action":"unsubscribe","bars":["MSFT"]}`)
	o := l.hear()
	require.Equal(t, []any{"AAPL"}, o["bars"])
	require.Equal(t, []any{"AAPL"}, o["updatedBars"])
	require.Equal(t, []any{}, o["trades"])

	c.Move("AAPL", dec("200"))
	c.Move("MSFT", dec("400"))
	c.pass(time.Minute)
	c.Move("AAPL", dec("210"))
	bar := object{"T": "b", "S": "AAPL", "o": 200., "h": 200., "l": 200., "c": 200., "v": 100., "n": 1., "vw": 200.}
	require.Equal(t, bar, l.hear())
	l.say(`{"action":"unsubscribe","bars":["AAPL"]}`)
	l.hear()
	require.True(t, c.CorrectBar("AAPL", dec("204")), "of what is corrected it still hears")
	require.Equal(t,
		object{"T": "u", "S": "AAPL", "o": 200., "h": 204., "l": 200., "c": 204., "v": 200., "n": 2., "vw": 202.}, l.hear())
}

func TestDataStreamRefuses(t *testing.T) {
	t.Parallel()
	type refusal struct {
		path, says string
		code       float64
	}
	for name, r := range map[string]refusal{
		"what is no JSON":          {"/v2/iex", `{`, 400},
		"who does not say his key": {"/v2/iex", `{"action":"subscribe","bars":["AAPL"]}`, 401},
		"a key that is not known":  {"/v2/iex", `{"action":"auth","key":"x","secret":"y"}`, 402},
		"a feed that is not paid":  {"/v2/sip", goodKey, 409},
		"a second connection":      {"/v2/iex", goodKey, 406},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, url := onLine(t)
			if r.code == 406 {
				first := dial(t, url+"/v2/iex")
				first.hear()
				first.say(goodKey)
				first.hear()
			}
			l := dial(t, url+r.path)
			l.hear()
			l.say(r.says)
			o := l.hear()
			require.Equal(t, "error", o["T"])
			require.InDelta(t, r.code, o["code"], 0, o["msg"])
			_, _, err := l.conn.Read(t.Context())
			require.Error(t, err, "it hangs up")
		})
	}
}

func TestDataStreamKeepsTheConnectionOfWhoAsksForTooMuch(t *testing.T) {
	t.Parallel()
	_, url := onLine(t)
	l := dial(t, url+"/v2/iex")
	l.hear()
	l.say(goodKey)
	l.hear()
	l.say(`{"action":"subscribe","bars":["A","A"]}`)
	require.Equal(t, []any{"A"}, l.hear()["bars"], "a symbol counts once")
	many := make([]string, 31)
	for i := range many {
		many[i] = strings.Repeat("B", i+1)
	}
	text, err := json.Marshal(map[string]any{"action": "subscribe", "bars": many})
	require.NoError(t, err)
	l.say(string(text))
	require.InDelta(t, 405., l.hear()["code"], 0)
	l.say(goodKey)
	require.InDelta(t, 403., l.hear()["code"], 0)
}

// A client that does not say who it is gets 404 after 10 s.
func TestDataStreamHasNoPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := alpacatest.New(alpacatest.Config{Start: monday, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		listening := make(chan error, 1)
		go func() { listening <- v.Listen(ctx) }()
		began := time.Now()
		conn, _, err := websocket.Dial(ctx, "ws://venue/v2/iex", //nolint:bodyclose // it has none
			&websocket.DialOptions{HTTPClient: v.Client()})
		require.NoError(t, err)
		l := line{t, conn}
		l.hear()
		require.InDelta(t, 404., l.hear()["code"], 0)
		require.Equal(t, 10*time.Second, time.Since(began))
		_ = conn.CloseNow()
		cancel()
		require.ErrorIs(t, <-listening, context.Canceled)
	})
}

// The venue's own client for Go, which speaks MessagePack, hears of bars.
func TestClientForGoHearsOfBars(t *testing.T) {
	t.Parallel()
	c, url := onLine(t)
	bars := make(chan stream.Bar, 2)
	client := stream.NewStocksClient("iex", stream.WithBaseURL(url+"/v2"), stream.WithCredentials(alpacatest.Key, alpacatest.Secret),
		stream.WithLogger(stream.ErrorOnlyLogger()),
		stream.WithBars(func(b stream.Bar) { bars <- b }, "AAPL"),
		stream.WithUpdatedBars(func(b stream.Bar) { bars <- b }, "AAPL"))
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, client.Connect(ctx))
	c.Move("AAPL", dec("200.5"))
	c.pass(time.Minute)
	require.True(t, c.CorrectBar("AAPL", dec("201")))
	want := stream.Bar{
		Symbol: "AAPL", Timestamp: monday, Open: 200.5, High: 200.5, Low: 200.5, Close: 200.5, Volume: 100, TradeCount: 1, VWAP: 200.5,
	}
	b := <-bars
	require.True(t, want.Timestamp.Equal(b.Timestamp))
	want.Timestamp = b.Timestamp
	require.Equal(t, want, b)
	b = <-bars
	require.InDelta(t, 201., b.High, 0)
	cancel()
	require.NoError(t, <-client.Terminated())
}
