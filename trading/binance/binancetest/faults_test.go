package binancetest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// Each fault of a request once: what comes back, after how long, and whether the venue has the order. The next order is as
// if nothing had been.
func TestFaultsOfAnOrder(t *testing.T) {
	t.Parallel()
	const six = 6 * time.Second
	for name, test := range map[string]struct {
		fault  binancetest.Fault
		status int // 0: nobody answers
		code   int
		text   string // within the body
		after  time.Duration
		taken  bool
	}{
		"lost reply":   {binancetest.LoseReply{}, 0, 0, "", 0, true},
		"lost request": {binancetest.LoseRequest{}, 0, 0, "", 0, false},
		"503, unknown and taken": {binancetest.Unavailable{Taken: true}, 503, -1000,
			"Unknown error, please check your request or try again later.", 0, true},
		"503, unknown and lost": {binancetest.Unavailable{}, 503, -1000,
			"Unknown error, please check your request or try again later.", 0, false},
		"503, unavailable": {binancetest.Unavailable{Text: binancetest.ServiceUnavailable, Taken: true}, 503, -1000,
			"Service Unavailable.", 0, false},
		"503, internal": {binancetest.Unavailable{Text: binancetest.InternalError, Taken: true}, 503, -1001,
			"Internal error; unable to process your request. Please try again.", 0, false},
		"503, throttled": {binancetest.Unavailable{Text: binancetest.ThrottledBySystem}, 503, -1008,
			"Request throttled by system-level protection.", 0, false},
		"-1007, and it lives": {binancetest.BackendTimeout{Taken: true}, 408, -1007,
			"Send status unknown; execution status unknown.", 10 * time.Second, true},
		"-1007, and it is lost":  {binancetest.BackendTimeout{}, 408, -1007, "Timeout waiting", 10 * time.Second, false},
		"-1006":                  {binancetest.UnexpectedResponse{Taken: true}, 400, -1006, "Execution status unknown.", 0, true},
		"502 of a proxy":         {binancetest.BadGateway{Taken: true}, 502, 0, "<h1>502 Bad Gateway</h1>", 0, true},
		"502, lost":              {binancetest.BadGateway{}, 502, 0, "<h1>502 Bad Gateway</h1>", 0, false},
		"slow":                   {binancetest.Slow{}, 200, 0, `"status":"NEW"`, 11 * time.Second, true},
		"stale at the gateway":   {binancetest.StaleAtGateway{By: six}, 400, -1021, "recvWindow", six, false},
		"in time at the gateway": {binancetest.StaleAtGateway{By: 5 * time.Second}, 200, 0, "NEW", 5 * time.Second, true},
		"stale at the engine":    {binancetest.StaleAtEngine{By: six}, 400, -5028, "ME recvWindow", six, false},
		"in time at the engine":  {binancetest.StaleAtEngine{By: 5 * time.Second}, 200, 0, "NEW", 5 * time.Second, true},
		"refused": {binancetest.Refuse{Code: -4192, Text: "Trade forbidden due to Cooling-off Period."}, 400, -4192,
			"Cooling-off", 0, false},
		"half filled, then expired": {binancetest.ExpireInMatch{}, 200, 0, `"status":"EXPIRED_IN_MATCH"`, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				c.venue.Inject(test.fault)
				begun := time.Now()
				a := c.order("a", "BUY LIMIT 0.010 59000")
				assert.Equal(t, test.after, time.Since(begun))
				assert.Equal(t, test.status, a.status)
				assert.Equal(t, test.status == 0, a.err != nil)
				assert.Contains(t, string(a.body), test.text)
				if test.code != 0 {
					assert.Equal(t, test.code, a.code(t))
				}
				assert.Equal(t, test.taken, c.status("a") != "unknown", "the venue has it")
				assert.Equal(t, "NEW", c.order("next", "BUY LIMIT 0.010 59000").object(t)["status"])
				assert.Zero(t, c.venue.Clear())
			})
		})
	}
}

