package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

var (
	refuses = trading.Traits{RefusesDuplicates: true, MaxFlight: 5 * time.Second}
	bounded = trading.Traits{MaxFlight: 5 * time.Second}
	never   = trading.Traits{}
)

func TestSignalBecomesAnOrderAndAFill(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	s := r.engine.Status()
	require.Equal(t, "10", r.held(btc))
	require.True(t, s.Reconciled)
	require.Empty(t, s.Orders)
	require.Equal(t, 1, s.Counts.Signals[journal.OutcomeActed])
	require.Equal(t, 1, s.Counts.Fills)
	require.Equal(t, book.Cursor{Store: "shelf-1", Seq: 1}, s.Cursor)
	require.Equal(t, "9000", s.Cash.String())
	require.Equal(t, "10000", s.Equity.String())
	require.Equal(t, 1, r.log.count("INFO Order submitted"))
	require.Equal(t, 1, r.log.count("INFO Fill symbol=BTC/USDT side=buy quantity=10 price=100 fee=0 id=v-"))
	require.Equal(t, 1, r.log.count("INFO Trading engine started"))
	r.agree()

	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Short, r.now()))
	r.mustStep()
	require.Equal(t, "-10", r.held(btc), "a flip is one order")
	require.Len(t, r.venue.Ledger(), 2)
	r.agree()
}

func TestBacklogActsOnTheNewestOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	for i := range 1200 { // more than one page, more than one batch
		direction := signal.Long
		if i%2 == 1 {
			direction = signal.Short
		}
		r.signals.put(says(btc, direction, noon.Add(time.Duration(i-1300)*time.Minute)))
	}
	r.signals.put(says(eth, signal.Long, noon), says(btc, signal.Long, noon), says(btc, signal.Short, noon.Add(-time.Hour)))
	r.mustStep()
	counts := r.engine.Status().Counts
	require.Equal(t, 2, counts.Signals[journal.OutcomeActed])
	require.Equal(t, 1201, counts.Signals[journal.OutcomeSuperseded])
	require.Len(t, r.venue.Ledger(), 2)
	require.Equal(t, int64(1203), r.engine.Status().Cursor.Seq)
}

func TestRejectedOrderIsTriedThreeTimesMore(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.broker.Next(tradingtest.Reject, tradingtest.Reject, tradingtest.Reject, tradingtest.Reject)
	r.signals.put(says(btc, signal.Long, r.now()))
	var at []time.Duration
	for range 60 {
		before := r.broker.Submits()
		r.mustStep()
		if r.broker.Submits() > before {
			at = append(at, r.now().Sub(noon))
		}
		r.clock.Add(500 * time.Millisecond)
	}
	require.Equal(t, []time.Duration{0, 2 * time.Second, 6 * time.Second, 14 * time.Second}, at)
	require.Equal(t, 1, r.log.count("ERROR Order given up"))
}

func TestFlipThatIsRefusedClosesFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Minute)
	r.broker.Next(tradingtest.Reject, tradingtest.None, tradingtest.Reject)
	r.signals.put(says(btc, signal.Short, r.now()))
	r.mustStep()
	r.clock.Add(2 * time.Second)
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	r.settle()
	require.Equal(t, "-10", r.held(btc))
	r.agree()
}

func TestPartCanceledOrderIsCompleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.venue.FillPart(d("4"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "10", r.held(btc))
	require.Len(t, r.venue.Ledger(), 2)
	r.agree()
}

func TestPartCanceledOrderWaitsForItsFills(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.venue.FillPart(d("4"))
	r.mustStep()
	r.broker.HideFills(true)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, 1, r.broker.Submits(), "how much is left is not known before the fills are")
	r.broker.HideFills(false)
	r.mustStep()
	require.Equal(t, "4", r.held(btc))
}

// refusesTheRest is a broker that calls rejected what it executed in part.
type refusesTheRest struct{ trading.Broker }

func (b refusesTheRest) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	report, err := b.Broker.Order(ctx, ref)
	if report.Status == trading.StatusCanceled {
		report.Status = trading.StatusRejected
	}
	return report, err
}

func TestOrderOfWhichAPartWasFilledIsNotRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Broker = refusesTheRest{cfg.Broker} })
	r.venue.FillPart(d("4"))
	r.broker.Next(tradingtest.LoseReply)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.mustStep()
	require.Equal(t, "4", r.held(btc))
	require.Empty(t, r.engine.Status().Orders)
	require.Zero(t, r.engine.Status().Counts.Rejected)
	r.agree()
}

func TestFillsThatComeTwiceOrInAnyOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.broker.DuplicateFills(true)
	r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Short, r.now()))
	r.mustStep()
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	require.Equal(t, "0", r.held(btc))
	r.agree()
}

func TestFillByHandIsTakenInAndTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.venue.Trade("7", btc, trading.Buy, d("2"))
	r.mustStep()
	require.Equal(t, "2", r.held(btc))
	require.Equal(t, 1, r.engine.Status().Counts.ForeignFills)
	require.Equal(t, 1, r.log.count("WARN Fill of an order that is not ours"))
	r.clock.Add(time.Minute)
	r.mustStep()
	require.Equal(t, 0, r.broker.Submits())

	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	r.venue.Trade("8", btc, trading.Sell, d("4"))
	r.settle()
	require.Equal(t, "6", r.held(btc))
	require.Equal(t, 1, r.broker.Submits(), "what a person did is not undone")
}

func TestPositionThatTheJournalDoesNotKnowHaltsTrading(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.venue.Trade("7", btc, trading.Buy, d("2"))
	r.clock.Add(time.Hour) // long before the first step: not ours to adopt
	r.mustStep()
	require.Equal(t, "positions differ: BTC/USDT is 2 at the broker and 0 in the journal", r.engine.Status().Halt.Reason)
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, 1, r.engine.Status().Counts.Signals[journal.OutcomeRefused])
	r.restart()
	r.mustStep()
	require.True(t, r.engine.Status().Halt.Active(), "a restart does not clear a halt")
	require.NoError(t, rearm(t.Context(), r.engine, "alice"))
	require.False(t, r.engine.Status().Halt.Active())
}

func TestOrderThatTheBrokerForgotIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	id := clientID(says(btc, signal.Long, noon).ID, 1)
	r.mustStep()
	r.broker.HideFills(true)
	r.broker.Forget(id, true)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, 1, r.broker.Submits())
	require.ErrorContains(t, r.step(), "has forgotten it")
	r.broker.HideFills(false)
	r.mustStep()
	require.Equal(t, "10", r.held(btc), "its fill says what became of it")
	r.agree()
}

func TestBrokerWhoseAnswersLagIsNoCaseForAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.clock.Add(time.Hour)
	id := clientID(says(btc, signal.Long, r.now()).ID, 1)
	r.broker.HideFills(true)
	r.broker.Forget(id, true)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(3 * time.Second)
	r.mustStep()
	require.Equal(t, 0, r.log.count("ERROR"))
	require.Equal(t, trading.StatusOpen, r.engine.Status().Orders[0].Status)
	r.broker.Forget(id, false)
	r.broker.HideFills(false)
	r.mustStep()
	r.agree()
}

// slowToShow is a broker that does not know of what it cancels, for a while.
type slowToShow struct{ *tradingtest.Misbehaving }

func (b slowToShow) Cancel(ctx context.Context, ref trading.OrderRef) error {
	b.Forget(ref.ClientID, true)
	return b.Misbehaving.Cancel(ctx, ref)
}

func TestBrokerThatIsSlowToShowWhatItCanceledIsNoCaseForAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(patient))
	r.cfg.Broker = slowToShow{r.broker}
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Hour) // The signal has expired, so the order that rests for it is canceled.
	r.mustStep()
	require.Equal(t, 1, r.broker.CancelCalls())
	r.clock.Add(3 * time.Second)
	r.mustStep()
	require.Equal(t, 0, r.log.count("ERROR"))
	r.broker.Forget(clientID(says(btc, signal.Long, noon).ID, 1), false)
	r.mustStep()
	require.Empty(t, r.engine.Status().Orders)
	r.agree()
}

func TestHaltsAndPermissionsLetOnlyReducingOrdersPass(t *testing.T) {
	t.Parallel()
	stale := errors.New("data is stale")
	for name, c := range map[string]struct {
		stop   func(*rig)
		resume func(*rig)
		reason string
	}{
		"a halt": {
			func(r *rig) { require.NoError(r.t, r.engine.Halt(context.Background(), "too odd")) },
			func(r *rig) {
				require.NoError(r.t, rearm(context.Background(), r.engine, "bob"))
			}, "halted: too odd",
		},
		"reduce only": {
			func(r *rig) { r.engine.SetReduceOnly(true) }, func(r *rig) { r.engine.SetReduceOnly(false) },
			"reduce only: nothing is opened until reduce-only is turned off",
		},
		"health": {
			func(r *rig) { r.cfg.Allow = func(string) error { return stale }; r.restart() },
			func(r *rig) { r.cfg.Allow = nil; r.restart() }, "data is stale",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			c.stop(r)
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()), says(eth, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, "0", r.held(btc), "the half of the flip that closes passes")
			require.Equal(t, "0", r.held(eth))
			require.Equal(t, 1, r.engine.Status().Counts.Signals[journal.OutcomeRefused])
			require.Equal(t, 1, r.log.count("reason="+c.reason+"\n")+r.log.count("WARN Signal refused"))
			c.resume(r)
			r.clock.Add(time.Minute)
			r.signals.put(says(eth, signal.Short, r.now()))
			r.mustStep()
			require.Equal(t, "-100", r.held(eth))
			r.agree()
		})
	}
}

func TestHaltSurvivesAJournalThatFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.journal.failAt = r.journal.appends + 1
	require.ErrorIs(t, r.engine.Halt(t.Context(), "fire"), errDisk)
	require.Equal(t, "fire", r.engine.Status().Halt.Reason, "it holds although it is not durable")
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, 0, r.broker.Submits())
	r.restart()
	r.mustStep()
	require.Equal(t, "fire", r.engine.Status().Halt.Reason, "and the next step made it durable")
}

func TestDaysLossHaltsAndRearmingCountsAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) {
		cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxDailyLoss = d("200") })
	})
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.SetPrice(btc, d("80.01"))
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active())
	r.venue.SetPrice(btc, d("80"))
	r.mustStep()
	require.Equal(t, "daily loss: 200 lost since 2025-03-04, the limit is 200", r.engine.Status().Halt.Reason)
	require.NoError(t, rearm(t.Context(), r.engine, "carol"))
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active())
	r.clock.Add(12 * time.Hour)
	r.venue.SetPrice(btc, d("75"))
	r.mustStep()
	require.Equal(t, "2025-03-05", r.engine.Status().Day.Day)
	require.Equal(t, "9750", r.engine.Status().Day.Equity.String())
}

func TestAutoExecuteOffSendsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.AutoExecute = false })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, 0, r.broker.Submits())
	require.Equal(t, 1, r.engine.Status().Counts.Signals[journal.OutcomeWouldHave])
	require.Equal(t, 0, r.engine.Status().Counts.Orders)
}

func TestBrokerThatIsDownIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.broker.Disconnect(true)
	r.signals.put(says(btc, signal.Long, r.now()))
	require.ErrorIs(t, r.step(), tradingtest.ErrLost)
	require.False(t, r.engine.Status().Reconciled)
	require.NotEmpty(t, r.engine.Status().Error)
	r.broker.Disconnect(false)
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	r.agree()
}

func TestSignalStoreThatIsAnotherNeedsAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.signals.identity = "shelf-2"
	r.restart()
	var other *engine.OtherStoreError
	require.ErrorAs(t, r.step(), &other)
	require.Equal(t, engine.OtherStoreError{Expected: "shelf-1", Found: "shelf-2"}, *other)
	require.ErrorAs(t, r.engine.Serve(t.Context()), &other, "Serve does not try that again")
}

func TestExpiredIntentFromBeforeACrashIsNotSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.journal.failAt = 3 // the day, the intent, and then the submission
	require.ErrorIs(t, r.step(), errDisk)
	r.restart()
	r.clock.Add(2 * time.Minute)
	r.settle()
	require.Equal(t, 0, r.broker.Submits())
	require.Empty(t, r.engine.Status().Orders)
	require.Equal(t, 1, r.log.count("WARN Order withdrawn"))
}

func TestNewEngineNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*engine.Config){
		"Signals":     func(c *engine.Config) { c.Signals = nil },
		"Journal":     func(c *engine.Config) { c.Journal = nil },
		"Broker":      func(c *engine.Config) { c.Broker = nil },
		"Instruments": func(c *engine.Config) { c.Instruments = nil },
		"BTC/USDT twice": func(c *engine.Config) {
			c.Instruments = []trading.Instrument{instrument(btc), instrument(btc)}
		},
		"Tick":         func(c *engine.Config) { c.Instruments = []trading.Instrument{{Symbol: btc}} },
		"Size":         func(c *engine.Config) { c.Size = nil },
		"Capital":      func(c *engine.Config) { c.Capital = d("-1") },
		"Poll":         func(c *engine.Config) { c.Poll = -1 },
		"Timeout":      func(c *engine.Config) { c.Timeout = -1 },
		"MaxOrder":     func(c *engine.Config) { c.Risk = limits(c, func(l *risk.Limits) { l.MaxOrder = d("0") }) },
		"MaxPosition":  func(c *engine.Config) { c.Risk = limits(c, func(l *risk.Limits) { l.MaxPosition = d("-5") }) },
		"MaxDailyLoss": func(c *engine.Config) { c.Risk = limits(c, func(l *risk.Limits) { l.MaxDailyLoss = d("0") }) },
	} {
		cfg := newRig(t, refuses).cfg
		change(&cfg)
		_, err := engine.New(cfg)
		require.ErrorContains(t, err, field)
	}
}
