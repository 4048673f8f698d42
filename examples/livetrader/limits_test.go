package main

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

func TestLimitsAreTheSimpleSetUntilMoreIsAskedFor(t *testing.T) {
	t.Parallel()
	cfg, err := parseConfig([]string{"--paper"}, environ())
	require.NoError(t, err)
	simple := cfg.limits()
	require.IsType(t, risk.Limits{}, simple)
	before := cfg.fingerprint(nil, nil)

	cfg, err = parseConfig([]string{
		"--paper", "--max-gross", "5000", "--max-leverage", "1", "--max-positions", "2", "--max-orders-per-minute", "30",
		"--max-weekly-loss", "700", "--max-drawdown", "0.1", "--signal-collar", "0.02", "--duplicate-window", "5s", "--no-short",
		"--flatten-on-loss", "--max-symbol-loss", "150", "--max-price-age", "3m", "--cool-down", "15m", "--stop-guard", "3/1h/30m",
		"--losing-streak", "4/0/2h",
	}, environ())
	require.NoError(t, err)
	rules := cfg.limits().(*risk.Rules)
	require.NoError(t, rules.Validate())
	require.Equal(t, simple, rules.Limits)
	require.Equal(t, []string{"5000", "1", "700", "0.1", "0.02"}, []string{
		rules.MaxGross.String(), rules.MaxLeverage.String(), rules.MaxWeeklyLoss.String(), rules.MaxDrawdownPart.String(),
		rules.SignalCollar.String(),
	})
	require.Equal(t, []int{2, 30}, []int{rules.MaxPositions, rules.MaxPerMinute})
	require.Equal(t, 5*time.Second, rules.DuplicateWindow)
	require.True(t, rules.NoShort && rules.Flatten)
	require.Equal(t, "150", rules.MaxInstrumentLoss.String())
	require.Equal(t, []time.Duration{3 * time.Minute, 15 * time.Minute}, []time.Duration{rules.MaxPriceAge, rules.CoolDown})
	require.Equal(t, risk.Pause{After: 3, Within: time.Hour, For: 30 * time.Minute}, rules.StopGuard)
	require.Equal(t, risk.Pause{After: 4, For: 2 * time.Hour}, rules.LosingStreak)
	require.True(t, rules.MaxNet.Equal(decimal.Zero))
	require.NotEqual(t, before, cfg.fingerprint(nil, nil), "decisions depend on them")
}

func TestPausesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"3", "3/1h", "x/1h/1h", "0/1h/1h", "3/1h/0", "3/-1h/1h", "3/1h/1h/1h", ""} {
		_, err := parseConfig([]string{"--paper", "--stop-guard", text}, environ())
		require.Error(t, err, "%q", text)
	}
}