func TestExpireInMatchKeepsWhatWasFilled(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.venue.Inject(binancetest.ExpireInMatch{})
		o := c.order("a", "BUY MARKET 0.011").object(t)
		assert.Equal(t, []any{"EXPIRED_IN_MATCH", "0.005"}, []any{o["status"], o["executedQty"]})
		assert.Equal(t, "0.005", c.venue.Ledger().Positions["BTCUSDT"].String())
	})
}

// What self-trade prevention does without a fault: the maker expires, or what the order asks for.
func TestOwnOrdersDoNotMeet(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string][2]string{
		"": {"EXPIRED_IN_MATCH", "FILLED"}, "EXPIRE_TAKER": {"NEW", "EXPIRED_IN_MATCH"},
		"EXPIRE_BOTH": {"EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH"},
	} {
		trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
			c.order("maker", "SELL LIMIT 0.010 60000.1")
			c.order("behind", "SELL LIMIT 0.010 60001") // the market's best is enough: the taker does not come so far
			taker := c.order("taker", "BUY LIMIT 0.010 60001", "selfTradePreventionMode", mode)
			require.Zero(t, taker.code(t), "%s", taker.body)
			assert.Equal(t, want, [2]string{c.status("maker"), c.status("taker")}, mode)
			assert.Equal(t, "NEW", c.status("behind"))
		})
	}
}

func TestFillBetweenCancelAndItsAnswer(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("a", "BUY LIMIT 0.010 59000")
		c.venue.Inject(binancetest.FillBeforeCancel{})
		a := c.signed("DELETE", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", "a")
		assert.Equal(t, -2011, a.code(t))
		assert.Equal(t, "FILLED", c.status("a"))
	})
}

func TestStopThatTriggersAndIsRefused(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("ALGO_UPDATE")
		c.order("in", "BUY MARKET 0.010")
		c.algo("stop", "SELL STOP_MARKET all 59000")
		c.venue.Inject(binancetest.RejectAtTrigger{})
		c.venue.Move("BTCUSDT", dec("58000"))
		assert.Equal(t, []string{"ALGO NEW", "ALGO TRIGGERING", "ALGO REJECTED"}, user.kinds())
		assert.Equal(t, "Margin is insufficient.", user.list()[2]["o"].(map[string]any)["rm"])
		assert.Equal(t, "0.01", c.venue.Ledger().Positions["BTCUSDT"].String(), "what is held has no stop any more")
	})
}

// What throttles entries lets cancels through, and what only reduces.
func TestThrottleSparesWhatReduces(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.010")
		c.order("rests", "BUY LIMIT 0.010 59000")
		c.venue.Inject(binancetest.Unavailable{On: binancetest.On{Method: "*", Times: -1}, Text: binancetest.ThrottledBySystem})
		assert.Equal(t, -1008, c.order("more", "BUY MARKET 0.010").code(t))
		assert.Zero(t, c.order("out", "SELL MARKET 0.010", "reduceOnly", "true").code(t))
		assert.Zero(t, c.signed("DELETE", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", "rests").code(t))
		assert.Equal(t, 1, c.venue.Clear())
	})
}

func TestFaultMeetsWhatItsOnSays(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		refuse := func(on binancetest.On) binancetest.Fault { return binancetest.Refuse{On: on, Code: -1} }
		c.venue.Inject(
			refuse(binancetest.On{ClientID: "b", Skip: 1, Times: 2}),
			refuse(binancetest.On{Method: "GET", Path: "/fapi/v1/openOrders", Times: -1}),
		)
		var codes []int
		for _, id := range []string{"a", "b", "b", "b", "b"} {
			codes = append(codes, c.order(id, "BUY MARKET 0.001").code(t))
		}
		assert.Equal(t, []int{0, 0, -1, -1, 0}, codes)
		for range 3 {
			assert.Equal(t, -1, c.signed("GET", "/fapi/v1/openOrders").code(t))
		}
		c.venue.Inject(binancetest.Refuse{On: binancetest.Any(), Code: -2})
		assert.Equal(t, -2, c.public("/fapi/v1/time").code(t))
		assert.Zero(t, c.public("/fapi/v1/time").code(t))
	})
}

