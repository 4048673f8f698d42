package console_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// csvHost has one of each list, with numbers that a float64 does not hold.
func csvHost(t testing.TB, reason string) http.Handler {
	t.Helper()
	d, zone := decimal.RequireFromString, time.FixedZone("", 3600)
	o := order(0, "BTC/USDT", trading.StatusRejected)
	o.Quantity, o.Reason, o.UpdatedAt = d("0.100000000000000000001"), reason, noon.In(zone)
	s := example(7, "BTC/USDT", signal.Short)
	s.Params = reason
	fill := trading.Fill{ID: "f1", ClientID: "order-a", Symbol: "BTC/USDT", Side: trading.Sell, Quantity: d("2"),
		Price: d("64000.123456789012345678"), Fee: d("-0.5"), Time: noon.In(zone)}
	return handler(t, console.Config{
		Signals: given(s), Orders: func() []book.OrderState { return []book.OrderState{o} },
		History: tell(t, journal.Filled{Fill: fill}),
		Equity: func(context.Context, time.Time) ([]journal.Mark, error) {
			return []journal.Mark{{At: noon.In(zone), Equity: d("9997.000000000000000001"), PaidIn: d("-5")}}, nil
		},
		Performance: func() []book.Day {
			return []book.Day{{Day: "2026-03-03", Realized: d("-3"), Equity: decimal.NewNullDecimal(d("9997"))}, {Day: "2026-03-04"}}
		},
	})
}

// rows reads an answer of CSV: by column of the header.
func rows(t testing.TB, body string) (all []map[string]string) {
	t.Helper()
	read, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	require.NoError(t, err)
	for _, row := range read[1:] {
		one := map[string]string{}
		for i, name := range read[0] {
			one[name] = row[i]
		}
		all = append(all, one)
	}
	return all
}

func TestCSVIsEachListExactly(t *testing.T) {
	t.Parallel()
	h := csvHost(t, "r")
	for path, want := range map[string]map[string]string{
		"/api/signals/latest": {"seq": "7", "direction": "short", "confidence": "0.75", "price": "64000.5", "interval": "1m0s",
			"created_at": "2026-03-04T12:08:00Z"},
		"/api/orders": {"client_id": "order-a", "side": "buy", "status": "rejected", "quantity": "0.100000000000000000001",
			"limit_price": "", "reduce_only": "false", "updated_at": "2026-03-04T12:00:00Z"},
		"/api/fills":       {"seq": "1", "price": "64000.123456789012345678", "fee": "-0.5", "time": "2026-03-04T12:00:00Z"},
		"/api/equity":      {"at": "2026-03-04T12:00:00Z", "equity": "9997.000000000000000001", "paid_in": "-5"},
		"/api/performance": {"from": "2026-03-03", "realized": "-3", "net": "-3", "equity": "9997"},
	} {
		byParameter := ask(h, http.MethodGet, path+"?format=csv")
		byHeader := ask(h, http.MethodGet, path, header("Accept", "text/html, text/csv;q=0.9"))
		for _, w := range []string{byParameter.Body.String(), byHeader.Body.String()} {
			require.Subset(t, rows(t, w)[0], want, path)
		}
		require.Equal(t, "text/csv; charset=utf-8; header=present", byHeader.Header().Get("Content-Type"))
		require.Regexp(t, `^attachment; filename="vigil-[a-z]+\.csv"$`, byHeader.Header().Get("Content-Disposition"))
		require.Equal(t, "Accept", byHeader.Header().Get("Vary"))
		require.True(t, strings.HasSuffix(byHeader.Body.String(), "\r\n"), "RFC 4180")
		for _, json := range []string{"application/json", "*/*", "", "text/csv, application/json"} {
			w := ask(h, http.MethodGet, path, header("Accept", json))
			require.Equal(t, "application/json", w.Header().Get("Content-Type"), json)
			require.Empty(t, w.Header().Get("Content-Disposition"))
		}
		w := ask(h, http.MethodGet, path+"?format=json", header("Accept", "text/csv"))
		require.Equal(t, "application/json", w.Header().Get("Content-Type"), "the parameter is the last word")
		require.Equal(t, "format", refused(t, ask(h, http.MethodGet, path+"?format=xml"), http.StatusBadRequest).Parameter)
	}
	require.Empty(t, rows(t, ask(h, http.MethodGet, "/api/performance?format=csv").Body.String())[1]["equity"], "not known yet")
}

func TestCSVOfNothingIsItsHeader(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{})
	body := ask(h, http.MethodGet, "/api/signals/latest?format=csv").Body.String()
	require.True(t, strings.HasPrefix(body, "seq,id,created_at,symbol,"), body)
	require.Equal(t, 1, strings.Count(body, "\n"))
}

// What a venue or a strategy wrote is opened in a spreadsheet one day.
func TestCSVHasNoFormulas(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"=HYPERLINK(\"http://x\")": "'=HYPERLINK(\"http://x\")", "+1": "'+1", "-1+cmd|' /C calc'!A0": "'-1+cmd|' /C calc'!A0",
		"@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t'=1", "  =1": "  '=1", "＝1": "'＝1", "a;=1;b": "a;'=1;b", "a\n=1": "a\n'=1",
		"\r=1": "\uFFFD=1", "a\x1b[31m": "a\uFFFD[31m", "a=1, b-2 \"c\"": "a=1, b-2 \"c\"", "": "",
	} {
		h := csvHost(t, reason)
		orders := rows(t, ask(h, http.MethodGet, "/api/orders?format=csv").Body.String())
		require.Equal(t, want, orders[0]["reason"], "%q", reason)
		signals := rows(t, ask(h, http.MethodGet, "/api/signals/latest?format=csv").Body.String())
		require.Equal(t, want, signals[0]["params"])
	}
}

func TestCSVSaysWhereItsNextPageIs(t *testing.T) {
	t.Parallel()
	orders := []book.OrderState{order(0, "A", trading.StatusOpen), order(1, "A", trading.StatusOpen)}
	h := handler(t, console.Config{Orders: func() []book.OrderState { return orders }})
	w := ask(h, http.MethodGet, "/api/orders?limit=1&format=csv")
	require.Equal(t, "order-b", rows(t, w.Body.String())[0]["client_id"])
	w = ask(h, http.MethodGet, next(w))
	require.Equal(t, "order-a", rows(t, w.Body.String())[0]["client_id"], "the next page is CSV too")
}
