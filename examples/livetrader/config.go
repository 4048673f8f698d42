package main

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// config is what one run of the launcher does. Each field is set by the flag of its name, which newConfig declares.
// Nothing changes it once parseConfig has returned.
type config struct {
	paper         bool
	duration      time.Duration // 0 means until interrupted
	infinite      bool
	autoRestart   bool
	symbols       []string
	interval      time.Duration
	autoExecute   bool
	minConfidence float64
	db            string
	listen        string
	replay        string
	columns       string // of the replay's CSV files
	speed         float64
	seed          uint64
	chaos         chaosTarget

	strategy       string
	cash           decimal.Decimal
	fee            decimal.Decimal
	slippage       decimal.Decimal
	notional       decimal.Decimal
	maxPosition    decimal.Decimal
	maxOrder       decimal.Decimal
	maxDailyLoss   decimal.Decimal
	badBars        candle.Policy
	healthInterval time.Duration
	rearm          string
	takeProfit     decimal.Decimal
	stopLoss       decimal.Decimal
	limitEntry     decimal.Decimal
	onStop         engine.StopPolicy
	dryStart       bool
	lowWater       int // MiB

	printConfig bool
	version     bool

	flags    *flag.FlagSet
	settings []string          // the flags that set a field of a run, in the order of --print-config
	origin   map[string]string // by flag: where its value comes from
}

const (
	fromFlag    = "flag"
	fromDefault = "default"
	listenOff   = "off"
	defaultDB   = "livetrader.db"

	shortestInterval = time.Millisecond // what the machine can keep up with
)

// usageError is the user's mistake on the command line or in the environment: exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// check refuses what does not go together, and settles what follows from the rest.
func (c *config) check() error {
	if c.version || c.printConfig {
		return nil
	}
	switch {
	case !c.paper:
		return usagef("--paper is required: there is no live venue yet")
	case c.infinite && c.duration > 0:
		return usagef("--duration and --infinite contradict each other")
	case c.interval < shortestInterval:
		return usagef("--interval %s is below %s", c.interval, shortestInterval)
	case c.lowWater < 1 || c.lowWater > 1<<30:
		return usagef("--low-water %d is not between 1 and %d", c.lowWater, 1<<30)
	case !slices.Contains(strategyNames(), c.strategy):
		return usagef("--strategy %q is none of %s", c.strategy, strings.Join(strategyNames(), ", "))
	case !c.cash.IsPositive(), !c.notional.IsPositive():
		return usagef("--cash and --order-size must be above zero")
	case c.replay != "" && (c.dryStart || c.onStop != engine.LeaveOrders):
		return usagef("--dry-start and --on-stop do not go with --replay, which ends with its file")
	case c.replay == "" && c.origin["speed"] == fromFlag:
		return usagef("--speed goes with --replay")
	case c.replay == "" && c.columns != "":
		return usagef("--columns goes with --replay")
	case c.replay != "" && c.chaos != "":
		return usagef("--chaos and --replay contradict each other: a replay always gives the same result")
	}
	if c.replay != "" && len(c.symbols) > 1 {
		if c.origin["symbols"] != fromDefault {
			return usagef("--replay reads one symbol, and --symbols names %d", len(c.symbols))
		}
		c.symbols = c.symbols[:1]
	}
	return c.checkTrading()
}
