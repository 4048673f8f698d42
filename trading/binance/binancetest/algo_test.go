package binancetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

func TestStopLivesBesideOrdinaryOrders(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.010")
		require.Zero(t, c.algo("stop", "SELL STOP_MARKET all 59000").code(t))
		assert.Empty(t, c.signed("GET", "/fapi/v1/openOrders").list(t))
		c.signed("DELETE", "/fapi/v1/allOpenOrders", "symbol", "BTCUSDT")
		assert.Equal(t, "NEW", c.algoStatus("stop"))
		assert.Len(t, c.signed("GET", "/fapi/v1/openAlgoOrders").list(t), 1)
		c.signed("DELETE", "/fapi/v1/algoOpenOrders", "symbol", "BTCUSDT")
		assert.Equal(t, "CANCELED", c.algoStatus("stop"))
	})
}

func TestStopTriggersAndItsOrderIsBorn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		algo   string
		more   []string
		price  string
		status string
	}{
		"stop below":              {"SELL STOP_MARKET 0.010 59000", nil, "59000", "FINISHED"},
		"stop not reached":        {"SELL STOP_MARKET 0.010 59000", nil, "59000.1", "NEW"},
		"profit above":            {"SELL TAKE_PROFIT_MARKET 0.010 61000", nil, "61000", "FINISHED"},
		"profit not reached":      {"SELL TAKE_PROFIT_MARKET 0.010 61000", nil, "60999.9", "NEW"},
		"buy stop above":          {"BUY STOP_MARKET 0.010 61000", nil, "61000", "FINISHED"},
		"limit rests":             {"SELL STOP 0.010 59000", []string{"price", "59500"}, "58500", "TRIGGERED"},
		"by the mark price":       {"SELL STOP_MARKET 0.010 59000", []string{"workingType", "MARK_PRICE"}, "58000", "NEW"},
		"closes the position":     {"SELL STOP_MARKET all 59000", nil, "59000", "FINISHED"},
		"closes the other side":   {"BUY STOP_MARKET all 61000", nil, "61000", "EXPIRED"},
		"reduces the wrong side":  {"BUY STOP_MARKET 0.010 61000", []string{"reduceOnly", "true"}, "61000", "REJECTED"},
		"no money at the trigger": {"BUY STOP_MARKET 100 61000", nil, "61000", "REJECTED"},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				c.order("in", "BUY MARKET 0.010")
				if name == "by the mark price" {
					c.venue.SetMark("BTCUSDT", dec("60000"))
				}
				placed := c.algo("a", test.algo, test.more...)
				require.Zero(t, placed.code(t), "%s", placed.body)
				c.venue.Move("BTCUSDT", dec(test.price))
				require.Equal(t, test.status, c.algoStatus("a"))
				asked := c.signed("GET", "/fapi/v1/algoOrder", "clientAlgoId", "a").object(t)
				born, _ := asked["actualOrderId"].(string)
				assert.Equal(t, test.status == "FINISHED" || test.status == "TRIGGERED", born != "", "an order was born")
				if born != "" {
					o := c.signed("GET", "/fapi/v1/order", "symbol", "BTCUSDT", "orderId", born).object(t)
					assert.Equal(t, "a", o["clientOrderId"])
				}
			})
		})
	}
}

func TestTrailingStopFollowsThePrice(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.010")
		a := c.signed("POST", "/fapi/v1/algoOrder", "symbol", "BTCUSDT", "algoType", "CONDITIONAL", "clientAlgoId", "trail",
			"side", "SELL", "type", "TRAILING_STOP_MARKET", "quantity", "0.010", "callbackRate", "1", "activatePrice", "61000")
		require.Zero(t, a.code(t), "%s", a.body)
		c.venue.Move("BTCUSDT", dec("58000")) // not active yet
		assert.Equal(t, "NEW", c.algoStatus("trail"))
		for _, price := range []string{"61000", "62000", "61380.1"} {
			c.venue.Move("BTCUSDT", dec(price))
			assert.Equal(t, "NEW", c.algoStatus("trail"), price)
		}
		c.venue.Move("BTCUSDT", dec("61380"))
		assert.Equal(t, "FINISHED", c.algoStatus("trail"))
	})
}

