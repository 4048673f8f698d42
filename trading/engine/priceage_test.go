package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// aged is a Pricer that says of when its prices are.
type aged struct {
	trading.Pricer
	at *time.Time
}

func (a aged) PricedAt(string) (time.Time, bool) { return *a.at, true }

func TestPriceThatIsTooOldHasASignalWaitForANewOne(t *testing.T) {
	t.Parallel()
	at := noon
	r := newRig(t, refuses, under(risk.Rules{MaxPriceAge: 10 * time.Second}), func(cfg *engine.Config) {
		cfg.Pricer = aged{cfg.Broker.(trading.Pricer), &at}
	})
	r.clock.Add(10*time.Second + 1)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, "MaxPriceAge", r.seenLast().Limit)
	require.True(t, r.seenLast().Deferred)
	at = noon.Add(time.Second)
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	at = noon.Add(-time.Hour)
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc), "what closes never waits")
	r.agree()
}

func TestPriceOfUnknownAgeOpensNothingWhereItsAgeIsLimited(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, under(risk.Rules{MaxPriceAge: time.Hour}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, journal.OutcomeRefused, r.seenLast().Outcome)
	require.Contains(t, r.seenLast().Reason, "MaxPriceAge is 1h0m0s: nobody says how old the price is")
}
