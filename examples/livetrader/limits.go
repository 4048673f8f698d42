package main

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// moreLimits are the limits besides those that always stand; zero is none.
type moreLimits struct {
	gross, leverage, weeklyLoss, drawdown, collar decimal.Decimal
	positions, perMinute                          int
	duplicates                                    time.Duration
	noShort, flattenOnLoss                        bool
}

// limitFlags are the names of their flags.
var limitFlags = []string{
	"max-gross", "max-leverage", "max-positions", "max-orders-per-minute", "max-weekly-loss", "max-drawdown", "signal-collar",
	"duplicate-window", "no-short", "flatten-on-loss",
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
		NoShort: m.noShort, Flatten: m.flattenOnLoss,
	}
}
