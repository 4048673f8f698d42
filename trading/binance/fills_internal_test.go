package binance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const (
	getTrades = "GET /fapi/v1/userTrades"
	getIncome = "GET /fapi/v1/income"
)

// ledger answers for trades as the venue does: within a week, or from a number on, and never both.
func ledger(t *testing.T, all ...map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number := func(name string) int64 {
			n, _ := strconv.ParseInt(r.Form.Get(name), 10, 64)
			return n
		}
		if r.Form.Get("fromID") != "" || r.Form.Get("fromId") != "" == (r.Form.Get("startTime") != "") ||
			number("endTime")-number("startTime") > week.Milliseconds() || number("limit") < 1 {
			t.Errorf("the venue refuses %v", r.Form)
		}
		page := []map[string]any{}
		for _, one := range all {
			at := one["time"].(int64)
			fits := one["symbol"] == r.Form.Get("symbol") && int64(one["id"].(int)) >= number("fromId")
			if r.Form.Get("startTime") != "" {
				fits = fits && at >= number("startTime") && at <= number("endTime")
			}
			if fits && len(page) < int(number("limit")) {
				page = append(page, one)
			}
		}
		_ = json.NewEncoder(w).Encode(page)
	}
}

func traded(symbol string, id, order int, at time.Time) map[string]any {
	return map[string]any{
		"symbol": symbol, "id": id, "orderId": order, "side": "SELL", "price": "90000.10", "qty": "0.002", "commission": "0.0001",
		"commissionAsset": "BNB", "time": at.UnixMilli(), "positionSide": "BOTH",
	}
}

// byNumber answers for an order by its number.
func byNumber(names map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, known := names[r.Form.Get("orderId")]
		if !known {
			says(400, noOrder)(w, r)
			return
		}
		_, _ = fmt.Fprintf(w, `{"orderId":%s,"clientOrderId":%q,"status":"FILLED","executedQty":"0.002","time":%d}`,
			r.Form.Get("orderId"), name, noon.UnixMilli())
	}
}

func TestFillHasTheVenuesNumberAndTheOrdersName(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{
		getTrades: ledger(t, traded("BTCUSDT", 11, 1, noon), traded("BTCUSDT", 12, 2, noon), traded("BTCUSDT", 13, 3, noon),
			traded("BTCUSDT", 14, 4, noon), traded("BTCUSDT", 15, 5, noon)),
		getOrder: byNumber(map[string]string{"1": id, "2": "electron_1", "3": "autoclose-1764417600000", "4": "born"}),
		getStops: says(200, `[{"symbol":"BTCUSDT","clientAlgoId":"v-stop","actualOrderId":"4"}]`),
	})
	b := v.broker(t)
	fills, _, err := b.Fills(t.Context(), trading.Cursor{Since: noon}, 100)
	require.NoError(t, err)
	require.Equal(t, trading.Fill{
		ID: "BTCUSDT:11", ClientID: id, Symbol: btc, Side: trading.Sell, Price: d("90000.10"), Quantity: d("0.002"), Fee: d("0.0001"),
		FeeAsset: "BNB", Time: noon,
	}, fills[0])
	require.Equal(t, "electron_1", fills[1].ClientID, "an order by hand")
	require.Equal(t, "autoclose-1764417600000", fills[2].ClientID)
	require.True(t, fills[2].Liquidation)
	require.False(t, fills[1].Liquidation)
	for name, settled := range map[string]bool{
		"settlement_autoclose-1": true, "delivery_autoclose-1": true, "adl_autoclose": false, "autoclose-1": false, "v-1": false,
	} {
		require.Equal(t, settled, isSettlement(name), name)
	}
	require.Equal(t, "v-stop", fills[3].ClientID, "what a stop has set off")
	require.Equal(t, "binance-5", fills[4].ClientID, "the venue has forgotten the order, and not the trade")
	v.heard()
	_, _, err = b.Fills(t.Context(), trading.Cursor{Since: noon}, 100)
	require.NoError(t, err)
	require.Equal(t, []string{getTrades, getOrder}, v.calls(), "only what it has forgotten is asked for again")
}

