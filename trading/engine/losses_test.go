package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// lossRig holds 100 coins for 10,000 on Tuesday noon, under rules.
func lossRig(t *testing.T, rules risk.Rules) (*rig, *fickle) {
	rules.Limits = risk.NoLimits()
	return dayRig(t, func(cfg *engine.Config) { cfg.Risk = &rules })
}

// reached are the limits on losses that the journal says have been reached.
func (r *rig) reached() (limits []string) {
	for _, e := range events[journal.Halted](r) {
		if e.Limit != "" {
			limits = append(limits, e.Limit)
		}
	}
	return limits
}

// paidIn has somebody deposit so much, or withdraw it.
func (r *rig) paidIn(amount string) {
	e := trading.CashEvent{ID: "cash", Kind: trading.CashDeposit, Amount: d(amount), Time: r.now()}
	if e.Amount.IsNegative() {
		e.Kind = trading.CashWithdrawal
	}
	r.venue.MoveCash(e)
}

// on has so many days pass, and then a price.
func (r *rig) on(days int, price string) {
	r.clock.Add(time.Duration(days) * 24 * time.Hour)
	r.priced(price)
	r.mustStep()
}

func TestLossOfMoreThanADayHalts(t *testing.T) {
	t.Parallel()
	weekly, drawdown := risk.Rules{MaxWeeklyLoss: d("800")}, risk.Rules{MaxDrawdown: d("800")}
	for name, c := range map[string]struct {
		rules   risk.Rules
		happens func(r *rig, pricer *fickle)
		reached []string
	}{
		"a day's loss as a part":                     {risk.Rules{MaxDailyLossPart: d("0.08")}, func(r *rig, _ *fickle) { r.on(0, "92") }, []string{"MaxDailyLoss"}},
		"less than that":                             {risk.Rules{MaxDailyLossPart: d("0.08")}, func(r *rig, _ *fickle) { r.on(0, "92.01") }, nil},
		"a week, little by little":                   {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(1, "94"); r.on(1, "92") }, []string{"MaxWeeklyLoss"}},
		"not all of it":                              {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(1, "94"); r.on(1, "92.01") }, nil},
		"another week":                               {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(5, "94"); r.on(1, "92") }, nil},
		"on Sunday":                                  {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(5, "92") }, []string{"MaxWeeklyLoss"}},
		"over the weekend":                           {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(6, "89") }, []string{"MaxWeeklyLoss"}},
		"over a restart":                             {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(1, "94"); r.restart(); r.on(1, "92") }, []string{"MaxWeeklyLoss"}},
		"while it is down":                           {weekly, func(r *rig, _ *fickle) { r.on(0, "97"); r.restart(); r.on(2, "92") }, []string{"MaxWeeklyLoss"}},
		"once":                                       {weekly, func(r *rig, _ *fickle) { r.on(0, "92"); r.restart(); r.on(1, "91"); r.on(0, "90") }, []string{"MaxWeeklyLoss"}},
		"once in each week":                          {weekly, func(r *rig, _ *fickle) { r.on(0, "92"); r.on(7, "91"); r.on(1, "83") }, []string{"MaxWeeklyLoss", "MaxWeeklyLoss"}},
		"as a part, the smaller counts":              {risk.Rules{MaxWeeklyLoss: d("900"), MaxWeeklyLossPart: d("0.05")}, func(r *rig, _ *fickle) { r.on(0, "95") }, []string{"MaxWeeklyLoss"}},
		"in money, the smaller counts":               {risk.Rules{MaxWeeklyLoss: d("400"), MaxWeeklyLossPart: d("0.05")}, func(r *rig, _ *fickle) { r.on(0, "96") }, []string{"MaxWeeklyLoss"}},
		"from the peak":                              {drawdown, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(3, "110"); r.on(30, "102") }, []string{"MaxDrawdown"}},
		"not so far from it":                         {drawdown, func(r *rig, _ *fickle) { r.on(0, "97"); r.on(3, "110"); r.on(30, "102.01") }, nil},
		"from a peak within the day":                 {drawdown, func(r *rig, _ *fickle) { r.on(0, "110"); r.on(0, "102") }, []string{"MaxDrawdown"}},
		"from the peak, over a restart":              {drawdown, func(r *rig, _ *fickle) { r.on(0, "110"); r.on(1, "109"); r.restart(); r.on(20, "102") }, []string{"MaxDrawdown"}},
		"from a peak within the day, over a restart": {drawdown, func(r *rig, _ *fickle) { r.later("110"); r.later("103"); r.restart(); r.later("102") }, []string{"MaxDrawdown"}},
		"not so far from it, over a restart":         {drawdown, func(r *rig, _ *fickle) { r.later("110"); r.later("103"); r.restart(); r.later("102.01") }, nil},
		"from a peak of before it was re-armed, over a restart": {drawdown, func(r *rig, _ *fickle) {
			r.later("110")
			r.later("102")
			require.NoError(r.t, rearm(r.t.(*testing.T).Context(), r.engine, "alice"))
			r.restart()
			r.on(0, "101")
		}, []string{"MaxDrawdown"}},
		"from the peak, as a part": {risk.Rules{MaxDrawdownPart: d("0.1")}, func(r *rig, _ *fickle) { r.on(0, "110"); r.on(1, "99") }, []string{"MaxDrawdown"}},
		"while another halt stands": {drawdown, func(r *rig, _ *fickle) {
			require.NoError(r.t, r.engine.Halt(r.t.(*testing.T).Context(), "lunch"))
			r.on(0, "92")
		}, []string{"MaxDrawdown"}},
		"while the price of all is gone": {drawdown, func(r *rig, p *fickle) { r.on(0, "92.5"); p.lose(btc, true); r.on(1, "80") }, nil},
		"when it is back": {drawdown, func(r *rig, p *fickle) {
			r.on(0, "92.5")
			p.lose(btc, true)
			r.on(1, "80")
			p.lose(btc, false)
			r.mustStep()
		}, []string{"MaxDrawdown"}},
		"two at once":                  {risk.Rules{MaxWeeklyLoss: d("700"), MaxDrawdown: d("800")}, func(r *rig, _ *fickle) { r.on(0, "92") }, []string{"MaxWeeklyLoss", "MaxDrawdown"}},
		"what is paid in is no gain":   {drawdown, func(r *rig, _ *fickle) { r.paidIn("5000"); r.on(1, "92") }, []string{"MaxDrawdown"}},
		"what is taken out is no loss": {drawdown, func(r *rig, _ *fickle) { r.paidIn("-5000"); r.on(1, "92.01") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, pricer := lossRig(t, c.rules)
			c.happens(r, pricer)
			require.Equal(t, c.reached, r.reached())
			halt, over := r.engine.Status().Halt, strings.Contains(name, "another halt stands") || strings.Contains(name, "re-armed")
			require.Equal(t, len(c.reached) > 0, halt.Active() && halt.Reason != "lunch" || over)
			r.restart()
			r.mustStep()
			require.Equal(t, c.reached, r.reached(), "a restart sees nothing new")
		})
	}
}

