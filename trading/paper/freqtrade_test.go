package paper_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// candles are bars that end.
type candles []signal.Bar

func (c *candles) Next() (signal.Bar, error) {
	if len(*c) == 0 {
		return signal.Bar{}, io.EOF
	}
	bar := (*c)[0]
	*c = (*c)[1:]
	return bar, nil
}

// directed is a strategy that says so on the closes of some bars.
type directed map[time.Time]signal.Direction

func (directed) Warmup() int { return 1 }

func (s directed) OnBar(b signal.Bar) (signal.Signal, bool) {
	direction, says := s[b.Time]
	return signal.Signal{Direction: direction, Confidence: 1}, says
}

// candleCase is one of freqtrade's: the candles, with "long", "short" or "flat" behind one on whose close that is said.
type candleCase struct {
	candles string
	ticket  trading.FixedTicket
	fills   string // with the number of the candle in which each was known
}

// trailingCases are those with a trailing stop. It moves between two candles, by the extreme of the last one.
var trailingCases = map[string]struct {
	candleCase
	exit.Trailing
}{
	"8": {candleCase{`5000 5050 4950 5000 long/5000 5050 4950 5000/5000 5250 4750 4850/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 3 sell 4725"}, exit.Trailing{Part: d("0.1")}},
	"10": {candleCase{`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 5100 5100/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 4 sell 4500"}, exit.Trailing{Part: d("0.03"), From: d("0.1")}},
	"21": {candleCase{`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 4650 5100/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.04"), "1 buy 5000, 2 sell 5200"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
	"22": {candleCase{`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 5100 5100/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.04"), "1 buy 5000, 2 sell 5200"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
	"23": {candleCase{`5000 5050 4950 5000 short/5000 5050 4900 4900/4900 4900 4749 4900/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.04"), "1 sell 5000, 2 buy 4800"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
	"31": {candleCase{`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 5100 5100/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 3 sell 4850"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
	"32": {candleCase{`5000 5050 4950 5000 short/5000 5050 4890 4890/4890 4890 4749 4890/5150 5350 4950 4950/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 sell 5000, 3 buy 5150"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
	"33": {candleCase{`5000 5050 4950 5000 long/5000 5050 5000 5000/4900 5250 4500 5100/5100 5100 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 2 sell 4898.5"}, exit.Trailing{Part: d("0.03")}},

	// What the next three come to here, where freqtrade moves the stop within the candle, or fills at a stop that the open has
	// passed: at 4680 in candle 3, and at 5093.47 in candles 3 and 2.
	"9": {candleCase{`5000 5050 4950 5000 long/5000 5050 4950 5000/5000 5050 4950 5000/5000 5200 4550 4850/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 4 sell 4680"}, exit.Trailing{Part: d("0.1")}},
	"11": {candleCase{`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 5100 5100/5000 5150 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 3 sell 5000"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
	"12": {candleCase{`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 4650 5100/4850 5050 4650 4750/4750 4950 4350 4750`,
		ofPaid("0.1", "0.1"), "1 buy 5000, 3 sell 4850"}, exit.Trailing{Part: d("0.03"), From: d("0.05")}},
}

func TestFreqtradeTrailing(t *testing.T) {
	t.Parallel()
	for number, c := range trailingCases {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			c.OnBars, c.Extremes = true, true
			require.Equal(t, c.fills, c.run(t, paper.LimitCross, func(cfg *backtest.Config) {
				cfg.Engine.Exits, cfg.Engine.GuardStep = []trading.Exit{c.Trailing}, -1
			}))
		})
	}
}

// ofPaid is a bracket at fractions of what was paid.
func ofPaid(stop, profit string) trading.FixedTicket {
	return trading.FixedTicket{StopLoss: d(stop), TakeProfit: d(profit), FromFill: true}
}

// limited is the same with a limit that is so much below the present price, and whose bracket counts from it.
func limited(below, stop, profit string) trading.FixedTicket {
	return trading.FixedTicket{Limit: d(below), StopLoss: d(stop), TakeProfit: d(profit)}
}

// The cases of freqtrade's test_backtest_detail.py, by their numbers there: see docs/conformance.md for those that are
// not here.
var candleCases = map[string]candleCase{
	"0": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4986 4986/5010 5010 4980 5010 flat/5010 5011 4977 4995`,
		ofPaid("0.01", "0"), "1 buy 5000, 4 sell 5010"},
	"1": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4600 4600`,
		ofPaid("0.01", "0"), "1 buy 5000, 2 sell 4950"},
	"2": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4962 4975/4975 5000 4800 4962`,
		ofPaid("0.03", "0"), "1 buy 5000, 3 sell 4850"},
	"3": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4800 4975/4975 5000 4950 4962 long/
		4975 5000 4950 4962/4962 4987 4000 4000/4950 4975 4950 4950`,
		ofPaid("0.02", "0"), "1 buy 5000, 2 sell 4900, 4 buy 4975, 5 sell 4875.5"},
	"4": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5750 4850 5750`,
		ofPaid("0.02", "0.06"), "1 buy 5000, 2 sell 4900"},
	"5": {`5000 5025 4980 4987 long/5000 5025 4980 4987/4987 5025 4975 4987/4975 6000 4975 6000`,
		ofPaid("0.01", "0.03"), "1 buy 5000, 3 sell 5150"},
	"6": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5300 4850 5050`,
		ofPaid("0.02", "0.05"), "1 buy 5000, 2 sell 4900"},
	"7": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5300 4950 5050`,
		ofPaid("0.02", "0.03"), "1 buy 5000, 2 sell 5150"},
	"13": {`5000 5050 4950 5000 long/5000 5100 4950 5100/5100 5251 4850 5100`,
		ofPaid("0.1", "0.01"), "1 buy 5000, 1 sell 5050"},
	"14": {`5000 5050 4950 5000 long/5000 5100 4600 5100/5100 5251 4850 5100`,
		ofPaid("0.05", "0.1"), "1 buy 5000, 1 sell 4750"},
	"15": {`5000 5050 4950 5000 long/5000 5100 4900 5100 long/5100 5251 4650 5100/4850 5050 4750 4750`,
		ofPaid("0.05", "0.01"), "1 buy 5000, 1 sell 5050, 2 buy 5100, 2 sell 4845"},
	"25": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4986 4986/5010 5010 4855 5010 flat/5010 5010 4977 4995`,
		ofPaid("0.01", "0"), "1 buy 5000, 3 sell 4950"},
	"26": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4986 4986/5010 5010 4986 5010 flat/5010 5010 4855 4995`,
		ofPaid("0.01", "0"), "1 buy 5000, 4 sell 5010"},
	"28": {`5000 5025 4975 4987 short/5000 5025 4975 4987/4987 5012 4986 4986/5010 5010 4986 5010 flat/4990 5010 4855 4995`,
		ofPaid("0.01", "0"), "1 sell 5000, 4 buy 4990"},
	"29": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4986 4986/5010 5251 4986 5010 flat/5010 5010 4855 4995`,
		ofPaid("0.1", "0.05"), "1 buy 5000, 3 sell 5250"},
	"30": {`5000 5025 4975 4987 long/5000 5025 4975 4987/4987 5012 4986 4986/5010 5012 4986 5010 flat/5010 5251 4855 4995`,
		ofPaid("0.1", "0.05"), "1 buy 5000, 4 sell 5010"},
	"39": {`5000 5050 4950 5000 long/5000 5500 4951 5000/4900 5250 4500 5100/5100 5100 4650 4750`,
		limited("0.16", "0.01", "0.1"), ""},
	"42": {`5000 5050 4950 5000 long/5000 5500 4951 4999/4900 5250 4500 5100`,
		limited("0.0096", "0.1", "0.01"), "1 buy 4952, 2 sell 5001.52"},
	"43": {`5000 5050 4950 5000 long/5400 5500 4951 5100/4900 5250 4500 5100`,
		limited("0.0096", "0.1", "0.01"), "1 buy 4952, 1 sell 5001.52"},
}

func TestFreqtrade(t *testing.T) {
	t.Parallel()
	for number, c := range candleCases {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.fills, c.run(t, paper.LimitCross))
		})
	}
}

