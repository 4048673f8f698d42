package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
)

// exitSettings say what moves the guards of positions and closes them; zero is nothing.
type exitSettings struct {
	trailing, ranges, breakEven decimal.Decimal
	longest                     time.Duration
	ladder                      exit.Ladder

	unfilled trading.Unfilled // of --limit-entry
}

// exitFlags are the names of their flags.
var exitFlags = []string{
	"trailing-stop", "trailing-atr", "break-even", "max-holding", "ladder", "entry-wait", "entry-reprice", "entry-cross",
}

func (c *config) declareExits() {
	e := &c.exitSettings
	setting(c, &e.trailing, "trailing-stop", decimal.Zero, parts,
		"`fraction` by which the stop-loss follows the best price since the entry; 0 for no such stop")
	setting(c, &e.ranges, "trailing-atr", decimal.Zero, amounts,
		"how many `times` the average range of the last 14 bars the stop-loss stays behind; 0 for no such stop")
	setting(c, &e.breakEven, "break-even", decimal.Zero, parts,
		"`fraction` that must be gained for the stop-loss to move to the entry and the fees of both orders; 0 for never")
	setting(c, &e.longest, "max-holding", 0, spans, "longest `time` to hold a position, from its first fill on; 0 for no end")
	setting(c, &e.ladder, "ladder", nil, ladders,
		"comma-separated `gains` with the part of the position that is closed at each, such as 0.02:0.5,0.04:0.25; 0 for none")
	setting(c, &e.unfilled.After, "entry-wait", 0, spans,
		"`time` that an order of --limit-entry may rest; 0 for as long as its signal is valid")
	setting(c, &e.unfilled.Reprice, "entry-reprice", 0, counts,
		"how many `times` it is placed again after --entry-wait, as far from the price of then")
	setting(c, &e.unfilled.Cross, "entry-cross", false, toggles,
		"trade at market what is left in the end; otherwise it is dropped")
}

// exits are those that are asked for; the nearest of their stops counts.
func (c *config) exits() (all []trading.Exit) {
	e := c.exitSettings
	if e.trailing.IsPositive() {
		all = append(all, exit.Trailing{Part: e.trailing})
	}
	if e.ranges.IsPositive() {
		all = append(all, exit.Trailing{Times: e.ranges})
	}
	if e.breakEven.IsPositive() {
		all = append(all, exit.BreakEven{Gain: e.breakEven, Offset: c.fee.Mul(decimal.NewFromInt(2))})
	}
	if len(e.ladder) > 0 {
		all = append(all, e.ladder)
	}
	if e.longest > 0 {
		all = append(all, exit.After{Hold: e.longest})
	}
	return all
}

// ladders are written as gains, each with the part that is closed there.
var ladders = kind[exit.Ladder]{read: readLadder, show: showLadder}

func readLadder(text string) (exit.Ladder, error) {
	if text == "0" {
		return nil, nil
	}
	all := strings.Split(text, ",")
	ladder := make(exit.Ladder, len(all))
	for i, one := range all {
		gain, part, _ := strings.Cut(strings.TrimSpace(one), ":")
		var wrong [2]error
		ladder[i].Gain, wrong[0] = decimal.NewFromString(gain)
		ladder[i].Part, wrong[1] = decimal.NewFromString(part)
		if errors.Join(wrong[:]...) != nil {
			return nil, fmt.Errorf("%q is no gain and part, such as 0.02:0.5", one)
		}
	}
	return ladder, ladder.Validate()
}

func showLadder(l exit.Ladder) string {
	if len(l) == 0 {
		return "0"
	}
	all := make([]string, len(l))
	for i, rung := range l {
		all[i] = rung.Gain.String() + ":" + rung.Part.String()
	}
	return strings.Join(all, ",")
}
