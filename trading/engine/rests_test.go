package engine_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// neverSold holds that the venue was sent no sale while nothing was held: what only rests cannot be sold.
func neverSold(r *rig) {
	for _, o := range r.venue.Ledger() {
		require.NotEqual(r.t, trading.Sell, o.Side, "%+v", o)
	}
}

// An entry of unknown fate turns out to rest when a second Flat comes: it is canceled, and not sold.
func TestEntryThatArrivesLateIsNotSoldBeforeItFills(t *testing.T) {
	t.Parallel()
	r := newRig(t, bounded, func(cfg *engine.Config) { cfg.Ticket = patient })
	r.broker.Next(tradingtest.Late)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(1)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.stepFor(1)
	r.broker.Deliver(t.Context())
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	neverSold(r)
	require.Empty(t, r.resting())
	require.Equal(t, "0", r.held(btc))
	r.agree()
}

// lessThanBefore asks for ten, and for eight where it has asked before.
type lessThanBefore struct{}

func (lessThanBefore) Target(s trading.Sizing) (decimal.Decimal, error) {
	if s.Standing.IsZero() {
		return d("10"), nil
	}
	return d("8"), nil
}

// A smaller target while the entry for a larger one rests: the entry is replaced by a smaller one.
func TestEntryThatIsTooLargeIsReplacedAndNotSold(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) {
		cfg.Ticket, cfg.Size = patient, lessThanBefore{}
	})
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(2)
	require.Len(t, r.venue.Resting(), 1)
	before := r.venue.Resting()[0].Quantity
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	neverSold(r)
	require.Len(t, r.venue.Resting(), 1)
	after := r.venue.Resting()[0].Quantity
	require.True(t, after.LessThan(before), "%s after %s", after, before)
}
