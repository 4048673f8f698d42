package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// config is what one run of the launcher does. Each field stands for the flag of its name.
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

	origin map[string]string // by flag: where its value comes from
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

// flags declares every flag with its default. The text of a flag begins with what it takes.
func (c *config) flags() *flag.FlagSet {
	fs := flag.NewFlagSet("livetrader", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.BoolVar(&c.paper, "paper", false, "trade on paper: the only venue there is")
	fs.Var(seconds{&c.duration}, "duration", "`time` to run for, such as 60, 60s or 5m; until interrupted if not given")
	fs.BoolVar(&c.infinite, "infinite", false, "run until interrupted")
	fs.BoolVar(&c.autoRestart, "auto-restart", false, "start everything again when trading has failed for good")
	c.symbols = []string{"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"}
	fs.Var((*symbolList)(&c.symbols), "symbols", "comma-separated `list` of symbols")
	c.interval = 5 * time.Second
	fs.Var(seconds{&c.interval}, "interval", "`time` between two signal cycles, and of one bar")
	fs.BoolVar(&c.autoExecute, "auto-execute", true, "place orders; otherwise only record what would have been done")
	fs.Var(fraction{&c.minConfidence}, "min-confidence", "`confidence` from 0 to 1 that a signal must reach")
	fs.StringVar(&c.db, "db", defaultDB, "`file` that keeps signals and orders, or a postgres:// URL; "+
		"a replay without it uses a temporary file")
	fs.IntVar(&c.lowWater, "low-water", 256, "`MiB` that must be free on the disk for anything new to be opened")
	fs.StringVar(&c.listen, "listen", "127.0.0.1:8000", "`address` of the API, or off")
	fs.StringVar(&c.replay, "replay", "", "`file`, folder or pattern of candles to replay instead of the synthetic market")
	fs.StringVar(&c.columns, "columns", "", "`names` of a replay's CSV columns where the file does not say them, "+
		"such as timestamp,open,high,low,close,volume")
	c.speed = 1
	fs.Var(speed{&c.speed}, "speed", "how `fast` to replay: 1x keeps to the bars' own times, 0 is as fast as it goes")
	c.seed = 1
	fs.Var(seedValue{&c.seed}, "seed", "`number` that makes the synthetic market and the chaos what they are")
	fs.Var(&c.chaos, "chaos", "`what` to break from time to time: signals (also if nothing is named) or trading")

	fs.StringVar(&c.strategy, "strategy", "ema_cross", "`name` of the strategy: "+strings.Join(strategyNames(), ", "))
	c.badBars = candle.Refuse
	fs.Var(badBars{&c.badBars}, "bad-bars", "`policy` for a broken or repeated bar of a replay: refuse or skip")
	for _, m := range []struct {
		field       *decimal.Decimal
		name, value string
		usage       string
	}{
		{&c.cash, "cash", "10000", "`amount` that the account starts with"},
		{&c.fee, "fee", "0.0004", "`fraction` of an order's value that the venue takes"},
		{&c.slippage, "slippage", "0.0002", "`fraction` by which market orders fill worse than the price"},
		{&c.notional, "order-size", "1000", "`amount` to hold of each symbol on a signal"},
		{&c.maxPosition, "max-position", "2000", "largest `amount` to hold of a symbol"},
		{&c.maxOrder, "max-order", "2000", "largest `amount` that one order may open"},
		{&c.maxDailyLoss, "max-daily-loss", "500", "`amount` lost in a day (UTC) at which nothing more is opened"},
		{&c.takeProfit, "take-profit", "0", "`fraction` beyond the entry at which a position is closed; 0 for nowhere"},
		{&c.stopLoss, "stop-loss", "0", "`fraction` behind the entry at which a position is closed; 0 for nowhere"},
		{&c.limitEntry, "limit-entry", "0", "`fraction` better than the price at which positions are opened; 0 for at once"},
	} {
		*m.field = decimal.RequireFromString(m.value)
		fs.Var(money{m.field}, m.name, m.usage)
	}
	c.healthInterval = 300 * time.Second
	fs.Var(seconds{&c.healthInterval}, "health-interval", "`time` between two heartbeats")
	fs.StringVar(&c.rearm, "rearm", "", "`name` of who lifts a halt that stands, such as one for the daily loss")
	c.onStop = engine.LeaveOrders
	fs.Var(stopPolicy{&c.onStop}, "on-stop", "`policy` for open orders at the end: leave, cancel (what opens) or flatten")
	fs.BoolVar(&c.dryStart, "dry-start", false, "print what a start would book, send and cancel, and end")
	fs.BoolVar(&c.printConfig, "print-config", false, "print the configuration and where each value comes from, and end")
	fs.BoolVar(&c.version, "version", false, "print the version, and end")
	return fs
}

// variable is the environment variable that sets a flag. Two have the names that operators know.
func variable(flagName string) string {
	switch flagName {
	case "interval":
		return "SIGNAL_GENERATION_INTERVAL"
	case "health-interval":
		return "HEALTH_CHECK_INTERVAL"
	}
	return "LIVETRADER_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// parseConfig reads the flags, and for those that are not given the environment.
func parseConfig(args []string, lookup func(string) (string, bool)) (config, error) {
	c := config{origin: make(map[string]string)}
	fs := c.flags()
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return c, err
		}
		if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
			return c, usagef("unknown flag --%s", name)
		}
		return c, usagef("%s", strings.Replace(err.Error(), "for flag -", "for --", 1))
	}
	if fs.NArg() > 0 {
		return c, usagef("unexpected argument %q", fs.Arg(0))
	}
	fs.Visit(func(f *flag.Flag) { c.origin[f.Name] = fromFlag })
	var err error
	fs.VisitAll(func(f *flag.Flag) {
		value, set := lookup(variable(f.Name))
		switch {
		case c.origin[f.Name] != "" || err != nil:
		case !set || value == "":
			c.origin[f.Name] = fromDefault
		default:
			c.origin[f.Name] = variable(f.Name)
			if e := fs.Set(f.Name, value); e != nil {
				err = usagef("%s=%q: %w", variable(f.Name), value, e)
			}
		}
	})
	if err != nil {
		return c, err
	}
	return c, c.check()
}

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
	return nil
}

