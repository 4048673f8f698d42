package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// with enters and guards by a fixed ticket.
func with(f trading.FixedTicket) func(*engine.Config) {
	return func(cfg *engine.Config) { cfg.Ticket = f }
}

var (
	bracket = trading.FixedTicket{TakeProfit: d("0.1"), StopLoss: d("0.05")}
	patient = trading.FixedTicket{Limit: d("0.02"), TakeProfit: d("0.1"), StopLoss: d("0.05")}
)

// resting tells what waits at the venue, such as "sell 10 stop 95".
func (r *rig) resting() string {
	var all []string
	for _, o := range r.venue.Resting() {
		price := o.LimitPrice
		if o.Type == trading.Stop {
			price = o.StopPrice
		}
		text := fmt.Sprintf("%s %s %s %s", o.Side, o.Quantity, o.Type, price)
		if o.ReduceOnly {
			text += " reduce"
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// restsInAll is how much rests at the venue, by side, type and price: a guard in two orders is as good as one.
func (r *rig) restsInAll() map[string]string {
	sums := make(map[string]decimal.Decimal)
	for _, o := range r.venue.Resting() {
		at := fmt.Sprintf("%s %s at %s %s", o.Side, o.Type, o.LimitPrice, o.StopPrice)
		sums[at] = sums[at].Add(o.Quantity)
	}
	all := make(map[string]string)
	for at, quantity := range sums {
		all[at] = quantity.String()
	}
	return all
}

// moves sets the price of btc and lets the engine see what came of it.
func (r *rig) moves(price string) {
	r.venue.SetPrice(btc, d(price))
	r.mustStep()
	r.mustStep()
}

func TestPositionIsGuardedAsSoonAsItIsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ticket    trading.FixedTicket
		direction signal.Direction
		story     func(r *rig)
		held      string
		resting   string
	}{
		"both legs are there after the step that opened": {bracket, signal.Long, func(*rig) {}, "10", "sell 10 limit 110 reduce, sell 10 stop 95 reduce"},
		"a short position has them the other way round":  {bracket, signal.Short, func(*rig) {}, "-10", "buy 10 limit 90 reduce, buy 10 stop 105 reduce"},
		"a stop without a profit":                        {trading.FixedTicket{StopLoss: d("0.05")}, signal.Long, func(*rig) {}, "10", "sell 10 stop 95 reduce"},
		"the profit is taken and the stop goes":          {bracket, signal.Long, func(r *rig) { r.moves("111") }, "0", ""},
		"the loss is stopped and the profit goes":        {bracket, signal.Long, func(r *rig) { r.moves("94") }, "0", ""},
		"a limit order waits for its price":              {patient, signal.Long, func(*rig) {}, "0", "buy 10 limit 98"},
		"and is guarded once it fills":                   {patient, signal.Long, func(r *rig) { r.moves("97.5") }, "10", "sell 10 limit 107.8 reduce, sell 10 stop 93.1 reduce"},
		"it goes when its signal has expired": {patient, signal.Long, func(r *rig) {
			r.clock.Add(2 * time.Minute)
			r.mustStep()
		}, "0", ""},
		"it goes when trading is halted, and the guards stay": {bracket, signal.Long, func(r *rig) {
			r.signals.put(says(eth, signal.Long, r.now()))
			r.mustStep()
			require.NoError(r.t, r.engine.Halt(context.Background(), "odd"))
			r.mustStep()
		}, "10", "sell 10 limit 110 reduce, sell 10 stop 95 reduce, sell 100 limit 11 reduce, sell 100 stop 9.5 reduce"},
		"an order that rests goes when trading is halted": {patient, signal.Long, func(r *rig) {
			require.NoError(r.t, r.engine.Halt(context.Background(), "odd"))
			r.mustStep()
		}, "0", ""},
		"what is sold by hand is not guarded any more": {bracket, signal.Long, func(r *rig) {
			r.venue.Trade("1", btc, trading.Sell, d("4"))
			r.settle()
		}, "6", "sell 6 limit 110 reduce, sell 6 stop 95 reduce"},
		"what is bought by hand is a person's": {bracket, signal.Long, func(r *rig) {
			r.venue.Trade("1", btc, trading.Buy, d("4"))
			r.settle()
		}, "14", "sell 10 limit 110 reduce, sell 10 stop 95 reduce"},
		"what was bought by hand is not bought again": {patient, signal.Long, func(r *rig) {
			r.venue.Trade("1", btc, trading.Buy, d("4"))
			r.settle()
		}, "4", "buy 6 limit 98, sell 4 limit 107.8 reduce, sell 4 stop 93.1 reduce"},
		"a signal that confirms leaves all as it is": {bracket, signal.Long, func(r *rig) {
			r.clock.Add(time.Minute)
			r.venue.SetPrice(btc, d("103"))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Zero(r.t, r.broker.CancelCalls())
		}, "10", "sell 10 limit 110 reduce, sell 10 stop 95 reduce"},
		"a signal that confirms keeps an order that rests": {patient, signal.Long, func(r *rig) {
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(30 * time.Second)
			r.mustStep()
		}, "0", "buy 10 limit 98"},
		"flat ends the bracket and then closes": {bracket, signal.Long, func(r *rig) {
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
			r.mustStep()
		}, "0", ""},
		"a flip is guarded on its side": {bracket, signal.Long, func(r *rig) {
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()))
			r.mustStep()
			r.mustStep()
		}, "-10", "buy 10 limit 90 reduce, buy 10 stop 105 reduce"},
		"a flip by limit closes first": {patient, signal.Long, func(r *rig) {
			r.moves("97")
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()))
			r.mustStep()
			r.mustStep()
		}, "0", "sell 10.309 limit 98.94"},
		"after a stop the next signal opens anew": {bracket, signal.Long, func(r *rig) {
			r.moves("94")
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
		}, "10.638", "sell 10.638 limit 103.4 reduce, sell 10.638 stop 89.3 reduce"},
		"after a stop nothing else does": {bracket, signal.Long, func(r *rig) {
			r.moves("94")
			r.settle()
		}, "0", ""},
		"an order that fills while it is canceled counts": {patient, signal.Long, func(r *rig) {
			r.venue.SetPrice(btc, d("97")) // and no step before the signal
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
			r.settle()
		}, "0", ""},
		"a stop that was moved is there once": {bracket, signal.Long, func(r *rig) {
			require.NoError(r.t, r.engine.Amend(context.Background(), btc, trading.Ticket{TakeProfit: d("110"), StopLoss: d("99")}, "alice"))
			r.mustStep()
			require.Equal(r.t, 1, r.broker.CancelCalls())
		}, "10", "sell 10 limit 110 reduce, sell 10 stop 99 reduce"},
		"a stop can be moved to where it keeps a profit": {trading.FixedTicket{StopLoss: d("0.05")}, signal.Long, func(r *rig) {
			r.moves("150")
			require.NoError(r.t, r.engine.Amend(context.Background(), btc, trading.Ticket{StopLoss: d("140")}, "trailing"))
			r.mustStep()
		}, "10", "sell 10 stop 140 reduce"},
		"an order that was moved is there once": {patient, signal.Long, func(r *rig) {
			require.NoError(r.t, r.engine.Amend(context.Background(), btc, trading.Ticket{Type: trading.Limit, LimitPrice: d("99")}, "alice"))
			r.mustStep()
			require.Equal(r.t, 1, r.broker.CancelCalls())
		}, "0", "buy 10 limit 99"},
		"a bracket survives a restart": {bracket, signal.Long, func(r *rig) {
			r.restart()
			r.settle()
			require.Zero(r.t, r.broker.CancelCalls())
			require.Equal(r.t, 3, r.broker.Submits())
		}, "10", "sell 10 limit 110 reduce, sell 10 stop 95 reduce"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(c.ticket))
			r.signals.put(says(btc, c.direction, r.now()))
			r.mustStep()
			c.story(r)
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			r.restart()
			r.mustStep()
			require.Equal(t, c.resting, r.resting(), "and a restart changes nothing")
		})
	}
}

