package trading_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// drama plays two signals, with a fault in each submission if asked for.
func drama(r *rig, fault tradingtest.Fault, after func()) {
	for i, direction := range []signal.Direction{signal.Long, signal.Short, signal.Flat} {
		if i < 2 {
			r.broker.Next(fault)
		}
		r.signals.put(says(btc, direction, r.now()), says(eth, -direction, r.now()))
		for range 20 {
			if err := r.step(); err != nil {
				after()
			}
			r.clock.Add(time.Second)
		}
		r.clock.Add(time.Minute)
	}
}

// Every write to the journal fails once, before or after it was written, and the process goes on, or dies and comes back.
func TestAJournalThatFailsAtAnyPointLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, traits := range []trading.Traits{refuses, bounded} {
		for _, fault := range []tradingtest.Fault{tradingtest.None, tradingtest.LoseReply, tradingtest.LoseRequest} {
			for _, wrote := range []bool{false, true} {
				for _, crash := range []bool{false, true} {
					t.Run(fmt.Sprintf("refuses=%t/fault=%d/wrote=%t/crash=%t", traits.RefusesDuplicates, fault, wrote, crash), func(t *testing.T) {
						t.Parallel()
						failEachAppend(t, traits, fault, wrote, crash)
					})
				}
			}
		}
	}
}

func failEachAppend(t *testing.T, traits trading.Traits, fault tradingtest.Fault, wrote, crash bool) {
	for failAt := 1; ; failAt++ {
		r := newRig(t, traits)
		r.journal.failAt, r.journal.wrote = failAt, wrote
		drama(r, fault, func() {
			if crash {
				r.restart()
			}
		})
		r.agree()
		require.Equal(t, "0", r.held(btc))
		require.Equal(t, "0", r.held(eth))
		require.Len(t, r.venue.Ledger(), 6, "no signal was lost, failing at %d", failAt)
		if r.journal.appends < failAt {
			require.Greater(t, failAt, 20, "the test has shrunk")
			return
		}
	}
}

// Random faults, crashes, prices and signals; whatever happens, the ledger and the journal agree in the end.
func TestRandomTroubleLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		traits := rapid.SampledFrom([]trading.Traits{refuses, bounded}).Draw(rt, "traits")
		r := newRig(rt, traits, func(cfg *trading.EngineConfig) {
			cfg.Ticket = rapid.SampledFrom([]trading.TicketPolicy{nil, bracket, patient}).Draw(rt, "ticket")
			cfg.Limits.MaxOrder, cfg.Limits.MaxPosition = d("900"), rapid.SampledFrom([]decimal.Decimal{d("700"), d("1500")}).Draw(rt, "limit")
		})
		r.clock.coarse = rapid.Bool().Draw(rt, "coarse")
		r.clock.paper = rapid.Bool().Draw(rt, "paper")
		faults := []tradingtest.Fault{
			tradingtest.None, tradingtest.None, tradingtest.LoseReply, tradingtest.LoseRequest, tradingtest.Late, tradingtest.Reject,
		}
		for range rapid.IntRange(1, 40).Draw(rt, "length") {
			set := time.Duration(0) // by which the clock of the machine is set
			switch rapid.IntRange(0, 14).Draw(rt, "what") {
			case 0, 1:
				symbol := rapid.SampledFrom([]string{btc, eth}).Draw(rt, "symbol")
				direction := signal.Direction(rapid.IntRange(-1, 1).Draw(rt, "direction"))
				r.signals.put(says(symbol, direction, r.now()))
			case 2:
				r.broker.Next(rapid.SampledFrom(faults).Draw(rt, "fault"))
			case 3:
				r.journal.failAt = r.journal.appends + rapid.IntRange(1, 4).Draw(rt, "append")
				r.journal.wrote = rapid.Bool().Draw(rt, "wrote")
			case 4:
				r.restart()
			case 5:
				r.broker.Disconnect(rapid.Bool().Draw(rt, "down"))
			case 6:
				r.broker.DuplicateFills(rapid.Bool().Draw(rt, "duplicate"))
			case 7:
				r.venue.SetPrice(btc, d(fmt.Sprint(rapid.IntRange(50, 200).Draw(rt, "price"))))
			case 8:
				r.broker.FailCancels(rapid.Bool().Draw(rt, "deaf"))
			case 9:
				r.venue.FillPart(d(fmt.Sprint(rapid.IntRange(1, 8).Draw(rt, "part"))))
			case 10: // What is not possible now is refused, and harms nothing.
				price := d(fmt.Sprint(rapid.IntRange(40, 210).Draw(rt, "stop")))
				_ = r.engine.Amend(rt.Context(), btc, trading.Ticket{StopLoss: price}, "alice")
			case 11:
				_ = r.engine.Flatten(rt.Context(), btc, "bob")
			case 12: // The machine sleeps.
				r.clock.Add(time.Duration(rapid.IntRange(0, 7200).Draw(rt, "slept")) * time.Second)
			case 13:
				set = time.Duration(rapid.IntRange(-3600, 7200).Draw(rt, "set")) * time.Second
			}
			if r.clock.coarse { // It cannot tell that from time that passes: no request may be under way.
				r.clock.set(set)
				set = 0
			}
			_ = r.step()
			r.clock.set(set)
			for range rapid.IntRange(0, 4).Draw(rt, "flight") { // shorter than the broker's bound
				r.clock.Add(time.Second)
				_ = r.step()
			}
			r.broker.Deliver(rt.Context())
			r.clock.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "seconds")) * time.Second)
		}
		r.broker.Disconnect(false)
		r.broker.FailCancels(false)
		r.settle()
		guardedOnce(r)
		r.signals.put(says(btc, signal.Flat, r.now()), says(eth, signal.Flat, r.now()))
		r.settle()
		r.agree()
		conserved(rt, r)
		withinLimits(r)
		require.Empty(rt, r.engine.Status().Orders)
		require.Empty(rt, r.resting())
		require.False(rt, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
	})
}

