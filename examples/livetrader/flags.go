package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// newConfig returns a config of defaults, whose flags are declared.
func newConfig() *config {
	c := &config{flags: flag.NewFlagSet("livetrader", flag.ContinueOnError), origin: make(map[string]string)}
	c.flags.SetOutput(io.Discard) // run tells errors, in one line
	c.declareRun()
	c.declareFeed()
	c.declareTrading()
	c.declareLimits()
	c.declareExits()
	c.declareService()
	// What these two ask for is no setting of a run.
	c.flags.BoolVar(&c.printConfig, "print-config", false, "print the configuration and where each value comes from, and end")
	c.flags.BoolVar(&c.version, "version", false, "print the version, and end")
	return c
}

// setting declares a flag that sets a field. What it takes stands in its usage, in `quotes`.
func setting[T any](c *config, field *T, name string, value T, k kind[T], usage string) {
	*field = value
	c.flags.Var(flagValue[T]{field, k}, name, usage)
	c.settings = append(c.settings, name)
}

func (c *config) declareRun() {
	setting(c, &c.paper, "paper", false, toggles, "trade on paper")
	setting(c, &c.duration, "duration", 0, spans, "`time` to run for, such as 60, 60s or 5m; until interrupted if not given")
	setting(c, &c.infinite, "infinite", false, toggles, "run until interrupted")
	setting(c, &c.autoRestart, "auto-restart", false, toggles, "start trading again when it has failed for good")
	setting(c, &c.symbols, "symbols", []string{"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"}, symbolLists,
		"comma-separated `list` of symbols")
	setting(c, &c.interval, "interval", 5*time.Second, spans, "`time` between two signal cycles, and of one bar")
	setting(c, &c.autoExecute, "auto-execute", true, toggles, "place orders; otherwise only record what would have been done")
	setting(c, &c.minConfidence, "min-confidence", 0, fractions, "`confidence` from 0 to 1 that a signal must reach")
	setting(c, &c.db, "db", defaultDB, databases, "`file` that keeps signals and orders, or a postgres:// URL; "+
		"a replay without it uses a temporary file")
	setting(c, &c.listen, "listen", "127.0.0.1:8000", texts,
		"`address` of the API, or off; one that others reach needs "+tokenVariable+" or "+tokenVariable+fileSuffix)
	setting(c, &c.hosts, "hosts", nil, hostLists, "`names`, without port, by which the API may be called beside localhost, "+
		"such as trader.example.org")
	setting(c, &c.socket, "socket", "", texts, "`file` of the Unix socket over which its user controls it, or off; "+
		"beside the --db that is a file if not given, as livetrader.db.sock")
	setting(c, &c.replay, "replay", "", texts,
		"`file`, folder or pattern of candles to replay instead of the synthetic market")
	setting(c, &c.columns, "columns", "", texts, "`names` of a replay's CSV columns where the file does not say them, "+
		"such as timestamp,open,high,low,close,volume")
	setting(c, &c.oldest, "oldest", time.Time{}, dates,
		"`date` before which a replay takes no bar; 1990-01-01 if not given")
	setting(c, &c.priceScale, "price-scale", decimal.Zero, amounts,
		"`number` that a replay's prices are divided by, such as 1e9 for fixed-point ones; 1 takes them as they are")
	setting(c, &c.tick, "tick", decimal.Zero, amounts,
		"`price` step of a replay, 0 for what its prices say; or of a feed, 0 for 0.01")
	setting(c, &c.step, "step", decimal.Zero, amounts,
		"`quantity` step of a replay, 0 for what its prices say; or of a feed, 0 for what is usual")
	setting(c, &c.speed, "speed", 1, speeds, "how `fast` to replay: 1x keeps to the bars' own times, 0 is as fast as it goes")
	setting(c, &c.seed, "seed", 1, seeds, "`number` that makes the synthetic market and the chaos what they are")
	setting(c, &c.chaos, "chaos", "", chaosTargets,
		"`what` to break from time to time: signals (also if nothing is named), trading or feed")
}

func (c *config) declareFeed() {
	setting(c, &c.feed, "feed", nil, addresses, "`address` that answers with candles of --interval in JSON, to trade on them "+
		"instead of the synthetic market; with {symbol}, {after_s}, {after_ms}, {after} and {limit}, which are filled in; "+
		"after a blank, the next one is asked where it fails")
	setting(c, &c.feedShape.Rows, "feed-rows", "", texts, "`way` to the list of candles in an answer, such as data.candles")
	setting(c, &c.feedShape.Fields, "feed-fields", nil, fieldLists,
		"`places` or names of time, open, high, low, close and volume in a candle")
	setting(c, &c.feedSymbols, "feed-symbols", nil, renames,
		"`names` that the feed has for symbols, such as BTC/USDT=BTCUSDT,ETH/USDT=ETHUSDT")
	setting(c, &c.hours, "hours", openHours{}, weekHours,
		"`hours` of the market on Monday to Friday, such as 'America/New_York 09:30-16:00'; "+
			"always if not given, and at Alpaca those of its calendar")
	setting(c, &c.venue, "venue", "", texts, "`name` of a venue to trade at instead of on paper in here: "+
		strings.Join(venueNames, ", ")+", or NAME=URL where it is at another address; or the address of a papervenue, whose "+
		"market is the synthetic one of --seed at --interval 1s")
	setting(c, &c.live, "live", false, toggles, "trade with real money; nobody has tried that at the real venue yet")
	setting(c, &c.shadow, "shadow", false, toggles, "with a --venue that has a name: trade on paper by its prices, send it "+
		"nothing, and say of each order what the account there would have refused")
	setting(c, &c.account, "account", "", texts, "`name` of yours for the account at the venue, which the database belongs to")
	setting(c, &c.confirm, "confirm", "", texts, "`words` without which no real money is traded: venue and account, such as "+
		"'binance main'")
	setting(c, &c.adopt, "adopt", "", texts, "`word` that confirms the list of what is at the venue when a database begins, as "+
		"the first start and check --venue print it; later starts take no notice of it")
}

