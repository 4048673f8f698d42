package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// moreLimits are the limits besides those that always stand; zero is none.
type moreLimits struct {
	gross, leverage, weeklyLoss, drawdown, collar decimal.Decimal
	symbolLoss                                    decimal.Decimal
	positions, perMinute                          int
	duplicates, priceAge, coolDown                time.Duration
	stopGuard, losingStreak                       risk.Pause
	noShort, flattenOnLoss                        bool
}

// limitFlags are the names of their flags.
var limitFlags = []string{
	"max-gross", "max-leverage", "max-positions", "max-orders-per-minute", "max-weekly-loss", "max-drawdown", "signal-collar",
	"duplicate-window", "no-short", "flatten-on-loss", "max-symbol-loss", "max-price-age", "cool-down", "stop-guard", "losing-streak",
}

func (c *config) declareLimits() {
	m := &c.moreLimits
	setting(c, &m.gross, "max-gross", decimal.Zero, amounts,
		"largest `amount` to hold of all symbols, long and short added up; 0 for no limit")
	setting(c, &m.leverage, "max-leverage", decimal.Zero, amounts,
		"how many `times` its worth the account may hold; 0 for no limit")
	setting(c, &m.positions, "max-positions", 0, counts, "largest `number` of symbols to hold at a time; 0 for no limit")
	setting(c, &m.perMinute, "max-orders-per-minute", 0, counts,
		"largest `number` of orders in a minute, up to 256, after which what opens waits; 0 for no limit")
	setting(c, &m.weeklyLoss, "max-weekly-loss", decimal.Zero, amounts,
		"`amount` lost since Monday (UTC) at which nothing more is opened; 0 for no limit")
	setting(c, &m.drawdown, "max-drawdown", decimal.Zero, parts,
		"`fraction` of its peak that the account may lose until nothing more is opened; 0 for no limit")
	setting(c, &m.collar, "signal-collar", decimal.Zero, parts,
		"`fraction` by which the price may have moved since the signal; 0 for no limit")
	setting(c, &m.duplicates, "duplicate-window", 0, spans,
		"`time` in which another signal may not open the same quantity on the same side; 0 for no limit")
	setting(c, &m.symbolLoss, "max-symbol-loss", decimal.Zero, amounts,
		"`amount` that one symbol may lose in a day (UTC) until it is locked for the rest of it; 0 for no limit")
	setting(c, &m.priceAge, "max-price-age", 0, spans,
		"how old the last price may be, as a `time`, by which something is opened; 0 for no limit")
	setting(c, &m.coolDown, "cool-down", 0, spans,
		"`time` in which nothing of a symbol is opened after a stop-loss has closed it; 0 for none")
	setting(c, &m.stopGuard, "stop-guard", risk.Pause{}, pauses,
		"after so many stop-losses, within that time (0 for any), nothing is opened for so long: such as 3/1h/30m; 0 for never")
	setting(c, &m.losingStreak, "losing-streak", risk.Pause{}, pauses,
		"after so many losing trades in a row, within that time (0 for any), nothing is opened for so long: such as 4/0/2h; 0 for never")
	setting(c, &m.noShort, "no-short", false, toggles, "sell nothing that is not held")
	setting(c, &m.flattenOnLoss, "flatten-on-loss", false, toggles, "close what is held, too, when a loss reaches its limit")
}

// isSet reports whether a flag has another value than its own.
func (c *config) isSet(name string) bool { return c.shown(name) != c.flags.Lookup(name).DefValue }

// limits are the simple set as long as nothing else is asked for.
func (c *config) limits() engine.Risk {
	simple := risk.Limits{MaxPosition: c.maxPosition, MaxOrder: c.maxOrder, MaxDailyLoss: c.maxDailyLoss}
	if !slices.ContainsFunc(limitFlags, c.isSet) {
		return simple
	}
	m := c.moreLimits
	return &risk.Rules{
		Limits: simple, MaxGross: m.gross, MaxLeverage: m.leverage, MaxPositions: m.positions, MaxPerMinute: m.perMinute,
		MaxWeeklyLoss: m.weeklyLoss, MaxDrawdownPart: m.drawdown, SignalCollar: m.collar, DuplicateWindow: m.duplicates,
		NoShort: m.noShort, Flatten: m.flattenOnLoss, MaxInstrumentLoss: m.symbolLoss, MaxPriceAge: m.priceAge,
		CoolDown: m.coolDown, StopGuard: m.stopGuard, LosingStreak: m.losingStreak,
	}
}

// pauses are written as how many, within which time, for how long.
var pauses = kind[risk.Pause]{read: readPause, show: showPause}

func readPause(text string) (p risk.Pause, err error) {
	parts := strings.Split(text, "/")
	if text == "0" {
		return p, nil
	}
	if len(parts) != 3 {
		return p, errors.New("want how many, within which time, for how long, such as 3/1h/30m")
	}
	var wrong [3]error
	p.After, wrong[0] = readCount(parts[0])
	if parts[1] != "0" && parts[1] != "0s" { // which is any time
		p.Within, wrong[1] = readSpan(parts[1])
	}
	p.For, wrong[2] = readSpan(parts[2])
	err = errors.Join(wrong[:]...)
	if err == nil && (p.After == 0 || p.For == 0) {
		err = errors.New("want 1 or more, and some time")
	}
	return p, err
}

func showPause(p risk.Pause) string {
	if p == (risk.Pause{}) {
		return "0"
	}
	return fmt.Sprintf("%d/%s/%s", p.After, p.Within, p.For)
}
