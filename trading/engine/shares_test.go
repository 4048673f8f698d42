package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// thirds are the shares of three strategies: 6, 3 and 1 of what ten are bought of for the whole account.
var thirds = map[string]decimal.Decimal{"cross": d("0.6"), "other": d("0.3"), "third": d("0.1")}

func sharing(cfg *engine.Config) { cfg.Shares = thirds }

// addUp holds what strategies have in each instrument against what the account has.
func addUp(t require.TestingT, b *book.Book) {
	for _, target := range b.Targets() {
		if !b.Shared(target.Symbol) {
			continue
		}
		var sum book.Stake
		for _, one := range b.StakesOf(target.Symbol) {
			sum.Target, sum.Quantity = sum.Target.Add(one.Target), sum.Quantity.Add(one.Quantity)
			sum.Fees = sum.Fees.Add(one.Fees)
			sum.Realized = sum.Realized.Add(one.Realized).Sub(one.Cost)
			sum.Cost = decimal.Zero
		}
		all := b.Position(target.Symbol)
		require.Equal(t, target.Quantity.String(), sum.Target.String(), "targets")
		require.Equal(t, all.Quantity.String(), sum.Quantity.String(), "positions")
		require.Equal(t, all.Fees.String(), sum.Fees.String(), "fees")
		require.Equal(t, all.Realized.Sub(all.Cost).String(), sum.Realized.String(), "profit at whatever price")
	}
}

// addsUp looks at each moment of the journal.
func (r *rig) addsUp() {
	b := book.New(r.cfg.Capital)
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		require.NoError(r.t, b.ApplyEntry(entry))
		addUp(r.t, b)
	}
}

// has is what strategies have of btc, as quantity of target.
func (r *rig) has() map[string]string {
	all := make(map[string]string)
	for _, one := range r.engine.Status().Stakes {
		if one.Symbol == btc {
			all[one.Strategy] = one.Quantity.String() + " of " + one.Target.String()
		}
	}
	return all
}

func (r *rig) by(strategy string, direction signal.Direction) {
	r.clock.Add(2 * time.Minute)
	r.signals.put(saysAs(strategy, btc, direction, r.now()))
	r.settle()
}

func TestSharesAreNettedToOneTarget(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	r.by("cross", signal.Long)
	require.Equal(t, "6", r.held(btc))
	r.by("other", signal.Short)
	require.Equal(t, "3", r.held(btc))
	require.Equal(t, map[string]string{"cross": "6 of 6", "other": "-3 of -3"}, r.has())
	r.venue.SetPrice(btc, d("110"))
	r.by("cross", signal.Flat)
	require.Equal(t, "-3", r.held(btc), "what the other one has stays")
	r.by("third", signal.Long)
	require.Equal(t, "-2.091", r.held(btc), "a share of what is held for the whole account: 9.09 at 110")
	r.by("other", signal.Flat)
	r.by("third", signal.Flat)
	require.Equal(t, "0", r.held(btc))
	require.Len(t, last(of[journal.SignalSeen](r)).Stakes, 1, "who asks for nothing is left out")
	r.agree()
	r.addsUp()
	profit := make(map[string]string)
	for _, one := range r.engine.Status().Stakes {
		profit[one.Strategy] = one.Realized.String()
	}
	require.Equal(t, map[string]string{"cross": "60", "other": "-30", "third": "0"}, profit)
}

// A signal that confirms a share takes nothing off it, though the share of the whole has no end in decimals.
func TestShareThatIsConfirmedKeepsItsLastStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	r.venue.SetPrice(btc, d("150"))
	for range 3 {
		r.by("other", signal.Long)
		require.Equal(t, map[string]string{"other": "1.999 of 1.999"}, r.has())
	}
}

// What one strategy sells while another one buys never reaches the venue.
func TestSharesChangeHandsAtThePriceOfTheDecision(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	r.by("other", signal.Long)
	r.venue.SetPrice(btc, d("120"))
	sent := r.broker.Submits()
	r.clock.Add(2 * time.Minute)
	r.cfg.Shares = map[string]decimal.Decimal{"cross": d("0.375"), "other": d("0.3")} // 3 at 125
	r.restart()
	r.venue.SetPrice(btc, d("125"))
	r.signals.put(saysAs("cross", btc, signal.Long, r.now()), saysAs("other", btc, signal.Flat, r.now()))
	r.settle()
	require.Equal(t, map[string]string{"cross": "3 of 3", "other": "0 of 0"}, r.has())
	require.Equal(t, sent, r.broker.Submits())
	require.Equal(t, "125", last(of[journal.SignalSeen](r)).Price.String())
	for _, one := range r.engine.Status().Stakes {
		if one.Strategy == "other" {
			require.Equal(t, "75", one.Realized.String(), "3 of it from 100 to 125")
		}
	}
	r.agree()
	r.addsUp()
}

