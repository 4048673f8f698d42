package paper_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// pace is how often trade trades.
const pace = 10 * time.Second

// trade buys and sells in turn, one order at a time.
func trade(t *testing.T, b *paper.Broker, clock *barClock, from, n int) {
	limits := risk.NoLimits()
	for i := from; i < from+n; i++ {
		at := noon.Add(time.Duration(i) * pace)
		clock.set(at)
		o := trading.Order{
			ClientID: fmt.Sprintf("v-%024x", i), Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("10.01"), CreatedAt: at,
		}
		held := "0"
		if i%2 == 1 {
			o.Side, held = trading.Sell, "10.01"
		}
		a, err := limits.Approve(o, trading.View{Instrument: coin, Held: d(held), Price: d("100")})
		require.NoError(t, err)
		require.NoError(t, b.Submit(context.Background(), a))
		require.NoError(t, b.OnBar(signal.Bar{
			Symbol: btc, Time: at, Interval: pace, Open: 100.1, High: 100.2, Low: 99.9, Close: 100, Volume: 1,
		}))
	}
}

func heap() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Not parallel: others would be measured as well.
//
//nolint:paralleltest // see above
func TestPastOrdersAreSmallAndForgottenInTime(t *testing.T) {
	clock := &barClock{now: noon}
	b := broker(t, func(cfg *paper.Config) { cfg.Clock, cfg.FeeRate, cfg.Slippage = clock, d("0.0000004"), d("0") })
	trade(t, b, clock, 0, 2000)
	before := heap()
	trade(t, b, clock, 2000, 15_000) // of less than two days
	each := int(heap()-before) / 15_000
	t.Logf("%d bytes for an order and its fill", each)
	require.Less(t, each, 60)
	ref := trading.OrderRef{ClientID: fmt.Sprintf("v-%024x", 1), Symbol: btc, SentAt: noon.Add(pace)}
	report, err := b.Order(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, trading.StatusFilled, report.Status)
	require.Equal(t, "10.01", report.Filled.String())

	full := heap()
	trade(t, b, clock, 17_000, 40_000)
	require.Less(t, int(heap()-full), 500_000, "it is flat beyond two days")
	_, err = b.Order(t.Context(), ref)
	require.ErrorContains(t, err, "forgotten")
	require.NotErrorIs(t, err, trading.ErrUnknownOrder, "it may have been one")
	never := trading.OrderRef{ClientID: "never", Symbol: btc, SentAt: clock.Now()}
	_, err = b.Order(t.Context(), never)
	require.ErrorIs(t, err, trading.ErrUnknownOrder)

	from, all := trading.Cursor{}, 0
	for {
		page, next, err := b.Fills(t.Context(), from, 500)
		require.NoError(t, err)
		for i, f := range page {
			require.Equal(t, f.ClientID+"-1", f.ID)
			require.Equal(t, "10.01", f.Quantity.String())
			require.Equal(t, d("0.0000004").Mul(f.Price).Mul(f.Quantity).String(), f.Fee.String())
			if i > 0 {
				require.Equal(t, pace, f.Time.Sub(page[i-1].Time))
			}
		}
		if all += len(page); len(page) == 0 {
			break
		}
		from = next
	}
	require.Greater(t, all, 17_000)
	require.Less(t, all, 18_000)
	runtime.KeepAlive(b)
}

func TestPastStopOrderSaysThatItWasTriggered(t *testing.T) {
	t.Parallel()
	clock := &barClock{now: noon}
	b := broker(t, func(cfg *paper.Config) { cfg.Clock = clock })
	trade(t, b, clock, 0, 1) // something is held
	o := trading.Order{
		ClientID: "v-0123456789abcdef01234567", Symbol: btc, Side: trading.Sell, Type: trading.Stop, StopPrice: d("90"),
		Quantity: d("10.01"), ReduceOnly: true, CreatedAt: clock.Now(),
	}
	a, err := risk.NoLimits().Approve(o, trading.View{Instrument: coin, Held: d("10.01"), Price: d("100")})
	require.NoError(t, err)
	require.NoError(t, b.Submit(t.Context(), a))
	at := noon.Add(time.Minute)
	clock.set(at)
	require.NoError(t, b.OnBar(signal.Bar{
		Symbol: btc, Time: at, Interval: pace, Open: 95, High: 96, Low: 80, Close: 85, Volume: 1000,
	}))
	report, err := b.Order(t.Context(), o.Ref())
	require.NoError(t, err)
	require.Equal(t, trading.OrderReport{
		ClientID: o.ClientID, Status: trading.StatusFilled, Triggered: true, Filled: d("10.01"),
	}, report)
}
