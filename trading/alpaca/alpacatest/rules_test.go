package alpacatest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// order sends one of AAPL, "buy 10 limit 150 gtc" with more fields after it, and says what the venue answers: the status of the
// order, or why not.
func (c trial) order(id, what string, more ...any) string {
	c.t.Helper()
	var side, qty, kind, price, tif string
	_, err := fmt.Sscan(what, &side, &qty, &kind, &price, &tif)
	require.NoError(c.t, err, what)
	o := object{"symbol": "AAPL", "qty": qty, "side": side, "type": kind, "time_in_force": tif, "client_order_id": id}
	switch kind {
	case "limit":
		o["limit_price"] = price
	case "stop":
		o["stop_price"] = price
	}
	for i := 0; i < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	return c.says(c.send(http.MethodPost, "/v2/orders", o))
}

// says is the status of the order that was told, or the answer's status and words.
func (c trial) says(s said) string {
	c.t.Helper()
	if s.status == http.StatusNoContent {
		return "done"
	}
	if s.status != http.StatusOK {
		var p struct{ Message string }
		require.NoError(c.t, json.Unmarshal(s.body, &p), "%s", s.body)
		return fmt.Sprint(s.status, " ", p.Message)
	}
	return s.object(c.t)["status"].(string)
}

func (c trial) status(id string) string {
	c.t.Helper()
	return c.says(c.get("/v2/orders:by_client_order_id?client_order_id=" + id))
}

// id is that of the venue.
func (c trial) id(clientID string) string {
	c.t.Helper()
	for _, o := range c.Ledger().Orders {
		if o.ClientID == clientID {
			return o.ID
		}
	}
	c.t.Fatalf("there is no order %q", clientID)
	return ""
}

func (c trial) holds(want string) {
	c.t.Helper()
	require.True(c.t, c.Held("AAPL").Equal(dec(want)), "%s is held", c.Held("AAPL"))
}

func TestOrdersAreRefused(t *testing.T) {
	t.Parallel()
	wide := make([]byte, 129)
	for i := range wide {
		wide[i] = 'x'
	}
	for name, c := range map[string]struct {
		id, what string
		more     []any
		status   string
	}{
		"a client ID of 129 characters": {string(wide), "buy 1 market 0 day", nil, "422"},
		"a part of a share":             {"a", "buy 1.5 market 0 day", nil, "422"},
		"nothing":                       {"a", "buy 0 market 0 day", nil, "422"},
		"a part of a cent":              {"a", "buy 1 limit 150.005 day", nil, "422"},
		"a market order with a limit":   {"a", "buy 1 market 0 day", []any{"limit_price", "1"}, "422"},
		"a symbol that is not listed":   {"a", "buy 1 market 0 day", []any{"symbol", "NONE"}, "422"},
		"more than money allows":        {"a", "buy 1001 market 0 day", nil, "403"},
		"more than can be sold short":   {"a", "sell 1001 market 0 day", nil, "403"},
		"a short sale of what has none": {"a", "sell 1 market 0 day", []any{"symbol", "MSFT"}, "422"},
		"a sale to close of nothing":    {"a", "sell 1 market 0 day", []any{"position_intent", "sell_to_close"}, "422"},
		"an exit pair of nothing": {"a", "sell 1 limit 220 gtc", []any{
			"order_class", "oco", "take_profit", object{"limit_price": "220"}, "stop_loss", object{"stop_price": "180"},
		}, "422"},
		"an amount of money, which is not modeled": {"a", "buy 1 market 0 day", []any{"notional", "10"}, "501"},
		"extended hours, which are not modeled":    {"a", "buy 1 limit 1 day", []any{"extended_hours", true}, "501"},
		"a bracket, which is not modeled":          {"a", "buy 1 limit 1 day", []any{"order_class", "bracket"}, "501"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := try(t, monday)
			require.Contains(t, v.order(c.id, c.what, c.more...), c.status+" ")
			require.Empty(t, v.Ledger().Orders)
		})
	}
}

