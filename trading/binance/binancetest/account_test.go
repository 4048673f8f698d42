package binancetest_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

func TestFeesInBNBLeaveTheQuoteAlone(t *testing.T) {
	t.Parallel()
	cfg := binancetest.Config{FeesInBNB: true, Balances: map[string]decimal.Decimal{"USDT": dec("10000"), "BNB": dec("0.005")}}
	trial(t, cfg, func(t *testing.T, c *client) {
		c.order("a", "BUY MARKET 0.100") // 3 USDT and a little: 0.0045 BNB
		c.order("b", "BUY MARKET 0.010") // 0.00045 BNB
		c.order("c", "BUY MARKET 0.010") // more than is left of it
		fills := c.venue.Ledger().Fills
		assert.Equal(t, []string{"BNB", "BNB", "USDT"}, []string{fills[0].FeeAsset, fills[1].FeeAsset, fills[2].FeeAsset})
		assert.Equal(t, "0.00450001", fills[0].Fee.String())
		trades := c.signed("GET", "/fapi/v1/userTrades", "symbol", "BTCUSDT").list(t)
		assert.Equal(t, []any{"BNB", "0.00450001"}, []any{trades[0]["commissionAsset"], trades[0]["commission"]})
	})
}

// 0.1 BTC at 60,000.1 with a rate of 0.01 %: 0.6 USDT, paid at midnight, 8:00 and 16:00.
func TestFundingIsPaidEveryEightHours(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("ACCOUNT_UPDATE")
		c.order("a", "BUY MARKET 0.100")
		c.venue.SetMark("BTCUSDT", dec("60000"))
		for range 24 {
			pass(30 * time.Minute)
			c.send(http.MethodPut, "/fapi/v1/listenKey", nil)
		}
		told := user.kinds()
		pass(4 * time.Hour)
		rows := c.signed("GET", "/fapi/v1/income", "incomeType", "FUNDING_FEE").list(t)
		require.Len(t, rows, 2)
		assert.Equal(t, "-0.60000000", rows[0]["income"])
		assert.EqualValues(t, 8*time.Hour/time.Millisecond, int64(rows[1]["time"].(float64)-rows[0]["time"].(float64)))
		assert.Equal(t, []string{"ACCOUNT ORDER", "ACCOUNT FUNDING_FEE"}, told)
		assert.Equal(t, "-0.6", user.list()[1]["a"].(map[string]any)["B"].([]any)[0].(map[string]any)["bc"])
		info := c.public("/fapi/v1/fundingInfo").list(t)
		assert.Equal(t, []any{"BNBUSDT", 4.0}, []any{info[0]["symbol"], info[0]["fundingIntervalHours"]})
	})
}

// 10,000 USDT hold 2 BTC until the loss leaves less than the maintenance margin: 120,000 * 0.005 - 50 = 550.
func TestAccountIsLiquidatedWhereItsMarginEnds(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("ORDER_TRADE_UPDATE/ACCOUNT_UPDATE")
		c.order("a", "BUY MARKET 2")
		c.order("rests", "SELL LIMIT 0.010 62000")
		price := dec(c.signed("GET", "/fapi/v3/positionRisk").list(t)[0]["liquidationPrice"].(string))
		c.venue.Move("BTCUSDT", price.Add(dec("0.1")).Round(1))
		require.NotEmpty(t, c.venue.Ledger().Positions)
		c.venue.Move("BTCUSDT", price.Sub(dec("0.1")).Round(1))
		l := c.venue.Ledger()
		assert.Empty(t, l.Positions)
		assert.Equal(t, "EXPIRED", c.status("rests"))
		last := l.Orders[len(l.Orders)-1]
		assert.True(t, last.Venue)
		assert.True(t, strings.HasPrefix(last.ClientID, "autoclose-"), last.ClientID)
		told := user.list()
		trade := told[len(told)-2]["o"].(map[string]any)
		assert.Equal(t, []any{"CALCULATED", "FILLED", last.ClientID}, []any{trade["x"], trade["X"], trade["c"]})
		addsUp(t, l, map[string]decimal.Decimal{"USDT": dec("10000")})
	})
}

// What is owed after a gap is the insurance fund's.
func TestInsuranceBearsWhatIsOwed(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("a", "BUY MARKET 2")
		c.venue.Move("BTCUSDT", dec("40000"))
		l := c.venue.Ledger()
		assert.Equal(t, "0", l.Wallets["USDT"].String())
		addsUp(t, l, map[string]decimal.Decimal{"USDT": dec("10000")})
	})
}

