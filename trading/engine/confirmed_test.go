package engine_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// What a person has confirmed is taken over where it is exactly that, once, and all else goes by the policy.
func TestConfirmedPositionIsAdopted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		confirmed map[string]decimal.Decimal
		halted    bool
		held      string
	}{
		"as it is":          {map[string]decimal.Decimal{btc: d("7")}, false, "7"},
		"another amount":    {map[string]decimal.Decimal{btc: d("6.9")}, true, "0"},
		"another one":       {map[string]decimal.Decimal{eth: d("7")}, true, "0"},
		"nothing confirmed": {nil, true, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Confirmed = c.confirmed })
			r.venue.Transfer(btc, d("7"))
			r.mustStep()
			require.Equal(t, c.halted, r.engine.Status().Halt.Active())
			require.Equal(t, c.held, r.held(btc))
			conserved(t, r)
			digest := r.engine.Digest()
			r.restart()
			r.mustStep()
			require.Equal(t, digest, r.engine.Digest(), "it is adopted once")
		})
	}
}

// A position that was confirmed at the start and is there again later is another one.
func TestConfirmedPositionIsNoneOfALaterOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Confirmed = map[string]decimal.Decimal{btc: d("10")} })
	r.venue.Transfer(btc, d("10"))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep()
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	r.venue.Transfer(btc, d("10"))
	r.restart()
	r.mustStep()
	require.True(t, r.engine.Status().Halt.Active())
}