func last[T any](all []T) T { return all[len(all)-1] }

// What a strategy asked for and did not get is not bought by another one's signal.
func TestShareThatWasNotReachedInTimeStaysUnreached(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	for range 4 {
		r.broker.Next(tradingtest.Reject)
	}
	r.by("cross", signal.Long)
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, map[string]string{"cross": "0 of 6"}, r.has())
	r.by("other", signal.Long)
	require.Equal(t, map[string]string{"cross": "0 of 0", "other": "3 of 3"}, r.has())
	r.agree()
	r.addsUp()
}

// Nor is what was given up though its signal is still valid.
func TestShareThatWasGivenUpStaysUnreached(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	for range 4 {
		r.broker.Next(tradingtest.Reject)
	}
	r.signals.put(saysAs("cross", btc, signal.Long, r.now()))
	for range 20 { // The last of its attempts is made after 14 seconds.
		r.mustStep()
		r.clock.Add(time.Second)
	}
	require.Equal(t, 4, r.broker.Submits())
	require.True(t, last(of[journal.SignalSeen](r)).ValidUntil.After(r.now()))
	r.signals.put(saysAs("other", btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, map[string]string{"cross": "0 of 0", "other": "3 of 3"}, r.has())
	require.Equal(t, "3", r.held(btc))
	r.agree()
	r.addsUp()
}

// A stop that fills is the end of all that strategies asked for: no signal that closes opens any of it again.
func TestShareOfWhatABracketClosedIsNotOpenedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing, with(stopOnly))
	r.by("cross", signal.Long)
	r.by("other", signal.Short)
	require.Equal(t, "3", r.held(btc))
	require.Equal(t, "sell 3 stop 95 reduce", r.resting())
	r.venue.SetPrice(btc, d("50"))
	r.settle()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, map[string]string{"cross": "0 of 0", "other": "0 of 0"}, r.has())
	r.by("other", signal.Flat)
	require.Equal(t, "0", r.held(btc))
	r.agree()
	r.addsUp()
}

// One stop guards what all hold: the nearer one.
func TestSharesKeepTheNearerStop(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing, with(stopOnly))
	r.by("cross", signal.Long)
	first := r.target()
	r.venue.SetPrice(btc, d("98"))
	r.by("other", signal.Long)
	second := r.target()
	require.Equal(t, "9.061", r.held(btc))
	require.Equal(t, "-12", r.engine.Status().Stakes[0].Profit.String(), "6 from 100 to 98")
	require.Equal(t, first.Ticket.StopLoss, second.Ticket.StopLoss)
	r.venue.SetPrice(btc, d("140"))
	r.by("third", signal.Long)
	third := r.target()
	require.True(t, third.Ticket.StopLoss.GreaterThan(second.Ticket.StopLoss))
	r.addsUp()
}

// target is what is to be held of btc.
func (r *rig) target() book.Target {
	for _, t := range r.engine.Status().Targets {
		if t.Symbol == btc {
			return t
		}
	}
	return book.Target{}
}

func TestSharesAreClosedByAPersonAllAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	r.by("cross", signal.Long)
	r.by("other", signal.Short)
	require.NoError(t, r.engine.Flatten(t.Context(), btc, "bob"))
	r.settle()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, map[string]string{"cross": "0 of 0", "other": "0 of 0"}, r.has())
	r.by("other", signal.Flat)
	require.Equal(t, "0", r.held(btc))
	r.agree()
	r.addsUp()
}

// What a person buys is nobody's, until a signal takes it.
func TestShareOfWhatAPersonBoughtIsNobodys(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	r.by("cross", signal.Long)
	r.venue.Trade("1", btc, trading.Buy, d("2"))
	r.clock.Add(10 * time.Minute)
	r.settle()
	require.Equal(t, map[string]string{"": "2 of 0", "cross": "6 of 6"}, r.has())
	r.by("other", signal.Long)
	require.Equal(t, map[string]string{"cross": "6 of 6", "other": "3 of 3"}, r.has())
	require.Equal(t, "9", r.held(btc))
	r.agree()
	r.addsUp()
}

func TestSharesBeginWithWhatAStrategyOwned(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.by("cross", signal.Long)
	require.Equal(t, "10", r.held(btc))
	require.Empty(t, r.engine.Status().Stakes)
	r.restartWith(sharing)
	r.by("other", signal.Long)
	require.Equal(t, map[string]string{"cross": "10 of 10", "other": "3 of 3"}, r.has())
	r.by("cross", signal.Flat)
	require.Equal(t, "3", r.held(btc))
	r.restartWith(func(cfg *engine.Config) { cfg.Shares = nil })
	r.by("other", signal.Flat)
	require.Equal(t, "0", r.held(btc))
	r.agree()
	r.addsUp()
}

