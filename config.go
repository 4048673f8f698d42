package vigil

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// Config says what differs between Traders. Source, Strategies, Symbols and Interval are required, and to trade the
// Instruments.
type Config struct {
	Name string // of the tree, in health, events and the log; "" means "trader"

	Source        signal.Source // where the bars come from
	Strategies    []signal.Spec
	Symbols       []string      // what to generate signals for; nil means those of the Instruments
	Interval      time.Duration // of the bars
	MinConfidence float64       // what a signal's confidence must reach, 0 to 1
	Hours         signal.Hours  // when the markets are open; nil means always

	// Paper is the account of a Trader that trades on paper, Broker the venue of one that trades for real. Without both
	// it makes signals only.
	//
	// Of a Paper everything has a default: Cash is 10,000; a position takes a tenth of it, and may take a fifth; a loss of a
	// twentieth in a day halts. Its Quote is the Source's, where the Source is a Quoter; else it trades on the bars that
	// the Source gives. A Broker has no defaults: Size, Risk and Capital are then required.
	Paper   *paper.Config
	Broker  trading.Broker
	Capital decimal.Decimal // what the account at the Broker held when its journal began

	Instruments []trading.Instrument // what can be traded, and in which steps; nil means what a Broker that lists them says
	Size        trading.Sizer        // how much to hold on a signal
	Risk        engine.Risk          // what an order may open, and how much a day may lose
	Ticket      trading.TicketPolicy // how positions are opened, and what guards them; nil: market orders, nothing
	Manual      bool                 // nothing is sent on a signal until a person calls Approve

	Store       Store         // nil means in memory, which is said once
	KeepSignals time.Duration // for how long signals are stored; 0 means 30 days

	// AutoRestart has trading built anew where restarts of its engine did not mend it, 1 s to 1 min apart. Without it such a
	// failure ends Serve.
	AutoRestart bool
	OnStop      engine.StopPolicy // what becomes of open orders when Serve ends; "" means that they stay

	// Generator and Engine are for what the fields above do not say. What those say, and what the Trader's parts share, is
	// refused here.
	Generator generator.Config
	Engine    engine.Config

	Services  []Child                // of the host, beside the Trader's own: they start before signals and stop after them
	Heartbeat time.Duration          // of the health monitor; 0 means 300 s
	OnEvent   func(supervisor.Event) // called with all that happens in the tree, in order; may be nil
	LogEvent  func(supervisor.Event) // writes that to a log in words of one's own, instead of the Logger; may be nil
	Wrap      Wrap                   // nil for none
	Registry  *health.Registry       // where the parts' health stands; nil means one of its own
	Clock     Clock                  // nil means the machine's clock; Generator, Engine and Paper must not name another
	Logger    *slog.Logger           // nil means slog.Default()

	inMemory bool // there is no Store
}

// Clock is the time that a Trader lives in.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Child is a service of the host's in the Trader's tree.
type Child struct {
	Name    string
	Service supervisor.Service
	Policy  supervisor.Policy
}

// Wrap stands around a service of the Trader's own, by the name that it has in the tree, such as "signal_generation" or
// "engine": to measure it, or to break it in a trial. It returns what is served in its place.
type Wrap func(name string, service supervisor.Service) supervisor.Service

// Quoter is a Source that knows what an instrument is worth now.
type Quoter interface {
	Price(symbol string) (float64, bool)
}

// Store keeps what outlives the process: signals, the states of strategies, and the journal of the orders. Those of
// trading/store are.
type Store interface {
	// Signals is the store that the generator appends to and the engine follows.
	Signals() Signals
	// Claim returns the journal, and takes the right to write it from whoever had it.
	Claim(ctx context.Context) (journal.Journal, error)
	// Room says why nothing more should be stored, such as a disk that is nearly full; nothing is then opened. It answers
	// at once.
	Room() error
}

// Signals is what a Store keeps of signals.
type Signals = interface {
	signal.Store
	signal.States
	signal.Pruner
	signal.Identified
	signal.Notifier
	signal.Window
}

// The parts of a paper account that are its defaults, in hundredths of its cash.
const (
	paperCash       = 10_000
	paperSize       = 10
	paperMost       = 20
	paperLossPerDay = 5
)

// prepare fills in the defaults, and says what is missing or contradicts itself.
func (c *Config) prepare() error {
	c.setDefaults()
	if err := c.checkSignals(); err != nil {
		return err
	}
	if err := c.checkOwn(); err != nil {
		return err
	}
	return c.checkAccount()
}