func TestConditionalOrderIsRefusedWithTheVenuesCodes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		algo string
		more []string
		code int
	}{
		"would trigger at once":        {"SELL STOP_MARKET 0.010 60000.1", nil, -2021},
		"profit that is there":         {"SELL TAKE_PROFIT_MARKET 0.010 59000", nil, -2021},
		"closePosition and a quantity": {"SELL STOP_MARKET 0.010 59000", []string{"closePosition", "true"}, -4137},
		"closePosition and reduceOnly": {"SELL STOP_MARKET all 59000", []string{"reduceOnly", "true"}, -4137},
		"no trigger":                   {"SELL STOP_MARKET 0.010 59000", []string{"triggerPrice", ""}, -1102},
		"no price for a limit":         {"SELL STOP 0.010 59000", nil, -1102},
		"an ordinary type":             {"SELL LIMIT 0.010 59000", nil, -1116},
		"another algoType":             {"SELL STOP_MARKET 0.010 59000", []string{"algoType", "TWAP"}, -1130},
		"between ticks":                {"SELL STOP_MARKET 0.010 59000.05", nil, -4014},
		"a wrong working type":         {"SELL STOP_MARKET 0.010 59000", []string{"workingType", "INDEX"}, -4031},
		"an id that is open":           {"SELL STOP_MARKET 0.010 59000", []string{"clientAlgoId", "open"}, -4116},
		"a second that closes":         {"SELL STOP_MARKET all 58000", nil, -4130},
		"a profit beside it":           {"SELL TAKE_PROFIT_MARKET all 62000", nil, 0},
		"a bad callback":               {"SELL TRAILING_STOP_MARKET 0.010 59000", []string{"callbackRate", "20"}, -1130},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				c.order("in", "BUY MARKET 0.010")
				require.Zero(t, c.algo("open", "SELL STOP_MARKET all 57000").code(t))
				a := c.algo("a", test.algo, test.more...)
				assert.Equal(t, test.code, a.code(t), "%s", a.body)
			})
		})
	}
}

func TestAccountHasAtMost200ConditionalOrders(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{OrdersTenth: 1000}, func(t *testing.T, c *client) {
		for range 200 {
			require.Zero(t, c.algo("", "BUY STOP_MARKET 0.010 61000").code(t))
		}
		assert.Equal(t, -4045, c.algo("", "BUY STOP_MARKET 0.010 61000").code(t))
	})
}

func TestStopThatClosesExpiresWithThePosition(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.010")
		c.algo("stop", "SELL STOP_MARKET all 59000")
		c.order("out", "SELL MARKET 0.010", "reduceOnly", "true")
		assert.Equal(t, "EXPIRED", c.algoStatus("stop"))
	})
}

func TestBornOrderHasTheIDThatTheConfigSays(t *testing.T) {
	t.Parallel()
	cfg := binancetest.Config{BornID: func(string) string { return "" }}
	trial(t, cfg, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.010")
		c.algo("stop", "SELL STOP_MARKET all 59000")
		c.venue.Move("BTCUSDT", dec("58000"))
		assert.Equal(t, "unknown", c.status("stop"))
		assert.Equal(t, "FINISHED", c.algoStatus("stop"))
	})
}

func TestStopsOfThePastComeInPages(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		for _, name := range []string{"a", "b", "c"} {
			require.Zero(t, c.algo(name, "SELL STOP_MARKET 0.010 59000").code(t))
		}
		page := func(number string) (names []any) {
			for _, row := range c.signed("GET", "/fapi/v1/allAlgoOrders", "symbol", "BTCUSDT", "limit", "2", "page", number).list(t) {
				names = append(names, row["clientAlgoId"])
			}
			return names
		}
		assert.Equal(t, []any{"a", "b"}, page("1"))
		assert.Equal(t, []any{"c"}, page("2"))
		assert.Empty(t, page("3"))
	})
}
