package vigil

import (
	"context"
	"log/slog"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
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

	Source     signal.Source // where the bars come from
	Strategies []signal.Spec
	// Shares are the parts of the account that the Strategies have, by the name of each; together at most 1. They trade the
	// same instruments beside each other then, and Status tells apart what each of them has and what came of it. nil means
	// that they share nothing: see engine.Config.Shares.
	Shares        map[string]decimal.Decimal
	Symbols       []string      // what to generate signals for; nil means those of the Instruments
	Interval      time.Duration // of the bars
	MinConfidence float64       // what a signal's confidence must reach, 0 to 1
	Hours         signal.Hours  // when the markets are open; nil means always

	// Paper is the account of a Trader that trades on paper, Broker the venue of one that trades for real. Without both
	// it makes signals only.
	//
	// Of a Paper everything has a default: Cash is 10,000; a position takes a tenth of it, and may take a fifth; a loss of a
	// twentieth in a day halts. Its Quote is the Source's, where the Source is a Quoter; else it trades on the bars that
	// the Source gives. A Broker has no defaults: Size, Risk and Capital are then required. One that is no trading.Pricer has
	// the account go by the prices of the Source, a Quoter's or what the newest bars closed at.
	Paper   *paper.Config
	Broker  trading.Broker  // one that is a supervisor.Service is served
	Capital decimal.Decimal // what the account at the Broker held when its journal began

	// Venue and Account name what the Store belongs to, besides the mode, paper or live: a Trader of another venue or account
	// is refused on it. "" means "paper" or the Broker's type, and the only account there. All else may be another at each
	// start: the journal tells of the change, the log once, and DryRun before it is made. Another Paper.Cash is a deposit or
	// a withdrawal; what is held on signals of a strategy that speaks no more goes by Engine.Orphans.
	Venue, Account string

	// Instruments say what can be traded, and in which steps; nil means what a Broker that lists them says. Of those that
	// are none of the Symbols nothing is opened; what is held of them is priced, guarded and can be closed.
	Instruments []trading.Instrument
	Size        trading.Sizer        // how much to hold on a signal
	Risk        engine.Risk          // what an order may open, and how much a day may lose
	Ticket      trading.TicketPolicy // how positions are opened, and what guards them; nil: market orders, nothing
	Exits       []trading.Exit       // what moves the guards of positions and closes them, such as a trailing stop
	Manual      bool                 // nothing is sent on a signal until a person calls Approve

	Store       Store         // nil means NewMemoryStore, which is said once
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
	Clock     health.Clock           // nil means the machine's clock; Generator, Engine and Paper must not name another
	Logger    *slog.Logger           // nil means slog.Default(); its lines wait in a LogQueue for the file to take them

	inMemory bool // there is no Store
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
	// Journal returns the journal to be read. Only what Claim returns may be written.
	Journal() journal.Journal
	// Bind binds a Store that belongs to nothing yet to a run, durably. It returns a *journal.OtherRunError where it belongs
	// to another. A Store that is only read stays as it is.
	Bind(ctx context.Context, run []journal.Setting) error
	// Claim returns the journal, and takes the right to write it from whoever had it.
	Claim(ctx context.Context) (journal.Journal, error)
	// Overrides returns what persons want in the place of what the configuration says, by key.
	Overrides(ctx context.Context) ([]journal.Override, error)
	// SetOverride keeps one durably, in the place of the one with its key; one without a Value takes that back.
	SetOverride(ctx context.Context, w journal.Override) error
	// Room says why nothing more should be stored, such as a disk that is nearly full; nothing is then opened. It answers
	// at once. An error that has a method Remedy() string says by it, in health, what mends that.
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
		c.Store, c.inMemory = NewMemoryStore(), true
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