func (c *config) declareTrading() {
	number := func(field *decimal.Decimal, name, value string, k kind[decimal.Decimal], usage string) {
		setting(c, field, name, decimal.RequireFromString(value), k, usage)
	}
	setting(c, &c.strategies, "strategy", namedStrategies{{name: "ema_cross"}}, strategyLists,
		"`names` of strategies, such as macd, or macd:0.6,donchian:0.4 with each one's share of the account: "+
			strings.Join(strategyNames(), ", "))
	number(&c.cash, "cash", "10000", sums, "`amount` that the account starts with")
	number(&c.fee, "fee", "0.0004", parts, "`fraction` of an order's value that the venue takes")
	number(&c.slippage, "slippage", "0.0002", parts, "`fraction` by which market orders fill worse than the price")
	number(&c.notional, "order-size", "1000", sums, "`amount` to hold of each symbol on a signal")
	number(&c.maxPosition, "max-position", "2000", limits, "largest `amount` to hold of a symbol, or unlimited")
	number(&c.maxOrder, "max-order", "2000", limits, "largest `amount` that one order may open, or unlimited")
	number(&c.maxDailyLoss, "max-daily-loss", "500", limits,
		"`amount` lost in a day (UTC) at which nothing more is opened, or unlimited")
	setting(c, &c.badBars, "bad-bars", candle.Reject, badBars,
		"`policy` for a broken or repeated bar of a replay: refuse or skip")
	setting(c, &c.healthInterval, "health-interval", 300*time.Second, spans, "`time` between two heartbeats")
	number(&c.takeProfit, "take-profit", "0", parts, "`fraction` beyond the entry at which a position is closed; 0 for nowhere")
	number(&c.stopLoss, "stop-loss", "0", parts, "`fraction` behind the entry at which a position is closed; 0 for nowhere")
	number(&c.limitEntry, "limit-entry", "0", parts,
		"`fraction` better than the price at which positions are opened; 0 for at once")
	setting(c, &c.onStop, "on-stop", engine.LeaveOrders, stopPolicies,
		"`policy` for open orders at the end: leave, cancel (what opens) or flatten")
	setting(c, &c.orphans, "orphans", engine.ReduceOrphans, orphanPolicies,
		"`policy` for what a changed strategy holds: reduce (never added to), hand_over (to the new one) or flatten")
	setting(c, &c.differences, "differences", engine.HaltOnDifference, differencePolicies,
		"`policy` where the venue holds something else than the journal: halt, adopt, close (what is more) or ignore")
	setting(c, &c.foreignOrders, "foreign-orders", engine.KeepForeign, foreignPolicies,
		"`policy` for open orders at the venue that are not ours: keep, cancel or halt")
	setting(c, &c.closeDelisted, "close-delisted", 0, spans,
		"`time` before a venue ends trading in a symbol, as announced, at which what is held of it is closed; 0 for never")
	setting(c, &c.dryStart, "dry-start", false, toggles, "print what a start would book, send and cancel, and end")
	setting(c, &c.lowWater, "low-water", 256, wholes, "`MiB` that must be free on the disk for anything new to be opened")
}

// declareService declares what whoever keeps it running says.
func (c *config) declareService() {
	setting(c, &c.configFile, configFlag, "", texts, "YAML `file` whose keys are the names of these flags, such as interval: 5s")
	setting(c, &c.logLevel, "log-level", slog.LevelInfo, logLevels,
		"`level` from which on lines are logged: debug, info, warn or error")
	setting(c, &c.logFormat, "log-format", autoLog, logFormats,
		"`form` of the log: text, json, or auto, which is text unless a terminal shows it")
	setting(c, &c.notify, "notify", notifyKinds(), messageKinds,
		"`kinds` of messages that are sent to "+notifyVariable+" and "+webhookVariable+": "+messageKinds.show(notifyKinds()))
	setting(c, &c.page, "page-url", "", pages, "`address` that messages lead to, as a person who gets one can open it")
	setting(c, &c.drain, "drain", 0, spans, "`time` for which it is not ready, and trades on, before anything stops")
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

// shown is a setting's value as it is printed.
func (c *config) shown(name string) string { return c.flags.Lookup(name).Value.String() }

// print writes every setting, its value and where it comes from.
func (c *config) print(w io.Writer) {
	for _, name := range c.settings {
		fmt.Fprintf(w, "%-16s %-45s %s\n", name, c.shown(name), c.origin[name])
	}
}

// usage writes every flag, what it does, its variable and its default.
func (c *config) usage(w io.Writer) {
	fmt.Fprintln(w, "usage: livetrader --paper|--venue ADDRESS [flags]")
	fmt.Fprint(w, "\n", commandList())
	fmt.Fprintln(w, "\nEach flag can be set by an environment variable too; a flag wins over it. The file of\n"+
		"--config, whose keys are the flags' names, says what neither of them does.")
	c.flags.VisitAll(func(f *flag.Flag) {
		name, text := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "\n  --%s %s\n    \t%s (%s", f.Name, name, text, variable(f.Name))
		switch f.DefValue {
		case "", "false", "0s": // nothing
		default:
			fmt.Fprintf(w, "; default %s", f.DefValue)
		}
		fmt.Fprintln(w, ")")
	})
}
