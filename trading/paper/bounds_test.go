package paper_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// Whatever orders meet whatever bars: where nothing slips, a fill lies within its bar, but for a limit order that rested and
// was jumped over, which has its limit; where the policy knows of volumes, no more is had than the bar traded; and equity is
// cash and what is held.
func TestFillsLieWithinTheirBarAndItsVolume(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom(policies).Draw(rt, "policy")
		b := broker(rt, func(cfg *paper.Config) { cfg.Fill, cfg.Spot, cfg.Cash = policy, true, d("1000000") })
		sent, seen, before := map[string]trading.Order{}, 0, signal.Bar{}
		for i := range rapid.IntRange(1, 20).Draw(rt, "bars") {
			bar := ohlc(rt, i, drawBar(rt))
			for n := range rapid.IntRange(0, 3).Draw(rt, "orders") {
				o := order(rt, drawOrder(rt))
				o.ClientID, o.CreatedAt, o.ReduceOnly = fmt.Sprint("o", i, "-", n), bar.Time, false
				if rapid.Bool().Draw(rt, "guarded") {
					o.Guard = trading.Guard{TakeProfit: d("150"), StopLoss: d("60")}
				}
				sent[o.ClientID] = o
				_ = submit(rt, b, coin, o, "0")
			}
			if all := fills(rt, b); len(all) > seen { // at the last price
				within(rt, all[seen:], before, policy, sent)
				seen = len(all)
			}
			require.NoError(rt, b.OnBar(bar))
			all := fills(rt, b)
			within(rt, all[seen:], bar, policy, sent)
			seen, before = len(all), bar
		}
	})
}

// within holds fills against their bar.
func within(t require.TestingT, all []trading.Fill, bar signal.Bar, policy paper.FillPolicy, sent map[string]trading.Order) {
	tick, sum := 0.1, decimal.Zero
	for _, f := range all {
		sum = sum.Add(f.Quantity)
		price, _ := f.Price.Float64()
		limit, _ := sent[f.ClientID].LimitPrice.Float64()
		if _, leg := f.Guards(); limit > 0 || leg == trading.TakeProfit {
			continue
		}
		require.LessOrEqual(t, price, bar.High+2*tick, "%+v in %+v", f, bar)
		require.GreaterOrEqual(t, price, bar.Low-2*tick, "%+v in %+v", f, bar)
	}
	if policy == paper.BarTicks || policy == paper.BarTicksNearest {
		require.False(t, sum.GreaterThan(decimal.NewFromFloat(bar.Volume)), "%s of %v at %s", sum, bar.Volume, bar.Time.Format(time.TimeOnly))
	}
}
