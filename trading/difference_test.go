package trading_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
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

func TestAPositionThatNoFillExplains(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy trading.DifferencePolicy
		halted bool
		held   string // of btc, where 10 were bought and 3 came from elsewhere
		after  string // when the signal then says short
		log    string
	}{
		"halts if nothing is said":     {"", true, "10", "0", "ERROR Trading halted"},
		"halts":                        {trading.HaltOnDifference, true, "10", "0", "ERROR Trading halted"},
		"is taken over where it is so": {trading.AdoptDifference, false, "13", "-10", "WARN Position adopted"},
		"is left alone where it is so": {trading.IgnoreDifference, false, "10", "-10", "WARN Position differs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			by := make(map[string]decimal.Decimal)
			r := newRig(t, refuses, func(cfg *trading.EngineConfig) {
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

func TestPositionsAreNotComparedWhileAnOrderIsUnderWay(t *testing.T) {
	t.Parallel()
	by := make(map[string]decimal.Decimal)
	r := newRig(t, refuses, func(cfg *trading.EngineConfig) { cfg.Broker = moved{cfg.Broker, by} })
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
