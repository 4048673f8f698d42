package binance_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// What is told as due is what the venue then takes, and the distance to the liquidation follows the price within a minute.
func TestFundingThatIsToldIsWhatTheVenueTakes(t *testing.T) {
	t.Parallel()
	bubble(t, binancetest.Config{}, func(ctx context.Context, t *testing.T, h hall) {
		h.Move("BTCUSDT", decimal.NewFromInt(60000))
		h.SetFunding("BTCUSDT", decimal.New(3, -4))
		require.NoError(t, h.Foreign("BTCUSDT", "BUY", "by-hand", decimal.New(5, -1), decimal.Zero))
		serving, end := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); _ = h.Broker.Serve(serving) }()
		time.Sleep(2 * time.Minute) //vigil:wallclock the bubble
		before, known := h.Margin(symbol)
		require.True(t, known)
		require.True(t, before.Liquidation.Valid)

		h.Move("BTCUSDT", decimal.NewFromInt(55000))
		time.Sleep(2 * time.Minute) //vigil:wallclock the bubble
		m, _ := h.Margin(symbol)
		require.True(t, m.Distance.LessThan(before.Distance))
		require.True(t, m.Funding.Equal(decimal.RequireFromString("-8.25")), m.Funding)
		require.True(t, m.FundingAt.After(time.Now()))

		since := time.Now()
		time.Sleep(time.Until(m.FundingAt) + 2*time.Minute) //vigil:wallclock the bubble
		events, _, err := h.CashEvents(ctx, trading.Cursor{Since: since}, 10)
		require.NoError(t, err)
		require.Len(t, events, 1)
		require.Equal(t, trading.CashFunding, events[0].Kind)
		require.True(t, events[0].Amount.Equal(m.Funding), events[0].Amount)
		next, _ := h.Margin(symbol)
		require.Equal(t, m.FundingAt.Add(8*time.Hour), next.FundingAt)
		end()
		<-ended
	})
}
