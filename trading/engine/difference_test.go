package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// moved is a broker that holds more than its fills say, as after a transfer.
type moved struct {
	trading.Broker
	by map[string]decimal.Decimal
}

func (m moved) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	held, err := m.Broker.(trading.Positioner).Positions(ctx)
	for symbol, quantity := range m.by {
		held[symbol] = held[symbol].Add(quantity)
	}
	return held, err
}

func TestPositionThatNoFillExplains(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy engine.DifferencePolicy
		halted bool
		held   string // of btc, where 10 were bought and 3 came from elsewhere
		after  string // when the signal then says short
		log    string
	}{
		"halts if nothing is said":     {"", true, "10", "0", "ERROR Trading halted"},
		"halts":                        {engine.HaltOnDifference, true, "10", "0", "ERROR Trading halted"},
		"is taken over where it is so": {engine.AdoptDifference, false, "13", "-10", "WARN Position adopted"},
		"is left alone where it is so": {engine.IgnoreDifference, false, "10", "-10", "WARN Position differs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := make(map[string]decimal.Decimal)
			r := newRig(t, refuses, func(cfg *engine.Config) {
				cfg.Broker, cfg.Differences = moved{cfg.Broker, by}, c.policy
			})
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			by[btc] = d("3")
			r.clock.Add(4 * time.Minute)
			r.mustStep()
			require.Equal(t, 0, r.log.count(c.log), "it is not looked for all the time")
			for range 3 {
				r.clock.Add(5 * time.Minute)
				r.mustStep()
			}
			require.Equal(t, 1, r.log.count(c.log))
			require.Equal(t, c.halted, r.engine.Status().Halt.Active())
			require.Equal(t, c.held, r.held(btc))
			conserved(t, r)
			r.signals.put(says(btc, signal.Short, r.now()))
			r.mustStep()
			require.Equal(t, c.after, r.held(btc))
			digest := r.engine.Digest()
			r.restart()
			r.mustStep()
			require.Equal(t, digest, r.engine.Digest())
			conserved(t, r)
		})
	}
}

func TestExcessAtTheBrokerIsTradedAway(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held, by, after, target string
	}{
		"more of the same":         {"10", "3", "10", "10 cross"},
		"less of it stays less":    {"10", "-4", "6", "10 cross"},
		"none of it stays none":    {"10", "-10", "0", "10 cross"},
		"the other side is closed": {"10", "-15", "0", "0 cross"},
		"what nobody asked for":    {"0", "7", "0", "0 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Differences = engine.CloseDifference })
			if c.held != "0" {
				r.signals.put(says(btc, signal.Long, r.now()))
			}
			r.mustStep()
			r.venue.Transfer(btc, d(c.by))
			for range 3 {
				r.clock.Add(5 * time.Minute)
				r.mustStep()
			}
			require.Equal(t, c.after, r.held(btc))
			target := r.engine.Status().Targets[0]
			require.Equal(t, c.target, target.Quantity.String()+" "+target.Strategy)
			require.False(t, r.engine.Status().Halt.Active())
			require.Empty(t, r.engine.Status().Orders)
			conserved(t, r)
		})
	}
	r := newRig(t, refuses)
	r.cfg.Differences, r.cfg.AutoExecute = engine.CloseDifference, false
	_, err := engine.New(r.cfg)
	require.ErrorContains(t, err, "AutoExecute")
}

func TestBracketThatRestsKeepsNobodyFromComparing(t *testing.T) {
	t.Parallel()
	by := make(map[string]decimal.Decimal)
	r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) {
		cfg.Broker = struct {
			moved
			trading.Canceler
		}{moved{cfg.Broker, by}, cfg.Broker.(trading.Canceler)}
	})
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(5 * time.Minute)
	by[btc] = d("1")
	require.ErrorContains(t, r.step(), "compared again")
	by[btc] = d("0") // as if a fill had been on its way
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active())
	r.clock.Add(5 * time.Minute)
	by[btc] = d("1")
	require.ErrorContains(t, r.step(), "compared again")
	r.mustStep()
	require.Equal(t, "positions differ: BTC/USDT is 11 at the broker and 10 in the journal", r.engine.Status().Halt.Reason)
}

func TestFillOfARestingOrderThatIsLateIsNoDifference(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.broker.HideFills(true)
	r.venue.SetPrice(btc, d("94"))
	for range 5 {
		r.clock.Add(5 * time.Minute)
		r.mustStep()
	}
	r.broker.HideFills(false)
	r.settle()
	require.False(t, r.engine.Status().Halt.Active())
	require.Equal(t, "0", r.held(btc))
	r.agree()
}

func TestPositionsAreNotComparedWhileAnOrderIsUnderWay(t *testing.T) {
	t.Parallel()
	by := make(map[string]decimal.Decimal)
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Broker = moved{cfg.Broker, by} })
	r.broker.HideFills(true)
	r.signals.put(says(btc, signal.Long, r.now()))
	for range 5 {
		r.mustStep()
		r.clock.Add(5 * time.Minute)
	}
	r.broker.HideFills(false)
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active())
	require.Equal(t, "10", r.held(btc))
}