func TestClientIDIsTakenOnceForAll(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	const refusal = "422 client_order_id must be unique"
	require.Equal(t, "new", c.order("a", "buy 1 limit 150 gtc"))
	require.Equal(t, refusal, c.order("a", "buy 1 limit 150 gtc"), "while it rests")
	require.Equal(t, "done", c.says(c.send(http.MethodDelete, "/v2/orders/"+c.id("a"), nil)))
	require.Equal(t, refusal, c.order("a", "buy 1 limit 150 gtc"), "when it is canceled")
	require.Equal(t, "filled", c.order("b", "buy 1 market 0 day"))
	c.pass(48 * time.Hour)
	require.Equal(t, refusal, c.order("b", "sell 1 market 0 day"), "two days after it was filled")
}

func TestAnotherSideIsAWashTrade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rests, then, want string }{
		"a stop rests":                 {"sell 5 stop 190 gtc", "buy 1 market 0 day", "403 potential wash trade"},
		"limits that cross":            {"sell 5 limit 210 gtc", "buy 1 limit 210 gtc", "403 potential wash trade"},
		"limits that do not cross":     {"sell 5 limit 210 gtc", "buy 1 limit 150 gtc", "new"},
		"a market order over a limit":  {"sell 5 limit 210 gtc", "buy 1 market 0 day", "filled"},
		"the same side beside a limit": {"sell 5 limit 210 gtc", "sell 1 market 0 day", "filled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := try(t, monday)
			require.Equal(t, "filled", v.order("held", "buy 10 market 0 day"))
			require.Equal(t, "new", v.order("a", c.rests))
			require.Contains(t, v.order("b", c.then), c.want)
		})
	}
}

func TestWhatIsHeldBackCannotBeSold(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	require.Equal(t, "filled", c.order("held", "buy 10 market 0 day"))
	require.Equal(t, "new", c.order("stop", "sell 8 stop 190 gtc"))
	require.Equal(t, "403 insufficient qty available for order (requested: 3, available: 2)", c.order("a", "sell 3 market 0 day"))
	require.Equal(t, "filled", c.order("b", "sell 2 market 0 day"))
	c.Move("AAPL", dec("189"))
	require.Equal(t, "filled", c.status("stop"))
	c.holds("0")
}

func TestPairIsOneOrder(t *testing.T) {
	t.Parallel()
	pair := []any{"order_class", "oco", "take_profit", object{"limit_price": "220"}, "stop_loss", object{"stop_price": "180"}}
	part := func(c trial) { require.NoError(c.t, c.Fill("a", dec("4"), dec("220"))) }
	cancel := func(c trial) { c.send(http.MethodDelete, "/v2/orders/"+c.id("a"), nil) }
	for name, c := range map[string]struct {
		happens func(trial)
		profit  string
		stop    string
		holds   string
	}{
		"the profit is reached":     {func(c trial) { c.Move("AAPL", dec("221")) }, "filled", "canceled", "0"},
		"the stop is reached":       {func(c trial) { c.Move("AAPL", dec("179")) }, "canceled", "filled", "0"},
		"it is canceled":            {cancel, "canceled", "canceled", "10"},
		"a part of it is filled":    {part, "partially_filled", "held", "6"},
		"a part, and then the stop": {func(c trial) { part(c); c.Move("AAPL", dec("170")) }, "canceled", "filled", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := try(t, monday)
			require.Equal(t, "filled", v.order("held", "buy 10 market 0 day"))
			require.Equal(t, "new", v.order("a", "sell 10 limit 220 gtc", pair...))
			require.Contains(t, v.order("b", "sell 10 limit 230 gtc"), "insufficient qty available", "its two parts hold back once")
			c.happens(v)
			status := make(map[bool]string)
			for _, o := range v.Ledger().Orders {
				if o.Pair {
					status[o.Leg] = o.Status
				}
			}
			require.Equal(t, map[bool]string{false: c.profit, true: c.stop}, status)
			v.holds(c.holds)
		})
	}
}

