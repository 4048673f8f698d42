package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// locked are the days for which the journal says that an instrument has lost too much, and until when it is locked.
func (r *rig) locked() (all []string) {
	for _, e := range events[journal.Locked](r) {
		if e.Limit != "" {
			all = append(all, e.Symbol+" "+e.Day+" until "+e.Until.Format(time.RFC3339))
		}
	}
	return all
}

// later has a minute pass, so that what the account is worth is marked, and then a price.
func (r *rig) later(price string) {
	r.clock.Add(time.Minute)
	r.priced(price)
}

func TestInstrumentThatLosesTooMuchInADayIsLocked(t *testing.T) {
	t.Parallel()
	const today, tomorrow = btc + " 2025-03-04 until 2025-03-05T00:00:00Z", btc + " 2025-03-05 until 2025-03-06T00:00:00Z"
	money := risk.Rules{MaxInstrumentLoss: d("300")}
	for name, c := range map[string]struct {
		rules   risk.Rules
		happens func(r *rig, pricer *fickle)
		locked  []string
	}{
		"within the day":         {money, func(r *rig, _ *fickle) { r.on(0, "97") }, []string{today}},
		"less than that":         {money, func(r *rig, _ *fickle) { r.on(0, "97.01") }, nil},
		"as a part":              {risk.Rules{MaxInstrumentLossPart: d("0.03")}, func(r *rig, _ *fickle) { r.on(0, "97") }, []string{today}},
		"once":                   {money, func(r *rig, _ *fickle) { r.on(0, "97"); r.restart(); r.on(0, "96") }, []string{today}},
		"once in each day":       {money, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(1, "96"); r.on(0, "94") }, []string{today, tomorrow}},
		"two days, each within":  {money, func(r *rig, _ *fickle) { r.on(0, "98"); r.on(1, "96"); r.on(0, "95.01") }, nil},
		"over midnight":          {money, func(r *rig, _ *fickle) { r.on(1, "97") }, []string{tomorrow}},
		"over a day that gained": {money, func(r *rig, _ *fickle) { r.on(0, "110"); r.on(1, "107") }, []string{tomorrow}},
		"while it is down": {money, func(r *rig, _ *fickle) { r.later("99"); r.restart(); r.on(1, "96") },
			[]string{today, tomorrow}},
		"while it is down, less":       {money, func(r *rig, _ *fickle) { r.later("99"); r.restart(); r.on(1, "97.01") }, nil},
		"while it is down in the day":  {money, func(r *rig, _ *fickle) { r.later("99"); r.restart(); r.on(0, "97") }, []string{today}},
		"realized":                     {money, func(r *rig, _ *fickle) { sells(r, "97") }, []string{today}},
		"realized the day before":      {money, func(r *rig, _ *fickle) { sells(r, "98"); r.on(1, "98"); r.on(0, "97") }, nil},
		"while the price is gone":      {money, func(r *rig, p *fickle) { r.on(0, "98"); p.lose(btc, true); r.on(0, "90") }, nil},
		"when it is back":              {money, func(r *rig, p *fickle) { p.lose(btc, true); r.on(0, "97"); p.lose(btc, false); r.mustStep() }, []string{today}},
		"the price that was seen last": {money, func(r *rig, p *fickle) { r.on(0, "97"); p.lose(btc, true); r.on(1, "90") }, []string{today}},
		"while a halt stands": {money, func(r *rig, _ *fickle) {
			require.NoError(r.t, r.engine.Halt(context.Background(), "lunch"))
			r.on(0, "97")
		}, []string{today}},
		"beside the loss of the day": {risk.Rules{MaxInstrumentLoss: d("300"), MaxDailyLossPart: d("0.03")}, func(r *rig, _ *fickle) {
			r.on(0, "97")
		}, []string{today}},
		"and counts anew when a person has re-armed": {risk.Rules{MaxInstrumentLoss: d("300"), MaxDailyLossPart: d("0.03")}, func(r *rig, _ *fickle) {
			r.on(0, "97")
			require.NoError(r.t, rearm(context.Background(), r.engine, "alice"))
			r.on(0, "94.01")
			require.Len(r.t, r.locked(), 1)
			r.on(0, "94")
		}, []string{today, today}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, pricer := lossRig(t, c.rules)
			c.happens(r, pricer)
			require.Equal(t, c.locked, r.locked())
			r.restart()
			r.mustStep()
			require.Equal(t, c.locked, r.locked(), "a restart sees nothing new")
		})
	}
}

// sells has a signal close BTC at a price.
func sells(r *rig, price string) {
	r.clock.Add(time.Minute)
	r.venue.SetPrice(btc, d(price))
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	require.Equal(r.t, "0", r.held(btc))
}

func TestLockedInstrumentMayBeClosedAndOpensAgainTheNextDay(t *testing.T) {
	t.Parallel()
	r, _ := lossRig(t, risk.Rules{MaxInstrumentLoss: d("300")})
	r.on(0, "97")
	require.Contains(t, r.engine.Status().Locks[0].Reason, "daily loss: 300 lost since 2025-03-04, the limit is 300")
	require.False(t, r.engine.Status().Halt.Active(), "others may be traded")
	sells(r, "97")
	midnight := noon.Add(12 * time.Hour)
	r.until(midnight.Add(-1))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "Lock", r.seenLast().Limit)
	require.Equal(t, "0", r.held(btc))
	r.until(midnight)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.NotEqual(t, "0", r.held(btc))
}

func TestLockedInstrumentIsClosedByChoice(t *testing.T) {
	t.Parallel()
	r, _ := lossRig(t, risk.Rules{MaxInstrumentLoss: d("300"), Flatten: true})
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	held := r.held(eth)
	require.NotEqual(t, "0", held)
	r.on(0, "97")
	r.settle()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, held, r.held(eth), "no other")
	require.False(t, r.engine.Status().Halt.Active())
}

// The price by which the process before valued what is held is better than none; it holds for what is still held.
func TestLossIsJudgedByTheMarkedPriceWhereThereIsNone(t *testing.T) {
	t.Parallel()
	r, pricer := lossRig(t, risk.Rules{MaxDrawdown: d("800"), MaxInstrumentLoss: d("800")})
	r.later("94")
	pricer.lose(btc, true)
	r.restart()
	r.mustStep()
	require.Empty(t, r.reached())
	r.signals.put(says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(eth), "nothing is opened meanwhile")
	// 600 are lost by the marked price, and 200 in cash: what is known is enough.
	r.venue.MoveCash(trading.CashEvent{ID: "fee", Kind: trading.CashFee, Amount: d("-200"), Time: r.now()})
	r.clock.Add(2 * time.Minute)
	r.mustStep()
	require.Equal(t, []string{"MaxDrawdown"}, r.reached())
}
