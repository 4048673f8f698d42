package engine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// idleRig has an Engine that holds ten coins and has nothing to do.
func idleRig(t *testing.T, change ...func(*engine.Config)) *rig {
	change = append([]func(*engine.Config){func(cfg *engine.Config) {
		cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxDailyLoss = d("100") })
	}}, change...)
	r := newRig(t, refuses, change...)
	require.False(t, r.engine.Idle(), "no Step was done yet")
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	require.True(t, r.engine.Idle())
	return r
}

func TestIdleEndsWhereAStepIsDue(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(r *rig){
		"the day's loss reaches its limit": func(r *rig) { r.venue.SetPrice(btc, d("90")) },
		"a new day":                        func(r *rig) { r.clock.Add(12 * time.Hour) },
		"positions are to be compared":     func(r *rig) { r.clock.Add(5 * time.Minute) },
		"a person closes the position": func(r *rig) {
			require.NoError(r.t, r.engine.Flatten(context.Background(), btc, "me"))
		},
		"a person sets a bracket": func(r *rig) {
			require.NoError(r.t, r.engine.Amend(context.Background(), btc, trading.Ticket{StopLoss: d("95")}, "me"))
		},
		"a Step has failed": func(r *rig) {
			r.signals.err = errors.New("locked")
			require.Error(r.t, r.step())
		},
		"another run begins": func(r *rig) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			require.Error(r.t, r.engine.Serve(ctx))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := idleRig(t)
			happens(r)
			require.False(t, r.engine.Idle())
		})
	}
}

func TestIdleIsNoEngineWhoseOrderRests(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Ticket = patient })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Len(t, r.venue.Resting(), 1)
	require.False(t, r.engine.Idle())
}

func TestIdleLastsWhileNothingIsToBeDone(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(r *rig){
		"a price moves":        func(r *rig) { r.venue.SetPrice(btc, d("90.01")) },
		"time passes":          func(r *rig) { r.clock.Add(4 * time.Minute) },
		"a person sets a mode": func(r *rig) { r.engine.SetReduceOnly(true) },
		"a halt is in the journal": func(r *rig) {
			require.NoError(r.t, r.engine.Halt(context.Background(), "lunch"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := idleRig(t)
			r.mustStep() // compares positions anew
			happens(r)
			require.True(t, r.engine.Idle())
		})
	}
}

// Whatever happened: where Idle says so, and neither signals nor fills came, a Step writes and sends nothing.
func TestIdleIsNeverWrong(t *testing.T) {
	t.Parallel()
	idle, steps := 0, 0
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		r := newRig(t, refuses, func(cfg *engine.Config) {
			cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxDailyLoss = d("80") })
			if seed%3 == 0 {
				cfg.Ticket = trading.FixedTicket{StopLoss: d("0.03"), TakeProfit: d("0.03")}
			}
		})
		for range 120 {
			news := r.happens(random)
			before, sent := r.journal.appends, len(r.venue.ClientIDs())
			wasIdle := r.engine.Idle() && !news
			err := r.step()
			steps++
			if !wasIdle {
				continue
			}
			idle++
			require.NoError(t, err, "seed %d", seed)
			require.Equal(t, before, r.journal.appends, "seed %d", seed)
			require.Len(t, r.venue.ClientIDs(), sent, "seed %d", seed)
		}
	}
	require.Greater(t, idle, steps/6)
}

// happens has something happen to the rig, and reports whether the Engine cannot know of it.
func (r *rig) happens(random *rand.Rand) (news bool) {
	ctx, symbol := context.Background(), []string{btc, eth}[random.IntN(2)]
	r.clock.Add(time.Duration(random.IntN(90)) * time.Second)
	switch random.IntN(24) {
	case 0:
		r.signals.put(says(symbol, signal.Direction(random.IntN(3)-1), r.now()))
		return true
	case 1:
		_ = r.engine.Halt(ctx, "a coin was flipped")
	case 2, 3:
		_ = rearm(ctx, r.engine, "me")
	case 4:
		_ = r.engine.Flatten(ctx, symbol, "me")
	case 5:
		r.clock.Add(time.Duration(random.IntN(12)) * time.Hour)
	case 6:
		r.engine.SetReduceOnly(random.IntN(2) == 0)
	default:
		filled := len(r.venue.Ledger())
		price := decimal.NewFromInt(100 + random.Int64N(9) - 4)
		if symbol == eth {
			price = price.Shift(-1)
		}
		r.venue.SetPrice(symbol, price)
		return len(r.venue.Ledger()) > filled
	}
	return false
}