func TestStopThatBuysHasALimit(t *testing.T) {
	t.Parallel()
	for stop, limit := range map[string]string{"40": "41.6", "220": "225.5"} {
		c := try(t, monday, func(cfg *alpacatest.Config) { cfg.Assets[0].Price = dec(stop).Sub(dec("1")) })
		require.Equal(t, "new", c.order("a", "buy 1 stop "+stop+" gtc"))
		c.Move("AAPL", dec(limit).Add(dec("0.01")))
		require.Equal(t, "new", c.status("a"), "the price has gone through it")
		c.Move("AAPL", dec(limit))
		require.Equal(t, "filled", c.status("a"))
	}
}

func TestReplacedOrderGivesWay(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	require.Equal(t, "new", c.order("a", "buy 10 limit 150 gtc"))
	require.NoError(t, c.Fill("a", dec("4"), dec("150")))
	o := c.send(http.MethodPatch, "/v2/orders/"+c.id("a"), object{"limit_price": "160", "client_order_id": "b"}).object(t)
	require.Equal(t, "6", o["qty"], "what is left")
	require.Equal(t, c.id("a"), o["replaces"])
	require.Equal(t, "replaced", c.status("a"))
	require.Contains(t, c.says(c.send(http.MethodDelete, "/v2/orders/"+c.id("a"), nil)), "422 order is not cancelable")
	require.Contains(t, c.says(c.send(http.MethodPatch, "/v2/orders/"+c.id("a"), object{"limit_price": "1"})), "422 ")
	c.Move("AAPL", dec("155"))
	require.Equal(t, "filled", c.status("b"))
	c.holds("10")
}

func TestOrdersOfTheDayExpireAndOthersStay(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	require.Equal(t, "new", c.order("day", "buy 1 limit 150 day"))
	require.Equal(t, "new", c.order("gtc", "buy 1 limit 151 gtc"))
	require.Equal(t, "canceled", c.order("ioc", "buy 1 limit 150 ioc"))
	c.pass(6*time.Hour - time.Second) // 15:59:59
	require.Equal(t, "new", c.status("day"))
	c.pass(time.Second)
	require.Equal(t, "expired", c.status("day"))
	require.Equal(t, "new", c.status("gtc"))
	c.Move("AAPL", dec("100")) // nothing is filled at night
	require.Equal(t, "new", c.status("gtc"))
	require.Equal(t, "accepted", c.order("night", "buy 1 market 0 day"))
	c.pass(17*time.Hour + 29*time.Minute + 59*time.Second) // 9:29:59
	require.Equal(t, "accepted", c.status("night"))
	c.pass(time.Second)
	require.Equal(t, "filled", c.status("night"), "it has waited for the opening")
	require.Equal(t, "filled", c.status("gtc"))
	c.holds("2")
}

func TestCancelStaysPending(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	require.Equal(t, "new", c.order("a", "buy 1 limit 150 gtc"))
	c.StickCancels(true)
	require.Equal(t, "done", c.says(c.send(http.MethodDelete, "/v2/orders/"+c.id("a"), nil)))
	require.Equal(t, "pending_cancel", c.status("a"))
	require.Contains(t, c.says(c.send(http.MethodDelete, "/v2/orders/"+c.id("a"), nil)), "422 order is not cancelable")
	c.StickCancels(false)
	require.Equal(t, "canceled", c.status("a"))
}

// The account's cash is what fills and fees come to.
func TestLedgerAddsUp(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	for i, one := range []struct{ price, what string }{
		{"200", "buy 5"}, {"210", "sell 2"}, {"190", "buy 3"}, {"205", "sell 6"}, {"204", "sell 1"}, {"203", "buy 1"},
	} {
		c.Move("AAPL", dec(one.price))
		require.Equal(t, "filled", c.order(fmt.Sprint(i), one.what+" market 0 day"))
		c.Book("FEE", dec("-0.02"), monday)
	}
	c.holds("0")
	sum := decimal.NewFromInt(100_000).Sub(dec("0.12"))
	for _, f := range c.Ledger().Fills {
		worth := f.Quantity.Mul(f.Price)
		if f.Side == "buy" {
			worth = worth.Neg()
		}
		sum = sum.Add(worth)
	}
	require.True(t, sum.Equal(c.Ledger().Cash), "%s and %s", sum, c.Ledger().Cash)
}
