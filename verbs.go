package vigil

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// ErrNotTrading says that there is no account to act on yet: trading has not read it, or reads it anew.
var ErrNotTrading = errors.New("vigil: trading has not begun")

// Pause, Resume, SetSymbols, SetMinConfidence, SetCycle and SetReduceOnly change what the Config says, on a person's word;
// by says whose. The change is stored, and goes on counting after a restart of the process, for as long as the Config says
// what it said: once that is changed, the Config counts, and the log says so. Where it cannot be stored it holds until the
// process ends, and the error says so. Status.Overrides has what counts.

// Pause stops the generation of signals until Resume; what is held stays guarded. It lasts through restarts of the parts and
// of the process.
func (t *Trader) Pause(ctx context.Context, by string) error {
	return t.override(ctx, overridePaused, "true", by, func() error { return t.tree.Pause(ctx, t.path(generationName)) })
}

// Resume takes the generation of signals up again.
func (t *Trader) Resume(ctx context.Context, by string) error {
	return t.override(ctx, overridePaused, "false", by, func() error { return t.tree.Resume(ctx, t.path(generationName)) })
}

// SetSymbols says what to generate signals for. Of others nothing is opened; what is held of them stays guarded, and can
// be closed.
func (t *Trader) SetSymbols(ctx context.Context, symbols []string, by string) error {
	return t.override(ctx, overrideSymbols, symbolsText(symbols), by, func() error { return t.setSymbols(symbols) })
}

func (t *Trader) setSymbols(symbols []string) error {
	if instruments := t.known(); t.trades() && len(instruments) > 0 {
		if err := tradable(instruments, symbols); err != nil {
			return fmt.Errorf("vigil: %w", err)
		}
	}
	if err := t.generator.SetSymbols(symbols...); err != nil {
		return err
	}
	symbols = slices.Clone(symbols)
	t.symbols.Store(&symbols)
	return nil
}

// known are the instruments that trading goes by, as far as that is known.
func (t *Trader) known() []trading.Instrument {
	if account := t.account.Load(); account != nil && len(t.cfg.Instruments) == 0 {
		return account.instruments
	}
	return t.cfg.Instruments
}

// SetMinConfidence says what a signal's confidence must reach, 0 to 1.
func (t *Trader) SetMinConfidence(ctx context.Context, confidence float64, by string) error {
	return t.override(ctx, overrideConfidence, confidenceText(confidence), by, func() error {
		return t.generator.SetMinConfidence(confidence)
	})
}

// The cycles that a person may ask for: a slip such as 1ns would keep a processor busy and fill the log, and one such as 1000h
// would end the signals in silence, both also after a restart.
const (
	shortestCycle = 100 * time.Millisecond
	longestCycle  = 24 * time.Hour
)

// SetCycle says how long it is from one cycle of the generation to the next: from 100 ms to a day, or what the Config says.
func (t *Trader) SetCycle(ctx context.Context, cycle time.Duration, by string) error {
	return t.override(ctx, overrideCycle, cycle.String(), by, func() error { return t.setCycle(cycle) })
}

func (t *Trader) setCycle(cycle time.Duration) error {
	if (cycle < shortestCycle || cycle > longestCycle) && cycle.String() != t.cfg.configured(overrideCycle) {
		return fmt.Errorf("vigil: a cycle of %s is not from %s to %s", cycle, shortestCycle, longestCycle)
	}
	return t.generator.SetCycle(cycle)
}

// Halt stops everything that opens a position, until a person calls Rearm: see engine.Engine.Halt.
func (t *Trader) Halt(ctx context.Context, reason string) error {
	return t.act(func(e *engine.Engine) error { return e.Halt(ctx, reason) })
}

// Rearm lifts one halt, the one with that Seq in Account's Halt, and no other: see engine.Engine.Rearm. by says who did.
func (t *Trader) Rearm(ctx context.Context, halt int64, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Rearm(ctx, halt, by) })
}

// SetReduceOnly says whether nothing is opened while everything else goes on. It lasts through restarts of the parts and of
// the process.
func (t *Trader) SetReduceOnly(ctx context.Context, on bool, by string) error {
	return t.override(ctx, overrideReduceOnly, strconv.FormatBool(on), by, func() error {
		if on {
			return t.reduceOnlySince(t.cfg.Clock.Now())
		}
		return t.reduceOnlyOff()
	})
}

// reduceOnlySince begins it, or lets it go on from when it began.
func (t *Trader) reduceOnlySince(began time.Time) error {
	if !t.trades() {
		return errNoTrading
	}
	t.reduceOnly.CompareAndSwap(nil, &began)
	if account := t.account.Load(); account != nil {
		account.ReduceOnlySince(began)
	}
	return nil
}

func (t *Trader) reduceOnlyOff() error {
	if !t.trades() {
		return errNoTrading
	}
	t.reduceOnly.Store(nil)
	if account := t.account.Load(); account != nil {
		account.SetReduceOnly(false)
	}
	return nil
}

// Flatten closes what is held of symbol and cancels what rests; by says on whose word.
func (t *Trader) Flatten(ctx context.Context, symbol, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Flatten(ctx, symbol, by) })
}

