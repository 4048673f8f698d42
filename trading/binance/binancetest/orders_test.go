package binancetest_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

func TestMarketOrderTradesAtTheBestPrice(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		bought := c.order("a", "BUY MARKET 0.100").object(t)
		assert.Equal(t, "FILLED", bought["status"])
		assert.NotContains(t, bought, "avgPrice") // answers to POST have had none since 2026-07
		trades := c.signed("GET", "/fapi/v1/userTrades", "symbol", "BTCUSDT").list(t)
		require.Len(t, trades, 1)
		assert.Equal(t, "60000.10", trades[0]["price"])
		assert.Equal(t, "3.00000500", trades[0]["commission"])
		assert.Equal(t, "USDT", trades[0]["commissionAsset"])
		assert.NotContains(t, trades[0], "clientOrderId")
		assert.Equal(t, bought["orderId"], trades[0]["orderId"])
		asked := c.signed("GET", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", "a").object(t)
		assert.Equal(t, "60000.10000", asked["avgPrice"])
	})
}

func TestOrderThatIsAcknowledgedTellsNothingOfItsFill(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		taken := c.order("a", "BUY MARKET 0.01", "newOrderRespType", "").object(t)
		assert.Equal(t, "NEW", taken["status"])
		assert.Equal(t, "0.000", taken["executedQty"])
		assert.Equal(t, "FILLED", c.status(taken["clientOrderId"].(string)))
	})
}

func TestLimitRestsAndIsFilledAtItsPrice(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		assert.Equal(t, "NEW", c.order("dear", "BUY LIMIT 0.100 59000").object(t)["status"])
		c.order("cheap", "BUY LIMIT 0.100 58000")
		c.order("later", "BUY LIMIT 0.100 59000")
		c.venue.Trade("BTCUSDT", dec("58000"), dec("0.150")) // the best price first, then the oldest
		assert.Equal(t, "FILLED", c.status("dear"))
		assert.Equal(t, "PARTIALLY_FILLED", c.status("later"))
		assert.Equal(t, "NEW", c.status("cheap"))
		c.venue.Move("BTCUSDT", dec("57000"))
		assert.Equal(t, "FILLED", c.status("cheap"))
		for _, f := range c.venue.Ledger().Fills {
			assert.True(t, f.Maker)
			assert.Equal(t, map[string]string{"dear": "59000", "later": "59000", "cheap": "58000"}[f.ClientID], f.Price.String())
		}
	})
}

func TestTimeInForceRules(t *testing.T) {
	t.Parallel()
	bounded := func(qty string) func(c *client) {
		return func(c *client) {
			size := dec(qty)
			c.venue.SetQuote("BTCUSDT", binancetest.Quote{Bid: dec("60000"), Ask: dec("60000.1"), AskQty: &size})
		}
	}
	for name, test := range map[string]struct {
		before func(c *client)
		order  string
		force  string
		code   int
		status string
		filled string
	}{
		"IOC keeps what it got":            {bounded("0.004"), "BUY LIMIT 0.01 60001", "IOC", 0, "EXPIRED", "0.004"},
		"IOC that gets nothing":            {nil, "BUY LIMIT 0.01 59000", "IOC", 0, "EXPIRED", "0.000"},
		"FOK is filled whole":              {bounded("0.01"), "BUY LIMIT 0.01 60001", "FOK", 0, "FILLED", "0.010"},
		"FOK is refused":                   {bounded("0.004"), "BUY LIMIT 0.01 60001", "FOK", -5021, "", ""},
		"GTX rests":                        {nil, "BUY LIMIT 0.01 59000", "GTX", 0, "NEW", "0.000"},
		"GTX that would take is refused":   {nil, "BUY LIMIT 0.01 60001", "GTX", -5022, "", ""},
		"GTC takes, and rests with a rest": {bounded("0.004"), "BUY LIMIT 0.01 60001", "GTC", 0, "PARTIALLY_FILLED", "0.004"},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				if test.before != nil {
					test.before(c)
				}
				a := c.order("a", test.order, "timeInForce", test.force)
				require.Equal(t, test.code, a.code(t), "%s", a.body)
				if test.code == 0 {
					assert.Equal(t, test.status, a.object(t)["status"])
					assert.Equal(t, test.filled, a.object(t)["executedQty"])
				} else {
					assert.Equal(t, "unknown", c.status("a"), "a refused order is in no history")
				}
			})
		})
	}
}