func TestFillsComeInPagesOverWeeksAndInstruments(t *testing.T) {
	t.Parallel()
	old := noon.Add(-40 * 24 * time.Hour)
	rows := []map[string]any{
		traded("BTCUSDT", 1, 1, noon.Add(-100*24*time.Hour)), // more than the venue tells
		traded("BTCUSDT", 2, 1, old), traded("BTCUSDT", 3, 1, old), traded("BTCUSDT", 4, 1, noon.Add(-20*24*time.Hour)),
		traded("BTCUSDT", 9, 1, noon), traded("ETHUSDT", 5, 1, old), traded("ETHUSDT", 6, 1, noon.Add(-time.Hour)),
	}
	var want []string
	for _, row := range rows[1:] {
		want = append(want, fmt.Sprintf("%s:%d", row["symbol"], row["id"]))
	}
	slices.Sort(want)
	for _, limit := range []int{1, 2, 3, 100} {
		v := serve(t, map[string]http.HandlerFunc{getTrades: ledger(t, rows...), getOrder: byNumber(map[string]string{"1": id})})
		b := v.broker(t, func(cfg *Config) { cfg.Symbols = []string{btc, "ETH/USDT:USDT"} })
		walk := func(from trading.Cursor) (got []string, end trading.Cursor) {
			for {
				page, next, err := b.Fills(t.Context(), from, limit)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page), limit)
				if len(page) == 0 {
					return got, next
				}
				for _, f := range page {
					got = append(got, f.ID)
				}
				from = next
			}
		}
		got, end := walk(trading.Cursor{})
		require.ElementsMatch(t, want, got)
		v.answer(getTrades, ledger(t, append(rows, traded("ETHUSDT", 70, 1, noon.Add(time.Second)))...))
		got, _ = walk(end)
		require.Equal(t, []string{"ETHUSDT:70"}, got)
	}
}

func TestFillsOfAnInstrumentThatOnlyAPositionShows(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{
		getTrades: ledger(t, traded("ETHUSDT", 5, 1, noon)), getOrder: byNumber(map[string]string{"1": id}),
		getRisk: says(200, `[{"symbol":"ETHUSDT","positionSide":"BOTH","positionAmt":"1"}]`),
	})
	b := v.broker(t)
	fills, at, err := b.Fills(t.Context(), trading.Cursor{Since: noon.Add(-time.Minute)}, 10)
	require.NoError(t, err)
	require.Empty(t, fills)
	_, err = b.Positions(t.Context())
	require.NoError(t, err)
	fills, _, err = b.Fills(t.Context(), at, 10)
	require.NoError(t, err)
	require.Len(t, fills, 1)
}

func TestCursorThatCannotBe(t *testing.T) {
	t.Parallel()
	b := serve(t, nil).broker(t)
	for _, token := range []string{"x", ">1", "BTCUSDT", "BTCUSDT>x", "BTCUSDT@1,"} {
		_, _, err := b.Fills(t.Context(), trading.Cursor{Token: token}, 1)
		require.ErrorContains(t, err, "is no cursor of fills")
	}
	_, _, err := b.CashEvents(t.Context(), trading.Cursor{Token: "x"}, 1)
	require.ErrorContains(t, err, "is no cursor of cash")
}