// A strategy that speaks no more keeps what it has, and nothing is added to it; the others trade on.
func TestShareOfAnOrphan(t *testing.T) {
	t.Parallel()
	settings := func(names ...string) func(*engine.Config) {
		return func(cfg *engine.Config) {
			cfg.Settings = nil
			for _, name := range names {
				cfg.Settings = append(cfg.Settings, journal.Setting{Name: journal.StrategySetting(name), Value: "on 1m0s"})
			}
		}
	}
	for policy, want := range map[engine.OrphanPolicy]struct {
		then, later map[string]string
	}{
		engine.ReduceOrphans: {
			map[string]string{"cross": "6 of 6", "other": "-3 of -3"}, map[string]string{"cross": "6 of 6", "other": "0 of 0"},
		},
		engine.FlattenOrphans: {
			map[string]string{"cross": "0 of 0", "other": "-3 of -3"}, map[string]string{"cross": "0 of 0", "other": "0 of 0"},
		},
		engine.HandOver: {
			map[string]string{"": "6 of 6", "cross": "0 of 0", "other": "-3 of -3"},
			map[string]string{"cross": "0 of 0", "other": "0 of 0"},
		},
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, sharing, settings("cross", "other"))
			r.mustStep()
			r.by("cross", signal.Long)
			r.by("other", signal.Short)
			r.restartWith(settings("other"))
			r.restartWith(func(cfg *engine.Config) {
				cfg.Orphans, cfg.Shares = policy, map[string]decimal.Decimal{"other": d("0.3")}
			})
			r.settle()
			require.Equal(t, want.then, r.has())
			if policy == engine.ReduceOrphans {
				require.Equal(t, []string{btc}, r.engine.Status().Orphaned)
			}
			r.by("other", signal.Flat)
			got := r.has()
			require.Equal(t, want.later, got)
			r.agree()
			r.addsUp()
		})
	}
}

// What is less than was asked for is taken from the strategy whose signal it is, and not from those that were there.
func TestShareIsCutToTheLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing, func(cfg *engine.Config) {
		cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxPosition = d("800") })
	})
	r.by("cross", signal.Long)
	r.by("other", signal.Long)
	require.Equal(t, map[string]string{"cross": "6 of 6", "other": "2 of 2"}, r.has())
	r.by("third", signal.Long)
	require.Equal(t, journal.OutcomeRefused, last(of[journal.SignalSeen](r)).Outcome)
	r.by("third", signal.Short)
	require.Equal(t, map[string]string{"cross": "6 of 6", "other": "2 of 2", "third": "-1 of -1"}, r.has())
	r.by("unheard of", signal.Long)
	require.Contains(t, last(of[journal.SignalSeen](r)).Reason, "no share of the account")
	r.addsUp()
}

func TestSharesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for want, shares := range map[string]map[string]decimal.Decimal{
		`0 of "a" is not above zero`:          {"a": d("0")},
		"add up to 1.1, which is more than 1": {"a": d("0.6"), "b": d("0.5")},
	} {
		cfg := newRig(t, refuses).cfg
		cfg.Shares = shares
		_, err := engine.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

// A signal that waited for something to be over joins what the others ask for by then.
func TestShareOfASignalThatWaited(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, sharing)
	r.by("other", signal.Long)
	require.NoError(t, r.engine.Halt(t.Context(), "lunch"))
	r.clock.Add(2 * time.Minute)
	r.signals.put(saysAs("cross", btc, signal.Long, r.now()))
	r.mustStep()
	r.signals.put(saysAs("other", btc, signal.Flat, r.now()))
	r.mustStep()
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	require.NoError(t, rearm(t.Context(), r.engine, "ann"))
	r.settle()
	require.Equal(t, map[string]string{"cross": "6 of 6", "other": "0 of 0"}, r.has())
	r.agree()
	r.addsUp()
}

// That a strategy asks for nothing any more is heard though nothing may be opened for the others. What they have is theirs
// all the same.
func TestShareIsGivenUpWhileNothingMayBeOpened(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]struct {
		wait time.Duration
		held string
	}{"in time": {0, "-3"}, "too late": {time.Hour, "0"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, sharing)
			r.by("cross", signal.Long)
			r.by("other", signal.Short)
			require.NoError(t, r.engine.Halt(t.Context(), "lunch"))
			r.clock.Add(2 * time.Minute)
			r.signals.put(saysAs("cross", btc, signal.Flat, r.now()))
			r.mustStep()
			r.mustStep()
			require.Equal(t, "0", r.held(btc), "what closes passes")
			require.Equal(t, map[string]string{"cross": "3 of 0", "other": "-3 of -3"}, r.has())
			r.clock.Add(then.wait)
			require.NoError(t, rearm(t.Context(), r.engine, "ann"))
			r.settle()
			require.Equal(t, then.held, r.held(btc))
			r.by("other", signal.Flat)
			require.Equal(t, "0", r.held(btc))
			require.Equal(t, map[string]string{"cross": "0 of 0", "other": "0 of 0"}, r.has())
			r.agree()
			r.addsUp()
		})
	}
}

