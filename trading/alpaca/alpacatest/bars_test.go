package alpacatest_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// bars asks for those of AAPL, and says begin and prices of each.
func (c trial) bars(more ...string) (lines []string, token any) {
	c.t.Helper()
	q := url.Values{"timeframe": {"1Min"}, "start": {"2026-11-01"}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	o := c.get("/v2/stocks/AAPL/bars?" + q.Encode()).object(c.t)
	for _, one := range o["bars"].([]any) {
		b := one.(map[string]any)
		at, err := time.Parse(time.RFC3339, b["t"].(string))
		require.NoError(c.t, err)
		lines = append(lines, fmt.Sprint(at.Format("02 15:04"), " ", b["o"], b["h"], b["l"], b["c"], b["v"]))
	}
	return lines, o["next_page_token"]
}

func TestBarsAreOfWhatWasTraded(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	for _, price := range []string{"200", "201", "199"} {
		c.Move("AAPL", dec(price))
	}
	c.pass(3 * time.Minute)
	c.Move("AAPL", dec("205.25"))
	lines, _ := c.bars()
	require.Equal(t, []string{"30 15:00 200 201 199 199 300", "30 15:03 205.25 205.25 205.25 205.25 100"}, lines,
		"a minute without trades has no bar, and the one that runs is told")
	lines, _ = c.bars("timeframe", "5Min")
	require.Equal(t, []string{"30 15:00 200 205.25 199 205.25 400"}, lines)
	lines, _ = c.bars("timeframe", "1Day")
	require.Equal(t, []string{"30 05:00 200 205.25 199 205.25 400"}, lines, "a day begins at midnight in New York")
	lines, _ = c.bars("timeframe", "1Week")
	require.Equal(t, []string{"30 05:00 200 205.25 199 205.25 400"}, lines)
	lines, _ = c.bars("timeframe", "1Month")
	require.Equal(t, []string{"01 04:00 200 205.25 199 205.25 400"}, lines)
}

func TestHistoryIsOfMinutesOfTrading(t *testing.T) {
	t.Parallel()
	c := try(t, time.Date(2026, 11, 30, 14, 31, 0, 0, time.UTC)) // 9:31, after a half day and a weekend
	c.History("AAPL", []decimal.Decimal{dec("1"), dec("2"), dec("3")})
	lines, _ := c.bars()
	require.Equal(t, []string{"27 17:58 1 1 1 1 100", "27 17:59 1 2 1 2 100", "30 14:30 2 3 2 3 100"}, lines)
}

func TestBarsComeInPages(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	closes := []decimal.Decimal{dec("1"), dec("2"), dec("3"), dec("4"), dec("5")}
	c.History("AAPL", closes)
	for _, sort := range []string{"asc", "desc"} {
		whole, _ := c.bars("sort", sort)
		require.Len(t, whole, 5)
		var pages []string
		token := any("")
		for range 3 {
			require.NotNil(t, token)
			var page []string
			page, token = c.bars("sort", sort, "limit", "2", "page_token", token.(string))
			pages = append(pages, page...)
		}
		require.Nil(t, token)
		require.Equal(t, whole, pages)
	}
	lines, _ := c.bars("start", "2026-11-30T14:56:00Z", "end", "2026-11-30T14:58:00Z")
	require.Len(t, lines, 3, "both ends are among them")
}

func TestBarsAreRefused(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	for query, status := range map[string]int{
		"timeframe=1Minute": 400, "timeframe=60Min": 400, "timeframe=1Min&start=now": 400, "timeframe=1Min&limit=10001": 400,
		"timeframe=1Min&page_token=x": 400, "timeframe=1Min&feed=otc": 400, "timeframe=1Min&feed=sip": 403,
		"timeframe=1Min&feed=sip&end=2026-11-30T14:00:00Z": 200, "timeframe=1Min&feed=iex": 200, "timeframe=2Day": 400,
	} {
		require.Equal(t, status, c.get("/v2/stocks/AAPL/bars?"+query).status, query)
	}
	require.Equal(t, 400, c.get("/v2/stocks/bars?timeframe=1Min").status)
	require.Equal(t, 501, c.get("/v2/stocks/AAPL/quotes").status)
}

// The venue's own client for Go reads bars of some symbols, over pages.
func TestClientForGoReadsBars(t *testing.T) {
	t.Parallel()
	c := try(t, monday)
	c.History("AAPL", []decimal.Decimal{dec("1.5"), dec("2"), dec("3")})
	c.History("MSFT", []decimal.Decimal{dec("4"), dec("5")})
	server := httptest.NewServer(c.Venue)
	defer server.Close()
	client := marketdata.NewClient(marketdata.ClientOpts{
		APIKey: alpacatest.Key, APISecret: alpacatest.Secret, BaseURL: server.URL, RetryLimit: -1,
	})
	bars, err := client.GetMultiBars([]string{"MSFT", "AAPL", "NONE"}, marketdata.GetBarsRequest{
		TimeFrame: marketdata.OneMin, Start: monday.Add(-time.Hour), PageLimit: 2, Feed: marketdata.IEX,
	})
	require.NoError(t, err)
	require.Len(t, bars, 2)
	require.Len(t, bars["MSFT"], 2)
	require.Equal(t, marketdata.Bar{
		Timestamp: monday.Add(-time.Minute), Open: 2, High: 3, Low: 2, Close: 3, Volume: 100, TradeCount: 1, VWAP: 3,
	}, bars["AAPL"][2])
	_, err = client.GetBars("AAPL", marketdata.GetBarsRequest{TimeFrame: marketdata.OneMin, Feed: marketdata.SIP})
	require.ErrorContains(t, err, "does not permit querying recent SIP data")
}
