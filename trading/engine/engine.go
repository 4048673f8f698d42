// Package engine turns signals into orders, each of them placed once and only once.
//
// It is the thin shell around the pure book. The Engine makes each event durable in a journal before it acts on it, so
// that after a crash the same events give the same Book.
//
//	signal -> Book: target - position - open orders -> Risk -> intent, durable, with the cursor
//	       -> Broker.Submit under the intent's client ID -> ack, reject or UNKNOWN -> fills -> Book
//
// A reply that was lost is a state of its own, UNKNOWN: the Broker is asked about the client ID before anything else is
// sent for that instrument. Only a Risk makes an Approved, and only an Approved can be submitted. Halts and the day's loss
// are in the journal, so a restart does not clear them.
package engine

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Signals is what an Engine follows: a signal.Store that can be told from another one. If it is a signal.Notifier too,
// the Engine wakes as soon as there is a new signal.
type Signals interface {
	// After returns signals with a Seq above seq, ascending, at most limit.
	After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error)
	// Identity names the store that Seq counts in.
	Identity(ctx context.Context) (string, error)
}

// Risk stands between a decision and an order. It is asked synchronously and often, must not block, and for the same
// arguments must give the same answer.
type Risk interface {
	// Validate says what of its own settings cannot be.
	Validate() error
	// Approve makes of o what is allowed; see trading.Approve. An error wraps ErrLimit where nothing is left.
	Approve(o trading.Order, v trading.View) (trading.Approved, error)
	// DailyLoss is the loss of a day from which trading is halted; false says that there is no limit.
	DailyLoss() (limit decimal.Decimal, limited bool)
}

// Config configures an Engine.
type Config struct {
	Signals     Signals              // required
	Journal     journal.Journal      // required; this Engine is the only one that writes it
	Broker      trading.Broker       // required
	Instruments []trading.Instrument // required: what may be traded; signals for anything else are refused
	Size        trading.Sizer        // required: how much to hold on a signal
	Risk        Risk                 // required: what an order may open, and how much a day may lose; risk.Limits is one
	Capital     decimal.Decimal      // required, above zero: what the account held when the Journal began

	// Ticket says how positions are opened and what guards them; nil means by market orders, and nothing does. It needs a
	// Broker that is a Canceller.
	Ticket trading.TicketPolicy

	// Pricer tells what instruments are worth; nil means the Broker if it is a Pricer, else the signals' prices.
	Pricer trading.Pricer

	// Allow says why nothing may be opened on symbol at the moment, such as stale data; only what reduces a position
	// then passes. nil means always. It is called outside of all locks, often, and should answer at once.
	Allow func(symbol string) error

	// Differences says what to do where the Broker holds something else than the fills add up to; "" means Halt.
	Differences DifferencePolicy
	Reconcile   time.Duration // how often positions are compared, at the most; 0 means 5 min

	// Fingerprint names the configuration; every decision and every order carries it. See Fingerprint.
	Fingerprint string

	AutoExecute bool          // place orders; otherwise signals are would_have, and sent only once a person Approves
	Poll        time.Duration // the longest time between two steps of Serve; 0 means 1 s
	Timeout     time.Duration // how long one call to the Broker or the Journal may take; 0 means 10 s
	// SnapshotEvery is how many events pass between two snapshots of the book, where the Journal is a Snapshotter; 0
	// means 10,000.
	SnapshotEvery int

	Day    *time.Location // where trading days begin; nil means UTC
	Clock  Clock          // nil means the machine's clock
	Logger *slog.Logger   // nil means slog.Default()
}

// Engine follows a signal store and places the orders that its signals ask for, each of them once.
//
// All its memory is the Journal: what it does is durable there before it is done, and what it finds there when it
// starts it takes up again, so a first start, a restart and a start after a crash are one path. When a write to the
// Journal fails nobody knows whether it is there, so what is in memory is thrown away and read anew. When the Broker's
// answer is lost the order is UNKNOWN: nothing more is sent for its instrument until the Broker has said what became
// of it.
//
// Serve runs it; Step does one round synchronously, for replays and tests. All methods are safe for concurrent use.
type Engine struct {
	cfg         Config
	log         *slog.Logger
	instruments map[string]trading.Instrument
	watch       stopwatch

	// pen is held by who writes: it covers reading the book, deciding, the Journal's Append and the fold, so that
	// the book cannot change between a decision and its record. It is a channel, so that waiting for it ends with a
	// context; it is never held during a call to the Broker.
	pen           chan struct{}
	sinceSnapshot int // events journaled since the last snapshot; used with the pen held

	mu         sync.Mutex // guards all below; the book is changed with both pen and mu held, and read with either
	book       *book.Book
	loaded     bool // the book is what the Journal says
	run        *run
	stopped    bool // for good
	reconciled bool
	compared   time.Duration // on the stopwatch: when positions were last found to be dealt with
	suspect    string        // differences that were found once, while orders were open
	halting    string        // the reason of a halt that is not durable yet
	reduceOnly bool
	opened     time.Time                // when this Engine first read the Journal
	openedAt   time.Duration            // the same on the stopwatch
	heard      map[string]time.Duration // on the stopwatch: when an order was last sent or heard of, by client ID
	flying     map[string]int           // calls of Submit that have not returned, by client ID
	refusals   map[string]string        // refusals of orders that were sent more than once, by client ID
	said       map[string]bool          // what was logged and is not to be repeated at every step
	unvalued   []string                 // instruments that are held and have no price
	lookBack   time.Duration            // how much further back fills are asked for, as some are known to be missing
	behind     bool                     // the Broker reported more filled, in this round, than its fills add up to
	lastErr    error                    // of the last step
}