// Lock keeps anything of symbol from being opened until a time, or lifts that: see engine.Engine.Lock. by says whose word it
// is.
func (t *Trader) Lock(ctx context.Context, symbol string, until time.Time, reason, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Lock(ctx, symbol, until, reason, by) })
}

// Unlock lifts the lock of symbol: see engine.Engine.Unlock. by says whose word it is.
func (t *Trader) Unlock(ctx context.Context, symbol, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Unlock(ctx, symbol, by) })
}

// Approve has a signal that waits for a person be traded on; by says whose word it is.
func (t *Trader) Approve(ctx context.Context, signalID, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Approve(ctx, signalID, by) })
}

// Cancel ends an order that has not been filled, and has its instrument stay as it is: see engine.Engine.Cancel.
func (t *Trader) Cancel(ctx context.Context, clientID, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Cancel(ctx, clientID, by) })
}

// Amend moves the prices of what rests for symbol: see engine.Engine.Amend.
func (t *Trader) Amend(ctx context.Context, symbol string, ticket trading.Ticket, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Amend(ctx, symbol, ticket, by) })
}

// GiveUp ends the wait for an order of which the venue says nothing: see engine.Engine.GiveUp.
func (t *Trader) GiveUp(ctx context.Context, clientID, by string) error {
	return t.act(func(e *engine.Engine) error { return e.GiveUp(ctx, clientID, by) })
}

// Record journals what somebody did or tried, for who asks later: see engine.Engine.Record. A Trader without an account has
// no journal, and returns an error.
func (t *Trader) Record(ctx context.Context, act journal.Acted) error {
	return t.act(func(e *engine.Engine) error { return e.Record(ctx, act) })
}

// act calls do with the engine of the present life of trading.
func (t *Trader) act(do func(*engine.Engine) error) error {
	if !t.trades() {
		return errNoTrading
	}
	account := t.account.Load()
	if account == nil {
		return ErrNotTrading
	}
	return do(account.Engine)
}

// KillReport says what a Kill has done, and what it has left.
type KillReport struct {
	Took      time.Duration
	Done      bool               // nothing is held and nothing rests
	Orders    []book.OrderState  // those that may still fill
	Positions []trading.Position // those that are still held
}

// killLook is how often Kill looks whether all is closed.
const killLook = 100 * time.Millisecond

// Kill halts, cancels all that rests and closes all that is held, and returns when nothing is left or ctx ends. The halt
// holds from its first moment on, also where the rest fails; a person lifts it with Rearm. by says on whose word.
//
// It does not wait for what nobody may close before its units are known: the error is engine.ErrOtherUnits then, and says how
// a person settles that.
func (t *Trader) Kill(ctx context.Context, by string) (report KillReport, err error) {
	began := t.cfg.Clock.Now()
	halted := t.Halt(ctx, "killed by "+by) // It holds although it may not be in the journal yet.
	if errors.Is(halted, errNoTrading) || errors.Is(halted, ErrNotTrading) {
		return report, halted
	}
	asked := make(map[string]bool) // a close is journaled, and need not be asked for twice
	for {
		account := t.account.Load() // trading may be built anew meanwhile
		status := account.Status()
		report = KillReport{
			Took: t.cfg.Clock.Now().Sub(began), Orders: status.Orders, Positions: status.Positions,
			Done: len(status.Orders) == 0 && len(status.Positions) == 0,
		}
		if report.Done {
			return report, halted
		}
		stuck, refused := flattenAll(ctx, account.Engine, symbolsOf(status), asked, by)
		if stuck {
			return report, errors.Join(report.left(refused), halted)
		}
		select {
		case <-ctx.Done():
			return report, errors.Join(report.left(ctx.Err()), halted, refused)
		case <-t.cfg.Clock.After(killLook):
		}
	}
}

// left says what a Kill leaves, and why.
func (r KillReport) left(why error) error {
	return fmt.Errorf("vigil: kill: %d orders and %d positions are left: %w", len(r.Orders), len(r.Positions), why)
}

// flattenAll asks for the close of each symbol that has not been asked for, and reports whether the units of none that is left
// are known.
func flattenAll(
	ctx context.Context, e *engine.Engine, symbols, asked map[string]bool, by string,
) (stuck bool, refused error) {
	stuck = true
	for symbol := range symbols {
		var err error
		if !asked[symbol] {
			err = e.Flatten(ctx, symbol, by)
			asked[symbol], refused = err == nil, errors.Join(refused, err)
		}
		stuck = stuck && errors.Is(err, engine.ErrOtherUnits)
	}
	return stuck, refused
}

func symbolsOf(s engine.Status) map[string]bool {
	symbols := make(map[string]bool)
	for _, o := range s.Orders {
		symbols[o.Symbol] = true
	}
	for _, p := range s.Positions {
		symbols[p.Symbol] = true
	}
	return symbols
}

// Convert takes in what became of an instrument without a trade, such as a split or another name: see engine.Engine.Convert.
// by says whose word it is.
func (t *Trader) Convert(ctx context.Context, c trading.Conversion, by string) error {
	return t.act(func(e *engine.Engine) error { return e.Convert(ctx, c, by) })
}