func TestOrderIsRefusedWithTheVenuesCodes(t *testing.T) {
	t.Parallel()
	long := func(c *client) { c.order("long", "BUY MARKET 0.010") }
	set := func(change func(*binancetest.Symbol)) func(*client) {
		return func(c *client) { c.venue.Change("BTCUSDT", change) }
	}
	for name, test := range map[string]struct {
		before func(c *client)
		order  string
		more   []string
		code   int
	}{
		"unknown symbol":          {nil, "BUY MARKET 0.01", []string{"symbol", "NONEUSDT"}, -1121},
		"no side":                 {nil, "BUY MARKET 0.01", []string{"side", ""}, -1102},
		"a wrong side":            {nil, "LONG MARKET 0.01", nil, -1117},
		"a wrong type":            {nil, "BUY ICEBERG 0.01", nil, -1116},
		"a stop":                  {nil, "BUY STOP_MARKET 0.01", []string{"stopPrice", "61000"}, -4120},
		"no time in force":        {nil, "BUY LIMIT 0.01 59000", []string{"timeInForce", ""}, -1102},
		"a wrong time in force":   {nil, "BUY LIMIT 0.01 59000", []string{"timeInForce", "DAY"}, -1115},
		"letters for a quantity":  {nil, "BUY MARKET 1e-2", nil, -1100},
		"too fine a quantity":     {nil, "BUY MARKET 0.0101", nil, -1111},
		"too fine a price":        {nil, "BUY LIMIT 0.01 59000.001", nil, -1111},
		"between ticks":           {nil, "BUY LIMIT 0.01 59000.05", nil, -4014},
		"too small":               {nil, "BUY MARKET 0.000", nil, -4003},
		"too large":               {nil, "BUY MARKET 121", nil, -4005},
		"above the highest price": {nil, "BUY LIMIT 0.01 63000.1", nil, -4016},
		"below the lowest price":  {nil, "SELL LIMIT 0.01 56999.9", nil, -4024},
		"below the bounds":        {nil, "BUY LIMIT 0.2 500", nil, -4013},
		"worth too little":        {nil, "BUY LIMIT 0.001 40000", nil, -4164},
		"no money for it":         {nil, "BUY MARKET 4", nil, -2019},
		"reduces nothing":         {nil, "SELL MARKET 0.01", []string{"reduceOnly", "true"}, -2022},
		"reduces the wrong side":  {long, "BUY MARKET 0.01", []string{"reduceOnly", "true"}, -2022},
		"reduces more than held":  {long, "SELL MARKET 0.02", []string{"reduceOnly", "true"}, -2022},
		"reduces, worth little":   {long, "SELL LIMIT 0.001 60001", []string{"reduceOnly", "true"}, 0},
		"hedge":                   {nil, "BUY MARKET 0.01", []string{"positionSide", "LONG"}, -4061},
		"a bad client id":         {nil, "BUY MARKET 0.01", []string{"newClientOrderId", "a b"}, -4015},
		"settling":                {set(func(s *binancetest.Symbol) { s.Status = "SETTLING" }), "BUY MARKET 0.01", nil, -4140},
		"closed":                  {set(func(s *binancetest.Symbol) { s.Status = "CLOSE" }), "BUY MARKET 0.01", nil, -4141},
		"a step that has grown": {set(func(s *binancetest.Symbol) { s.Step, s.MinQty = dec("0.01"), dec("0.01") }),
			"BUY MARKET 0.015", nil, -4023},
		"a book beyond the bound": {func(c *client) { c.venue.SetMark("BTCUSDT", dec("50000")) }, "BUY MARKET 0.01", nil, -4131},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				if test.before != nil {
					test.before(c)
				}
				a := c.order("a", test.order, test.more...)
				assert.Equal(t, test.code, a.code(t), "%s", a.body)
			})
		})
	}
}

