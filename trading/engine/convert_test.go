package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// announces is a venue that tells of conversions, or fails to.
type announces struct {
	*tradingtest.Misbehaving

	venue *tradingtest.Venue
	err   *error
}

func (b announces) Conversions(ctx context.Context, since time.Time) ([]trading.Conversion, error) {
	if *b.err != nil {
		return nil, *b.err
	}
	return b.venue.Conversions(ctx, since)
}

// announcing is a rig whose venue tells of conversions.
func announcing(t require.TestingT, change ...func(*engine.Config)) (*rig, *error) {
	r, err := newRig(t, refuses, change...), new(error)
	r.cfg.Broker = announces{r.broker, r.venue, err}
	r.restart()
	return r, err
}

func split(id, newPart, oldPart string) trading.Conversion {
	return trading.Conversion{ID: id, Symbol: btc, To: btc, New: d(newPart), Old: d(oldPart)}
}

// compares has the next step compare positions.
func (r *rig) compares() {
	r.clock.Add(6 * time.Minute)
	for range 3 {
		_ = r.step()
		r.clock.Add(time.Second)
	}
}

func TestSplitThatTheVenueTellsIsJournaledOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		split         trading.Conversion
		paid          string
		held, guarded string
		policy        engine.DifferencePolicy
		unknown       bool // the venue does not tell the ratio
	}{
		"4:1":                           {split("k", "4", "1"), "0", "40", "sell 40 limit 27.5 reduce, sell 40 stop 23.75 reduce", "", false},
		"1:5":                           {split("k", "1", "5"), "0", "2", "sell 2 limit 550 reduce, sell 2 stop 475 reduce", "", false},
		"3:2":                           {split("k", "3", "2"), "0", "15", "sell 15 limit 73.33 reduce, sell 15 stop 63.33 reduce", "", false},
		"a fraction is paid out":        {split("k", "1", "4"), "0.5", "2", "sell 2 limit 440 reduce, sell 2 stop 380 reduce", "", false},
		"where differences are adopted": {split("k", "4", "1"), "0", "40", "sell 40 limit 27.5 reduce, sell 40 stop 23.75 reduce", engine.AdoptDifference, false},
		"where the ratio is not told":   {split("k", "4", "1"), "0", "40", "sell 40 limit 27.5 reduce, sell 40 stop 23.75 reduce", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := announcing(t, with(bracket), func(cfg *engine.Config) { cfg.Differences = c.policy })
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 95 reduce", r.resting())
			if c.unknown {
				r.cfg.Broker = unknownRatio{r.cfg.Broker.(announces)}
			}
			r.restart() // It is down when it happens.
			r.venue.Convert(c.split, d(c.paid))
			ctx, conditions := watched(t)
			for range 3 {
				_ = r.engine.Step(ctx)
				r.clock.Add(time.Second)
			}
			require.False(t, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.guarded, r.resting())
			require.True(t, conditions()["converted/"+btc].Person)
			require.Equal(t, "1000", r.engine.Status().Positions[0].Cost.String(), "it cost what it cost")
			for range 3 {
				r.restart()
				r.compares()
			}
			require.Equal(t, 1, r.conversions(), "once")
			require.Equal(t, 1, r.log.count("Instrument converted"))
			require.Equal(t, c.guarded, r.resting())
			r.signals.put(says(btc, signal.Flat, r.now()))
			for range 3 {
				_ = r.step()
				r.clock.Add(time.Second)
			}
			require.Equal(t, "0", r.held(btc))
			r.agree()
		})
	}
}

// unknownRatio is a venue that tells of a conversion, and not of how many there are.
type unknownRatio struct{ announces }

func (b unknownRatio) Conversions(ctx context.Context, since time.Time) ([]trading.Conversion, error) {
	all, err := b.announces.Conversions(ctx, since)
	for i := range all {
		all[i].Old, all[i].New = decimal.Zero, decimal.Zero
	}
	return all, err
}

// conversions are how many the journal has.
func (r *rig) conversions() (count int) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		if _, ok := entry.Event.(journal.Converted); ok {
			count++
		}
	}
	return count
}

func TestSplitThatNobodyTellsHaltsByName(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]engine.DifferencePolicy{
		"where differences halt": engine.HaltOnDifference, "where they are adopted": engine.AdoptDifference,
		"where they are closed": engine.CloseDifference,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) { cfg.Differences = policy })
			ctx, conditions := watched(t)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.venue.Convert(split("", "4", "1"), decimal.Zero)
			r.compares()
			require.Equal(t, "positions differ: BTC/USDT is 40 at the broker and 10 in the journal, "+
				"which looks like this: split 4:1 of BTC/USDT", r.engine.Status().Halt.Reason)
			r.clock.Add(6 * time.Minute)
			_ = r.engine.Step(ctx)
			require.Contains(t, conditions()["differs/"+btc].Remedy, "convert it, BTC/USDT to BTC/USDT and 4 for 1, and re-arm")
			for range 200 { // for longer than a position may be without its stop-loss
				r.clock.Add(time.Second)
				_ = r.step()
			}
			require.Equal(t, "10", r.held(btc), "nothing is sent while nobody knows in which units")
			require.ErrorContains(t, r.engine.Convert(t.Context(), split("", "2", "1"), "ann"), "there would be 20, and not 40")
			require.Error(t, r.engine.Convert(t.Context(), split("", "4", "1"), " "))
			require.NoError(t, r.engine.Convert(t.Context(), split("", "4", "1"), "ann"))
			require.NoError(t, rearm(t.Context(), r.engine, "ann"))
			r.mustStep()
			require.False(t, r.engine.Status().Halt.Active())
			require.Equal(t, "40", r.held(btc))
			require.Equal(t, "sell 40 limit 27.5 reduce, sell 40 stop 23.75 reduce", r.resting())
			require.Equal(t, "10000", r.engine.Status().Equity.String(), "no profit comes of it")
			r.restart()
			r.mustStep()
			require.Equal(t, "40", r.held(btc))
		})
	}
}

