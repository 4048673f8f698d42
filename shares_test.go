package vigil_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// sharing has two strategies trade the same instruments beside each other.
func sharing(t *testing.T, store *disk, shares map[string]decimal.Decimal) vigil.Config {
	t.Helper()
	cfg := onPaper(t)
	cross, err := strategy.EMACross{Fast: 3, Slow: 8}.Spec()
	require.NoError(t, err)
	reversion, err := strategy.RSIReversion{}.Spec()
	require.NoError(t, err)
	cfg.Strategies, cfg.Shares, cfg.Store = []signal.Spec{cross, reversion}, shares, store
	return cfg
}

var halves = map[string]decimal.Decimal{"ema_cross": number("0.5"), "rsi_reversion": number("0.5")}

func TestSharesGoOnAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newDisk()
		trader := build(t, sharing(t, store, halves))
		both := make(map[string]bool)
		serve(t, trader, time.Minute, func() {
			for len(both) < 2 {
				for _, one := range trader.Status().Trading.Stakes {
					if !one.Realized.IsZero() {
						both[one.Strategy] = true
					}
				}
				time.Sleep(5 * time.Second)
			}
		})
		before := *trader.Status().Trading
		again := build(t, sharing(t, store, halves))
		serve(t, again, 6*time.Second, func() {
			after := again.Status().Trading
			require.GreaterOrEqual(t, len(after.Stakes), len(before.Stakes))
			profit, fees := decimal.Zero, decimal.Zero
			for _, one := range after.Stakes {
				price := decimal.Zero // at which each part of a position is as wrong as the whole
				profit, fees = profit.Add(one.Realized).Add(one.Unrealized(price)), fees.Add(one.Fees)
			}
			for _, p := range after.Positions {
				profit = profit.Sub(p.Unrealized(decimal.Zero))
			}
			require.Equal(t, after.Counts.Realized.String(), profit.String())
			require.Equal(t, after.Counts.Fees.String(), fees.String())
		})
	})
}

func TestSharesAreASettingOfTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newDisk()
		serve(t, build(t, sharing(t, store, halves)), time.Minute, func() {})
		other := map[string]decimal.Decimal{"ema_cross": number("0.25"), "rsi_reversion": number("0.5")}
		dry, err := build(t, sharing(t, store, other)).DryRun(t.Context())
		require.NoError(t, err)
		require.Contains(t, dry.String(), `change share/ema_cross from "0.5" to "0.25"`+"\n")
		require.NotContains(t, dry.String(), "share/rsi_reversion")
	})
}

func TestSharesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for want, shares := range map[string]map[string]decimal.Decimal{
		`Config.Shares: the strategy "rsi_reversion" has none`: {"ema_cross": number("1")},
		"add up to 1.5, which is more than 1":                  {"ema_cross": number("1"), "rsi_reversion": number("0.5")},
	} {
		_, err := vigil.New(sharing(t, newDisk(), shares))
		require.ErrorContains(t, err, want)
	}
}