// Whatever ends in the middle, the legs are there once, and as large as what they guard.
func TestBracketSurvivesAJournalThatFailsAtAnyPoint(t *testing.T) {
	t.Parallel()
	for name, drama := range bracketDramas {
		for _, broker := range []struct { // TestAJournalThatFailsAtAnyPoint has all of them; this one takes long.
			trading.Traits
			fault tradingtest.Fault
		}{{refuses, tradingtest.LoseReply}, {bounded, tradingtest.LoseRequest}} {
			for _, broken := range brokenWrites {
				t.Run(fmt.Sprintf("%s/refuses=%t/%+v", name, broker.RefusesDuplicates, broken), func(t *testing.T) {
					t.Parallel()
					for failAt := 1; ; failAt++ {
						r := newRig(t, broker.Traits, with(patient))
						if drama.play(r, broker.fault, failAt, broken); r.journal.appends < failAt {
							require.Greater(t, failAt, 18, "the test has shrunk")
							return
						}
					}
				})
			}
		}
	}
}

// brokenWrite is how a write to the journal fails.
type brokenWrite struct {
	wrote bool // it is there all the same
	crash bool // and the process dies of it
}

var brokenWrites = []brokenWrite{{false, false}, {false, true}, {true, false}, {true, true}}

// bracketDrama is a list of things that happen, each with time to deal with it. In the end nothing is held.
type bracketDrama struct {
	acts    []func(r *rig) error
	resting string // after the third act
	fills   int
}

func signalled(direction signal.Direction) func(r *rig) error {
	return func(r *rig) error {
		r.signals.put(says(btc, direction, r.now()))
		return nil
	}
}

