package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// A size with which each signal would be refused, or cut, is a mistake that is said before the first.
func TestSizeThatCouldNeverBeHeldIsRefused(t *testing.T) {
	t.Parallel()
	valid := newRig(t, refuses).cfg
	for name, c := range map[string]struct {
		amount, maxOrder, maxPosition, want string
	}{
		"zero":               {"0", "5000", "5000", "FixedNotional.Amount 0"},
		"negative":           {"-1", "5000", "5000", "FixedNotional.Amount -1"},
		"above MaxOrder":     {"1000", "999", "5000", "MaxOrder 999"},
		"above MaxPosition":  {"1000", "5000", "999", "MaxPosition 999"},
		"just at the limits": {"1000", "1000", "1000", ""},
		"without limits":     {"1000", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := valid
			cfg.Size = size.FixedNotional{Amount: d(c.amount)}
			cfg.Risk = risk.NoLimits()
			if c.maxOrder != "" {
				cfg.Risk = risk.Limits{MaxOrder: d(c.maxOrder), MaxPosition: d(c.maxPosition), MaxDailyLoss: risk.Unlimited}
			}
			_, err := engine.New(cfg)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}
