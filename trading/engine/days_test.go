package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// dayRig holds 100 coins for 10,000, and a day may lose 500. The price of eth can be taken away.
func dayRig(t *testing.T, change ...func(*engine.Config)) (r *rig, pricer *fickle) {
	pricer = &fickle{gone: map[string]bool{}}
	change = append([]func(*engine.Config){func(cfg *engine.Config) {
		cfg.Risk = risk.Limits{MaxPosition: d("20000"), MaxOrder: d("20000"), MaxDailyLoss: d("500")}
		cfg.Size = size.FixedNotional{Amount: d("10000")}
		pricer.Pricer = cfg.Broker.(trading.Pricer)
		cfg.Pricer = pricer
	}}, change...)
	r = newRig(t, refuses, change...)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "100", r.held(btc))
	return r, pricer
}

func (r *rig) priced(price string) {
	r.venue.SetPrice(btc, d(price))
	r.mustStep()
}

// breaches are the days whose loss is recorded.
func (r *rig) breaches() (days []string) {
	for entry, err := range journal.Entries(context.Background(), r.journal, 0) {
		require.NoError(r.t, err)
		if halted, ok := entry.Event.(journal.Halted); ok && halted.Day != "" {
			days = append(days, halted.Day)
		}
	}
	return days
}

func TestDayThatLosesTooMuchHalts(t *testing.T) {
	t.Parallel()
	night := 12 * time.Hour // until midnight
	for name, c := range map[string]struct {
		happens func(r *rig, pricer *fickle)
		days    []string // whose breach is recorded
	}{
		"within the day": {func(r *rig, _ *fickle) { r.priced("92") }, []string{"2025-03-04"}},
		"bars of a day": {func(r *rig, _ *fickle) {
			r.clock.Add(night)
			r.priced("70")
			r.clock.Add(24 * time.Hour)
			r.priced("49")
		}, []string{"2025-03-05", "2025-03-06"}},
		"over midnight": {func(r *rig, _ *fickle) {
			r.clock.Add(night)
			r.priced("92")
		}, []string{"2025-03-05"}},
		"over midnight, after a day that won": {func(r *rig, _ *fickle) {
			r.priced("106")
			r.clock.Add(night)
			r.priced("100.9")
		}, []string{"2025-03-05"}},
		"in part over midnight, in part after": {func(r *rig, _ *fickle) {
			r.clock.Add(night)
			r.priced("97")
			r.priced("94.9")
		}, []string{"2025-03-05"}},
		"while it is down": {func(r *rig, _ *fickle) {
			r.clock.Add(time.Hour)
			r.restart()
			r.priced("92")
		}, []string{"2025-03-04"}},
		"while it is down over midnight": {func(r *rig, _ *fickle) {
			r.clock.Add(night)
			r.restart()
			r.priced("92")
		}, []string{"2025-03-04", "2025-03-05"}},
		"while it is down over midnight, after a gain": {func(r *rig, _ *fickle) {
			r.clock.Add(2 * time.Minute)
			r.priced("107")
			r.clock.Add(3 * 24 * time.Hour)
			r.restart()
			r.priced("101")
		}, []string{"2025-03-07"}},
		"while another price is missing": {func(r *rig, pricer *fickle) {
			r.signals.put(says(eth, signal.Long, r.now()))
			r.settle()
			pricer.lose(eth, true)
			r.priced("92")
		}, []string{"2025-03-04"}},
		"while another price is missing, and lost before": {func(r *rig, pricer *fickle) {
			r.signals.put(says(eth, signal.Long, r.now()))
			r.settle()
			r.venue.SetPrice(eth, d("9.7")) // 300 of it
			r.mustStep()
			pricer.lose(eth, true)
			r.priced("97.9")
		}, []string{"2025-03-04"}},
		"over midnight, beside what never had a price": {func(r *rig, pricer *fickle) {
			pricer.lose(eth, true)
			r.signals.put(says(eth, signal.Long, r.now()))
			r.settle()
			r.priced("110")
			r.clock.Add(night)
			r.priced("102")
			pricer.lose(eth, false)
			r.mustStep()
		}, []string{"2025-03-05"}},
		"what is bought anew without a price counts at its cost": {func(r *rig, pricer *fickle) {
			r.clock.Add(2 * time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
			r.settle()
			pricer.lose(btc, true)
			r.venue.SetPrice(btc, d("110"))
			one := says(btc, signal.Long, r.now())
			one.Price = 110
			r.signals.put(one)
			r.settle()
		}, nil},
		"while a halt stands": {func(r *rig, _ *fickle) {
			require.NoError(r.t, r.engine.Halt(context.Background(), "lunch"))
			r.priced("92")
		}, []string{"2025-03-04"}},
		"a little each day": {func(r *rig, _ *fickle) {
			for i, price := range []string{"97", "94", "91"} {
				r.priced(price)
				r.clock.Add(night + time.Duration(min(i, 1))*night)
				r.mustStep()
			}
		}, nil},
		"a deposit hides nothing": {func(r *rig, _ *fickle) {
			r.clock.Add(night)
			r.venue.MoveCash(trading.CashEvent{ID: "d", Kind: trading.CashDeposit, Amount: d("1000"), Time: r.now()})
			r.priced("92")
		}, []string{"2025-03-05"}},
		"a withdrawal is no loss": {func(r *rig, _ *fickle) {
			r.clock.Add(night)
			r.venue.MoveCash(trading.CashEvent{ID: "w", Kind: trading.CashWithdrawal, Amount: d("-1000"), Time: r.now()})
			r.priced("100")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, pricer := dayRig(t)
			c.happens(r, pricer)
			r.settle()
			require.Equal(t, c.days, r.breaches(), "once each")
			require.Equal(t, len(c.days) > 0, r.engine.Status().Halt.Active())
			r.restart()
			r.settle()
			require.Equal(t, c.days, r.breaches())
		})
	}
}

func TestRearmNamesAllThatItLifts(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]bool{"that a step has seen": true, "that nobody has seen yet": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := dayRig(t)
			require.NoError(t, r.engine.Halt(t.Context(), "lunch"))
			r.venue.SetPrice(btc, d("92"))
			if step {
				r.mustStep()
				require.Equal(t, "lunch", r.engine.Status().Halt.Reason)
				require.Contains(t, r.engine.Status().Halt.Also, "daily loss: 800 lost")
			}
			require.NoError(t, rearm(t.Context(), r.engine, "carol"))
			var entries []journal.Event
			for entry, err := range journal.Entries(context.Background(), r.journal, 0) {
				require.NoError(t, err)
				entries = append(entries, entry.Event)
			}
			rearmed := entries[slices.IndexFunc(entries, func(e journal.Event) bool { _, ok := e.(journal.Rearmed); return ok })]
			require.Equal(t, "lunch; daily loss: 800 lost since 2025-03-04, the limit is 500", rearmed.(journal.Rearmed).Lifts)
			require.Equal(t, []string{"2025-03-04"}, r.breaches())
			require.Positive(t, r.log.count("WARN Trading re-armed"))
			r.settle()
			require.False(t, r.engine.Status().Halt.Active(), "it counts anew")
			r.priced("87")
			require.True(t, strings.HasPrefix(r.engine.Status().Halt.Reason, "daily loss: 500"))
		})
	}
}
