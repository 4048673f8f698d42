package assemble_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestSharesAreThoseOfTheStrategies(t *testing.T) {
	t.Parallel()
	for want, shares := range map[string]map[string]decimal.Decimal{
		`Config.Engine.Shares: the strategy "ema_cross" has none`:    {"macd": number("1")},
		`Config.Engine.Shares: "macd" is none of the strategies`:     {"macd": number("0.5"), "ema_cross": number("0.5")},
		`engine: Config.Shares: -1 of "ema_cross" is not above zero`: {"ema_cross": number("-1")},
	} {
		cfg := config(t)
		cfg.Engine.Shares = shares
		_, err := assemble.Trading(cfg, journal.NewMemory())
		require.ErrorContains(t, err, want)
	}
	cfg := config(t)
	cfg.Engine.Shares = map[string]decimal.Decimal{"ema_cross": number("0.5")}
	_, err := assemble.Trading(cfg, journal.NewMemory())
	require.NoError(t, err)
	_, err = assemble.Generator(cfg)
	require.NoError(t, err)
}