func TestSplitOfWhatWasTradedMeanwhileHaltsByName(t *testing.T) {
	t.Parallel()
	r, _ := announcing(t, func(cfg *engine.Config) { cfg.Differences = engine.AdoptDifference })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Convert(split("k", "4", "1"), decimal.Zero)
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep() // It sells 10 of what is 40 by then.
	r.compares()
	require.Equal(t, "positions differ: BTC/USDT is 30 at the broker and 0 in the journal, "+
		"which looks like this: split 4:1 of BTC/USDT", r.engine.Status().Halt.Reason)
	require.Equal(t, "0", r.held(btc), "nothing is made up of it")
}

func TestTransferAtAPriceThatStaysIsNoSplit(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Differences = engine.AdoptDifference })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Transfer(btc, d("10"))
	r.compares()
	require.False(t, r.engine.Status().Halt.Active())
	require.Equal(t, "20", r.held(btc))
}

func TestRenameThatTheVenueTellsIsJournaled(t *testing.T) {
	t.Parallel()
	r, _ := announcing(t, with(bracket))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Convert(trading.Conversion{ID: "k", Symbol: btc, To: "NEW/USDT", Old: d("1"), New: d("1")}, decimal.Zero)
	r.compares()
	require.False(t, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, "10", r.held("NEW/USDT"))
	require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 95 reduce", r.resting(), "it is guarded under its new name")
	for _, o := range r.venue.Resting() {
		require.Equal(t, "NEW/USDT", o.Symbol)
	}
	require.NoError(t, r.engine.Flatten(t.Context(), "NEW/USDT", "ann"))
	r.compares()
	require.Equal(t, "0", r.held("NEW/USDT"))
	require.Empty(t, r.resting())
}

func TestRenameThatNobodyTellsHaltsByName(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) { cfg.Differences = engine.AdoptDifference })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	rename := trading.Conversion{Symbol: btc, To: "NEW/USDT", Old: d("1"), New: d("1")}
	r.venue.Convert(rename, decimal.Zero)
	r.compares()
	require.Contains(t, r.engine.Status().Halt.Reason, "which looks like this: BTC/USDT is NEW/USDT now")
	require.NoError(t, r.engine.Convert(t.Context(), rename, "ann"))
	require.NoError(t, rearm(t.Context(), r.engine, "ann"))
	r.compares()
	require.False(t, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
	require.Equal(t, "10", r.held("NEW/USDT"))
}

func TestConversionsThatCannotBeAskedForOpenNothing(t *testing.T) {
	t.Parallel()
	r, fails := announcing(t)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Convert(split("k", "4", "1"), decimal.Zero)
	*fails = errors.New("no route")
	r.clock.Add(6 * time.Minute)
	r.signals.put(says(eth, signal.Long, r.now()))
	require.ErrorContains(t, r.step(), "ask the broker for conversions: no route")
	require.Equal(t, "0", r.held(eth))
	*fails = nil
	r.mustStep()
	require.Equal(t, "40", r.held(btc))
	require.Equal(t, "100", r.held(eth), "and then it goes on")
}

func TestNothingIsSentInUnitsThatNobodyKnows(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.Convert(split("", "4", "1"), decimal.Zero)
	r.compares()
	sent := r.broker.Submits()
	r.signals.put(says(btc, signal.Flat, r.now()), says(eth, signal.Flat, r.now()))
	for range 5 {
		_ = r.step()
		r.clock.Add(time.Second)
	}
	require.Equal(t, sent, r.broker.Submits(), "10 of what is 40 are not sold")
	require.NoError(t, r.engine.Convert(t.Context(), split("", "4", "1"), "ann"))
	for range 5 {
		_ = r.step()
		r.clock.Add(time.Second)
	}
	require.Equal(t, "0", r.held(btc), "and then all of it is")
	r.agree()
}

func TestSplitThatEndsTheGuardsIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{"told": "k", "not told": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := announcing(t, with(bracket))
			r.broker.Stream(true)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(time.Second)
			r.mustStep()
			r.venue.Convert(split(id, "4", "1"), decimal.Zero)
			for range 8 {
				_ = r.step()
				r.clock.Add(time.Second)
			}
			require.Equal(t, id == "", r.engine.Status().Halt.Active(), "well before the next comparison is due")
			require.Equal(t, "40", r.atVenue(btc), "and nothing is sold because the price has passed the old stop")
		})
	}
}

func (r *rig) atVenue(symbol string) string {
	held, err := r.venue.Positions(context.Background())
	require.NoError(r.t, err)
	return held[symbol].String()
}
