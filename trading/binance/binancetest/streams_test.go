package binancetest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

func TestUserStreamTellsAStopsWholeLife(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("ORDER_TRADE_UPDATE/ACCOUNT_UPDATE/ALGO_UPDATE")
		c.order("in", "BUY MARKET 0.010")
		c.algo("stop", "SELL STOP_MARKET all 59000")
		c.venue.Move("BTCUSDT", dec("58000"))
		assert.Equal(t, []string{
			"ORDER_TRADE NEW", "ACCOUNT ORDER", "ORDER_TRADE FILLED",
			"ALGO NEW", "ALGO TRIGGERING", "ALGO TRIGGERED",
			"ORDER_TRADE NEW", "ALGO FINISHED", "ACCOUNT ORDER", "ORDER_TRADE FILLED",
		}, user.kinds())
		last := user.list()[9]["o"].(map[string]any)
		assert.Equal(t, "-20.00100000", last["rp"])
		assert.Equal(t, "0.29000000", last["n"])
		assert.Equal(t, "STOP_MARKET", last["ot"])
		finished := user.list()[7]["o"].(map[string]any)
		assert.Equal(t, []any{"0.010", "58000.00000"}, []any{finished["aq"], finished["ap"]})
	})
}

func TestUserStreamTellsEarlyAndWithoutFeeUnlessEventsAreNamed(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		all := c.user("")
		c.order("in", "BUY MARKET 0.010")
		assert.Equal(t, []string{"ORDER_TRADE NEW", "ACCOUNT ORDER", "TRADE_LITE", "ORDER_TRADE FILLED"}, all.kinds())
		assert.NotContains(t, all.list()[2], "n")
	})
}

// The venue's own connector asks for a listenKey as for a stream.
func TestListenKeyMayBeSubscribedTo(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		key := c.send(http.MethodPost, "/fapi/v1/listenKey", nil).object(t)["listenKey"].(string)
		wrapped, path := c.stream("/private/stream?streams="+key), c.stream("/private/ws/"+key)
		c.order("in", "BUY LIMIT 0.010 59000")
		require.Len(t, wrapped.list(), 1)
		assert.Equal(t, key, wrapped.list()[0]["stream"])
		assert.Empty(t, path.list(), "a listenKey in the path is not among the venue's forms")
	})
}

func TestListenKeyLivesAnHour(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("")
		pass(59 * time.Minute)
		require.Zero(t, c.send(http.MethodPut, "/fapi/v1/listenKey", nil).code(t))
		pass(59 * time.Minute)
		assert.Empty(t, user.kinds())
		pass(time.Minute)
		assert.Equal(t, []string{"listenKeyExpired"}, user.kinds())
		c.order("in", "BUY MARKET 0.010")
		assert.Len(t, user.kinds(), 1, "a dead key is silent, and its stream stays open")
		assert.NoError(t, user.ended())
		assert.Equal(t, -1125, c.send(http.MethodPut, "/fapi/v1/listenKey", nil).code(t))
	})
}

func TestListenKeyIsAnsweredAgainAndExtended(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		post := func() any { return c.send(http.MethodPost, "/fapi/v1/listenKey", nil).object(t)["listenKey"] }
		key := post()
		pass(50 * time.Minute)
		assert.Equal(t, key, post())
		pass(50 * time.Minute)
		assert.Equal(t, key, post())
		c.send(http.MethodDelete, "/fapi/v1/listenKey", nil)
		assert.NotEqual(t, key, post())
	})
}

func TestMarketStreamsTellBarsAndPrices(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		bars := c.stream("/market/ws/btcusdt@kline_1m")
		prices := c.stream("/public/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker")
		marks := c.stream("/market/ws/btcusdt@markPrice@1s")
		c.venue.Move("BTCUSDT", dec("60010"))
		pass(time.Minute)
		pass(time.Minute)
		list := bars.list()
		require.Len(t, list, 3, "one of the trade, one of each minute's end")
		var closed []any
		for _, event := range list {
			k := event["k"].(map[string]any)
			closed = append(closed, k["x"], k["c"], k["v"])
		}
		assert.Equal(t, []any{false, "60010.00", "0.001", true, "60010.00", "0.001", true, "60010.00", "0.000"}, closed)
		wrapped := prices.list()[0]
		assert.Equal(t, "btcusdt@bookTicker", wrapped["stream"])
		assert.Equal(t, "60010.10", wrapped["data"].(map[string]any)["a"])
		assert.Equal(t, "60010.00000000", marks.list()[0]["p"])
	})
}

func TestStreamOfTheWrongGroupIsSilent(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		for _, path := range []string{"/ws/btcusdt@kline_1m", "/public/ws/btcusdt@kline_1m", "/market/ws/btcusdt@bookTicker"} {
			silent := c.stream(path)
			c.venue.Move("BTCUSDT", dec("60010"))
			pass(2 * time.Minute)
			assert.Empty(t, silent.list(), path)
			assert.NoError(t, silent.ended())
		}
		legacy := c.stream("/ws/btcusdt@bookTicker")
		c.venue.Move("BTCUSDT", dec("60020"))
		assert.Len(t, legacy.list(), 1)
	})
}

