package backtest_test

import (
	"fmt"
	"slices"
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
)

// scales is a strategy that says on the closes of some bars how much to hold, in hundredths.
type scales map[time.Time]float64

func (scales) Warmup() int { return 1 }

func (s scales) OnBar(b signal.Bar) (signal.Signal, bool) {
	quantity, says := s[b.Time]
	switch {
	case quantity > 0:
		return signal.Signal{Direction: signal.Long, Confidence: quantity / 100}, says
	case quantity < 0:
		return signal.Signal{Direction: signal.Short, Confidence: -quantity / 100}, says
	}
	return signal.Signal{Direction: signal.Flat, Confidence: 1}, says
}

// asked is the Sizer that goes with it.
type asked struct{}

func (asked) Target(s trading.Sizing) (decimal.Decimal, error) {
	return decimal.NewFromFloat(s.Signal.Confidence * 100 * float64(s.Signal.Direction)).Round(3), nil
}

// story replays candles, each with what is asked for on its close, and tells what is held and what rests after each.
func story(t *testing.T, candles string, change func(*backtest.Config)) (told []string) {
	t.Helper()
	says, all := scales{}, inMemory{}
	for i, text := range strings.Split(candles, "/") {
		var o, h, l, c, quantity float64
		n, _ := fmt.Sscan(text, &o, &h, &l, &c, &quantity)
		bar := signal.Bar{Symbol: coin, Time: start.Add(time.Duration(i) * time.Minute), Interval: time.Minute,
			Open: o, High: h, Low: l, Close: c, Volume: 1e6}
		if n == 5 {
			says[bar.Time] = quantity
		}
		all = append(all, bar)
	}
	cfg := backtest.Config{
		Bars: &all, Instruments: []trading.Instrument{{Symbol: coin, Tick: number("0.01"), Step: number("0.001")}},
		Generator: generator.Config{
			Specs:    []signal.Spec{{Name: "scales", New: func() signal.Strategy { return says }}},
			Interval: time.Minute,
		},
		Paper:  paper.Config{Cash: number("100000"), Fill: paper.NextOpen},
		Engine: engine.Config{Size: asked{}, Risk: risk.NoLimits(), AutoExecute: true},
	}
	var replay *backtest.Replay
	cfg.OnBar = func(signal.Bar) {
		status := replay.Status().Engine
		text := "nothing"
		for _, p := range status.Positions {
			if !p.Quantity.IsZero() {
				text = fmt.Sprintf("%s at %s", p.Quantity, p.AveragePrice())
			}
		}
		var legs []string
		for _, o := range status.Orders {
			legs = append(legs, fmt.Sprintf("%s %s %s", o.Type, o.Remaining(), decimal.Max(o.LimitPrice, o.StopPrice)))
		}
		slices.Sort(legs)
		told = append(told, strings.Join(append([]string{text}, legs...), ", "))
	}
	change(&cfg)
	replay, err := backtest.New(cfg)
	require.NoError(t, err)
	require.NoError(t, replay.Run(t.Context()))
	return told
}