func TestVenuesOwnOrdersHaveItsNames(t *testing.T) {
	t.Parallel()
	for want, act := range map[string]func(v *binancetest.Venue){
		"autoclose-":            func(v *binancetest.Venue) { v.Liquidate("BTCUSDT") },
		"adl_autoclose":         func(v *binancetest.Venue) { v.Deleverage("BTCUSDT", dec("60100"), dec("0.004")) },
		"settlement_autoclose-": func(v *binancetest.Venue) { v.Settle("BTCUSDT", dec("60200")) },
	} {
		trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
			c.order("a", "SELL MARKET 0.010")
			act(c.venue)
			l := c.venue.Ledger()
			fill := l.Fills[len(l.Fills)-1]
			assert.True(t, strings.HasPrefix(fill.ClientID, want), fill.ClientID)
			assert.Equal(t, "BUY", fill.Side)
			assert.Equal(t, map[bool]string{true: "-0.006", false: "0"}[want == "adl_autoclose"], l.Positions["BTCUSDT"].String())
			addsUp(t, l, map[string]decimal.Decimal{"USDT": dec("10000")})
		})
	}
}

func TestForeignOrderIsSeenByTheClient(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		require.NoError(t, c.venue.Foreign("BTCUSDT", "BUY", "web_hand", dec("0.01"), dec("59000")))
		assert.Equal(t, "web_hand", c.signed("GET", "/fapi/v1/openOrders").list(t)[0]["clientOrderId"])
		assert.ErrorContains(t, c.venue.Foreign("BTCUSDT", "BUY", "x", dec("0.0001"), decimal.Zero), "-1111")
	})
}

func TestTransferMovesTheWallet(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		user := c.user("")
		c.venue.Transfer("USDT", dec("-2500"))
		assert.Equal(t, "7500.00000000", c.signed("GET", "/fapi/v3/balance").list(t)[0]["balance"])
		assert.Equal(t, []string{"ACCOUNT WITHDRAW"}, user.kinds())
	})
}

func TestAccountTellsItsMargin(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.order("a", "BUY MARKET 0.1")
		c.order("b", "BUY LIMIT 0.1 58000")
		c.order("c", "SELL LIMIT 0.1 61000")                        // would close a: it needs nothing
		for _, price := range []string{"61000", "62000", "63000"} { // what only reduces needs nothing either
			require.Zero(t, c.order("", "SELL LIMIT 0.1 "+price, "reduceOnly", "true").code(t))
		}
		c.venue.Move("BTCUSDT", dec("60100"))
		a := c.signed("GET", "/fapi/v3/account").object(t)
		for name, want := range map[string]string{
			"totalWalletBalance": "9996.99999500", "totalUnrealizedProfit": "9.99000000",
			"totalPositionInitialMargin": "300.50000000", "totalOpenOrderInitialMargin": "290.00000000",
			"totalMaintMargin": "24.04000000", "availableBalance": "9416.48999500",
		} {
			assert.Equal(t, want, a[name], name)
		}
	})
}

func TestLeverageAndModes(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		post := func(path string, params ...string) int { return c.signed("POST", path, params...).code(t) }
		assert.Zero(t, post("/fapi/v1/leverage", "symbol", "BTCUSDT", "leverage", "100"))
		assert.Equal(t, -4028, post("/fapi/v1/leverage", "symbol", "BTCUSDT", "leverage", "126"))
		assert.Equal(t, -2027, c.order("a", "BUY MARKET 9").code(t), "500,000 is the most at 100")
		assert.EqualValues(t, 100, c.signed("GET", "/fapi/v1/symbolConfig", "symbol", "BTCUSDT").list(t)[0]["leverage"])
		assert.Equal(t, -4046, post("/fapi/v1/marginType", "symbol", "BTCUSDT", "marginType", "CROSSED"))
		assert.Equal(t, -9999, post("/fapi/v1/marginType", "symbol", "BTCUSDT", "marginType", "ISOLATED"))
		assert.Equal(t, -4059, post("/fapi/v1/positionSide/dual", "dualSidePosition", "false"))
		assert.Zero(t, post("/fapi/v1/positionSide/dual", "dualSidePosition", "true"))
		assert.Equal(t, true, c.signed("GET", "/fapi/v1/accountConfig").object(t)["dualSidePosition"])
		assert.Equal(t, -4061, c.order("a", "BUY MARKET 0.01").code(t))
		assert.Equal(t, -9999, c.order("a", "BUY MARKET 0.01", "positionSide", "LONG").code(t))
	})
}

func TestKeyHasTheRightsOfTheConfig(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{Rights: map[string]bool{"enableWithdrawals": true}}, func(t *testing.T, c *client) {
		rights := c.signed("GET", "/sapi/v1/account/apiRestrictions").object(t)
		assert.Equal(t, []any{true, false}, []any{rights["enableWithdrawals"], rights["ipRestrict"]})
	})
}