// run is one Serve, or the Steps between two of them. Only the current one may write or send.
type run struct {
	turn    chan struct{} // held by the Step that runs: one at a time
	store   string        // the signal store's identity, once asked; used with turn held
	greeted bool          // the first reconciliation was told; used with turn held
	ended   bool          // guarded by Engine.mu
}

func newRun() *run { return &run{turn: make(chan struct{}, 1)} }

// New checks the configuration; it reads and starts nothing.
func New(cfg Config) (*Engine, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, log: cfg.Logger, instruments: make(map[string]trading.Instrument, len(cfg.Instruments)),
		pen: make(chan struct{}, 1), book: book.New(cfg.Capital),
		heard: make(map[string]time.Duration), flying: make(map[string]int), refusals: make(map[string]string),
		said: make(map[string]bool),
	}
	for _, i := range cfg.Instruments {
		if err := i.Validate(); err != nil {
			return nil, err
		}
		if _, twice := e.instruments[i.Symbol]; twice {
			return nil, fmt.Errorf("engine: Config.Instruments has %s twice", i.Symbol)
		}
		e.instruments[i.Symbol] = i
	}
	e.cfg.Reconcile = cmp.Or(cfg.Reconcile, 5*time.Minute)
	e.cfg.Poll = cmp.Or(cfg.Poll, time.Second)
	e.cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	e.cfg.Day = cmp.Or(cfg.Day, time.UTC)
	if cfg.Clock == nil {
		e.cfg.Clock = clock.New()
	}
	e.watch.clock = e.cfg.Clock
	if cfg.Logger == nil {
		e.log = slog.Default()
	}
	if cfg.Pricer == nil {
		e.cfg.Pricer, _ = cfg.Broker.(trading.Pricer)
	}
	return e, nil
}

func (cfg Config) check() error {
	missing := ""
	switch {
	case cfg.Signals == nil:
		missing = "Signals"
	case cfg.Journal == nil:
		missing = "Journal"
	case cfg.Broker == nil:
		missing = "Broker"
	case len(cfg.Instruments) == 0:
		missing = "Instruments"
	case cfg.Size == nil:
		missing = "Size"
	case cfg.Risk == nil:
		missing = "Risk"
	}
	_, cancels := cfg.Broker.(trading.Canceller)
	switch {
	case missing != "":
		return fmt.Errorf("engine: Config.%s is not set", missing)
	case cfg.Ticket != nil && !cancels:
		return fmt.Errorf("engine: Config.Ticket needs a Broker that can cancel")
	case !cfg.Capital.IsPositive():
		return fmt.Errorf("engine: Config.Capital %s is not above zero", cfg.Capital)
	case !cfg.Differences.valid():
		return fmt.Errorf("engine: Config.Differences %q is no policy", cfg.Differences)
	case cfg.Differences == CloseDifference && !cfg.AutoExecute:
		return fmt.Errorf("engine: Config.Differences %q needs AutoExecute", cfg.Differences)
	case cfg.Reconcile < 0:
		return fmt.Errorf("engine: Config.Reconcile %s is negative", cfg.Reconcile)
	case cfg.Poll < 0:
		return fmt.Errorf("engine: Config.Poll %s is negative", cfg.Poll)
	case cfg.SnapshotEvery < 0:
		return fmt.Errorf("engine: Config.SnapshotEvery %d is negative", cfg.SnapshotEvery)
	case cfg.Timeout < 0:
		return fmt.Errorf("engine: Config.Timeout %s is negative", cfg.Timeout)
	}
	return cfg.Risk.Validate()
}

// limited bounds one call to the outside.
func (e *Engine) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return clockctx.WithTimeout(ctx, e.cfg.Clock, e.cfg.Timeout)
}

// sayOnce tells whether what is under key is said for the first time.
func (e *Engine) sayOnce(key string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.said[key] {
		return false
	}
	e.said[key] = true
	return true
}
