package vigil

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// trade is one life of trading. A refusal ends Serve, but for one that an earlier life hears of late.
func (t *Trader) trade(ctx context.Context) error {
	err := t.live(ctx)
	if giveUp := t.giveUp.Load(); giveUp != nil && refusal(err) && ctx.Err() == nil {
		(*giveUp)(err)
	}
	return err
}

// live takes the right to write the journal, reads the account from it, and serves an engine; anew with what the venue
// trades then, when that has changed.
func (t *Trader) live(ctx context.Context) error {
	for {
		account, err := t.beginPatiently(ctx)
		if err != nil {
			return err
		}
		life, end := context.WithCancelCause(ctx)
		err = t.serveAccount(life, account, end)
		again := errors.Is(context.Cause(life), errRelisted) && ctx.Err() == nil
		end(nil)
		if !again {
			return err
		}
	}
}

// serveAccount serves one life of trading. end is called with errRelisted when another one is to begin.
func (t *Trader) serveAccount(ctx context.Context, account *account, end context.CancelCauseFunc) error {
	tree, err := supervisor.New(supervisor.Config{Name: accountName})
	if err != nil {
		return err
	}
	if watch := t.listings(account.instruments, end); watch != nil {
		if err := tree.Add(listingsName, t.wrapped(listingsName, watch), supervisor.Policy{
			MaxRestarts: supervisor.Unlimited, Stall: time.Minute,
		}); err != nil {
			return err
		}
	}
	if err := tree.Add(engineName, t.wrapped(engineName, account.Engine), supervisor.Policy{
		MaxRestarts: 5,
		Backoff:     supervisor.Backoff{Initial: time.Second, Factor: 2, Max: 30 * time.Second},
		Stall:       time.Minute,
		Exhausted:   supervisor.Escalate,
	}); err != nil {
		return err
	}
	return tree.Serve(ctx)
}

// account is what one life of trading is about.
type account struct {
	*engine.Engine
	instruments []trading.Instrument
}

// beginTries is how often a life is begun that a store or a venue lets down, 1, 2, 4 and 8 s apart: nothing has been
// placed by then, so that it can be begun again.
const beginTries = 5

func (t *Trader) beginPatiently(ctx context.Context) (*account, error) {
	const key = "begin"
	for try, pause := 1, time.Second; ; try, pause = try+1, 2*pause {
		begun, err := t.begin(ctx)
		if err == nil {
			health.Clear(ctx, key)
		}
		if err == nil || ctx.Err() != nil || try == beginTries || refusal(err) {
			return begun, err
		}
		t.log.Warn("Trading cannot begin, trying again", "error", err, "in", pause, "try", try, "tries", beginTries)
		health.Raise(ctx, health.Condition{Key: key, Verdict: health.Degraded, Text: "trading cannot begin: " + err.Error(),
			Remedy: "it is tried again by itself; see to what fails, such as the venue or the database"})
		health.Idle(ctx, t.cfg.Clock.Now().Add(pause))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-t.cfg.Clock.After(pause):
		}
	}
}

// begin builds an account that has read the journal and has the right to write it.
func (t *Trader) begin(ctx context.Context) (*account, error) {
	parts, err := t.partsOfTrading(ctx)
	if err != nil {
		return nil, err
	}
	opened, err := assemble.Open(ctx, parts, t.store.Claim)
	if err != nil {
		return nil, err
	}
	begun := &account{opened.Engine, parts.Instruments}
	t.account.Store(begun) // before what a person wants is read, so that no wish falls in between
	if err := t.goOn(ctx); err != nil {
		return nil, err
	}
	t.primePrices(ctx)
	if began := t.reduceOnly.Load(); began != nil {
		opened.Engine.ReduceOnlySince(*began)
	}
	if t.bars != nil {
		if err := t.bars.Feed(ctx, opened); err != nil {
			return nil, err
		}
	}
	return begun, nil
}

// primePrices has what is held, or traded, priced by its newest bar, where the account goes by the bars: the next one may be
// hours away.
func (t *Trader) primePrices(ctx context.Context) {
	bars, ok := t.prices.(*assemble.BarPrices)
	if !ok {
		return
	}
	ctx, cancel := clockctx.WithTimeout(ctx, t.cfg.Clock, askWithin)
	defer cancel()
	if err := bars.Prime(ctx, t.tradedOrHeld(), t.cfg.Interval); err != nil {
		t.log.Warn("No price before the next bar", "error", err)
	}
}

// partsOfTrading are the parts with what can be traded, for which a Broker may have to be asked.
func (t *Trader) partsOfTrading(ctx context.Context) (parts assemble.Config, err error) {
	parts = t.parts()
	parts.Instruments, err = t.instruments(ctx)
	if len(t.cfg.Instruments) == 0 {
		listed := instrumentSettings(parts.Instruments, *t.symbols.Load())
		parts.Engine.Settings = append(parts.Engine.Settings, listed...)
	}
	return parts, err
}

// instruments are those of the configuration, or else those of the Broker.
func (t *Trader) instruments(ctx context.Context) ([]trading.Instrument, error) {
	if len(t.cfg.Instruments) > 0 {
		return t.withEnds(t.cfg.Instruments), nil
	}
	ctx, cancel := clockctx.WithTimeout(ctx, t.cfg.Clock, askWithin)
	defer cancel()
	all, err := t.cfg.Broker.(trading.InstrumentLister).Instruments(ctx)
	if err != nil {
		return nil, fmt.Errorf("what can be traded at the Broker: %w", err)
	}
	return all, nil
}

// askWithin is how long the Broker may take to say what can be traded.
const askWithin = 10 * time.Second
