package metrics_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func day(date, equity, paidIn string) book.Day {
	d := book.Day{Day: date, PaidIn: number(paidIn)}
	if equity != "" {
		d.Equity = decimal.NewNullDecimal(number(equity))
	}
	return d
}

func TestDrawdownCountsFromTheHighestEndOfADay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		days           []book.Day
		paidIn, equity string
		below, part    float64
	}{
		"no day has ended, and it lost":   {nil, "0", "9000", 1000, 0.1},
		"no day has ended, and it won":    {nil, "0", "11000", 0, 0},
		"from the higher of two days":     {[]book.Day{day("2026-11-26", "12000", "0"), day("2026-11-27", "11000", "0")}, "0", "9000", 3000, 0.25},
		"higher than ever":                {[]book.Day{day("2026-11-26", "12000", "0")}, "0", "12500", 0, 0},
		"what is paid in is no profit":    {[]book.Day{day("2026-11-26", "15000", "5000"), day("2026-11-27", "14000", "0")}, "5000", "13500", 1500, 0.1},
		"what is paid out is no loss":     {[]book.Day{day("2026-11-26", "10000", "0"), day("2026-11-27", "", "-4000")}, "-4000", "6000", 0, 0},
		"days before those are forgotten": {[]book.Day{day("2026-11-26", "3000", "0")}, "-8000", "2700", 300, 0.1},
		"all is lost, and more":           {nil, "0", "-500", 10500, 1.05},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := metrics.Config{
				Registry: health.NewRegistry(health.Config{}), Days: func() []book.Day { return c.days },
				Account: func() (engine.Status, bool) {
					return engine.Status{
						Capital: number("10000"), Equity: number(c.equity), Day: journal.DayOpened{Day: "2026-11-28"},
						Counts: book.Counts{Moved: map[trading.CashKind]decimal.Decimal{trading.CashDeposit: number(c.paidIn)}},
					}, true
				},
			}
			require.InDelta(t, c.below, numbers(t, cfg, "vigil_account_drawdown")[0].GetGauge().GetValue(), 1e-9)
			require.InDelta(t, c.part, numbers(t, cfg, "vigil_account_drawdown_ratio")[0].GetGauge().GetValue(), 1e-9)
		})
	}
}

func TestDaysAreAskedForOnceADay(t *testing.T) {
	t.Parallel()
	asked, today, paidIn := 0, "2026-11-28", "0"
	c, err := metrics.New(metrics.Config{
		Registry: health.NewRegistry(health.Config{}),
		Days: func() []book.Day {
			asked++
			return nil
		},
		Account: func() (engine.Status, bool) {
			return engine.Status{
				Capital: number("10000"), Equity: number("9000"), Day: journal.DayOpened{Day: today},
				Counts: book.Counts{Moved: map[trading.CashKind]decimal.Decimal{trading.CashDeposit: number(paidIn)}},
			}, true
		},
	})
	require.NoError(t, err)
	told := func() string { return exposition(t, scrape(t, c)) }
	for range 3 {
		require.Contains(t, told(), "vigil_account_drawdown 1000\n")
	}
	require.Equal(t, 1, asked)
	today = "2026-11-29"
	told()
	require.Equal(t, 2, asked, "a day has ended")
	paidIn = "100"
	told()
	require.Equal(t, 3, asked, "something was paid in")
}
