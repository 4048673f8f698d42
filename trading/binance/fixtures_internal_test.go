package binance

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/stretchr/testify/require"

	"encoding/json"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// fixture reads what the venue was seen to say. It is data of others and no part of this repository.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "fixtures", "binance", name))
	if os.IsNotExist(err) {
		t.Skipf("there is no payload %s on this machine", name)
	}
	require.NoError(t, err)
	return text
}

func TestPayloadsSayWhatTheyMean(t *testing.T) {
	t.Parallel()
	const dark = "" // a message that tells of no order of ours
	for name, c := range map[string]struct {
		clientID  string
		status    trading.OrderStatus
		filled    string
		triggered bool
	}{
		"captured/ws_futures_algo_update_triggered.json":                         {"O-20251211-053131-TEST-000-1", trading.StatusOpen, "0", true},
		"captured/ws_futures_algo_update_finished.json":                          {"O-20251211-053131-TEST-000-1", trading.StatusFilled, "38", true},
		"captured/ws_futures_algo_update_finished_canceled.json":                 {"O-20251211-053131-TEST-000-2", trading.StatusCanceled, "0", true},
		"captured/ws_futures_order_update_new_price_match.json":                  {"O-12345-test-price-match", trading.StatusOpen, "0", false},
		"captured/ws_futures_order_update_new_stop_limit_price_match.json":       {"O-12345-test-stop-limit-price-match", trading.StatusOpen, "0", false},
		"captured/ws_futures_order_update_new_limit_if_touched_price_match.json": {"O-12345-test-limit-if-touched-price-match", trading.StatusOpen, "0", false},
		"captured/ws_futures_order_update_trade_reduce_only_qty.json":            {"O-12345-test-reduce-only-trade", trading.StatusFilled, "1", false},
		"captured/ws_futures_order_update_adl.json":                              {clientID: dark},
		"captured/ws_futures_order_update_liquidation.json":                      {clientID: dark},
		"captured/ws_futures_order_update_liquidation_zero_qty.json":             {clientID: dark},
		"captured/ws_futures_order_update_settlement.json":                       {clientID: dark},
		"futures/algo_update_canceled.json":                                      {"Q5xaq5EGKgXXa0fD7fs0Ip", trading.StatusCanceled, "0", false},
		"futures/order_update_new.json":                                          {"TEST", trading.StatusOpen, "0", false},
		"futures/order_update_trade.json":                                        {"TEST", trading.StatusOpen, "0.001", false},
		"futures/order_update_trade_partial.json":                                {"TEST", trading.StatusOpen, "0.001", false},
		"futures/order_update_adl.json":                                          {clientID: dark},
		"futures/order_update_calculated.json":                                   {clientID: dark},
		"futures/order_update_calculated_pending.json":                           {clientID: dark},
		"futures/order_update_delivery.json":                                     {clientID: dark},
		"futures/order_update_settlement.json":                                   {clientID: dark},
		"futures/account_update.json":                                            {clientID: dark},
		"futures/account_update_bnfcr.json":                                      {clientID: dark},
		"futures/mark_price_stream.json":                                         {clientID: dark},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := New(Config{
				APIKey: "k", SecretKey: "s", URL: LiveURL, Symbols: []string{btc}, Logger: slog.New(slog.DiscardHandler),
			})
			require.NoError(t, err)
			b.updates.Break(false)
			before := b.Updates(0).Seq
			require.NoError(t, b.hear(t.Context(), fixture(t, name)))
			u := b.Updates(before)
			require.False(t, u.Missed, "it was understood")
			if c.clientID == dark {
				require.Empty(t, u.Orders)
				return
			}
			require.Len(t, u.Orders, 1)
			r := u.Orders[0]
			require.Equal(t, c.clientID, r.ClientID)
			require.Equal(t, c.status, r.Status)
			require.Equal(t, c.triggered, r.Triggered)
			require.True(t, r.Filled.Equal(d(c.filled)), r.Filled)
		})
	}
}

func TestPayloadOfInstruments(t *testing.T) {
	t.Parallel()
	var info futures.ExchangeInfo
	require.NoError(t, json.Unmarshal(fixture(t, "captured/http_futures_market_exchange_info.json"), &info))
	traded, names := 0, make(map[string]bool)
	for _, s := range info.Symbols {
		l := list(s)
		require.NoError(t, l.Validate(), s.Symbol)
		require.False(t, names[l.Symbol], "two are called %s", l.Symbol)
		names[l.Symbol] = true
		if l.isTraded() {
			traded++
		}
	}
	require.Positive(t, traded)
	require.Equal(t, trading.Instrument{
		Symbol: btc, Tick: d("0.10"), Step: d("0.001"), MinQuantity: d("0.001"), MinNotional: d("10"),
	}, list(info.Symbols[0]).Instrument)
}
