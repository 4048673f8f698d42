package binancetest_test

import (
	"testing"

	"github.com/adshao/go-binance/v2/common"
	"github.com/adshao/go-binance/v2/futures"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// goBinance is github.com/adshao/go-binance/v2 over the venue.
func goBinance(c *client) *futures.Client {
	client := futures.NewClient(binancetest.Key, binancetest.Secret)
	client.BaseURL, client.HTTPClient = "http://venue", c.http
	return client
}

// codeOf is that of a refusal as go-binance tells it.
func codeOf(t *testing.T, err error) int64 {
	t.Helper()
	var api *common.APIError
	require.ErrorAs(t, err, &api)
	return api.Code
}

func TestGoBinanceTrades(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		ctx, client := t.Context(), goBinance(c)
		info, err := client.NewExchangeInfoService().Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, "50", info.Symbols[0].MinNotionalFilter().Notional)
		assert.Equal(t, "0.10", info.Symbols[0].PriceFilter().TickSize)

		bought, err := client.NewCreateOrderService().Symbol("BTCUSDT").Side(futures.SideTypeBuy).Type(futures.OrderTypeMarket).
			Quantity("0.01").NewClientOrderID("market").NewOrderResponseType(futures.NewOrderRespTypeRESULT).Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, []any{futures.OrderStatusTypeFilled, "0.010"}, []any{bought.Status, bought.ExecutedQuantity})

		limit := client.NewCreateOrderService().Symbol("BTCUSDT").Side(futures.SideTypeBuy).Type(futures.OrderTypeLimit).
			TimeInForce(futures.TimeInForceTypeGTC).Quantity("0.02").Price("59000").NewClientOrderID("limit").
			NewOrderResponseType(futures.NewOrderRespTypeRESULT)
		resting, err := limit.Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, futures.OrderStatusTypeNew, resting.Status)
		_, err = limit.Do(ctx)
		assert.EqualValues(t, -4116, codeOf(t, err))

		asked, err := client.NewGetOrderService().Symbol("BTCUSDT").OrigClientOrderID("limit").Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, resting.OrderID, asked.OrderID)
		open, err := client.NewListOpenOrdersService().Symbol("BTCUSDT").Do(ctx)
		require.NoError(t, err)
		assert.Len(t, open, 1)
		canceled, err := client.NewCancelOrderService().Symbol("BTCUSDT").OrigClientOrderID("limit").Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, futures.OrderStatusTypeCanceled, canceled.Status)
		_, err = client.NewCancelOrderService().Symbol("BTCUSDT").OrigClientOrderID("limit").Do(ctx)
		assert.EqualValues(t, -2011, codeOf(t, err))

		goBinanceReads(t, client)
		addsUp(t, c.venue.Ledger(), map[string]decimal.Decimal{"USDT": dec("10000")})
	})
}

func goBinanceReads(t *testing.T, client *futures.Client) {
	ctx := t.Context()
	trades, err := client.NewListAccountTradeService().Symbol("BTCUSDT").Do(ctx)
	require.NoError(t, err)
	require.Len(t, trades, 1)
	assert.Equal(t, "60000.10 0.010 0.30000050", trades[0].Price+" "+trades[0].Quantity+" "+trades[0].Commission)
	account, err := client.NewGetAccountV3Service().Do(ctx)
	require.NoError(t, err)
	assert.Equal(t, "9999.69999950", account.TotalWalletBalance)
	positions, err := client.NewGetPositionRiskV3Service().Symbol("BTCUSDT").Do(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"0.010", "60000.1"}, []string{positions[0].PositionAmt, positions[0].EntryPrice})
	balance, err := client.NewGetBalanceService().Do(ctx)
	require.NoError(t, err)
	assert.Equal(t, "9999.69999950", balance[0].Balance)
	mode, err := client.NewGetPositionModeService().Do(ctx)
	require.NoError(t, err)
	assert.False(t, mode.DualSidePosition)
	brackets, err := client.NewGetLeverageBracketService().Symbol("BTCUSDT").Do(ctx)
	require.NoError(t, err)
	assert.Equal(t, 0.004, brackets[0].Brackets[0].MaintMarginRatio)
	income, err := client.NewGetIncomeHistoryService().Do(ctx)
	require.NoError(t, err)
	assert.Equal(t, "-0.30000050", income[0].Income)
	klines, err := client.NewKlinesService().Symbol("BTCUSDT").Interval("1m").Do(ctx)
	require.NoError(t, err)
	assert.Equal(t, "60000.10", klines[len(klines)-1].Close)
	key, err := client.NewStartUserStreamService().Do(ctx)
	require.NoError(t, err)
	require.NoError(t, client.NewKeepaliveUserStreamService().ListenKey(key).Do(ctx))
	require.NoError(t, client.NewCloseUserStreamService().ListenKey(key).Do(ctx))
}

func TestGoBinanceTradesConditionalOrders(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		ctx, client := t.Context(), goBinance(c)
		c.order("in", "BUY MARKET 0.01")
		_, err := client.NewCreateOrderService().Symbol("BTCUSDT").Side(futures.SideTypeSell).
			Type(futures.OrderType("STOP_MARKET")).Quantity("0.01").StopPrice("59000").Do(ctx)
		assert.EqualValues(t, -4120, codeOf(t, err))

		stop := client.NewCreateAlgoOrderService().AlgoType(futures.OrderAlgoTypeConditional).Symbol("BTCUSDT").
			Side(futures.SideTypeSell).Type(futures.AlgoOrderTypeStopMarket).TriggerPrice("59000").ClosePosition(true)
		placed, err := stop.ClientAlgoId("stop").Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, futures.AlgoOrderStatusTypeNew, placed.AlgoStatus)
		open, err := client.NewListOpenAlgoOrdersService().Symbol("BTCUSDT").Do(ctx)
		require.NoError(t, err)
		require.Len(t, open, 1)
		_, err = client.NewCancelAlgoOrderService().ClientAlgoID("stop").Do(ctx)
		require.NoError(t, err)
		_, err = client.NewCancelAlgoOrderService().ClientAlgoID("stop").Do(ctx)
		assert.EqualValues(t, -2011, codeOf(t, err))

		_, err = stop.ClientAlgoId("again").Do(ctx)
		require.NoError(t, err)
		c.venue.Move("BTCUSDT", dec("58900"))
		after, err := client.NewGetAlgoOrderService().ClientAlgoID("again").Do(ctx)
		require.NoError(t, err)
		assert.Equal(t, []any{futures.AlgoOrderStatusType("FINISHED"), "58900.00000"}, []any{after.AlgoStatus, after.ActualPrice})
		assert.Empty(t, c.venue.Ledger().Positions)
	})
}
