package approx_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading/internal/approx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFloatIsNearTheExactNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := decimal.New(rapid.Int64().Draw(rt, "coefficient"), rapid.Int32Range(-40, 40).Draw(rt, "exponent"))
		if rapid.Bool().Draw(rt, "long") {
			d = d.Mul(decimal.New(rapid.Int64().Draw(rt, "factor"), -9))
		}
		want := d.InexactFloat64()
		require.InDelta(rt, want, approx.Float(d), 1e-15*max(want, -want), d.String())
	})
}

func TestFloatAllocatesNothing(t *testing.T) { //nolint:paralleltest // It counts what is allocated.
	d := decimal.RequireFromString("-123456789.123456789")
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = approx.Float(d) }))
}
