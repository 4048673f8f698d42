package paper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

func TestUpdatesTellOfPartialFillsStopsAndEnds(t *testing.T) {
	t.Parallel()
	b := broker(t, func(cfg *paper.Config) {
		cfg.Fill, cfg.Instruments, cfg.Cash = paper.BarTicks, []trading.Instrument{fine}, d("1000000")
	})
	require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100 16")))
	limit, stop := "buy 10 limit 95", "buy 1 stop 105 limit 102"
	for _, text := range []string{limit, stop} {
		require.NoError(t, submit(t, b, fine, order(t, text), "0"))
	}
	at := b.Updates(0).Seq
	told := func(bar int, prices string) map[string]trading.OrderReport {
		require.NoError(t, b.OnBar(ohlc(t, bar, prices)))
		updates := b.Updates(at)
		require.False(t, updates.Missed)
		at = updates.Seq
		byID := make(map[string]trading.OrderReport)
		for _, r := range updates.Orders {
			byID[r.ClientID] = r
		}
		return byID
	}
	require.Empty(t, told(1, "100 101 99 100 16"))
	part := told(2, "96 97 95 96 16")
	require.Len(t, part, 1)
	require.Equal(t, "4", part[limit].Filled.String())
	require.Equal(t, trading.StatusOpen, part[limit].Status)
	reached := told(3, "104 106 104 106 16")
	require.Len(t, reached, 1)
	require.True(t, reached[stop].Triggered)
	require.NoError(t, b.Cancel(t.Context(), ref(limit)))
	require.Equal(t, trading.StatusCanceled, told(4, "106 106 106 106 16")[limit].Status)
}

func TestUpdatesTellThatAnAccountWasLiquidated(t *testing.T) {
	t.Parallel()
	b := broker(t, func(cfg *paper.Config) { cfg.Leverage = d("10") })
	require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100")))
	require.NoError(t, submit(t, b, coin, order(t, "buy 900 market"), "0"))
	require.NoError(t, b.OnBar(ohlc(t, 1, "100 100 100 100")))
	before, had := b.Updates(0).Seq, len(fills(t, b))
	require.NoError(t, b.OnBar(ohlc(t, 2, "50 50 50 50")))
	require.Len(t, fills(t, b), had+1)
	require.Greater(t, b.Updates(before).Seq, before, "no order of ours has changed, and yet something happened")
}
