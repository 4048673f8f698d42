package paper_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// What a market that takes little or nothing does to an engine's orders. Each case is one that random replays have found: the
// engine had more, or less, under way than it counted with.
func TestThinMarketsLeaveNothingThatIsNotInOrder(t *testing.T) {
	t.Parallel()
	const nothing = "50 50 50 50 0"
	again := func(n int) string { return strings.Repeat(nothing+"/", n) }
	for name, c := range map[string]struct {
		policy paper.FillPolicy
		spot   bool
		ticket trading.FixedTicket
		bars   string
	}{
		"a close that works when the signal turns": {
			paper.BarTicks, true, trading.FixedTicket{StopLoss: d("0.002")},
			nothing + " long/" + nothing + "/50 50 50 50 1 flat/" + nothing + " long/" + again(6),
		},
		"an entry that ends before it is filled, after what undoes it was sent": {
			paper.BarTicks, false, trading.FixedTicket{TakeProfit: d("0.002")},
			"50 50 50 50 1 short/" + nothing + " long/" + nothing + " flat/" + nothing + " long/50 50 50 50 55/" + again(6) +
				"50 50 50 50 2/50 50 50 50 31.2/" + nothing + "/50 50 50 50 1.15/50 50 50 50 0.4/" + nothing + "/50 50 50 50 19.6 flat/" + nothing +
				"/50 50 50 50 2/50 50 50 50 1/" + nothing + "/50 50 50 50 70 long",
		},
		"a flip that works when the signal turns back": {
			paper.BarTicks, false, trading.FixedTicket{TakeProfit: d("0.002")},
			"50 50 50 50 1 long/" + nothing + " short/" + nothing + " long/" + again(2) + "50 50 50 50 2",
		},
		"a flip of which the account carries what closes only": {
			paper.NextWorst, false, trading.FixedTicket{TakeProfit: d("0.001")},
			again(2) + "50 50.1 50 50.1 0 short/" + nothing + " long/50 173.5 50 173.5 0/50 200 50 200 0/" + nothing,
		},
		"a flip that ends after a signal has confirmed what it is for": {
			paper.NextWorst, false, trading.FixedTicket{TakeProfit: d("0.001")},
			again(2) + "50 50.1 50 50.1 0 short/" + nothing + " long/" + nothing + " long/50 173.5 50 173.5 0/50 200 50 200 0/" + again(5) + nothing,
		},
		"a guard beside a leg that guards what was held before": {
			paper.BarTicks, true, trading.FixedTicket{Limit: d("0.013"), TakeProfit: d("0.026"), FromFill: true},
			"50 117.9 50 117.9 0 long/" + nothing + "/50 50 50 50 3.45/50 50 50 50 2/50 50 50 50 0.1/119.4 201.2 110.6 200 1/" +
				"50.5 51 50.1 50.1 5.2 long/50.4 200 35.1 200 3.95 flat/74.2 77.6 73.3 76.7 0 long/50.1 151.3 44.6 150.7 2 flat/" +
				"200 215.8 46.8 51.1 0/113.5 113.6 20.3 51.9 0/50.1 88 34.4 86.5 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars, says := thin(t, c.bars)
			account := paper.Config{Cash: d("10000"), FeeRate: d("0.0004"), Fill: c.policy, Spot: c.spot}
			if !c.spot {
				account.Leverage = d("3")
			}
			replay, err := backtest.New(backtest.Config{
				Bars: &bars, Instruments: []trading.Instrument{{Symbol: btc, Tick: d("0.1"), Step: d("0.01")}},
				Generator: generator.Config{
					Specs:    []signal.Spec{{Name: "directed", New: func() signal.Strategy { return says }}},
					Interval: time.Minute,
				},
				Paper: account,
				Engine: engine.Config{
					Size: size.FixedNotional{Amount: d("3000")}, Ticket: c.ticket, Risk: risk.NoLimits(), AutoExecute: true,
				},
			})
			require.NoError(t, err)
			require.NoError(t, replay.Run(context.Background()), "an error says that something is not in order")
			require.NotEmpty(t, fills(t, replay.Broker))
			require.Zero(t, replay.Status().Engine.Counts.ForeignFills)
		})
	}
}

// thin reads bars with their volumes, and what is said on their closes.
func thin(t *testing.T, text string) (bars candles, says directed) {
	says = directed{}
	for i, one := range strings.Split(strings.Trim(text, "/"), "/") {
		words := strings.Fields(one)
		bar := ohlc(t, i, strings.Join(words[:5], " "))
		_, err := fmt.Sscan(words[4], &bar.Volume)
		require.NoError(t, err)
		if len(words) > 5 {
			says[bar.Time] = map[string]signal.Direction{"long": signal.Long, "short": signal.Short, "flat": signal.Flat}[words[5]]
		}
		bars = append(bars, bar)
	}
	return bars, says
}
