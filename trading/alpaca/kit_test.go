package alpaca_test

import (
	"testing"

	sdk "github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// replace puts another order in the place of one, as a hand does.
func (d desk) replace(t *testing.T, clientID string, limit decimal.Decimal) {
	t.Helper()
	c := sdk.NewClient(sdk.ClientOpts{APIKey: alpacatest.Key, APISecret: alpacatest.Secret, BaseURL: d.url, RetryLimit: -1})
	o, err := c.GetOrderByClientOrderID(clientID)
	require.NoError(t, err)
	_, err = c.ReplaceOrder(o.ID, sdk.ReplaceOrderRequest{LimitPrice: &limit})
	require.NoError(t, err)
}
