package alpacatest_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// inMemory runs a venue in a bubble, on a Monday at 10:00 in New York.
func inMemory(t *testing.T, test func(t *testing.T, v *alpacatest.Venue, send func(method, path, body string) (int, string))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := alpacatest.New(alpacatest.Config{Start: monday, PerMinute: 50, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- v.Listen(ctx) }()
		test(t, v, func(method, path, body string) (int, string) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), method, "http://venue"+path, strings.NewReader(body))
			require.NoError(t, err)
			r.Header.Set("APCA-API-KEY-ID", alpacatest.Key)
			r.Header.Set("APCA-API-SECRET-KEY", alpacatest.Secret)
			response, err := v.Client().Do(r)
			if err != nil {
				return 0, ""
			}
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			return response.StatusCode, string(text)
		})
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		synctest.Wait()
	})
}

const buyTen = `{"symbol":"AAPL","qty":"10","side":"buy","type":"market","time_in_force":"day","client_order_id":"a"}`

func TestFaultsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  alpacatest.Fault
		status int
		takes  time.Duration
		orders int
	}{
		"lost before":           {alpacatest.Fault{}, 0, 0, 0},
		"lost after":            {alpacatest.Fault{Taken: true}, 0, 0, 1},
		"a refusal":             {alpacatest.Fault{Status: 403, Code: 40310000, Text: "no"}, 403, 0, 0},
		"5xx after it is taken": {alpacatest.Fault{Status: 502, Text: "bad gateway", Taken: true}, 502, 0, 1},
		"late there":            {alpacatest.Fault{Before: 5 * time.Second, Right: true}, 200, 5 * time.Second, 1},
		"late back":             {alpacatest.Fault{After: 7 * time.Second, Right: true}, 200, 7 * time.Second, 1},
		"one is spared":         {alpacatest.Fault{Skip: 1}, 200, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory(t, func(t *testing.T, v *alpacatest.Venue, send func(string, string, string) (int, string)) {
				v.Inject(c.fault)
				began := time.Now()
				status, said := send(http.MethodPost, "/v2/orders", buyTen)
				require.Equal(t, c.status, status, said)
				require.Equal(t, c.takes, time.Since(began))
				require.Len(t, v.Ledger().Orders, c.orders)
			})
		})
	}
}

func TestOrderIsFilledBeforeItsCancel(t *testing.T) {
	t.Parallel()
	inMemory(t, func(t *testing.T, v *alpacatest.Venue, send func(string, string, string) (int, string)) {
		status, said := send(http.MethodPost, "/v2/orders", strings.Replace(buyTen, `"market"`, `"limit","limit_price":"150"`, 1))
		require.Equal(t, 200, status, said)
		v.Inject(alpacatest.Fault{Method: http.MethodDelete, Filled: true, Right: true})
		status, said = send(http.MethodDelete, "/v2/orders/"+v.Ledger().Orders[0].ID, "")
		require.Equal(t, 422, status)
		require.Contains(t, said, "filled")
		require.True(t, v.Held("AAPL").Equal(dec("10")))
	})
}

func TestTooManyRequestsAreRefusedUnread(t *testing.T) {
	t.Parallel()
	inMemory(t, func(t *testing.T, v *alpacatest.Venue, send func(string, string, string) (int, string)) {
		for range 50 {
			status, _ := send(http.MethodGet, "/v2/clock", "")
			require.Equal(t, 200, status)
		}
		status, said := send(http.MethodPost, "/v2/orders", buyTen)
		require.Equal(t, 429, status, said)
		require.Empty(t, v.Ledger().Orders)
		time.Sleep(time.Minute)
		status, said = send(http.MethodPost, "/v2/orders", buyTen)
		require.Equal(t, 200, status, said)
		require.Len(t, v.Requests(), 52)
	})
}

// What a stream of orders says of four orders, each of which rests at once, while something goes wrong with it.
func TestStreamsGoWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrong func(*alpacatest.Venue)
		hears string
	}{
		"nothing":     {func(*alpacatest.Venue) {}, "abcd"},
		"repeated":    {func(v *alpacatest.Venue) { v.RepeatEvents(2) }, "aabbcd"},
		"reordered":   {func(v *alpacatest.Venue) { v.ReorderEvents(1) }, "bacd"},
		"mute":        {func(v *alpacatest.Venue) { v.MuteStreams(true) }, ""},
		"cut":         {(*alpacatest.Venue).CutStreams, "closed"},
		"half a word": {(*alpacatest.Venue).HalfFrame, "broken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inMemory(t, func(t *testing.T, v *alpacatest.Venue, send func(string, string, string) (int, string)) {
				conn, _, err := websocket.Dial(t.Context(), "ws://venue/stream", //nolint:bodyclose // it has none
					&websocket.DialOptions{HTTPClient: v.Client()})
				require.NoError(t, err)
				l := line{t, conn}
				l.say(goodKey)
				l.say(`{"action":"listen","data":{"streams":["trade_updates"]}}`)
				for range 2 {
					_, _, err := conn.Read(t.Context())
					require.NoError(t, err)
				}
				c.wrong(v)
				for _, id := range []string{"a", "b", "c", "d"} {
					order := strings.Replace(buyTen, `"market"`, `"limit","limit_price":"150"`, 1)
					status, said := send(http.MethodPost, "/v2/orders", strings.Replace(order, `"a"`, `"`+id+`"`, 1))
					require.Equal(t, 200, status, said)
				}
				require.Equal(t, c.hears, l.order(t))
				_ = conn.CloseNow()
			})
		})
	}
}

// order says of which orders a stream tells within a second, or how it ends.
func (l line) order(t *testing.T) (ids string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for {
		_, text, err := l.conn.Read(ctx)
		switch {
		case websocket.CloseStatus(err) == websocket.StatusNormalClosure:
			return "closed"
		case ctx.Err() != nil:
			return ids
		case err != nil:
			return "broken"
		}
		_, id, _ := strings.Cut(string(text), `"client_order_id":"`)
		ids += id[:1]
	}
}
