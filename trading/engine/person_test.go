package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func byHand(cfg *engine.Config) { cfg.AutoExecute = false }

func TestSignalIsSentOnceAPersonHasApprovedIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, byHand, with(bracket), func(cfg *engine.Config) { cfg.Fingerprint = "f1" })
	long := says(btc, signal.Long, r.now())
	r.signals.put(long, says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Len(t, r.engine.Status().Offers, 2)
	b, err := book.Restore(r.cfg.Capital, journal.Load(t.Context(), r.journal))
	require.NoError(t, err)
	data, err := b.Snapshot()
	require.NoError(t, err)
	restored, err := book.FromSnapshot(data, r.cfg.Capital)
	require.NoError(t, err)
	require.Equal(t, b.Digest(), restored.Digest())
	require.Equal(t, b.Offers(), restored.Offers())
	r.restart()
	require.NoError(t, r.engine.Approve(t.Context(), long.ID, "alice"))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, "0", r.held(eth))
	require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 95 reduce", r.resting(), "and it is guarded")
	require.ErrorContains(t, r.engine.Approve(t.Context(), long.ID, "alice"), "none that waits for approval", "once")
	offers := r.engine.Status().Offers
	require.Len(t, offers, 1)
	require.Equal(t, eth, offers[0].Symbol)

	trail, err := book.Audit(journal.Entries(t.Context(), r.journal, 0), clientID(long.ID, 1))
	require.NoError(t, err)
	require.Equal(t, journal.OutcomeWouldHave, trail.Signal.Event.(journal.SignalSeen).Outcome)
	require.Equal(t, journal.SignalApproved{SignalID: long.ID, By: "alice"}, trail.Approval.Event)
	require.Equal(t, "f1", trail.Signal.Event.(journal.SignalSeen).Config)
	require.Equal(t, "f1", trail.Order.Config)
}

func TestApprovalThatIsNotPossibleAnyMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		story func(*rig)
		want  string
	}{
		"an unknown signal":    {func(r *rig) { r.signals = newShelf() }, "none that waits"},
		"one that has expired": {func(r *rig) { r.clock.Add(2 * time.Minute) }, "it expired at 2025-03-04T12:01:00Z"},
		"one before a newer that was refused": {func(r *rig) {
			require.NoError(r.t, r.engine.Halt(context.Background(), "odd"))
			r.clock.Add(time.Second)
			r.signals.put(says(btc, signal.Short, r.now()))
			r.mustStep()
		}, "none that waits"},
		"one that a newer one replaced": {func(r *rig) { r.clock.Add(time.Second); r.signals.put(says(btc, signal.Short, r.now())); r.mustStep() }, "none that waits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, byHand)
			s := says(btc, signal.Long, r.now())
			if name != "an unknown signal" {
				r.signals.put(s)
			}
			r.mustStep()
			c.story(r)
			require.ErrorContains(t, r.engine.Approve(t.Context(), s.ID, "alice"), c.want)
			require.ErrorContains(t, r.engine.Approve(t.Context(), s.ID, ""), "name")
			r.settle()
			require.Zero(t, r.broker.Submits())
		})
	}
}

func TestApprovedSignalIsHeldToTheLimitsOfItsMoment(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, byHand)
	s := says(btc, signal.Long, r.now())
	r.signals.put(s)
	r.mustStep()
	require.NoError(t, r.engine.Approve(t.Context(), s.ID, "alice"))
	r.engine.SetReduceOnly(true)
	r.mustStep()
	require.Zero(t, r.broker.Submits())
	r.engine.SetReduceOnly(false)
	r.venue.SetPrice(btc, d("1000"))
	r.mustStep()
	require.Equal(t, "5", r.held(btc), "MaxPosition is 5000")
}

func TestFlattenClosesWhoeverOpened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		auto bool
		open func(*rig)
	}{
		"a signal, with its bracket":      {true, func(r *rig) { r.signals.put(says(btc, signal.Long, r.now())) }},
		"a person, on the same account":   {true, func(r *rig) { r.venue.Trade("1", btc, trading.Sell, d("3")) }},
		"where nothing is sent by itself": {false, func(r *rig) { r.venue.Trade("1", btc, trading.Buy, d("3")) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) { cfg.AutoExecute = c.auto })
			r.mustStep()
			c.open(r)
			r.mustStep()
			require.NotEqual(t, "0", r.held(btc))
			require.NoError(t, r.engine.Halt(t.Context(), "odd"))
			require.NoError(t, r.engine.Flatten(t.Context(), btc, "bob"))
			r.restart()
			r.mustStep()
			require.Equal(t, "0", r.held(btc))
			require.Empty(t, r.resting())
			orders := r.broker.Submits()
			r.settle()
			require.Equal(t, orders, r.broker.Submits())
			b, err := book.Restore(r.cfg.Capital, journal.Load(t.Context(), r.journal))
			require.NoError(t, err)
			all := b.Orders()
			trail, err := book.Audit(journal.Entries(t.Context(), r.journal, 0), all[len(all)-1].ClientID)
			require.NoError(t, err)
			require.Equal(t, "bob", trail.Signal.Event.(journal.CloseAsked).By)

			require.NoError(t, rearm(t.Context(), r.engine, "bob"))
			r.clock.Add(time.Minute)
			short := says(btc, signal.Short, r.now())
			r.signals.put(short)
			r.mustStep()
			if c.auto {
				require.Equal(t, "-10", r.held(btc), "and the next signal may open again")
			}
		})
	}
	r := newRig(t, refuses)
	require.ErrorContains(t, r.engine.Flatten(t.Context(), "DOGE/USDT", "bob"), "DOGE/USDT")
	require.ErrorContains(t, r.engine.Flatten(t.Context(), btc, " "), "name")
}

func TestFingerprintNamesTheSettings(t *testing.T) {
	t.Parallel()
	one := engine.Fingerprint(map[string]string{"a": "1", "b": "2"})
	require.Regexp(t, "^[0-9a-f]{16}$", one)
	require.Equal(t, one, engine.Fingerprint(map[string]string{"b": "2", "a": "1"}))
	for _, other := range []map[string]string{{}, {"a": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2", "c": ""}, {"a": "1\"=\"", "b": "2"}} {
		require.NotEqual(t, one, engine.Fingerprint(other))
	}
}

// A position that was adopted where nobody gives a price, not even its own, is closed all the same.
func TestCloseNeedsNoPrice(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(r *rig){
		"asked for by a person": func(r *rig) { require.NoError(r.t, r.engine.Flatten(context.Background(), btc, "alice")) },
		"asked for by a signal": func(r *rig) {
			s := says(btc, signal.Flat, r.now())
			s.Price = 0
			r.signals.put(s)
		},
		"after a restart": func(r *rig) {
			require.NoError(r.t, r.engine.Flatten(context.Background(), btc, "alice"))
			r.restart()
		},
		"though the first attempt is refused": func(r *rig) {
			r.broker.Next(tradingtest.Reject)
			require.NoError(r.t, r.engine.Flatten(context.Background(), btc, "alice"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) {
				cfg.Pricer, cfg.Differences = priceless{}, engine.AdoptDifference
			})
			r.venue.Transfer(btc, d("3"))
			r.settle()
			require.Equal(t, "3", r.held(btc))
			end(r)
			r.settle()
			require.Equal(t, "0", r.held(btc))
			require.Empty(t, r.engine.Status().Orders)
			require.Len(t, r.venue.Ledger(), 1)
		})
	}
}

// priceless knows no price.
type priceless struct{}

func (priceless) Price(string) (decimal.Decimal, bool) { return decimal.Zero, false }
