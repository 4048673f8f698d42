package engine_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

func funding(id, amount string) trading.CashEvent {
	return trading.CashEvent{ID: id, Kind: trading.CashFunding, Amount: d(amount), Symbol: btc}
}

func TestCashThatMovedIsJournaledOnceAcrossCrashesAndRepetitions(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.venue.MoveCash(trading.CashEvent{ID: "before", Kind: trading.CashDeposit, Amount: d("10000")})
	r.clock.Add(time.Second)
	r.mustStep()
	require.Equal(t, "10000", r.engine.Status().Cash.String(), "what was there before is the capital")
	r.broker.DuplicateFills(true)
	for range 3 {
		r.venue.MoveCash(funding("a", "-3"))
		r.stepFor(61)
		r.restart()
		r.mustStep()
	}
	r.venue.MoveCash(funding("b", "1"))
	r.stepFor(61)
	s := r.engine.Status()
	require.Equal(t, "9998", s.Cash.String())
	require.Equal(t, "9998", s.Equity.String())
	require.Equal(t, "-2", s.Counts.Moved[trading.CashFunding].String())
	r.agree()
}

func TestCashThatMovesIsNewsWhereTheVenueTells(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.broker.Stream(true)
	r.stepFor(2)
	r.venue.MoveCash(funding("a", "-3"))
	r.mustStep()
	require.Equal(t, "9997", r.engine.Status().Cash.String())
}

func TestCashThatCannotBeIsAnErrorAndLosesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.venue.MoveCash(funding("a", "0"))
	r.venue.MoveCash(funding("b", "-1"))
	r.clock.Add(time.Minute)
	require.ErrorContains(t, r.step(), "moves nothing")
	require.Equal(t, "9999", r.engine.Status().Cash.String())
}

// A fee that is taken from what was bought makes the position smaller, and the venue agrees.
func TestCashKeepsAFeeThatWasPaidInCoins(t *testing.T) {
	t.Parallel()
	for asset, held := range map[string]string{"BTC": "9.99", "BNB": "10", "": "10"} {
		t.Run("in "+asset, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Reconcile = time.Second })
			r.venue.ChargeFees(func(trading.Fill) (decimal.Decimal, string) { return d("0.01"), asset })
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Equal(t, held, r.held(btc))
			require.False(t, r.engine.Status().Halt.Active(), "positions agree")
			require.Equal(t, 1, r.broker.Submits(), "the order is filled, and nothing is left to buy")
			r.venue.ChargeFees(nil)
			r.signals.put(says(btc, signal.Flat, r.now()))
			r.settle()
			require.Equal(t, "0", r.held(btc))
			r.agree()
		})
	}
}