// Who lifts a halt is told of all that it stands for, and only what is lifted counts anew.
func TestRearmHasTheLossCountAnewThatItLifts(t *testing.T) {
	t.Parallel()
	r, _ := lossRig(t, risk.Rules{MaxWeeklyLoss: d("800"), MaxDrawdown: d("1000")})
	r.on(0, "92")
	require.Contains(t, r.engine.Status().Halt.Reason, "weekly loss: 800 lost since the week of 2025-03-04 10000, the limit is 800")
	require.NoError(t, rearm(t.Context(), r.engine, "dave"))
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active(), "it does not stand again a moment later")
	r.on(0, "90")
	require.Equal(t, []string{"MaxWeeklyLoss", "MaxDrawdown"}, r.reached(), "the drawdown was not lifted with it")
	require.Contains(t, r.engine.Status().Halt.Reason, "drawdown: 1000 lost since the peak of 10000, the limit is 1000")
	require.NoError(t, rearm(t.Context(), r.engine, "dave"))
	r.on(0, "84.5")
	require.False(t, r.engine.Status().Halt.Active())
	r.restart()
	r.on(0, "84")
	require.Equal(t, []string{"MaxWeeklyLoss", "MaxDrawdown", "MaxWeeklyLoss"}, r.reached(), "800 lost since it was lifted")
	require.NoError(t, r.engine.Halt(t.Context(), "lunch"))
	r.clock.Add(time.Minute)
	r.venue.SetPrice(btc, d("80"))
	require.NoError(t, rearm(t.Context(), r.engine, "dave"))
	lifted := events[journal.Rearmed](r)
	require.Contains(t, lifted[len(lifted)-1].Lifts, "drawdown: 1000 lost", "what is reached at that moment is told, too")
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active())

	r.on(0, "95")
	require.NoError(t, r.engine.Halt(t.Context(), "tea"))
	r.venue.SetPrice(btc, d("85"))
	require.NoError(t, rearm(t.Context(), r.engine, "dave"))
	r.mustStep()
	require.False(t, r.engine.Status().Halt.Active(), "the peak of before is forgotten")
}

func TestLossThatHaltsMayCloseWhatIsHeld(t *testing.T) {
	t.Parallel()
	r, _ := lossRig(t, risk.Rules{MaxDailyLossPart: d("0.08"), Flatten: true})
	r.on(0, "92.01")
	require.Equal(t, "100", r.held(btc))
	r.on(0, "92")
	r.settle()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, "limit: MaxDailyLoss", events[journal.CloseAsked](r)[0].By)
	require.Len(t, events[journal.CloseAsked](r), 1)
	require.True(t, r.engine.Status().Halt.Active())
}
