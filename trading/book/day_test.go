package book_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const oneDay = 24 * time.Hour

// daysText is what the totals are, however they came about.
func daysText(t require.TestingT, b *book.Book) string {
	data, err := json.Marshal(b.Days())
	require.NoError(t, err)
	return string(data)
}

// reread is the Book that a snapshot gives back.
func reread(t require.TestingT, b *book.Book) *book.Book {
	data, err := b.Snapshot()
	require.NoError(t, err)
	again, err := book.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	return again
}

func sale(id, quantity, price, fee string) journal.Filled {
	return journal.Filled{Fill: trading.Fill{
		ID: id, Symbol: btc, Side: trading.Sell, Price: d(price), Quantity: d(quantity), Fee: d(fee), Time: noon,
	}}
}

func TestDaysAddUpWhatCameOfEach(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for _, e := range []struct {
		day   int
		event journal.Event
	}{
		{0, journal.DayOpened{Day: "2025-03-04", Equity: d("10000")}},
		{0, fillOf("x", "f-1", "2")},
		{0, fillOf("x", "f-1", "2")}, // once
		{0, sale("f-2", "0.5", "110", "0.25")},
		{1, journal.DayOpened{Day: "2025-03-05", Equity: d("10008"), Before: d("10007")}},
		{1, moved("m", trading.CashFunding, "-3", "")},
		{1, moved("d", trading.CashDeposit, "500", "")},
		{1, moved("n", trading.CashFee, "-1", "BNB")},
		{1, journal.DayOpened{Day: "2025-03-05", Equity: d("1")}}, // a person has re-armed
		{1, sale("f-3", "1.5", "90", "0.1")},
		{3, sale("f-4", "0.001", "90.5", "-0.01")},
	} {
		require.NoError(t, b.Apply(noon.Add(time.Duration(e.day)*oneDay), e.event))
	}
	require.JSONEq(t, `[
		{"day":"2025-03-04","fills":2,"volume":"255","fees":"0.25","realized":"5","moved":"0","paid_in":"0","equity":"10007"},
		{"day":"2025-03-05","fills":1,"volume":"135","fees":"0.1","realized":"-15","moved":"-3","paid_in":"500","equity":null},
		{"day":"2025-03-07","fills":1,"volume":"0.0905","fees":"-0.01","realized":"0","moved":"0","paid_in":"0","equity":null}
	]`, daysText(t, b))
	require.Equal(t, daysText(t, b), daysText(t, reread(t, b)))
}

// The totals of all days are those of the account, whichever way the clock goes and however often the process is restarted.
func TestDaysAddUpToTheAccount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := book.New(d("10000"))
		restarted := book.New(d("10000"))
		now := noon
		for range rapid.IntRange(0, 60).Draw(rt, "length") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 9, 30, -30}).Draw(rt, "hours")) * time.Hour)
			e := drawEvent(rt)
			if rapid.IntRange(0, 5).Draw(rt, "cash") == 0 {
				kind := rapid.SampledFrom([]trading.CashKind{trading.CashFunding, trading.CashFee, trading.CashDeposit}).Draw(rt, "kind")
				e = moved(fmt.Sprint("m", rapid.IntRange(1, 9).Draw(rt, "move")), kind, "1.5", "")
			}
			if b.Apply(now, e) != nil {
				continue
			}
			require.NoError(rt, restarted.Apply(now, e))
			if rapid.Bool().Draw(rt, "restart") {
				restarted = reread(rt, restarted)
			}
		}
		require.Equal(rt, daysText(rt, b), daysText(rt, restarted))
		var sum book.Day
		last := ""
		for _, day := range b.Days() {
			require.Less(rt, last, day.Day, "each once, ascending")
			last = day.Day
			sum.Fills += day.Fills
			sum.Fees, sum.Realized = sum.Fees.Add(day.Fees), sum.Realized.Add(day.Realized)
			sum.Moved, sum.PaidIn = sum.Moved.Add(day.Moved), sum.PaidIn.Add(day.PaidIn)
		}
		counts := b.Counts()
		require.Equal(rt, counts.Fills, sum.Fills)
		require.Equal(rt, counts.Fees.String(), sum.Fees.String())
		require.Equal(rt, counts.Realized.String(), sum.Realized.String())
		require.Equal(rt, b.PaidIn().String(), sum.PaidIn.String())
		require.Equal(rt, counts.Moved[trading.CashFunding].Add(counts.Moved[trading.CashFee]).String(), sum.Moved.String())
	})
}

func TestDaysAreTheLastFourHundred(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for i := range 500 {
		require.NoError(t, b.Apply(noon.Add(time.Duration(i)*oneDay), fillOf("x", fmt.Sprint("f", i), "1")))
	}
	days := b.Days()
	require.Len(t, days, 400)
	require.Equal(t, noon.Add(100*oneDay).Format(time.DateOnly), days[0].Day)
	require.Equal(t, noon.Add(499*oneDay).Format(time.DateOnly), days[399].Day)
	require.Len(t, reread(t, b).Days(), 400)
}

// Prices and quantities of all kinds, in any order, and sums that no machine word holds.
func TestVolumeOfADayIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		number := func(name string) decimal.Decimal {
			digits := rapid.SampledFrom([]int64{9, 9999, 1e9, 1e18}).Draw(rt, name+" below")
			exp := rapid.Int32Range(-12, 3).Draw(rt, name+" places")
			return decimal.New(rapid.Int64Range(1, digits).Draw(rt, name), exp)
		}
		b, want := book.New(d("10000")), decimal.Zero
		for i := range rapid.IntRange(0, 30).Draw(rt, "fills") {
			quantity, price := number("quantity"), number("price")
			want = want.Add(quantity.Mul(price))
			require.NoError(rt, b.Apply(noon, sale(fmt.Sprint("f", i), quantity.String(), price.String(), "0")))
		}
		for _, day := range b.Days() {
			require.Equal(rt, want.String(), day.Volume.String())
		}
	})
}