func priced(price string) func(r *rig) error {
	return func(r *rig) error {
		r.venue.SetPrice(btc, d(price))
		return nil
	}
}

var bracketDramas = map[string]bracketDrama{
	"long by a limit order, the stop is moved, short, stopped out": {
		[]func(r *rig) error{signalled(signal.Long), priced("97"), func(r *rig) error {
			return r.engine.Amend(context.Background(), btc, trading.Ticket{TakeProfit: d("120"), StopLoss: d("96")}, "alice")
		}, signalled(signal.Short), priced("99"), priced("104")},
		"sell 10 limit 120 reduce, sell 10 stop 96 reduce", 4,
	},
	"short by a limit order, closed by a person": {
		[]func(r *rig) error{signalled(signal.Short), priced("103"), func(r *rig) error {
			return r.engine.Flatten(context.Background(), btc, "bob")
		}},
		"", 2,
	},
}

func (b bracketDrama) play(r *rig, fault tradingtest.Fault, failAt int, broken brokenWrite) {
	r.journal.failAt, r.journal.wrote = failAt, broken.wrote
	restart := func() {
		if broken.crash {
			r.restart()
		}
	}
	for n, act := range b.acts {
		r.broker.Next(fault)
		for err := act(r); err != nil; err = act(r) {
			restart()
		}
		for range 8 {
			if r.step() != nil {
				restart()
			}
			r.clock.Add(3 * time.Second)
		}
		if n == 2 {
			require.Equal(r.t, b.resting, r.resting(), "failing at %d", failAt)
		}
	}
	require.Equal(r.t, "0", r.held(btc), "failing at %d", failAt)
	require.Empty(r.t, r.resting())
	require.Len(r.t, r.venue.Ledger(), b.fills, "failing at %d", failAt)
	r.agree()
}

func TestLegThatTheBrokerRefusesIsTriedForAsLongAsThePositionIsThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(trading.FixedTicket{StopLoss: d("0.05")}))
	r.broker.Next(tradingtest.None, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Empty(t, r.resting())
	submits := r.broker.Submits()
	r.mustStep()
	require.Equal(t, submits, r.broker.Submits(), "not at once")
	for range 80 {
		r.clock.Add(time.Second)
		r.mustStep()
	}
	require.Equal(t, "sell 10 stop 95 reduce", r.resting())
	require.Equal(t, 6, r.broker.Submits())
}

func TestWhileALegsFateIsNotKnownTheOtherWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, bounded, with(bracket))
	r.broker.Next(tradingtest.None, tradingtest.LoseRequest) // the stop
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	for range 4 { // shorter than its flight can be
		require.Equal(t, 2, r.broker.Submits())
		r.clock.Add(time.Second)
		r.mustStep()
	}
	r.settle()
	require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 95 reduce", r.resting())
	require.Equal(t, 4, r.broker.Submits())
}

func TestLegIsMadeWhileTradingIsHalted(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket))
	r.broker.Next(tradingtest.None, tradingtest.Reject) // the stop
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "sell 10 limit 110 reduce", r.resting())
	require.NoError(t, r.engine.Halt(t.Context(), "odd"))
	r.settle()
	require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 95 reduce", r.resting())
}

// slowCancels takes note of cancels and carries them out later.
type slowCancels struct {
	*tradingtest.Misbehaving
	asked []string
}

func (s *slowCancels) Cancel(_ context.Context, ref trading.OrderRef) error {
	s.asked = append(s.asked, ref.ClientID)
	return nil
}

func TestOrderIsGoneBeforeAnotherTakesItsPlace(t *testing.T) {
	t.Parallel()
	for name, ticket := range map[string]trading.FixedTicket{"an entry": patient, "a bracket": bracket} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(ticket))
			slow := &slowCancels{Misbehaving: r.broker}
			r.cfg.Broker = slow
			r.restart()
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			before, sent := r.resting(), r.broker.Submits()
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
			r.settle()
			require.Equal(t, before, r.resting())
			require.Equal(t, sent, r.broker.Submits(), "nothing is sent meanwhile")
			for _, id := range slow.asked {
				require.NoError(t, r.venue.Cancel(t.Context(), trading.OrderRef{ClientID: id}))
			}
			r.mustStep()
			require.Empty(t, r.resting())
			require.Equal(t, "0", r.held(btc))
			r.agree()
		})
	}
}

func TestCancelThatTheBrokerDoesNotHearIsAskedForAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(patient))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.broker.FailCancel(true)
	require.ErrorIs(t, r.step(), tradingtest.ErrLost)
	require.True(t, r.engine.Status().Orders[0].CancelAsked)
	r.broker.FailCancel(false)
	r.restart()
	r.mustStep()
	require.Empty(t, r.resting())
	require.Empty(t, r.engine.Status().Orders)
}