func TestKlinesEndWithTheOpenOne(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		c.venue.History("BTCUSDT", []decimal.Decimal{dec("58000"), dec("59000"), dec("57000"), dec("60000")})
		ask := func(params ...string) (rows [][]any) {
			for _, row := range c.public("/fapi/v1/klines", append(params, "symbol", "BTCUSDT")...).rows(t) {
				rows = append(rows, []any{int64(row[0].(float64)) - time.Now().UnixMilli(), row[1], row[2], row[3], row[4]})
			}
			return rows
		}
		assert.Equal(t, [][]any{
			{int64(-120000), "59000.00", "59000.00", "57000.00", "57000.00"},
			{int64(-60000), "57000.00", "60000.00", "57000.00", "60000.00"},
			{int64(0), "60000.00", "60000.00", "60000.00", "60000.00"},
		}, ask("interval", "1m", "limit", "3"))
		assert.Equal(t, [][]any{{int64(-300000), "58000.00", "60000.00", "57000.00", "60000.00"}},
			ask("interval", "5m", "limit", "1", "endTime", millisAt(-time.Minute)))
		assert.Len(t, ask("interval", "1m", "startTime", millisAt(-3*time.Minute)), 4)
		pass(3 * time.Minute)
		assert.Len(t, ask("interval", "1m", "startTime", millisAt(-3*time.Minute)), 4, "minutes without a trade have bars")
		assert.Equal(t, -1120, c.public("/fapi/v1/klines", "symbol", "BTCUSDT", "interval", "1s").code(t))
	})
}

func TestQuestionsAboutThePastAreBounded(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		const trades, orders = "/fapi/v1/userTrades", "/fapi/v1/allOrders"
		code := func(path string, params ...string) int {
			return c.signed("GET", path, append(params, "symbol", "BTCUSDT")...).code(t)
		}
		assert.Equal(t, -1102, c.signed("GET", trades).code(t), "a symbol is needed")
		assert.Equal(t, -1128, code(trades, "fromId", "1", "startTime", millisAt(0)))
		assert.Equal(t, -4165, code(trades, "startTime", millisAt(-8*24*time.Hour), "endTime", millisAt(0)))
		assert.Equal(t, -4165, code(orders, "startTime", millisAt(-8*24*time.Hour), "endTime", millisAt(0)))
		assert.Equal(t, -1130, code(trades, "limit", "1001"))
		for range 3 {
			c.order("", "BUY MARKET 0.001")
			pass(time.Second)
		}
		first := c.signed("GET", trades, "symbol", "BTCUSDT", "fromId", "0", "limit", "2").list(t)
		require.Len(t, first, 2)
		next := c.signed("GET", trades, "symbol", "BTCUSDT", "fromId", decimal.NewFromFloat(first[1]["id"].(float64)+1).String())
		assert.Len(t, next.list(t), 1)
	})
}

func TestScaleIsToldAndTimeRunsByIt(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg := binancetest.Config{Scale: 60, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	trial(t, cfg, func(t *testing.T, c *client) {
		bars := c.stream("/market/ws/btcusdt@kline_1m")
		before := c.venue.Now()
		pass(10 * time.Second)
		assert.Len(t, bars.list(), 10)
		assert.Equal(t, 10*time.Minute, c.venue.Now().Sub(before))
		assert.Equal(t, c.venue.Now(), c.venue.Clock().Now())
		begun := time.Now()
		<-c.venue.Clock().After(time.Minute)
		assert.Equal(t, time.Second, time.Since(begun))
		assert.Contains(t, log.String(), "scale=60")
	})
}

func TestConfigThatMakesNoVenuePanics(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]binancetest.Config{
		"no symbols": {Symbols: []binancetest.Symbol{}},
		"no brackets": {Symbols: []binancetest.Symbol{
			{Name: "X", Quote: "USDT", Price: dec("1"), Tick: dec("1"), Step: dec("1")},
		}},
		"backwards": {Scale: -1},
	} {
		assert.Panics(t, func() { binancetest.New(cfg) }, name)
	}
	v := binancetest.New(binancetest.Config{Logger: slog.New(slog.DiscardHandler)})
	assert.PanicsWithValue(t, `binancetest: the venue has no symbol "NONE": Config.Symbols names them`, func() {
		v.Move("NONE", dec("1"))
	})
}

func TestPositionIsThatOfTheLedger(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		require.True(t, c.venue.Position("BTCUSDT").IsZero())
		c.order("in", "SELL MARKET 0.010")
		require.Equal(t, "-0.01", c.venue.Position("BTCUSDT").String())
		require.True(t, c.venue.Position("BTCUSDT").Equal(c.venue.Ledger().Positions["BTCUSDT"]))
		require.True(t, c.venue.Position("NONE").IsZero())
	})
}
