package binance

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const getPremium = "GET /fapi/v1/premiumIndex"

func TestFundingThatIsDueIsToldUntilThen(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{
		getRisk:    says(200, `[{"symbol":"BTCUSDT","positionAmt":"-0.010","markPrice":"60000","liquidationPrice":"75000","maintMargin":"2.4"}]`),
		getPremium: says(200, `{"symbol":"BTCUSDT","markPrice":"60000","lastFundingRate":"0.00010000","nextFundingTime":1795968000000}`),
	})
	b := v.broker(t)
	require.NoError(t, b.lookAtMargins(t.Context()))
	m, known := b.Margin(btc)
	require.True(t, known)
	require.Equal(t, time.Date(2026, 11, 29, 16, 0, 0, 0, time.UTC), m.FundingAt)
	require.True(t, m.Funding.Equal(d("0.06")), "who is short is paid: %s", m.Funding)
	require.True(t, m.Maintenance.Equal(d("2.4")))
	require.Equal(t, "75000", m.Liquidation.Decimal.String())

	v.answer(getRisk, says(200, `[{"symbol":"BTCUSDT","positionAmt":"0.020","markPrice":"50000","liquidationPrice":"40000"}]`))
	_, err := b.Positions(t.Context())
	require.NoError(t, err)
	m, _ = b.Margin(btc)
	require.True(t, m.Funding.Equal(d("-0.1")), "who is long pays, at the mark of the last look: %s", m.Funding)
	v.clock.Add(4 * time.Hour)
	m, known = b.Margin(btc)
	require.True(t, known)
	require.Zero(t, m.FundingAt, "that is over, and the next is not known")
	require.True(t, m.Funding.IsZero())

	v.answer(getPremium, says(500, `{}`))
	require.Error(t, b.lookAtMargins(t.Context()))
	_, known = b.Margin(btc)
	require.True(t, known)
}

func TestFundingOfManyIsAskedForAtOnce(t *testing.T) {
	t.Parallel()
	row := `{"symbol":"S","positionAmt":"1","markPrice":"2","liquidationPrice":"1"}`
	rows := row
	for _, name := range strings.Split("A B C D E F G H I J", " ") {
		rows += "," + strings.Replace(row, `"S"`, `"`+name+`"`, 1)
	}
	v := serve(t, map[string]http.HandlerFunc{
		getRisk: says(200, "["+rows+"]"),
		getPremium: says(200, `[{"symbol":"S","lastFundingRate":"0.5","nextFundingTime":1795968000000},
			{"symbol":"A","lastFundingRate":"no number","nextFundingTime":1795968000000},{"symbol":"B","lastFundingRate":"0.5","nextFundingTime":0}]`),
	})
	b := v.broker(t)
	require.NoError(t, b.lookAtMargins(t.Context()))
	require.Equal(t, []string{getRisk, getPremium}, v.calls())
	m, known := b.Margin("S")
	require.True(t, known)
	require.True(t, m.Funding.Equal(d("-1")), m.Funding)
	for _, name := range []string{"A", "B"} {
		m, known = b.Margin(name)
		require.True(t, known)
		require.Zero(t, m.FundingAt)
	}
}