// conserved adds up the account: nothing is lost and nothing made up, to the last digit.
func conserved(t require.TestingT, r *rig) {
	s := r.engine.Status()
	sum := s.Cash.Sub(s.Counts.Realised).Add(s.Counts.Fees)
	for _, p := range s.Positions {
		sum = sum.Add(p.Cost)
	}
	require.Equal(t, s.Capital.String(), sum.String())
}

// guardedOnce holds what rests at the venue against what it guards: no leg is there twice, none is larger than the
// position, and every one of them only reduces.
func guardedOnce(r *rig) {
	for _, symbol := range []string{btc, eth} {
		sums := map[trading.Leg]decimal.Decimal{}
		for _, o := range r.venue.Resting() {
			if o.Symbol == symbol && o.Leg != "" {
				require.True(r.t, o.ReduceOnly)
				sums[o.Leg] = sums[o.Leg].Add(o.Quantity)
			}
		}
		for leg, sum := range sums {
			held := d(r.held(symbol)).Abs()
			require.False(r.t, sum.GreaterThan(held), "%s of %s guards %s, and %s is held", leg, symbol, sum, held)
		}
	}
}

// withinLimits looks at every intent that was ever made, at the moment when it was made.
func withinLimits(r *rig) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	book := trading.NewBook(r.cfg.Capital)
	for _, entry := range entries {
		if made, ok := entry.Event.(trading.IntentMade); ok {
			o := made.Order
			held := book.Position(o.Symbol).Quantity
			for _, other := range book.PendingOf(o.Symbol) {
				if other.Leg == "" {
					held = held.Add(other.Side.Signed(other.Remaining()))
				}
			}
			after := held.Add(o.Side.Signed(o.Quantity))
			if o.Leg != "" {
				require.False(r.t, o.Quantity.GreaterThan(book.Position(o.Symbol).Quantity.Abs()), "a leg never opens")
			} else if opened := decimal.Min(after.Abs(), o.Quantity); after.Sign() == int(o.Side) {
				require.False(r.t, opened.Mul(o.DecisionPrice).GreaterThan(r.cfg.Limits.MaxOrder), "%s opens %s at %s", o.ClientID, opened, o.DecisionPrice)
				require.False(r.t, after.Abs().Mul(o.DecisionPrice).GreaterThan(r.cfg.Limits.MaxPosition), "%s leads to %s at %s", o.ClientID, after, o.DecisionPrice)
			}
		}
		require.NoError(r.t, book.Apply(entry.At, entry.Event))
	}
}