func TestFiltersOfDemoAndLiveDiffer(t *testing.T) {
	t.Parallel()
	step := func(cfg binancetest.Config) (step string, weight float64) {
		trial(t, cfg, func(t *testing.T, c *client) {
			info := c.public("/fapi/v1/exchangeInfo").object(t)
			weight = info["rateLimits"].([]any)[0].(map[string]any)["limit"].(float64)
			symbol := info["symbols"].([]any)[0].(map[string]any)
			step = symbol["filters"].([]any)[1].(map[string]any)["stepSize"].(string)
			assert.Equal(t, map[string]int{"0.001": -1111, "0.0001": 0}[step], c.order("a", "BUY MARKET 0.0101").code(t))
		})
		return step, weight
	}
	live, liveWeight := step(binancetest.Config{})
	demo, demoWeight := step(binancetest.Demo())
	assert.Equal(t, []any{"0.001", "0.0001", 2400.0, 6000.0}, []any{live, demo, liveWeight, demoWeight})
}

func TestClientIDIsUniqueAmongOpenOrdersOnly(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("a", "BUY LIMIT 0.01 59000")
		again := c.order("a", "BUY LIMIT 0.01 59000")
		assert.Equal(t, object{"code": -4116.0, "msg": "ClientOrderId is duplicated."}, again.object(t))
		c.venue.Move("BTCUSDT", dec("59000"))
		require.Equal(t, "FILLED", c.status("a"))
		assert.Zero(t, c.order("a", "BUY LIMIT 0.01 58000").code(t), "the id of a filled order is accepted again")
		assert.Equal(t, "NEW", c.status("a"), "the newest answers")
		assert.Len(t, c.venue.Ledger().Orders, 2)
	})
}

func TestOrderIsForgottenAfterThreeDaysUnlessItWasFilled(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("canceled", "BUY LIMIT 0.01 59000")
		c.signed("DELETE", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", "canceled")
		c.order("filled", "BUY MARKET 0.01")
		c.order("open", "BUY LIMIT 0.01 59000")
		pass(72*time.Hour - time.Second)
		assert.Equal(t, "CANCELED", c.status("canceled"))
		pass(time.Second)
		assert.Equal(t, "unknown", c.status("canceled"))
		assert.Equal(t, "FILLED", c.status("filled"))
		assert.Equal(t, "NEW", c.status("open"))
		pass(87 * 24 * time.Hour)
		assert.Equal(t, "unknown", c.status("filled"))
		assert.Empty(t, c.signed("GET", "/fapi/v1/userTrades", "symbol", "BTCUSDT", "fromId", "0").list(t))
	})
}

func TestCancelOfWhatIsOverIsUnknown(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("a", "BUY MARKET 0.01")
		for _, id := range []string{"a", "never"} {
			a := c.signed("DELETE", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", id)
			assert.Equal(t, object{"code": -2011.0, "msg": "Unknown order sent."}, a.object(t))
		}
	})
}

func TestReduceOnlyOrdersRestBesideEachOtherAndExpireWithThePosition(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.020")
		require.Zero(t, c.order("one", "SELL LIMIT 0.020 61000", "reduceOnly", "true").code(t))
		require.Zero(t, c.order("two", "SELL LIMIT 0.020 62000", "reduceOnly", "true").code(t))
		c.venue.Move("BTCUSDT", dec("61000"))
		assert.Equal(t, "FILLED", c.status("one"))
		assert.Equal(t, "EXPIRED", c.status("two"))
		assert.Empty(t, c.venue.Ledger().Positions)
	})
}

func TestReduceOnlyOrderTradesNoMoreThanIsHeld(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.020")
		c.order("profit", "SELL LIMIT 0.020 61000", "reduceOnly", "true")
		c.order("part", "SELL MARKET 0.015", "reduceOnly", "true")
		c.venue.Move("BTCUSDT", dec("61000"))
		profit := c.signed("GET", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", "profit").object(t)
		assert.Equal(t, []any{"EXPIRED", "0.005"}, []any{profit["status"], profit["executedQty"]})
		assert.Empty(t, c.venue.Ledger().Positions)
	})
}

func TestCountdownCancelsOrdinaryOrdersAlone(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("in", "BUY MARKET 0.020")
		c.order("a", "BUY LIMIT 0.01 59000")
		c.algo("stop", "SELL STOP_MARKET all 58000")
		c.signed("POST", "/fapi/v1/countdownCancelAll", "symbol", "BTCUSDT", "countdownTime", "120000")
		pass(119 * time.Second)
		assert.Equal(t, "NEW", c.status("a"))
		pass(time.Second)
		assert.Equal(t, "CANCELED", c.status("a"))
		assert.Equal(t, "NEW", c.algoStatus("stop"))
	})
}

