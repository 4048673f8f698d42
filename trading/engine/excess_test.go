package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// lies is a broker that calls the first order canceled, and executes it later.
type lies struct {
	*tradingtestBroker
	lied *bool
}

func (b lies) Submit(ctx context.Context, a trading.Approved) error {
	if !*b.lied {
		return a.Begin(ctx)
	}
	return b.Broker.Submit(ctx, a)
}

func (b lies) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if !*b.lied {
		*b.lied = true
		return trading.OrderReport{ClientID: ref.ClientID, Status: trading.StatusCanceled, Reason: "not really"}, nil
	}
	return b.Broker.Order(ctx, ref)
}

// inExcess is a rig whose first order was reported as canceled, was sent again, and then filled as well: 20 for 10.
func inExcess(t *testing.T, change ...func(*engine.Config)) *rig {
	t.Helper()
	r := newRig(t, refuses, append(change, func(cfg *engine.Config) {
		b := cfg.Broker.(interface {
			trading.Positioner
			trading.Canceler
		})
		cfg.Broker = lies{&tradingtestBroker{cfg.Broker, b, b}, new(bool)}
	})...)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	r.executes(r.ordersMade()[0])
	return r
}

// executes lets the venue execute an order that it was not sent, or that it was thought not to have.
func (r *rig) executes(o trading.Order) {
	a, err := risk.NoLimits().Approve(o, trading.View{Instrument: instrument(o.Symbol), Price: d("100")})
	require.NoError(r.t, err)
	require.NoError(r.t, r.venue.Submit(context.Background(), a))
}

func TestExcessIsAnErrorAndTrimmed(t *testing.T) {
	t.Parallel()
	r := inExcess(t, with(trading.FixedTicket{StopLoss: d("0.05")}))
	ctx, conditions := watched(t)
	require.ErrorContains(t, r.engine.Step(ctx), "20 of BTC/USDT is held, 10 more than the target of 10")
	require.Contains(t, conditions(), "excess/"+btc)
	require.Equal(t, 1, r.log.count("ERROR Position beyond its target"))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, "sell 10 stop 95 reduce", r.resting())
	require.NoError(t, r.engine.Step(ctx))
	require.Empty(t, conditions())
	require.Equal(t, 1, r.log.count("ERROR Position beyond its target"))

	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	r.agree()
}

func TestExcessHaltsByPolicy(t *testing.T) {
	t.Parallel()
	r := inExcess(t, func(cfg *engine.Config) { cfg.HaltOnExcess = true })
	r.settle()
	require.Equal(t, "20", r.held(btc), "a person decides")
	require.Contains(t, r.engine.Status().Halt.Reason, "20 of BTC/USDT is held, 10 more than the target of 10")
	require.ErrorContains(t, r.step(), "more than the target", "for as long as it is so")
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	require.Equal(t, "0", r.held(btc), "what closes still passes")
}

func TestExcessOfAnOrderThatAPersonGaveUpIsTrimmed(t *testing.T) {
	t.Parallel()
	r := newRig(t, never)
	r.broker.Next(tradingtest.LoseRequest)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	first := r.ordersMade()[0]
	require.NoError(t, r.engine.GiveUp(t.Context(), first.ClientID, "carol"))
	r.settle()
	require.Equal(t, "10", r.held(btc), "it was sent again")
	r.executes(first)
	require.ErrorContains(t, r.step(), "more than the target of 10")
	r.settle()
	require.Equal(t, "10", r.held(btc))
	r.agree()
}

// What was bought by hand is a person's, in excess of whatever it is.
func TestExcessIsNotWhatWasBoughtByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Trade("7", btc, trading.Buy, d("4"))
	r.mustStep()
	r.restart()
	r.mustStep()
	require.Equal(t, "14", r.held(btc))
	again := r.ordersMade()[0]
	again.ClientID = "again"
	r.executes(again) // which counts as bought by hand, too
	r.mustStep()
	require.Equal(t, "24", r.held(btc))
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc), "a signal is about all that is held")
}

func TestExcessIsWhatAnOrderBringsAfterItsTargetWasClosed(t *testing.T) {
	t.Parallel()
	r := closedBesideItsEntry(t)
	rest := r.ordersMade()[0]
	rest.Quantity = d("6")
	r.venue.Forget(rest.ClientID)
	r.executes(rest)
	r.settle()
	require.Equal(t, "0", r.held(btc), "what comes late is sold again")
}

// Orders that were said to be refused, and of which one is executed after the last one for the target has ended: the others'
// refusals are no reason to wait, or to be silent.
func TestExcessAfterRefusalsIsSaidAndClosedAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		close   bool   // the orders are those of a close
		beside  string // held after the last order has ended
		excess  string
		trimmed string
	}{
		"an entry": {false, "4", "14 of BTC/USDT is held, 4 more than the target of 10", "10"},
		"a close":  {true, "6", "-4 of BTC/USDT is held, -4 more than the target of 0", "0"},
	} {
		for _, halts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/halts=%t", name, halts), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, refuses, func(cfg *engine.Config) { cfg.HaltOnExcess = halts })
				r.signals.put(says(btc, signal.Long, r.now()))
				if c.close {
					r.mustStep()
					require.NoError(t, r.engine.Flatten(t.Context(), btc, "bob"))
				}
				before := len(r.ordersMade())
				r.broker.Next(tradingtest.Reject, tradingtest.Reject, tradingtest.Reject)
				for len(r.ordersMade()) < before+3 {
					_ = r.step()
					r.clock.Add(time.Second)
				}
				r.venue.FillPart(d("4"))
				for r.held(btc) != c.beside {
					_ = r.step()
					r.clock.Add(time.Second)
				}
				_ = r.step()

				r.executes(r.ordersMade()[before])
				ctx, conditions := watched(t)
				require.ErrorContains(t, r.engine.Step(ctx), c.excess)
				require.Contains(t, conditions(), "excess/"+btc)
				require.Equal(t, 1, r.log.count("ERROR Position beyond its target"))
				require.Equal(t, halts, r.engine.Status().Halt.Active())
				if halts {
					before := r.held(btc)
					r.settle()
					require.Equal(t, before, r.held(btc), "a person decides")
					return
				}
				require.Equal(t, c.trimmed, r.held(btc), "in the step that heard of it")
				require.NoError(t, r.engine.Step(ctx))
				require.Empty(t, conditions())
				r.agree()
			})
		}
	}
}
