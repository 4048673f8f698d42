package binance_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// closes are prices of bars, with an odd one now and then.
func closes(n int) (all []decimal.Decimal) {
	for i := range n {
		all = append(all, decimal.New(600000+int64(i*i%977), -1))
	}
	return all
}

func TestSourceIsASource(t *testing.T) {
	t.Parallel()
	signaltest.TestSource(t, func(t *testing.T) (signal.Source, string) {
		standing := clock.NewMock()
		standing.Set(time.Date(2026, 11, 29, 12, 0, 30, 0, time.UTC))
		d := open(t, binancetest.Config{Clock: standing})
		d.History("BTCUSDT", closes(700))
		b := d.broker(t, func(cfg *binance.Config) { cfg.Clock = standing })
		s, err := b.Source(time.Minute)
		require.NoError(t, err)
		return s, "BTC/USDT:USDT"
	})
}

func TestSourceHasNoBarsOfASecond(t *testing.T) {
	t.Parallel()
	_, err := open(t, binancetest.Config{}).broker(t).Source(time.Second)
	require.ErrorContains(t, err, "the venue has no bars of 1s")
}

// hall is a venue in memory, in a bubble, and a Broker at it.
type hall struct {
	*binancetest.Venue
	*binance.Broker
}

func bubble(t *testing.T, cfg binancetest.Config, f func(ctx context.Context, t *testing.T, h hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.Logger = quiet
		v := binancetest.New(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = v.Listen(ctx) })
		transport := &http.Transport{DialContext: v.Dial}
		b, err := binance.New(binance.Config{
			APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue", SpotURL: "http://venue",
			Symbols: []string{"BTC/USDT:USDT"}, Transport: transport, Logger: quiet,
		})
		require.NoError(t, err)
		f(ctx, t, hall{v, b})
		cancel()
		transport.CloseIdleConnections()
		running.Wait()
		synctest.Wait()
	})
}

func TestSourceTellsABarAsItCloses(t *testing.T) {
	t.Parallel()
	bubble(t, binancetest.Config{}, func(ctx context.Context, t *testing.T, h hall) {
		const btc = "BTC/USDT:USDT"
		h.History("BTCUSDT", closes(10))
		s, err := h.Source(time.Minute)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx) }()
		time.Sleep(30 * time.Second)
		batch, err := s.Bars(ctx, btc, time.Time{}, 100)
		require.NoError(t, err)
		require.Len(t, batch.Bars, 10, "the open one is left out")
		last := batch.Bars[9].Time
		for i := range 5 {
			woken := s.Wake()
			h.Move("BTCUSDT", decimal.NewFromInt(61000+int64(i)))
			<-woken
			before := len(h.Requests())
			batch, err = s.Bars(ctx, btc, last, 100)
			require.NoError(t, err)
			require.Len(t, batch.Bars, 1)
			require.Equal(t, last.Add(time.Minute), batch.Bars[0].Time)
			require.InDelta(t, 61000+i, batch.Bars[0].Close, 1e-9)
			require.Less(t, time.Since(batch.Bars[0].End()), time.Second)
			last = batch.Bars[0].Time
			if i > 0 {
				require.Len(t, h.Requests(), before, "what was pushed is not asked for")
			}
		}
		h.CutStreams()
		time.Sleep(5*time.Minute + 2*time.Second)
		batch, err = s.Bars(ctx, btc, last, 100)
		require.NoError(t, err)
		require.Len(t, batch.Bars, 5, "what happened meanwhile is asked for")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