func (c *Config) setDefaults() {
	if c.Name == "" {
		c.Name = "trader"
	}
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Registry == nil {
		c.Registry = health.NewRegistry(health.Config{Clock: c.Clock})
	}
	if c.Store == nil {
		c.Store, c.inMemory = newMemory(), true
	}
	if c.KeepSignals == 0 {
		c.KeepSignals = 30 * 24 * time.Hour
	}
	if c.OnStop == "" {
		c.OnStop = engine.LeaveOrders
	}
	if c.Symbols == nil {
		for _, i := range c.Instruments {
			c.Symbols = append(c.Symbols, i.Symbol)
		}
	}
	if c.Paper != nil {
		c.setPaperDefaults()
	}
}

func (c *Config) setPaperDefaults() {
	account := *c.Paper
	c.Paper = &account
	if account.Cash.IsZero() {
		account.Cash = decimal.NewFromInt(paperCash)
	}
	part := func(hundredths int64) decimal.Decimal { return account.Cash.Mul(decimal.New(hundredths, -2)) }
	if c.Size == nil {
		c.Size = size.FixedNotional{Amount: part(paperSize)}
	}
	if c.Risk == nil {
		c.Risk = risk.Limits{MaxPosition: part(paperMost), MaxOrder: part(paperMost), MaxDailyLoss: part(paperLossPerDay)}
	}
	if q, ok := c.Source.(Quoter); ok && account.Quote == nil {
		account.Quote = q.Price
	}
}

func (c *Config) checkSignals() error {
	switch {
	case c.Source == nil:
		return errors.New("Config.Source is nil: it says where the bars come from")
	case len(c.Strategies) == 0:
		return errors.New("Config.Strategies is empty: it says what makes signals of the bars")
	case c.Interval <= 0:
		return fmt.Errorf("Config.Interval %s is not above zero: it is that of the bars", c.Interval)
	case len(c.Symbols) == 0:
		return errors.New("Config.Symbols is empty, and so are the Instruments: they say what to generate signals for")
	}
	return nil
}

func (c *Config) checkAccount() error {
	switch {
	case c.Paper != nil && c.Broker != nil:
		return errors.New("Config.Paper and Config.Broker are both set: an account is on paper or at a venue")
	case c.Paper == nil && c.Broker == nil:
		return nil
	case len(c.Instruments) == 0 && !c.brokerLists():
		return errors.New("Config.Instruments is empty: it says what can be traded, and in which steps")
	case c.Broker != nil && c.Size == nil:
		return errors.New("Config.Size is nil: with a Broker it has no default")
	case c.Broker != nil && c.Risk == nil:
		return errors.New("Config.Risk is nil: with a Broker it has no default; risk.NoLimits() says that there are none")
	case c.Broker != nil && !c.Capital.IsPositive():
		return fmt.Errorf("Config.Capital %s is not above zero: it is what the account held when its journal began", c.Capital)
	case c.Broker == nil && !c.Capital.IsZero():
		return errors.New("Config.Capital is set without a Broker: a paper account begins with Config.Paper.Cash")
	}
	if len(c.Instruments) == 0 {
		return nil
	}
	if err := tradable(c.Instruments, c.Symbols); err != nil {
		return err
	}
	// The account is built here once, so that what is wrong is said before anything runs.
	_, err := assemble.Trading((&Trader{cfg: *c, store: c.Store}).parts(), journal.NewMemory())
	return err
}

// brokerLists reports whether the Broker can say what can be traded.
func (c *Config) brokerLists() bool {
	_, ok := c.Broker.(trading.InstrumentLister)
	return ok
}

// tradable refuses symbols that are none of the instruments.
func tradable(instruments []trading.Instrument, symbols []string) error {
	for _, symbol := range symbols {
		if !slices.ContainsFunc(instruments, func(i trading.Instrument) bool { return i.Symbol == symbol }) {
			return fmt.Errorf("symbol %q is none of the Instruments: its signals could not be traded", symbol)
		}
	}
	return nil
}

// checkOwn refuses what Config itself says, and a clock of a part's own.
func (c *Config) checkOwn() error {
	for _, own := range []struct {
		part   string
		config any
		fields []string
	}{
		{"Generator", c.Generator, []string{
			"Source", "Specs", "Store", "Symbols", "Interval", "MinConfidence", "Hours", "States", "Clock", "Logger",
		}},
		{"Engine", c.Engine, []string{
			"Signals", "Journal", "Broker", "Instruments", "Size", "Risk", "Capital", "Ticket", "Allow", "AutoExecute",
			"Clock", "Logger",
		}},
	} {
		value := reflect.ValueOf(own.config)
		for _, field := range own.fields {
			if !value.FieldByName(field).IsZero() {
				return fmt.Errorf("Config.%s.%s is set: the Trader sets it, see the fields of Config", own.part, field)
			}
		}
	}
	if c.Paper != nil && (c.Paper.Clock != nil || c.Paper.Instruments != nil) {
		return errors.New("Config.Paper has a Clock or Instruments of its own: all parts share one")
	}
	return nil
}
