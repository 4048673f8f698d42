package binancetest_test

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// A day in which everything goes wrong, over and over. The venue stays a venue: its ledger adds up, it answers, and what
// it has is what its answers say.
func TestDayOfFaultsLeavesTheLedgerRight(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		trial(t, binancetest.Config{Balances: map[string]decimal.Decimal{"USDT": dec("20000")}}, func(t *testing.T, c *client) {
			random := rand.New(rand.NewPCG(seed, 24))
			begun, price := time.Now(), dec("60000")
			for n := 0; time.Since(begun) < 24*time.Hour; n++ {
				wrong(c, random)
				if n%20 == 0 { // a client connects again
					if key := c.send(http.MethodPost, "/fapi/v1/listenKey", nil); key.err == nil && key.status == http.StatusOK {
						c.stream("/private/ws?listenKey=" + key.object(t)["listenKey"].(string))
					}
					c.stream("/market/ws/btcusdt@kline_1m")
				}
				price = decimal.Max(price.Add(decimal.NewFromInt(int64(random.IntN(400)-200))), dec("50000"))
				c.venue.Move("BTCUSDT", price)
				id := strconv.Itoa(n)
				side := []string{"BUY", "SELL"}[random.IntN(2)]
				a := c.order(id, side+" LIMIT 0.010 "+price.Add(decimal.NewFromInt(int64(random.IntN(40)-20))).String())
				c.algo(id, side+" STOP_MARKET 0.010 "+price.Add(decimal.NewFromInt(int64(random.IntN(400)-200))).String())
				if a.err == nil && a.status == 200 {
					_, taken := c.venue.Ledger().Order(id)
					assert.True(t, taken, id)
				}
				pass(time.Duration(random.IntN(20)) * time.Minute)
				c.signed("DELETE", "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", id)
			}
			c.venue.Clear()
			pass(3 * time.Minute) // longer than any ban
			require.Zero(t, c.signed("GET", "/fapi/v3/account").code(t))
			addsUp(t, c.venue.Ledger(), map[string]decimal.Decimal{"USDT": dec("20000")})
		})
	}
}

// wrong has something go wrong.
func wrong(c *client, random *rand.Rand) {
	faults := []binancetest.Fault{
		binancetest.LoseReply{}, binancetest.LoseRequest{}, binancetest.Unavailable{Taken: true},
		binancetest.Unavailable{Text: binancetest.InternalError},
		binancetest.BackendTimeout{Taken: true}, binancetest.UnexpectedResponse{}, binancetest.BadGateway{Taken: true},
		binancetest.Slow{}, binancetest.StaleAtGateway{}, binancetest.StaleAtEngine{}, binancetest.TooMany{},
		binancetest.Banned{}, binancetest.FillBeforeCancel{}, binancetest.ExpireInMatch{}, binancetest.RejectAtTrigger{},
		binancetest.EventsAfterReply{}, binancetest.EventsBeforeReply{}, binancetest.Refuse{Code: -4400},
		binancetest.LoseReply{On: binancetest.Any()},
	}
	c.venue.Inject(faults[random.IntN(len(faults))])
	acts := []func(){
		c.venue.CutStreams, c.venue.HalfFrame, c.venue.ExpireListenKey,
		func() { c.venue.MuteStreams(time.Minute) }, func() { c.venue.RepeatEvents(2) }, func() { c.venue.ReorderEvents(2) },
		func() { c.venue.Fund("BTCUSDT") }, func() { c.venue.Settle("BTCUSDT", dec("60000")) },
		func() { c.venue.Deleverage("BTCUSDT", dec("60000"), dec("0.005")) },
		func() { c.venue.ShiftClock(time.Duration(random.IntN(3000)-1500) * time.Millisecond) },
		func() { c.venue.Change("BTCUSDT", func(s *binancetest.Symbol) { s.Status = "SETTLING" }) },
		func() { c.venue.Change("BTCUSDT", func(s *binancetest.Symbol) { s.Status = "" }) },
		func() { c.venue.Transfer("USDT", dec("1")) },
	}
	acts[random.IntN(len(acts))]()
}
