package alpaca_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// keyed is an engine that trades at the fake, and what health says of its key.
type keyed struct {
	*campaign
	broker   *alpaca.Broker
	registry *health.Registry
}

// withKey runs do with an engine that holds a position, in a bubble.
func withKey(t *testing.T, do func(k *keyed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(monday))
		k := &keyed{campaign: newCampaign(t, 1), registry: health.NewRegistry(health.Config{Clock: clock.New()})}
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = k.venue.Listen(ctx) })
		network := &http.Transport{DialContext: k.venue.Dial}
		var err error
		k.broker, err = alpaca.New(alpaca.Config{
			APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream",
			Transport: network, MaxFlight: longestFlight, Logger: quiet,
		})
		require.NoError(t, err)
		running.Go(func() { _ = k.broker.Serve(health.NewContext(ctx, k.registry.Begin("venue").Part())) })
		cfg := k.config(k.journal, k.broker)
		cfg.Ticket = trading.FixedTicket{StopLoss: num("0.05")}
		k.moveTo(20000)
		e, err := engine.New(cfg)
		require.NoError(t, err)
		running.Go(func() { _ = e.Serve(ctx) })
		k.says(signal.Long)
		time.Sleep(30 * time.Second)
		require.Equal(t, []string{"stop"}, k.resting())
		do(k)
		cancel()
		running.Wait()
		network.CloseIdleConnections()
	})
}

// key is the condition of that name; false where there is none.
func (k *keyed) key() (health.Raised, bool) {
	synctest.Wait()
	for _, p := range k.registry.Report().Parts {
		for _, c := range p.Conditions {
			if c.Key == "key" {
				return c, true
			}
		}
	}
	return health.Raised{}, false
}

// The key is revoked while a position is held. A person hears of it at once, the venue is asked less and less, the stop stands,
// and all of it ends by itself once the venue takes the key again.
func TestKeyThatIsDeniedIsToldAtOnceAndAskedForSeldom(t *testing.T) {
	t.Parallel()
	withKey(t, func(k *keyed) {
		forbids := alpacatest.Fault{Path: "/v2/positions", Status: 403, Code: 40310000, Text: "not authorized to short"}
		k.venue.Inject(forbids)
		_, err := k.broker.Positions(context.Background())
		require.Error(t, err)
		_, is := k.key()
		require.False(t, is, "the account may not do one thing")
		asked, since := len(k.venue.Requests()), time.Now()
		k.venue.DenyKey(true)
		time.Sleep(time.Second)
		c, is := k.key()
		require.True(t, is)
		require.True(t, c.Person && c.Closed && c.Verdict == health.Unhealthy)
		require.Contains(t, c.Text, "alpaca at http://venue denies the key since "+since.UTC().Format("2006-01-02T15:04"))
		require.Contains(t, c.Text, "no order can be sent and none canceled, and stops that rest there stand")
		require.Contains(t, c.Text, "40110000 request is not authorized")
		require.Contains(t, c.Remedy, "renew it and start again")
		require.WithinDuration(t, since, c.Since, time.Second)
		k.says(signal.Flat)
		time.Sleep(10*time.Minute - time.Second)
		require.InDelta(t, 14, len(k.venue.Requests())-asked, 2, "5 s, 10, 20, 40, and then once in a minute")
		require.Equal(t, []string{"stop"}, k.resting())
		require.Equal(t, "7", k.venue.Held(symbol).String())

		k.venue.DenyKey(false)
		time.Sleep(time.Minute)
		_, is = k.key()
		require.False(t, is)
		k.says(signal.Flat)
		time.Sleep(time.Minute)
		require.True(t, k.venue.Held(symbol).IsZero())
		require.False(t, k.broker.Updates(k.broker.Updates(0).Seq).Missed, "the stream is up again")
	})
}

// A key that is good for questions alone: what the venue answers to them does not end the trouble, and an order that was denied
// is sent again after a minute at most.
func TestKeyThatIsDeniedForOrdersAloneIsNoKey(t *testing.T) {
	t.Parallel()
	withKey(t, func(k *keyed) {
		k.venue.Inject(alpacatest.Fault{Method: "DELETE", Status: 403, Text: "forbidden.", Times: 3})
		k.says(signal.Flat)
		told := 0
		for range 180 {
			time.Sleep(time.Second)
			if _, is := k.key(); is {
				told++
			}
			_, err := k.broker.Positions(context.Background())
			require.NoError(k, err)
		}
		require.Greater(k, told, 10)
		_, is := k.key()
		require.False(k, is)
		require.True(k, k.venue.Held(symbol).IsZero())
	})
}
