package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
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
	// Capital is required, above zero: what the account held when the Journal began. Where the Journal says that, as it does
	// once there are Settings, what it says holds.
	Capital decimal.Decimal

	// Shares are the parts of the account that strategies have, by the name of each, above zero and 1 in all at the most: a
	// strategy asks for its share of what Size says for the whole account. What all of them ask for of an instrument is netted
	// to one target, and what comes of it is told apart: see book.Stake. nil means that they share nothing: each signal is
	// sized for the whole account, and an instrument belongs to the strategy whose signal was the first, until that is over.
	Shares map[string]decimal.Decimal

	// Ticket says how positions are opened and what guards them; nil means by market orders, and nothing does. It needs a
	// Broker that is a Canceler.
	Ticket trading.TicketPolicy

	// Exits move the guards of positions, and close them, as the price goes and as time passes. All of them are asked in every
	// step; of several stops the nearest counts, of several closes the largest, of several profits the last. They need a
	// Broker that is a Canceler.
	Exits []trading.Exit
	// Bars gives Exits the newest bars of an instrument that are over, oldest first; nil means none. It is called outside
	// of all locks, often, and should answer at once. What it returns is not changed.
	Bars func(symbol string) []signal.Bar
	// GuardStep is by which part of the price an Exit must move a stop-loss or a take-profit for it to be replaced: each is a
	// cancel and an order at the venue. 0 means 0.001, a tenth of a percent; negative means a tick, which is the least anyway.
	GuardStep float64

	// Pricer tells what instruments are worth; nil means the Broker if it is a Pricer, else the signals' prices.
	Pricer trading.Pricer

	// Allow says why nothing may be opened on symbol at the moment, such as stale data; only what reduces a position
	// then passes. nil means always. It is called outside of all locks, often, and should answer at once.
	Allow func(symbol string) error

	// Differences says what to do where the Broker holds something else than the fills add up to; "" means Halt.
	Differences DifferencePolicy
	// Confirmed are positions that a person has seen and confirmed, by symbol. Where the Journal knows nothing of an
	// instrument yet and the Broker holds exactly so much, that is adopted; anything else goes by Differences.
	Confirmed map[string]decimal.Decimal
	// ForeignOrders says what to do about open orders at the Broker that the Journal does not know; "" means Keep.
	ForeignOrders ForeignPolicy
	Reconcile     time.Duration // how often positions and open orders are compared, at the most; 0 means 5 min

	// HaltOnExcess has a person look into it, where the Engine's orders have brought more of an instrument than the target
	// asks for, or something on the other side of it: an order was reported as canceled and filled all the same, a person
	// gave one up and then it was executed, both legs of a bracket were filled. It is an error in any case. Without
	// HaltOnExcess what is too much is closed, where orders are placed automatically. What was bought by hand, or came
	// from elsewhere, is no excess.
	HaltOnExcess bool

	// Collar is by which factor the Pricer's price and that of a signal may differ: where it is more, one of the two is
	// wrong, and the signal opens nothing. 0 means 10; negative means that it is not looked at.
	Collar float64

	// RefillTaken has a signal buy what is missing, where it confirms a target of which something else than our orders has
	// taken a part: a liquidation, a person, a transfer. Without it the signal is refused, and one of another direction
	// begins anew.
	RefillTaken bool
	// ReenterCanceled places an entry again, up to three times while its signal is valid, that the Broker calls canceled
	// while it rested, though nobody here asked for it. Without it that is the last word on the signal: a person may have
	// canceled it in the venue's own application.
	ReenterCanceled bool

	// Settings are what the run is configured with, for the Journal: what is another thing than before is journaled and
	// logged once. Those of journal.StrategySetting say which strategies speak. nil means that nothing is journaled, and
	// that every strategy speaks.
	Settings []journal.Setting
	// Symbols are what signals are asked for; nil means all Instruments. It matters where Settings name strategies.
	Symbols []string
	// Hours say when markets are open; nil means always. They decide nothing: while a market is closed, that nobody gives a
	// price of it does not turn health.
	Hours signal.Hours
	// Orphans says what becomes of what is held on signals of a strategy that speaks no more; "" means ReduceOrphans.
	Orphans OrphanPolicy

	// MaxUnguarded is how long a position may be without the stop-loss that its ticket asks for, while the Broker answers:
	// then it is closed at market. 0 means the Broker's Traits.MaxGap, or else 2 min; negative means for ever.
	MaxUnguarded time.Duration

	// CloseDelisted is how long before the end that a venue has announced for an instrument, its Delisted, what is held of it
	// is closed; nothing is opened of it in any case. 0 means that it stays, guarded, for a person to decide who is told: the
	// venue settles it at its price then.
	CloseDelisted time.Duration

	// Identity stands for the Journal's in client IDs. It is for what must be equal to the last digit on whichever journal,
	// such as a replay; two that trade at one venue must not share it. "" means the Journal's.
	Identity string

	// Fingerprint names the configuration; every decision and every order carries it. See Fingerprint.
	Fingerprint string

	AutoExecute bool          // place orders; otherwise signals are would_have, and sent only once a person Approves
	Poll        time.Duration // the longest time between two steps of Serve; 0 means 1 s
	Timeout     time.Duration // how long one call to the Broker or the Journal may take; 0 means 10 s
	// SnapshotEvery is how many events pass between two snapshots of the book, where the Journal is a Snapshotter; 0
	// means 10,000.
	SnapshotEvery int

	Day    *time.Location // where trading days begin; nil means UTC
	Clock  health.Clock   // nil means the machine's clock
	Logger *slog.Logger   // nil means slog.Default()
}