func TestCashMovesOnce(t *testing.T) {
	t.Parallel()
	row := func(id int, kind, amount, asset, symbol string, at time.Time) string {
		return fmt.Sprintf(`{"tranId":%d,"incomeType":%q,"income":%q,"asset":%q,"symbol":%q,"time":%d}`, id, kind, amount, asset, symbol, at.UnixMilli())
	}
	old := noon.Add(-20 * 24 * time.Hour)
	rows := []struct {
		at  time.Time
		row string
	}{
		{old, row(1, "TRANSFER", "1000", "USDT", "", old)},
		{old, row(2, "TRANSFER", "-10", "USDT", "", old)},
		{old, row(3, "REALIZED_PNL", "5", "USDT", "BTCUSDT", old)},
		{noon, row(4, "FUNDING_FEE", "-0.12", "USDT", "BTCUSDT", noon)},
		{noon, row(5, "FUNDING_FEE", "0.05", "USDT", "ETHUSDT", noon)},
		{noon, row(6, "COMMISSION", "-0.01", "BNB", "BTCUSDT", noon)},
		{noon, row(7, "INSURANCE_CLEAR", "-3", "USDT", "BTCUSDT", noon)},
		{noon, row(8, "INSURANCE_CLEAR", "4", "USDT", "BTCUSDT", noon)},
		{noon, row(9, "REFERRAL_KICKBACK", "0.01", "USDT", "", noon)},
		{noon, row(10, "FUNDING_FEE", "0", "USDT", "BTCUSDT", noon)},
	}
	income := func(w http.ResponseWriter, r *http.Request) {
		begin, _ := strconv.ParseInt(r.Form.Get("startTime"), 10, 64)
		end, _ := strconv.ParseInt(r.Form.Get("endTime"), 10, 64)
		if _, sent := r.Form["symbol"]; sent || end-begin > week.Milliseconds() {
			t.Errorf("the venue refuses %v", r.Form)
		}
		text := ""
		for _, one := range rows {
			if at := one.at.UnixMilli(); at >= begin && at <= end {
				text += "," + one.row
			}
		}
		_, _ = fmt.Fprintf(w, "[%.*s]", len(text), text[min(1, len(text)):])
	}
	for _, limit := range []int{1, 2, 100} {
		v := serve(t, map[string]http.HandlerFunc{getIncome: income})
		b := v.broker(t)
		var got []string
		from := trading.Cursor{Since: old}
		for range 20 {
			page, next, err := b.CashEvents(t.Context(), from, limit)
			require.NoError(t, err)
			from = next
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				require.NoError(t, e.Validate())
				got = append(got, fmt.Sprintf("%s %s %s %s", e.Kind, e.Amount, e.Asset, e.Symbol))
			}
		}
		require.Equal(t, []string{
			"deposit 1000 USDT ", "withdrawal -10 USDT ", "funding -0.12 USDT BTC/USDT:USDT", "funding 0.05 USDT ETH/USDT:USDT",
			"fee -3 USDT BTC/USDT:USDT", "insurance 4 USDT BTC/USDT:USDT", "fee 0.01 USDT ",
		}, got)
		page, _, err := b.CashEvents(t.Context(), from, limit)
		require.NoError(t, err)
		require.Empty(t, page)
	}
}

// A venue that tells the same trades again does not make anybody ask for ever, and does not tell them twice.
func TestFillsEndWhereTheVenueRepeatsItself(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{
		getTrades: func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode([]map[string]any{traded("BTCUSDT", 11, 1, noon)})
		},
		getOrder: byNumber(map[string]string{"1": id}),
	})
	b := v.broker(t)
	fills, next, err := b.Fills(t.Context(), trading.Cursor{Since: noon}, 100)
	require.NoError(t, err)
	require.Len(t, fills, 1)
	fills, same, err := b.Fills(t.Context(), next, 100)
	require.ErrorContains(t, err, "up to 11")
	require.Empty(t, fills)
	require.Equal(t, next, same)

	b = v.broker(t)
	_, _, err = b.Fills(t.Context(), trading.Cursor{Since: noon.Add(time.Second)}, 100)
	require.ErrorContains(t, err, "up to 11", "all that it tells is older than what was asked for")
}

// A venue that tells the same incomes whatever it is asked for does not make a reader go round.
func TestCashEndsWhereTheVenueRepeatsItself(t *testing.T) {
	t.Parallel()
	rows := make([]string, 0, maxIncome)
	for i := range maxIncome {
		rows = append(rows, fmt.Sprintf(`{"tranId":%d,"incomeType":"FUNDING_FEE","income":"1","asset":"USDT","symbol":"BTCUSDT","time":%d}`,
			i, noon.Add(time.Duration(i/2-maxIncome)*time.Second).UnixMilli()))
	}
	for _, n := range []int{10, maxIncome} {
		v := serve(t, map[string]http.HandlerFunc{getIncome: says(200, "["+strings.Join(rows[:n], ",")+"]")})
		b := v.broker(t)
		from, told := trading.Cursor{Since: noon.Add(-24 * time.Hour)}, 0
		for range 2 * n {
			page, next, err := b.CashEvents(t.Context(), from, 70)
			told += len(page)
			if err != nil {
				require.ErrorContains(t, err, "of one instant")
				break
			}
			if len(page) == 0 {
				break
			}
			from = next
		}
		require.Equal(t, n, told, "each is told once")
		require.Less(t, v.count(getIncome), n/70+10)
	}
}