// An entry in parts and a target that grows and shrinks have one bracket, for all that is held and by its average price.
// What is to go may rest beside what takes its place until the next step.
func TestScalingKeepsOneBracketForTheWholePosition(t *testing.T) {
	t.Parallel()
	fixed := trading.FixedTicket{StopLoss: number("0.05"), TakeProfit: number("0.2")}
	fromFill, stopOnly := fixed, trading.FixedTicket{StopLoss: number("0.05")}
	fromFill.FromFill = true
	in := "100 100 100 100 10/100 111 100 110 20/110 111 110 111/111 111 111 111"
	for name, c := range map[string]struct {
		candles string
		ticket  trading.TicketPolicy
		exits   []trading.Exit
		told    []string
	}{
		"growing, with a bracket from the decision": {in, fixed, nil, []string{
			"nothing, market 10 0",
			"10 at 100, limit 10 132, market 10 0, stop 10 104.5",
			"20 at 105, limit 10 132, limit 10 132, stop 10 104.5, stop 10 104.5",
			"20 at 105, limit 10 132, limit 10 132, stop 10 104.5, stop 10 104.5",
		}},
		"growing, with a bracket from the fill": {in, fromFill, nil, []string{
			"nothing, market 10 0",
			"10 at 100, limit 10 132, market 10 0, stop 10 104.5",
			"20 at 105, limit 10 132, limit 20 126, stop 10 104.5, stop 20 99.75",
			"20 at 105, limit 20 126, stop 20 99.75",
		}},
		"an entry in parts": {"100 100 100 100 20/98 98 97 97/97 97 97 97/97 97 97 97",
			trading.FixedTicket{Limit: number("0.02"), StopLoss: number("0.05"), TakeProfit: number("0.2")}, nil, []string{
				"nothing, limit 20 98",
				"8 at 98, limit 12 98, limit 8 117.6, stop 8 93.1",
				"16 at 98, limit 4 98, limit 8 117.6, limit 8 117.6, stop 8 93.1, stop 8 93.1",
				"20 at 98, limit 4 117.6, limit 8 117.6, limit 8 117.6, stop 4 93.1, stop 8 93.1, stop 8 93.1",
			}},
		"shrinking": {"100 100 100 100 20/100 101 100 101 5/101 102 101 102/102 102 102 102", fixed, nil, []string{
			"nothing, market 20 0",
			"20 at 100, limit 20 120, limit 5 120, market 15 0, stop 20 95, stop 5 95",
			"5 at 100, limit 5 120, stop 5 95",
			"5 at 100, limit 5 120, stop 5 95",
		}},
		"growing, shrinking and growing": {
			"100 100 100 100 10/100 101 100 101 20/101 102 101 102 5/102 102 102 102 15/102 102 102 102/102 102 102 102",
			fromFill, nil, []string{
				"nothing, market 10 0",
				"10 at 100, limit 10 121.2, market 10 0, stop 10 95.95",
				"20 at 100.5, limit 10 121.2, limit 20 120.6, limit 5 120.6, market 15 0, stop 10 95.95, stop 20 95.48, stop 5 95.48",
				"5 at 100.5, limit 5 122.4, market 10 0, stop 5 96.9",
				"15 at 101.5, limit 15 121.8, limit 5 122.4, stop 15 96.43, stop 5 96.9",
				"15 at 101.5, limit 15 121.8, stop 15 96.43",
			}},
		"a short one": {"100 100 100 100 -10/100 100 89 90 -20/90 90 90 90/90 90 90 90", fromFill, nil, []string{
			"nothing, market 10 0",
			"-10 at 100, limit 10 72, market 10 0, stop 10 94.5",
			"-20 at 95, limit 10 72, limit 20 76, stop 10 94.5, stop 20 99.75",
			"-20 at 95, limit 20 76, stop 20 99.75",
		}},
		"a trailing stop is not loosened by the ticket of what is added": {
			"100 100 100 100 10/100 132 100 132/132 132 120 120 20/120 121 120 121/121 121 121 121",
			trading.FixedTicket{StopLoss: number("0.05"), FromFill: true},
			[]trading.Exit{exit.Trailing{Part: number("0.1")}}, []string{
				"nothing, market 10 0",
				"10 at 100, stop 10 118.8",
				"10 at 100, market 10 0, stop 10 118.8",
				"20 at 110, stop 10 118.8, stop 10 118.8",
				"20 at 110, stop 10 118.8, stop 10 118.8",
			}},
		"nor where there is no ticket": {
			"100 100 100 100 10/100 132 100 132/132 132 120 120 20/120 121 120 121/121 121 121 121", nil,
			[]trading.Exit{exit.Trailing{Part: number("0.1")}}, []string{
				"nothing, market 10 0",
				"10 at 100, stop 10 118.8",
				"10 at 100, market 10 0, stop 10 118.8",
				"20 at 110, stop 10 118.8, stop 10 118.8",
				"20 at 110, stop 10 118.8, stop 10 118.8",
			}},
		"break-even counts from the average": {
			"100 100 100 100 10/100 102 100 102/102 102 101 101 20/102 103 102 103/103 103 103 103", stopOnly,
			[]trading.Exit{exit.BreakEven{Gain: number("0.01")}}, []string{
				"nothing, market 10 0",
				"10 at 100, stop 10 100",
				"10 at 100, market 10 0, stop 10 100",
				"20 at 101, stop 20 101",
				"20 at 101, stop 20 101",
			}},
		"a ladder fills within the bars, and its stop shrinks": {
			"100 100 100 100 10/100 101 100 101/101 106 101 104/104 104 104 104/104 109 104 104", stopOnly,
			[]trading.Exit{exit.Ladder{{Gain: number("0.05"), Part: number("0.5")}, {Gain: number("0.08"), Part: number("0.25")}}},
			[]string{
				"nothing, market 10 0",
				"10 at 100, limit 2.5 108, limit 5 105, stop 10 95",
				"5 at 100, limit 2.5 108, stop 5 95",
				"5 at 100, limit 2.5 108, stop 5 95",
				"2.5 at 100, stop 2.5 95",
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.told, story(t, c.candles, func(cfg *backtest.Config) {
				cfg.Engine.Ticket, cfg.Engine.Exits = c.ticket, c.exits
				if name == "an entry in parts" {
					cfg.Paper.Fill = paper.BarTicks
					for i := range *cfg.Bars.(*inMemory) {
						(*cfg.Bars.(*inMemory))[i].Volume = 8
					}
				}
			}))
		})
	}
}

// Where coins are locked by what rests, a part is sold at the open behind the close that was beyond its rung.
func TestLadderOnSpotSellsAtMarket(t *testing.T) {
	t.Parallel()
	told := story(t, "100 100 100 100 10/100 101 100 101/101 106 101 104/104 106 104 105/104 104 104 104/104 104 104 104",
		func(cfg *backtest.Config) {
			cfg.Paper.Spot = true
			cfg.Engine.Ticket = trading.FixedTicket{StopLoss: number("0.05")}
			cfg.Engine.Exits = []trading.Exit{exit.Ladder{{Gain: number("0.05"), Part: number("0.5")}}}
		})
	require.Equal(t, []string{
		"nothing, market 10 0",
		"10 at 100, stop 10 95",
		"10 at 100, stop 10 95",
		"10 at 100, market 5 0, stop 5 95",
		"5 at 100, stop 5 95",
		"5 at 100, stop 5 95",
	}, told)
}