// The equality that every client's book is judged by: wallets moved by their income alone, positions by their fills alone,
// and what was paid for them is what the wallets and the costs say.
func TestLedgerAddsUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		trial(t, binancetest.Config{FeesInBNB: seed%2 == 0, Balances: map[string]decimal.Decimal{
			"USDT": dec("20000"), "BNB": dec("0.01"),
		}}, func(t *testing.T, c *client) {
			trades(c, rand.New(rand.NewPCG(seed, 16)))
			addsUp(t, c.venue.Ledger(), map[string]decimal.Decimal{"USDT": dec("20000"), "BNB": dec("0.01")})
		})
	}
}

// trades does what a client and a market do, at random.
func trades(c *client, random *rand.Rand) {
	price := dec("60000")
	for n := range 60 {
		side := []string{"BUY", "SELL"}[random.IntN(2)]
		qty := decimal.New(int64(1+random.IntN(900)), -3).String()
		near := price.Add(decimal.NewFromInt(int64(random.IntN(800) - 400)))
		id := "o" + strconv.Itoa(n)
		switch random.IntN(9) {
		case 0, 1:
			c.order(id, side+" MARKET "+qty)
		case 2, 3:
			c.order(id, side+" LIMIT "+qty+" "+near.String())
		case 4:
			c.order(id, side+" LIMIT "+qty+" "+near.String(), "reduceOnly", "true")
		case 5:
			c.algo(id, side+" STOP_MARKET "+qty+" "+near.String(), "reduceOnly", strconv.FormatBool(random.IntN(2) == 0))
		case 6:
			c.signed("DELETE", "/fapi/v1/allOpenOrders", "symbol", "BTCUSDT")
		case 7:
			c.venue.Fund("BTCUSDT")
		case 8:
			c.venue.Trade("BTCUSDT", near, dec(qty))
		}
		price = price.Add(decimal.NewFromInt(int64(random.IntN(1200) - 600)))
		c.venue.Move("BTCUSDT", price)
	}
	if random.IntN(3) == 0 {
		c.venue.Move("BTCUSDT", price.Mul(dec("0.6")))
	}
}

func addsUp(t *testing.T, l binancetest.Ledger, wallets map[string]decimal.Decimal) {
	t.Helper()
	require.NotEmpty(t, l.Fills)
	kinds := map[string]decimal.Decimal{}
	for _, row := range l.Income {
		wallets[row.Asset] = wallets[row.Asset].Add(row.Amount)
		kinds[row.Kind+" "+row.Asset] = kinds[row.Kind+" "+row.Asset].Add(row.Amount)
	}
	for asset, wallet := range l.Wallets {
		assert.True(t, wallet.Equal(wallets[asset]), "%s: %s, not %s", asset, wallet, wallets[asset])
		assert.False(t, wallet.IsNegative(), asset)
	}
	held, paid, fees := decimal.Zero, decimal.Zero, map[string]decimal.Decimal{}
	for _, f := range l.Fills {
		signed := f.Qty
		if f.Side == "SELL" {
			signed = signed.Neg()
		}
		held, paid = held.Add(signed), paid.Add(signed.Mul(f.Price))
		fees[f.FeeAsset] = fees[f.FeeAsset].Sub(f.Fee)
	}
	assert.True(t, l.Positions["BTCUSDT"].Equal(held), "position %s, fills %s", l.Positions["BTCUSDT"], held)
	assert.True(t, kinds["REALIZED_PNL USDT"].Equal(l.Costs["BTCUSDT"].Sub(paid)), "realized")
	for asset, fee := range fees {
		assert.True(t, kinds["COMMISSION "+asset].Equal(fee), "fees in %s", asset)
	}
	for _, o := range l.Orders {
		if !o.Algo && o.Status != "FILLED" && !strings.HasPrefix(o.Status, "EXPIRED") {
			assert.True(t, o.Filled.LessThan(o.Qty), o.ClientID)
		}
	}
}
