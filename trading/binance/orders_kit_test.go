package binance_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// approveLimit is an order that rests below the price.
func approveLimit(t *testing.T, n int) trading.Approved {
	t.Helper()
	o := trading.Order{
		ClientID: fmt.Sprintf("v-%024d", n), Symbol: symbol, Side: trading.Buy, Type: trading.Limit,
		LimitPrice: decimal.NewFromInt(59000), Quantity: decimal.New(2, -3), SignalID: "s", CreatedAt: time.Now(),
	}
	a, err := risk.NoLimits().Approve(o, trading.View{
		Instrument: trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -1), Step: decimal.New(1, -3)},
		Price:      decimal.NewFromInt(60000),
	})
	require.NoError(t, err)
	return a
}

func submitted(ctx context.Context, t *testing.T, h hall, a trading.Approved) trading.Order {
	t.Helper()
	require.NoError(t, h.Submit(ctx, a))
	return a.Order()
}
