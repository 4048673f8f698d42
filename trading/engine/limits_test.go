package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// under has a rig trade under rules.
func under(rules risk.Rules) func(*engine.Config) {
	return func(cfg *engine.Config) {
		if rules.Limits == (risk.Limits{}) {
			rules.Limits = risk.NoLimits()
		}
		cfg.Risk = &rules
	}
}

// events are those of one kind in the journal.
func events[E journal.Event](r *rig) (found []E) {
	entries, err := r.journal.Read(r.t.(*testing.T).Context(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// Each symbol is bought for 1000, BTC first.
func TestLimitThatCutsOrRefusesIsNamedInTheJournal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules   risk.Rules
		held    string // of ETH, of 100 at 10
		outcome journal.Outcome
		limit   string
		reason  string
	}{
		"net": {risk.Rules{MaxNet: d("1600")},
			"60", journal.OutcomeActed, "MaxNet", "cut to the limits: MaxNet is 1600: 2000 with the order"},
		"gross": {risk.Rules{MaxGross: d("1700")},
			"70", journal.OutcomeActed, "MaxGross", "cut to the limits: MaxGross is 1700: 2000 with the order"},
		"the number of positions": {risk.Rules{MaxPositions: 1},
			"0", journal.OutcomeRefused, "MaxPositions", "buy 100 ETH/USDT: trading: nothing of the order is allowed: MaxPositions is 1: 2 with the order"},
		"the signal's price": {risk.Rules{SignalCollar: d("0.1")},
			"0", journal.OutcomeRefused, "SignalCollar", "buy 100 ETH/USDT: trading: nothing of the order is allowed: SignalCollar is 0.1: the price is 10, and was 12"},
		"nothing": {risk.Rules{MaxGross: d("2000"), MaxLeverage: d("0.2"), SignalCollar: d("0.2"), MaxPositions: 2}, "100", journal.OutcomeActed, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, under(c.rules))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			second := says(eth, signal.Long, r.now())
			second.Price = 12
			r.signals.put(second)
			r.mustStep()
			require.Equal(t, c.held, r.held(eth))
			seen := events[journal.SignalSeen](r)
			require.Equal(t, c.limit, seen[1].Limit)
			require.Equal(t, c.reason, seen[1].Reason)
			require.Equal(t, c.outcome, seen[1].Outcome)
			r.settle()
			r.signals.put(says(btc, signal.Flat, r.now()), says(eth, signal.Flat, r.now()))
			r.settle()
			require.Equal(t, "0", r.held(btc), "what closes always passes")
			require.Equal(t, "0", r.held(eth))
			r.agree()
		})
	}
}

// An order that was decided on before a crash meets the account as it is when it is sent.
func TestLimitOfTheAccountHoldsAgainWhenTheOrderIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, under(risk.Rules{MaxGross: d("2000")}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.signals.put(says(eth, signal.Long, r.now()))
	r.journal.mu.Lock()
	r.journal.failAt = r.journal.appends + 2 // the intent is there, the submission is not
	r.journal.mu.Unlock()
	require.ErrorIs(t, r.step(), errDisk)
	require.Equal(t, "0", r.held(eth))
	r.restart()
	r.venue.SetPrice(btc, d("150"))
	r.clock.Add(time.Second)
	r.settle()
	require.Equal(t, "50", r.held(eth), "500 is left of 2000, as BTC is worth 1500 now")
	at := slices.IndexFunc(events[journal.Canceled](r), func(e journal.Canceled) bool { return e.Limit != "" })
	require.GreaterOrEqual(t, at, 0)
	withdrawn := events[journal.Canceled](r)[at]
	require.Equal(t, "MaxGross", withdrawn.Limit)
	require.Equal(t, "never sent: 50 of it is allowed now: MaxGross is 2000: 2500 with the order", withdrawn.Reason)
	r.agree()
}

// Too many orders at a time are none too many a moment later: the signal waits, for as long as it is valid.
func TestLimitOnTheRateHasASignalWait(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, under(risk.Rules{MaxPerSecond: 1}))
	r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, "0", r.held(eth))
	seen := events[journal.SignalSeen](r)
	require.Equal(t, journal.OutcomeActed, seen[1].Outcome)
	require.True(t, seen[1].Deferred)
	require.Equal(t, "MaxPerSecond", seen[1].Limit)
	r.restart()
	r.mustStep()
	require.Equal(t, "0", r.held(eth))
	r.signals.put(says(btc, signal.Flat, r.now().Add(time.Minute)))
	r.mustStep()
	require.Equal(t, "0", r.held(btc), "what closes never waits")
	r.clock.Add(time.Second)
	r.mustStep()
	require.Equal(t, "100", r.held(eth))
	r.agree()
}

// What is tried again counts from the attempt before: a price that has run away meanwhile opens nothing.
func TestSignalCollarHoldsForWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	for price, held := range map[string]string{"104": "10", "106": "0"} {
		r := newRig(t, refuses, under(risk.Rules{SignalCollar: d("0.05")}))
		r.broker.Next(tradingtest.Reject)
		r.signals.put(says(btc, signal.Long, r.now()))
		r.mustStep()
		r.venue.SetPrice(btc, d(price))
		r.settle()
		require.Equal(t, held, r.held(btc), price)
	}
}
