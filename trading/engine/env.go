package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// env is what all parts of an Engine share: the configuration with its defaults filled in, and the time.
type env struct {
	cfg         Config
	log         *slog.Logger
	instruments map[string]trading.Instrument
	ending      []string       // of them, sorted: those that the venue is going to take off its list
	traits      trading.Traits // of the Broker
	exits       []trading.Exit // that are asked
	watch       stopwatch

	mu     sync.Mutex      // guards logged
	logged map[string]bool // what is not to be logged again at every step
}

func newEnv(cfg Config) (*env, error) {
	e := &env{
		cfg: cfg, log: cfg.Logger, instruments: make(map[string]trading.Instrument, len(cfg.Instruments)),
		traits: cfg.Broker.Traits(), watch: stopwatch{clock: cfg.Clock}, logged: make(map[string]bool),
	}
	for _, i := range cfg.Instruments {
		if err := i.Validate(); err != nil {
			return nil, err
		}
		if _, duplicate := e.instruments[i.Symbol]; duplicate {
			return nil, fmt.Errorf("engine: Config.Instruments has %s twice", i.Symbol)
		}
		e.instruments[i.Symbol] = i
	}
	e.ending, e.exits = endingOf(cfg.Instruments), cfg.Exits
	return e, nil
}

// limited bounds one call to the outside.
func (e *env) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return clockctx.WithTimeout(ctx, e.cfg.Clock, e.cfg.Timeout)
}

// now is the time of day on the Engine's clock, in UTC: what dates events, and what validity and days go by.
func (e *env) now() time.Time {
	now, _ := e.watch.read()
	return now
}

// passed is how long the Engine has lived: what waits go by.
func (e *env) passed() time.Duration {
	_, passed := e.watch.read()
	return passed
}

func (e *env) today() string { return e.now().In(e.cfg.Day).Format(time.DateOnly) }

// price is what an instrument is worth now, and false if nobody knows.
func (e *env) price(symbol string) (decimal.Decimal, bool) {
	if e.cfg.Pricer == nil {
		return decimal.Zero, false
	}
	price, ok := e.cfg.Pricer.Price(symbol)
	return price, ok && price.IsPositive()
}

// pricedAt is of when the Pricer's price is; zero where it does not say.
func (e *env) pricedAt(symbol string) time.Time {
	if p, ok := e.cfg.Pricer.(interface {
		PricedAt(string) (time.Time, bool)
	}); ok {
		if at, known := p.PricedAt(symbol); known {
			return at
		}
	}
	return time.Time{}
}

// liquidation is the price at which the venue closes what is held of an instrument; zero for none, or where nobody knows.
func (e *env) liquidation(symbol string) decimal.Decimal {
	if reporter, ok := e.cfg.Broker.(trading.MarginReporter); ok {
		m, _ := reporter.Margin(symbol)
		return m.Liquidation.Decimal
	}
	return decimal.Zero
}

// canCancel reports whether the Broker can cancel orders.
func (e *env) canCancel() bool {
	_, ok := e.cfg.Broker.(trading.Canceler)
	return ok
}

// identity asks for the identity that client IDs are derived from.
func (e *env) identity(ctx context.Context) (string, error) {
	if e.cfg.Identity != "" {
		return e.cfg.Identity, nil
	}
	identity, err := e.cfg.Journal.Identity(ctx)
	if err == nil && identity == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fmt.Errorf("engine: ask for the journal's identity: %w", err)
	}
	return identity, nil
}

// decider makes decisions on a book; store and journal are the identities of the signal store and of the journal.
func (e *env) decider(b *book.Book, store, journal string) decider {
	return decider{
		book: b, risk: e.cfg.Risk, shares: e.cfg.Shares, sizer: e.cfg.Size,
		ticket: e.cfg.Ticket, auto: e.cfg.AutoExecute, store: store,
		journal: journal, config: e.cfg.Fingerprint, refill: e.cfg.RefillTaken, reenter: e.cfg.ReenterCanceled,
		gap: e.replaces() == trading.ByGap, pairs: e.takesPairs(), exits: len(e.cfg.Exits) > 0, traits: e.traits,
	}
}

// replaces is how an order that guards a position gives way to the next one. A Broker that calls itself Atomic and has no
// Replace, such as a wrapper, is taken for one that needs a gap.
func (e *env) replaces() trading.Replacing {
	replacing := cmp.Or(e.traits.Replaces, trading.ByGap)
	if _, ok := e.cfg.Broker.(trading.Replacer); replacing == trading.Atomic && !ok {
		return trading.ByGap
	}
	return replacing
}

// maxUnguarded is how long a position may be without its stop-loss while the Broker answers; zero for as long as it takes.
func (e *env) maxUnguarded() time.Duration {
	return max(cmp.Or(e.cfg.MaxUnguarded, e.traits.MaxGap, defaultMaxUnguarded), 0)
}

// logOnce reports whether what is under key is logged for the first time.
func (e *env) logOnce(key string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.logged[key] {
		return false
	}
	e.logged[key] = true
	return true
}

// logClock says that the clock was set, or that the machine was asleep.
func (e *env) logClock() {
	if set := e.watch.wasSet(); set != 0 {
		e.log.Warn("Clock jumped", "by", set, "now", e.now())
	}
}

// orderAttrs are the attributes by which an order is known in the log.
func orderAttrs(o book.OrderState, more ...any) []any {
	attrs := []any{"client_id", o.ClientID, "symbol", o.Symbol, "side", o.Side, "quantity", o.Quantity}
	if o.Leg != "" {
		attrs = append(attrs, "leg", o.Leg, "price", o.WorstPrice(decimal.Zero)) // it has one
	}
	return append(attrs, more...)
}

// alarms are what wakes Serve before its time; nil channels never do.
type alarms struct {
	signals, broker <-chan struct{}
}

// subscribe asks for the alarms. It must be called before what they are about is read, or news could be missed.
func (e *env) subscribe() alarms {
	var a alarms
	if n, ok := e.cfg.Signals.(signal.Notifier); ok {
		a.signals = n.Appended()
	}
	if u, ok := e.cfg.Broker.(trading.Updater); ok {
		a.broker = u.Updated()
	}
	return a
}
