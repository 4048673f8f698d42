package rough_test

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
)

func TestFloatIsNearlyTheDecimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.Int32Range(-40, 40).Draw(t, "exponent"))
		exact := d.InexactFloat64()
		require.InDelta(t, exact, rough.Float(d), 1e-15*math.Abs(exact))
	})
}

func TestFloatOfWhatDoesNotFitIntoAnInt64(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString("123456789012345678901234567890.5")
	require.InEpsilon(t, d.InexactFloat64(), rough.Float(d), 1e-15)
	require.Zero(t, rough.Float(decimal.Zero))
}
