package alpaca_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// The venue reserves what is held for the order that rests to sell it. An engine takes a profit all the same, and turns a
// position, without an order that the venue refuses.
func TestEngineTakesProfitAndTurnsWithoutARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(monday))
		c := newCampaign(t, 1)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = c.venue.Listen(ctx) })
		network := &http.Transport{DialContext: c.venue.Dial}
		broker, err := alpaca.New(alpaca.Config{
			APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream",
			Transport: network, MaxFlight: longestFlight, Logger: quiet,
		})
		require.NoError(t, err)
		running.Go(func() { _ = broker.Serve(ctx) })
		cfg := c.config(c.journal, broker)
		cfg.Ticket = trading.FixedTicket{TakeProfit: num("0.1"), StopLoss: num("0.05")}
		c.moveTo(20000)
		e, err := engine.New(cfg)
		require.NoError(t, err)
		steps := func() {
			for range 30 {
				require.NoError(t, e.Step(ctx))
				time.Sleep(time.Second)
			}
		}

		c.says(signal.Long)
		steps()
		require.Equal(t, "7", c.venue.Held(symbol).String())
		require.Equal(t, []string{"limit", "stop"}, c.resting(), "a pair")
		c.says(signal.Short)
		steps()
		require.Equal(t, "-7", c.venue.Held(symbol).String())
		require.Equal(t, []string{"limit", "stop"}, c.resting(), "a pair")
		c.moveTo(17900) // and the venue takes the profit, whether there is an engine or not
		require.True(t, c.venue.Held(symbol).IsZero())
		steps()
		require.True(t, c.venue.Held(symbol).IsZero(), "the profit is taken")
		require.Empty(t, c.resting())
		for _, r := range c.venue.Requests() {
			require.Less(t, r.Status, http.StatusBadRequest, "%+v", r)
		}

		cancel()
		running.Wait()
		network.CloseIdleConnections()
	})
}

func (c *campaign) moveTo(cents int64) {
	c.price.Store(cents)
	c.venue.Move(symbol, decimal.New(cents, -2))
}

// resting are the types of the orders that rest.
func (c *campaign) resting() (types []string) {
	for _, o := range c.venue.Ledger().Orders {
		if o.Open {
			types = append(types, o.Type)
		}
	}
	return types
}
