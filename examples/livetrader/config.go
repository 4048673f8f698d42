package main

import (
	"flag"
	"fmt"
	"log/slog"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
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
	socket        string // "" beside the database
	token         string // that callers of the API show; "" for none
	metricsToken  string // that scrapers show; "" leaves /metrics to callers of the API
	hosts         []string
	webhook       string        // where messages go; "" for nowhere
	webhookSecret string        // that signs them; "" for none
	notifyURLs    []string      // of the chats and mailboxes that get messages
	notify        []notify.Kind // what is told of
	page          string        // where messages lead; "" for nowhere
	ping          string        // the address of a dead man's switch; "" for none
	notifySocket  string        // of the systemd that started the run; "" for none
	watchdogEvery time.Duration
	replay        string
	columns       string // of the replay's files
	oldest        time.Time
	priceScale    decimal.Decimal // zero means that the file's prices are as they are
	tick          decimal.Decimal // zero, as of step, means what the replay's prices say
	step          decimal.Decimal
	speed         float64
	seed          uint64
	chaos         chaosTarget
	feed          []string // addresses of candles; none for the synthetic market
	feedShape     httpfeed.Shape
	feedSymbols   []string // NAME=THEIRS
	hours         openHours
	calendar      *alpaca.Calendar // see venueCalendar
	venue         string           // see place; "" for the account on paper in here
	live          bool             // real money is traded
	shadow        bool             // orders go to an account on paper, and are held against the one at the venue
	account       string           // what the user calls the account at the venue
	confirm       string           // see words
	adopt         string           // see found.word
	venueKey      string           // of the account
	venueSecret   string
	dial          dialer // see environment

	strategies     namedStrategies
	cash           decimal.Decimal
	fee            decimal.Decimal
	slippage       decimal.Decimal
	notional       decimal.Decimal
	maxPosition    decimal.Decimal
	maxOrder       decimal.Decimal
	maxDailyLoss   decimal.Decimal
	moreLimits     moreLimits
	exitSettings   exitSettings
	badBars        candle.Policy
	healthInterval time.Duration
	takeProfit     decimal.Decimal
	stopLoss       decimal.Decimal
	limitEntry     decimal.Decimal
	onStop         engine.StopPolicy
	orphans        engine.OrphanPolicy
	differences    engine.DifferencePolicy
	foreignOrders  engine.ForeignPolicy
	closeDelisted  time.Duration
	dryStart       bool
	lowWater       int // MiB
	drain          time.Duration
	logLevel       slog.Level
	logFormat      string

	configFile string               // "" for none
	file       map[string]fileValue // what it says, by flag

	printConfig bool
	version     bool

	flags    *flag.FlagSet
	settings []string          // the flags that set a field of a run, in the order of --print-config
	origin   map[string]string // by flag: where its value comes from
}

const (
	fromFlag    = "flag"
	fromDefault = "default"
	off         = "off" // instead of an address
	defaultDB   = "livetrader.db"

	autoLog = "auto" // as a terminal likes it, or text
	textLog = "text"
	jsonLog = "json"

	shortestInterval = time.Millisecond // what the machine can keep up with
)

// usageError is the user's mistake on the command line or in the environment: exit code 2.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// given names the first of the flags that has not its default; "" if all have.
func (c *config) given(names ...string) string {
	for _, name := range names {
		if c.origin[name] != fromDefault {
			return name
		}
	}
	return ""
}

// instrument is what a replay trades: in steps that its prices say, or that the flags do.
func (c *config) instrument(prices candle.Prices) trading.Instrument {
	return c.inSteps(backtest.InstrumentOf(c.symbols[0], prices))
}

// inSteps is an instrument in the steps that the flags say, if they do.
func (c *config) inSteps(i trading.Instrument) trading.Instrument {
	if c.tick.IsPositive() {
		i.Tick = c.tick
	}
	if c.step.IsPositive() {
		i.Step = c.step
	}
	return i
}

// candles says how the files of a replay are to be read.
func (c *config) candles() candle.Config {
	options := candle.Config{
		Symbol: c.symbols[0], Policy: c.badBars, Columns: c.columns,
		Oldest: c.oldest, PriceScale: c.priceScale.InexactFloat64(),
	}
	if c.origin["interval"] == fromFlag {
		options.Interval = c.interval
	}
	return options
}