func TestSharesSurviveACrashAtAnyWrite(t *testing.T) {
	t.Parallel()
	for failing, failed := 1, true; failed; failing++ {
		r := newRig(t, refuses, sharing, func(cfg *engine.Config) { cfg.Ticket = stopOnly })
		r.journal.failAt, r.journal.wrote = failing, failing%2 == 0
		failed = false
		r.journal.failed = func() { failed = true }
		for _, strategy := range slices.Sorted(maps.Keys(thirds)) {
			r.by(strategy, signal.Long)
			r.restart()
		}
		r.by("cross", signal.Short)
		require.Equal(t, map[string]string{"cross": "-6 of -6", "other": "3 of 3", "third": "1 of 1"}, r.has())
		require.Equal(t, "-2", r.held(btc))
		for strategy := range thirds {
			r.by(strategy, signal.Flat)
		}
		r.agree()
		r.addsUp()
	}
}

// What another strategy asked for is under way, and counts, while its order is tried again, while an earlier one is being
// canceled for it, and no longer than its signal is valid.
func TestShareThatIsUnderWayCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ticket trading.TicketPolicy
		begin  func(r *rig)
		want   map[string]string
	}{
		"tried again": {nil, func(r *rig) {
			r.broker.Next(tradingtest.Reject)
			r.signals.put(saysAs("cross", btc, signal.Long, r.now()))
			r.mustStep()
		}, map[string]string{"cross": "6 of 6", "other": "3 of 3"}},
		"behind a cancel": {patient, func(r *rig) {
			r.signals.put(saysAs("cross", btc, signal.Long, r.now()))
			r.mustStep()
			r.broker.FailCancel(true)
			r.clock.Add(time.Second)
			r.signals.put(saysAs("cross", btc, signal.Short, r.now()))
			require.Error(r.t, r.step())
		}, map[string]string{"cross": "-3 of -6", "other": "3 of 3"}},
		"expired, and of unknown fate": {nil, func(r *rig) {
			r.broker.HideFills(true)
			r.broker.Next(tradingtest.LoseReply)
			r.signals.put(saysAs("cross", btc, signal.Long, r.now()))
			_ = r.step()
			require.Len(r.t, r.engine.Status().Orders, 1)
			r.clock.Add(2 * time.Minute)
		}, map[string]string{"cross": "0 of 0", "other": "0 of 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, sharing, func(cfg *engine.Config) { cfg.Ticket = c.ticket })
			r.mustStep()
			c.begin(r)
			r.clock.Add(time.Second)
			r.signals.put(saysAs("other", btc, signal.Long, r.now()))
			_ = r.step()
			require.Equal(t, c.want, r.has())
			r.addsUp()
		})
	}
}

// What something else has sold is not bought again for another strategy, unless that is asked for.
func TestShareOfWhatWasTakenIsLess(t *testing.T) {
	t.Parallel()
	for refill, want := range map[bool]map[string]string{
		false: {"cross": "4 of 4", "other": "3 of 3"}, true: {"cross": "6 of 6", "other": "3 of 3"},
	} {
		t.Run(fmt.Sprint("refill ", refill), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, sharing, func(cfg *engine.Config) { cfg.RefillTaken = refill })
			r.by("cross", signal.Long)
			r.venue.Trade("1", btc, trading.Sell, d("2"))
			r.clock.Add(10 * time.Minute)
			r.settle()
			require.Equal(t, "4", r.held(btc))
			r.by("other", signal.Long)
			require.Equal(t, want, r.has())
			r.agree()
			r.addsUp()
		})
	}
}

// What is left of a stake after a part was closed has parts of a step, and no order has.
func TestShareThatIsLeftAloneIsHeldInWholeSteps(t *testing.T) {
	t.Parallel()
	closes := &wants{"closes", func(h trading.Held) trading.Adjustment {
		if h.Quantity.Equal(d("7")) {
			return trading.Adjustment{Close: d("1")}
		}
		return trading.Adjustment{}
	}}
	r := newRig(t, refuses, exits(nil, closes), sharing)
	r.by("cross", signal.Long)
	r.by("third", signal.Long)
	require.Equal(t, "6", r.held(btc))
	r.by("third", signal.Flat)
	require.Equal(t, "5.142", r.held(btc))
	r.agree()
	r.addsUp()
}