// bars reads the candles, and what is said on their closes.
func (c candleCase) bars(t *testing.T) (bars candles, says directed) {
	says = directed{}
	for i, text := range strings.Split(c.candles, "/") {
		words := strings.Fields(text)
		bar := ohlc(t, i, strings.Join(words[:4], " ")+" 6172")
		if len(words) > 4 {
			says[bar.Time] = map[string]signal.Direction{"long": signal.Long, "short": signal.Short, "flat": signal.Flat}[words[4]]
		}
		bars = append(bars, bar)
	}
	return bars, says
}

// run replays the candles, and tells of the fills.
func (c candleCase) run(t *testing.T, policy paper.FillPolicy, change ...func(*backtest.Config)) string {
	bars, says := c.bars(t)
	cfg := backtest.Config{
		Bars: &bars, Instruments: []trading.Instrument{{Symbol: btc, Tick: d("0.01"), Step: d("1")}},
		Generator: generator.Config{
			Specs:    []signal.Spec{{Name: "directed", New: func() signal.Strategy { return says }}},
			Interval: time.Minute,
		},
		Paper: paper.Config{Cash: d("100000"), Fill: policy},
		Engine: engine.Config{
			Size: size.FixedNotional{Amount: d("5999")}, Ticket: c.ticket, Risk: risk.NoLimits(), AutoExecute: true,
		},
	}
	var replay *backtest.Replay
	var told []string
	candle := 0
	cfg.OnBar = func(signal.Bar) {
		for _, f := range fills(t, replay.Broker)[len(told):] {
			require.True(t, f.Quantity.Equal(decimal.NewFromInt(1)), "%s", f.Quantity)
			told = append(told, fmt.Sprintf("%d %s %s", candle, f.Side, f.Price))
		}
		candle++
	}
	for _, one := range change {
		one(&cfg)
	}
	replay, err := backtest.New(cfg)
	require.NoError(t, err)
	require.NoError(t, replay.Run(t.Context()))
	return strings.Join(told, ", ")
}

