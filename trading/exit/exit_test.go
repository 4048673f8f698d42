package exit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
)

// setting is an exit that can tell what of it cannot be, and how it is set.
type setting interface {
	trading.Exit
	fmt.Stringer
	Validate() error
}

func TestExitSaysWhatOfItCannotBe(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]setting{
		"exit: of Trailing's Part, Amount and Times 0 are set, and not one": exit.Trailing{},
		"exit: of Trailing's Part, Amount and Times 2 are set, and not one": exit.Trailing{Part: d("0.1"), Amount: d("1")},
		"exit: Trailing.Part 1 is not below 1":                              exit.Trailing{Part: d("1")},
		"exit: Trailing.Amount -1 is negative":                              exit.Trailing{Amount: d("-1")},
		"exit: Trailing.Period -1 is negative":                              exit.Trailing{Times: d("1"), Period: -1},
		"exit: Trailing.Extremes goes with OnBars only":                     exit.Trailing{Part: d("0.1"), Extremes: true},
		"exit: Trailing.From -1 is negative":                                exit.Trailing{Part: d("0.1"), From: d("-1")},
		"exit: BreakEven.Gain 0 is not above zero":                          exit.BreakEven{},
		"exit: BreakEven.Offset 0.1 is not from zero to below the Gain 0.1": exit.BreakEven{Gain: d("0.1"), Offset: d("0.1")},
		"exit: After.Hold 0s is not above zero":                             exit.After{},
		"exit: a Ladder has no rung":                                        exit.Ladder{},
		"exit: Ladder[0].Gain 0 is not above 0":                             exit.Ladder{{Gain: d("0"), Part: d("0.5")}},
		"exit: Ladder[1].Gain 0.1 is not above 0.1":                         exit.Ladder{{Gain: d("0.1"), Part: d("0.5")}, {Gain: d("0.1"), Part: d("0.5")}},
		"exit: Ladder[0].Part 0 is not above zero":                          exit.Ladder{{Gain: d("0.1"), Part: d("0")}},
		"exit: the Parts of a Ladder add up to 1.1, and there is 1":         exit.Ladder{{Gain: d("0.1"), Part: d("0.5")}, {Gain: d("0.2"), Part: d("0.6")}},
	} {
		require.EqualError(t, e.Validate(), want)
	}
	for said, e := range map[string]setting{
		"trailing by 2% from a gain of 0.01 on bars": exit.Trailing{Part: d("0.02"), From: d("0.01"), OnBars: true},
		"trailing by 5 on the extremes of bars":      exit.Trailing{Amount: d("5"), OnBars: true, Extremes: true},
		"trailing by 5":                              exit.Trailing{Amount: d("5")},
		"trailing by 3 ATR(14)":                      exit.Trailing{Times: d("3")},
		"break_even after 0.01 with an offset of 0":  exit.BreakEven{Gain: d("0.01")},
		"after 1h0m0s":                               exit.After{Hold: time.Hour},
		"ladder 0.5 at 0.1 0.5 at 0.2":               exit.Ladder{{Gain: d("0.1"), Part: d("0.5")}, {Gain: d("0.2"), Part: d("0.5")}},
	} {
		require.NoError(t, e.Validate())
		require.Equal(t, said, e.String(), "the settings of a run are told by it")
	}
}

// bars of a minute, each from its first price to its second one, which also bound it.
func bars(prices ...[2]float64) (all []signal.Bar) {
	for i, p := range prices {
		all = append(all, signal.Bar{
			Symbol: "BTC/USDT", Time: noon.Add(time.Duration(i) * time.Minute), Interval: time.Minute,
			Open: p[0], High: max(p[0], p[1]), Low: min(p[0], p[1]), Close: p[1],
		})
	}
	return all
}

func TestTrailingTakesItsDistance(t *testing.T) {
	t.Parallel()
	moves := bars([2]float64{100, 101}, [2]float64{101, 104}, [2]float64{104, 103})
	for name, c := range map[string]struct {
		exit exit.Trailing
		held func(*trading.Held)
		stop string
	}{
		"as a part of the price":                  {exit.Trailing{Part: d("0.1")}, func(*trading.Held) {}, "90"},
		"in money":                                {exit.Trailing{Amount: d("3")}, func(*trading.Held) {}, "97"},
		"by the range of bars":                    {exit.Trailing{Times: d("2"), Period: 2}, func(h *trading.Held) { h.Bars = moves }, "96"},
		"not without enough of them":              {exit.Trailing{Times: d("2"), Period: 3}, func(h *trading.Held) { h.Bars = moves }, "0"},
		"not without a price":                     {exit.Trailing{Part: d("0.1")}, func(h *trading.Held) { h.Price = d("0") }, "0"},
		"above a short position":                  {exit.Trailing{Part: d("0.1")}, func(h *trading.Held) { h.Quantity = d("-1") }, "110"},
		"not before its gain":                     {exit.Trailing{Part: d("0.1"), From: d("0.01")}, func(*trading.Held) {}, "0"},
		"at once, though it loses from the start": {exit.Trailing{Part: d("0.1")}, func(h *trading.Held) { h.Price = d("99") }, "89.1"},
		"from its gain on":                        {exit.Trailing{Part: d("0.1"), From: d("0.01")}, func(h *trading.Held) { h.Price = d("101") }, "90.9"},
		"from what the last bar closed at":        {exit.Trailing{Amount: d("3"), OnBars: true}, func(h *trading.Held) { h.Bars = moves }, "100"},
		"not by a bar of before the opening":      {exit.Trailing{Amount: d("3"), OnBars: true}, func(h *trading.Held) { h.Bars, h.Opened = moves, noon.Add(time.Hour) }, "0"},
		"from the highest of the last bar":        {exit.Trailing{Amount: d("3"), OnBars: true, Extremes: true}, func(h *trading.Held) { h.Bars = moves }, "101"},
		"or from the lowest":                      {exit.Trailing{Amount: d("3"), OnBars: true, Extremes: true}, func(h *trading.Held) { h.Bars, h.Quantity = moves, d("-1") }, "106"},
		"but not from before the opening":         {exit.Trailing{Amount: d("3"), OnBars: true, Extremes: true}, func(h *trading.Held) { h.Bars, h.Opened = moves, moves[2].Time.Add(1) }, "100"},
		"not without a bar":                       {exit.Trailing{Amount: d("3"), OnBars: true}, func(*trading.Held) {}, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := bought()
			c.held(&h)
			require.Equal(t, c.stop, c.exit.Adjust(h).StopLoss.String())
		})
	}
}

func TestExitsOfAShortPositionAreOnItsSide(t *testing.T) {
	t.Parallel()
	h := bought()
	h.Quantity, h.Price = d("-10"), d("90")
	require.Equal(t, "99.9", exit.BreakEven{Gain: d("0.05"), Offset: d("0.001")}.Adjust(h).StopLoss.String())
	rungs := exit.Ladder{{Gain: d("0.1"), Part: d("0.5")}}.Adjust(h).Rungs
	require.Equal(t, "[5 kept at 90]", fmt.Sprint(rungs))
	require.Equal(t, "10", exit.After{Hold: time.Minute}.Adjust(h).Close.String())
	h.Price = d("0")
	require.Zero(t, exit.BreakEven{Gain: d("0.05")}.Adjust(h))
	h.Paid = d("0")
	require.Zero(t, exit.Ladder{{Gain: d("0.1"), Part: d("0.5")}}.Adjust(h))
}