func TestTooManyAndBannedTellForHowLong(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.venue.Inject(binancetest.TooMany{})
		a := c.order("a", "BUY LIMIT 0.010 59000")
		assert.Equal(t, []any{429, -1003, "60"}, []any{a.status, a.code(t), a.header.Get("Retry-After")})
		assert.Equal(t, "unknown", c.status("a"))

		c.venue.Inject(binancetest.Banned{On: binancetest.Any()})
		for _, want := range []string{"120", "90"} {
			b := c.public("/fapi/v1/time")
			assert.Equal(t, []any{418, -1003, want}, []any{b.status, b.code(t), b.header.Get("Retry-After")})
			pass(30 * time.Second)
		}
		pass(60 * time.Second)
		assert.Zero(t, c.public("/fapi/v1/time").code(t))
	})
}

func TestWeightIsCountedByTheMinute(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{Weight: 100, BannedAfter: 2}, func(t *testing.T, c *client) {
		ask := func() answer { return c.signed("GET", "/fapi/v1/openOrders") } // 40 without a symbol
		assert.Equal(t, "40", ask().header.Get("X-Mbx-Used-Weight-1m"))
		pass(20 * time.Second)
		assert.Equal(t, "80", ask().header.Get("X-Mbx-Used-Weight-1m"))
		for range 2 {
			a := ask()
			assert.Equal(t, []any{429, -1003, "40"}, []any{a.status, a.code(t), a.header.Get("Retry-After")})
		}
		a := ask()
		assert.Equal(t, []any{418, "120"}, []any{a.status, a.header.Get("Retry-After")})
		pass(2 * time.Minute)
		assert.Equal(t, "40", ask().header.Get("X-Mbx-Used-Weight-1m"))
	})
}

func TestOrdersAreCountedByTenSecondsAndByTheMinute(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{OrdersTenth: 2, OrdersMinute: 3}, func(t *testing.T, c *client) {
		counts := func(a answer) []any {
			return []any{a.status, a.header.Get("X-Mbx-Order-Count-10s"), a.header.Get("X-Mbx-Order-Count-1m")}
		}
		place := func() answer { return c.order("", "BUY LIMIT 0.010 59000") }
		assert.Equal(t, []any{200, "1", "1"}, counts(place()))
		refused := c.order("", "BUY LIMIT 0.010 59000.05")
		assert.Equal(t, []any{400, "", ""}, counts(refused), "a refusal lacks the headers, and counts")
		assert.Equal(t, []any{429, "", ""}, counts(place()))
		pass(10 * time.Second)
		assert.Equal(t, []any{200, "1", "3"}, counts(place()))
		a := place()
		assert.Equal(t, object{"code": -1015.0, "msg": "Too many new orders; current limit is 3 orders per MINUTE."}, a.object(t))
		assert.Equal(t, "50", a.header.Get("Retry-After"))
	})
}

func TestRequestsAreKept(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.venue.Inject(binancetest.LoseReply{})
		c.order("lost", "BUY LIMIT 0.010 59000")
		c.order("bad", "BUY LIMIT 0.010 59000.05")
		c.signed("GET", "/fapi/v1/openOrders")
		var lines []string
		for _, r := range c.venue.Requests() {
			lines = append(lines, strings.TrimSpace(r.Method+" "+r.Path+" "+r.Params["newClientOrderId"]))
		}
		assert.Equal(t, []string{"POST /fapi/v1/order lost", "POST /fapi/v1/order bad", "GET /fapi/v1/openOrders"}, lines)
		all := c.venue.Requests()
		assert.Zero(t, all[0].Status, "nobody answered")
		assert.Equal(t, []int{http.StatusBadRequest, -4014, 40}, []int{all[1].Status, all[1].Code, all[2].Weight})
	})
}