// Fingerprint is a short name for a configuration, for Config.Fingerprint: the same settings give the same one on
// any machine, and another value of any of them gives another one.
func Fingerprint(settings map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(h, "%q=%q\n", name, settings[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// check says what of the configuration cannot be.
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
	_, canCancel := cfg.Broker.(trading.Canceler)
	switch {
	case missing != "":
		return fmt.Errorf("engine: Config.%s is not set", missing)
	case cfg.Ticket != nil && !canCancel:
		return fmt.Errorf("engine: Config.Ticket needs a Broker that can cancel")
	case len(cfg.Exits) > 0 && !canCancel:
		return fmt.Errorf("engine: Config.Exits needs a Broker that can cancel")
	case slices.Contains(cfg.Exits, nil):
		return fmt.Errorf("engine: Config.Exits has one that is nil")
	case !cfg.Capital.IsPositive():
		return fmt.Errorf("engine: Config.Capital %s is not above zero", cfg.Capital)
	case cfg.Collar > 0 && cfg.Collar < 1:
		return fmt.Errorf("engine: Config.Collar %v is below 1", cfg.Collar)
	case cfg.Reconcile < 0:
		return fmt.Errorf("engine: Config.Reconcile %s is negative", cfg.Reconcile)
	case cfg.Poll < 0:
		return fmt.Errorf("engine: Config.Poll %s is negative", cfg.Poll)
	case cfg.SnapshotEvery < 0:
		return fmt.Errorf("engine: Config.SnapshotEvery %d is negative", cfg.SnapshotEvery)
	case cfg.CloseDelisted < 0:
		return fmt.Errorf("engine: Config.CloseDelisted %s is negative", cfg.CloseDelisted)
	case cfg.Timeout < 0:
		return fmt.Errorf("engine: Config.Timeout %s is negative", cfg.Timeout)
	}
	if err := journal.CheckSettings(cfg.Settings); err != nil {
		return fmt.Errorf("engine: Config.Settings: %w", err)
	}
	if err := cfg.checkPolicies(canCancel); err != nil {
		return err
	}
	return errors.Join(cfg.Risk.Validate(), cfg.checkSize(), cfg.checkExits(), checkShares(cfg.Shares))
}

// checkPolicies says which policy cannot be.
func (cfg Config) checkPolicies(canCancel bool) error {
	switch {
	case !cfg.Differences.valid():
		return fmt.Errorf("engine: Config.Differences %q is no policy", cfg.Differences)
	case cfg.Differences == CloseDifference && !cfg.AutoExecute:
		return fmt.Errorf("engine: Config.Differences %q needs AutoExecute", cfg.Differences)
	case !cfg.ForeignOrders.valid():
		return fmt.Errorf("engine: Config.ForeignOrders %q is no policy", cfg.ForeignOrders)
	case cfg.ForeignOrders == CancelForeign && !canCancel:
		return fmt.Errorf("engine: Config.ForeignOrders %q needs a Broker that can cancel", cfg.ForeignOrders)
	case !cfg.Orphans.valid():
		return fmt.Errorf("engine: Config.Orphans %q is no policy", cfg.Orphans)
	}
	return nil
}

// checkSize asks a Sizer that can tell whether it could ever open anything: what is refused each time is a mistake, and
// better said before the first signal.
func (cfg Config) checkSize() error {
	if v, ok := cfg.Size.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return fmt.Errorf("engine: Config.Size: %w", err)
		}
	}
	fixed, ok := cfg.Size.(interface{ Notional() decimal.Decimal })
	limits, limited := cfg.Risk.(interface{ MayOpen(decimal.Decimal) error })
	if !ok || !limited {
		return nil
	}
	if err := limits.MayOpen(fixed.Notional().Mul(largest(cfg.Shares))); err != nil {
		return fmt.Errorf("engine: Config.Size: %w", err)
	}
	return nil
}

// withDefaults fills in what zero means.
func (cfg Config) withDefaults() Config {
	cfg.Collar = cmp.Or(cfg.Collar, 10)
	cfg.GuardStep = cmp.Or(cfg.GuardStep, defaultGuardStep)
	cfg.Reconcile = cmp.Or(cfg.Reconcile, 5*time.Minute)
	cfg.Poll = cmp.Or(cfg.Poll, time.Second)
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.SnapshotEvery = cmp.Or(cfg.SnapshotEvery, snapshotEvery)
	cfg.Day = cmp.Or(cfg.Day, time.UTC)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Pricer == nil {
		cfg.Pricer, _ = cfg.Broker.(trading.Pricer)
	}
	return cfg
}