// print writes every setting, its value and where it comes from.
func (c *config) print(w io.Writer) {
	for _, s := range c.settings() {
		fmt.Fprintf(w, "%-16s %-45s %s\n", s.name, s.value, c.origin[s.name])
	}
}

type setting struct{ name, value string }

// settings lists the configuration in the order of the flags.
func (c *config) settings() []setting {
	return []setting{
		{"paper", strconv.FormatBool(c.paper)},
		{"duration", c.duration.String()},
		{"infinite", strconv.FormatBool(c.infinite)},
		{"auto-restart", strconv.FormatBool(c.autoRestart)},
		{"symbols", strings.Join(c.symbols, ",")},
		{"interval", c.interval.String()},
		{"auto-execute", strconv.FormatBool(c.autoExecute)},
		{"min-confidence", strconv.FormatFloat(c.minConfidence, 'g', -1, 64)},
		{"db", shown(c.db)},
		{"listen", c.listen},
		{"replay", c.replay},
		{"columns", c.columns},
		{"speed", strconv.FormatFloat(c.speed, 'g', -1, 64) + "x"},
		{"seed", strconv.FormatUint(c.seed, 10)},
		{"chaos", string(c.chaos)},
		{"strategy", c.strategy},
		{"cash", c.cash.String()},
		{"fee", c.fee.String()},
		{"slippage", c.slippage.String()},
		{"order-size", c.notional.String()},
		{"max-position", c.maxPosition.String()},
		{"max-order", c.maxOrder.String()},
		{"max-daily-loss", c.maxDailyLoss.String()},
		{"bad-bars", badBars{&c.badBars}.String()},
		{"health-interval", c.healthInterval.String()},
		{"rearm", c.rearm},
		{"take-profit", c.takeProfit.String()},
		{"stop-loss", c.stopLoss.String()},
		{"limit-entry", c.limitEntry.String()},
		{"on-stop", string(c.onStop)},
		{"dry-start", strconv.FormatBool(c.dryStart)},
		{"low-water", strconv.Itoa(c.lowWater)},
	}
}