func TestStreamsAreSubscribedByMessages(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		options := &websocket.DialOptions{HTTPClient: c.http}
		ws, _, err := websocket.Dial(t.Context(), "ws://venue/market/ws", options) //nolint:bodyclose // it has none
		require.NoError(t, err)
		defer func() { _ = ws.CloseNow() }()
		ask := func(text, want string) {
			require.NoError(t, ws.Write(t.Context(), websocket.MessageText, []byte(text)))
			_, said, err := ws.Read(t.Context())
			require.NoError(t, err)
			assert.JSONEq(t, want, string(said))
		}
		ask(`{"method":"SUBSCRIBE","params":["btcusdt@kline_1m"],"id":1}`, `{"result":null,"id":1}`)
		ask(`{"method":"LIST_SUBSCRIPTIONS","id":2}`, `{"result":["btcusdt@kline_1m"],"id":2}`)
		ask(`{"method":"UNSUBSCRIBE","params":["btcusdt@kline_1m"],"id":3}`, `{"result":null,"id":3}`)
		ask(`{"method":"LIST_SUBSCRIPTIONS","id":4}`, `{"result":[],"id":4}`)
	})
}

func TestStreamEndsWhenTheClientSaysTooMuch(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		options := &websocket.DialOptions{HTTPClient: c.http}
		ws, _, err := websocket.Dial(t.Context(), "ws://venue/market/ws", options) //nolint:bodyclose // it has none
		require.NoError(t, err)
		defer func() { _ = ws.CloseNow() }()
		for range 11 {
			require.NoError(t, ws.Write(t.Context(), websocket.MessageText, []byte(`{"method":"LIST_SUBSCRIPTIONS","id":1}`)))
			synctest.Wait()
		}
		for err == nil {
			_, _, err = ws.Read(t.Context())
		}
		assert.Equal(t, websocket.StatusNormalClosure, websocket.CloseStatus(err))
	})
}

func TestConnectionEndsAfterADay(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		bars := c.stream("/market/ws/btcusdt@kline_1d")
		pass(24*time.Hour - time.Second)
		assert.NoError(t, bars.ended())
		pass(time.Second)
		assert.Equal(t, websocket.StatusNormalClosure, websocket.CloseStatus(bars.ended()))
	})
}

// A client that is gone without a word is found by pings, and its connection ends.
func TestConnectionEndsWhenPingsAreNotAnswered(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		options := &websocket.DialOptions{HTTPClient: c.http}
		ws, _, err := websocket.Dial(t.Context(), "ws://venue/market/ws", options) //nolint:bodyclose // it has none
		require.NoError(t, err)
		defer func() { _ = ws.CloseNow() }()
		synctest.Wait()
		assert.Equal(t, 1, c.venue.Streams("market"))
		pass(14 * time.Minute) // nothing reads
		assert.Zero(t, c.venue.Streams("market"))
	})
}

func TestStreamFaults(t *testing.T) {
	t.Parallel()
	one := func(c *client) { c.order("", "BUY LIMIT 0.010 59000") }
	for name, test := range map[string]struct {
		fault func(v *binancetest.Venue)
		want  []string
		end   string // "" open, "clean", "cut"
	}{
		"none":         {func(*binancetest.Venue) {}, []string{"ORDER_TRADE NEW", "ACCOUNT ORDER", "ORDER_TRADE FILLED"}, ""},
		"mute":         {func(v *binancetest.Venue) { v.MuteStreams(time.Minute) }, nil, ""},
		"clean close":  {(*binancetest.Venue).CutStreams, nil, "clean"},
		"half a frame": {(*binancetest.Venue).HalfFrame, nil, "cut"},
		"events twice": {func(v *binancetest.Venue) { v.RepeatEvents(1) },
			[]string{"ORDER_TRADE NEW", "ORDER_TRADE NEW", "ACCOUNT ORDER", "ORDER_TRADE FILLED"}, ""},
		"events swapped": {func(v *binancetest.Venue) { v.ReorderEvents(1) },
			[]string{"ACCOUNT ORDER", "ORDER_TRADE NEW", "ORDER_TRADE FILLED"}, ""},
		"expired key": {(*binancetest.Venue).ExpireListenKey, []string{"listenKeyExpired"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				user := c.user("ORDER_TRADE_UPDATE/ACCOUNT_UPDATE")
				test.fault(c.venue)
				synctest.Wait()
				one(c)
				c.venue.Move("BTCUSDT", dec("59000"))
				assert.Equal(t, test.want, user.kinds())
				err := user.ended()
				switch test.end {
				case "":
					assert.NoError(t, err)
				case "clean":
					assert.Equal(t, websocket.StatusNormalClosure, websocket.CloseStatus(err))
				default:
					assert.Error(t, err)
					assert.EqualValues(t, -1, websocket.CloseStatus(err))
				}
			})
		})
	}
}

// A stream that was mute has lost what was not said, and goes on.
func TestMuteStreamSpeaksAgain(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("")
		c.venue.MuteStreams(time.Minute)
		c.order("lost", "BUY LIMIT 0.010 59000")
		pass(time.Minute)
		c.order("told", "BUY LIMIT 0.010 59000")
		require.Len(t, user.list(), 1)
		assert.Equal(t, "told", user.list()[0]["o"].(map[string]any)["c"])
	})
}

func TestEventsComeBeforeOrAfterTheReply(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  binancetest.Fault
		before int
	}{
		"before": {binancetest.EventsBeforeReply{}, 1},
		"after":  {binancetest.EventsAfterReply{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				user := c.user("")
				c.venue.Inject(test.fault)
				seen := -1
				c.http.Transport = after{c.http.Transport, func() {
					user.mu.Lock()
					defer user.mu.Unlock()
					seen = len(user.all)
				}}
				require.Zero(t, c.order("a", "BUY LIMIT 0.010 59000").code(t))
				assert.Equal(t, test.before, seen)
				pass(time.Second)
				assert.Len(t, user.list(), 1)
			})
		})
	}
}

// after looks at the world when the head of an answer is there.
type after struct {
	http.RoundTripper
	look func()
}

func (a after) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.RoundTripper.RoundTrip(r)
	a.look()
	return response, err
}
