package binance_test

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
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// The key is revoked while somebody asks each second. A person hears of it at once, the venue is asked less and less, since it may
// ban an address, and all of it ends by itself once the venue takes the key again.
func TestKeyThatIsDeniedIsToldAtOnceAndAskedForSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCampaign(t, 0)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { _ = c.venue.Listen(ctx) })
		c.move(0)
		network := &http.Transport{DialContext: c.venue.Dial, DisableKeepAlives: true}
		b, err := binance.New(binance.Config{
			APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue",
			Symbols: []string{symbol}, Logger: quiet, Transport: network,
		})
		require.NoError(t, err)
		registry := health.NewRegistry(health.Config{Clock: clock.New()})
		running.Go(func() { _ = b.Serve(health.NewContext(ctx, registry.Begin("venue").Part())) })
		key := func() (found health.Raised, is bool) {
			synctest.Wait()
			for _, p := range registry.Report().Parts {
				for _, c := range p.Conditions {
					if c.Key == "key" {
						found, is = c, true
					}
				}
			}
			return found, is
		}
		asks := func(seconds int) {
			for range seconds {
				_, _ = b.Positions(ctx)
				_ = b.Cancel(ctx, trading.OrderRef{ClientID: "v-1", Symbol: symbol})
				time.Sleep(time.Second)
			}
		}
		asks(10)
		_, is := key()
		require.False(t, is)
		asked, since := len(c.venue.Requests()), time.Now()
		c.venue.DenyKey(true)
		asks(1)
		found, is := key()
		require.True(t, is)
		require.True(t, found.Person && found.Closed && found.Verdict == health.Unhealthy)
		require.Contains(t, found.Text, "binance at http://venue denies the key since "+since.UTC().Format("2006-01-02T15:04"))
		require.Contains(t, found.Text, "stops that rest there stand: binance: ")
		require.Contains(t, found.Text, "-2015")
		asks(599)
		require.InDelta(t, 14, len(c.venue.Requests())-asked, 3, "5 s, 10, 20, 40, and then once in a minute")

		c.venue.DenyKey(false)
		asks(61)
		_, is = key()
		require.False(t, is)
		_, err = b.Positions(ctx)
		require.NoError(t, err)
		require.False(t, b.Updates(b.Updates(0).Seq).Missed, "the stream is up again")
		cancel()
		running.Wait()
		network.CloseIdleConnections()
	})
}