// What a bar opens is guarded for the rest of its path: by a stop at 4750, under each policy and for each way in at the
// open. NextClose enters at the end of the bar, where nothing of its path is left, and NextWorst at its high.
func TestGuardHoldsWithinTheBarOfTheEntry(t *testing.T) {
	t.Parallel()
	limit := trading.FixedTicket{Limit: d("0.0002"), StopLoss: d("0.0499"), FromFill: true} // at 4999
	for name, c := range map[string]struct {
		policy paper.FillPolicy
		ticket trading.FixedTicket
		first  string // of the entry
	}{
		"next_open":                    {paper.NextOpen, ofPaid("0.05", "0"), "1 buy 5000, 1 sell 4750"},
		"next_worst":                   {paper.NextWorst, trading.FixedTicket{StopLoss: d("0.05")}, "1 buy 5100, 1 sell 4750"},
		"next_close":                   {paper.NextClose, trading.FixedTicket{StopLoss: d("0.05")}, "1 buy 5100"},
		"limit_cross":                  {paper.LimitCross, ofPaid("0.05", "0"), "1 buy 5000, 1 sell 4750"},
		"open_gap":                     {paper.OpenGap, ofPaid("0.05", "0"), "0 buy 5000, 1 sell 4750"},
		"bar_ticks":                    {paper.BarTicks, ofPaid("0.05", "0"), "0 buy 5000, 1 sell 4750"},
		"bar_ticks_nearest":            {paper.BarTicksNearest, ofPaid("0.05", "0"), "0 buy 5000, 1 sell 4750"},
		"a limit under next_open":      {paper.NextOpen, limit, "1 buy 4999, 1 sell 4749.55"},
		"a limit under next_worst":     {paper.NextWorst, limit, "1 buy 4999, 1 sell 4749.55"},
		"a limit under next_close":     {paper.NextClose, limit, "1 buy 4999, 1 sell 4749.55"},
		"a limit under limit_cross":    {paper.LimitCross, limit, "1 buy 4999, 1 sell 4749.55"},
		"a limit under open_gap":       {paper.OpenGap, limit, "1 buy 4999, 1 sell 4749.55"},
		"a limit under bar_ticks":      {paper.BarTicks, limit, "1 buy 4999, 1 sell 4749.55"},
		"a limit under ticks, nearest": {paper.BarTicksNearest, limit, "1 buy 4999, 1 sell 4749.55"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := candleCase{candles: "5000 5000 5000 5000 long/5000 5100 3000 5100", ticket: c.ticket}
			require.Equal(t, c.first, run.run(t, c.policy))
		})
	}
}
