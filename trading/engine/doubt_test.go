package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// A person who flattens what the venue holds in other units hears at once what to do, and it works.
func TestFlattenInOtherUnitsSaysTheWayOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		became   trading.Conversion
		flattens []string
		says     []string
	}{
		"a split": {
			split("", "4", "1"), []string{btc},
			[]string{"BTC/USDT is 40 at the broker and 10 in the journal", "convert BTC/USDT 4:1 and flatten BTC/USDT"},
		},
		"another name": {
			trading.Conversion{Symbol: btc, To: "NEW/USDT", Old: d("1"), New: d("1")}, []string{btc, "NEW/USDT"},
			[]string{"BTC/USDT is 0 at the broker and 10 in the journal", "convert BTC/USDT 1:1 NEW/USDT and flatten NEW/USDT"},
		},
		"another name, which is set up": {
			trading.Conversion{Symbol: btc, To: "A/USDT", Old: d("1"), New: d("1")}, []string{btc, "A/USDT"},
			[]string{"BTC/USDT is 0 at the broker and 10 in the journal", "convert BTC/USDT 1:1 A/USDT and flatten A/USDT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) {
				cfg.Instruments = append(cfg.Instruments, instrument("A/USDT"))
			})
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.venue.Convert(c.became, decimal.Zero)
			r.compares()
			sent, appends := r.broker.Submits(), r.journal.appends
			for _, symbol := range c.flattens {
				err := r.engine.Flatten(t.Context(), symbol, "bob")
				require.ErrorIs(t, err, engine.ErrOtherUnits)
				for _, said := range c.says {
					require.ErrorContains(t, err, said)
				}
			}
			require.Equal(t, appends, r.journal.appends, "nothing is begun")
			_ = r.step()
			require.Equal(t, sent, r.broker.Submits())

			require.NoError(t, r.engine.Convert(t.Context(), c.became, "bob"))
			require.NoError(t, r.engine.Flatten(t.Context(), c.became.To, "bob"), "at once, and before the next step")
			r.settle()
			require.Equal(t, "0", r.held(c.became.To))
			require.Equal(t, "0", r.atVenue(c.became.To))
			require.Empty(t, r.resting())
		})
	}
}

func TestFlattenOfWhatNoConversionExplainsSendsAPersonToTheVenue(t *testing.T) {
	t.Parallel()
	r, _ := announcing(t)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Convert(split("k", "4", "1"), decimal.Zero)
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep() // It sells 10 of what is 40 by then.
	r.compares()
	err := r.engine.Flatten(t.Context(), btc, "bob")
	require.ErrorIs(t, err, engine.ErrOtherUnits)
	require.ErrorContains(t, err, "no conversion explains it, so close it at the venue")
}

func TestFlattenOfWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	for policy, says := range map[engine.DifferencePolicy]string{
		engine.HaltOnDifference: "5 at the broker and 0 in the journal: there is nothing of ours to close; " +
			"close it at the venue, or have it adopted",
		engine.IgnoreDifference: "", // It is another's, and flat is what we are.
		engine.AdoptDifference:  "", // It is ours by then.
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Differences = policy })
			r.mustStep()
			r.venue.Transfer(btc, d("5"))
			r.compares()
			err := r.engine.Flatten(t.Context(), btc, "bob")
			if says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, says)
			require.NotErrorIs(t, err, engine.ErrOtherUnits)
		})
	}
}

// looksSplit has a position with a stop far below become four times as much at the venue, which tells nothing of it.
func looksSplit(r *rig) {
	r.cfg.Ticket = trading.FixedTicket{StopLoss: d("0.9")}
	r.restart()
	r.mustStep()
	r.signals.put(says(btc, signal.Long, r.cfg.Clock.Now()))
	r.mustStep()
	require.Equal(r.t, "sell 10 stop 10 reduce", r.resting())
	r.venue.SetPrice(btc, d("25"))
	r.venue.Transfer(btc, d("30"))
	r.restart()
	for range 3 {
		_ = r.step()
	}
	require.ErrorIs(r.t, r.engine.Flatten(context.Background(), btc, "bob"), engine.ErrOtherUnits)
}

// What guards a position stays while nothing can close it.
func TestGuardStaysWhileNothingCanBeClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	looksSplit(r)
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	require.Equal(t, "sell 10 stop 10 reduce", r.resting())
	require.NoError(t, r.engine.Convert(t.Context(), split("", "4", "1"), "bob"))
	r.settle()
	require.Empty(t, r.resting())
	require.Equal(t, "0", r.atVenue(btc))
}

func TestStopThatMayNotFlattenSaysWhyAndLeavesTheGuard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		looksSplit(r)
		report, err := r.engine.Stop(t.Context(), engine.FlattenAll, 10*time.Second)
		require.ErrorIs(t, err, engine.ErrOtherUnits)
		require.ErrorContains(t, err, "10 of BTC/USDT is held")
		require.False(t, report.Done)
		require.Equal(t, "sell 10 stop 10 reduce", r.resting())
	})
}
