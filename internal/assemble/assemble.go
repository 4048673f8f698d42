// Package assemble puts a generator, an account and an engine together, for whoever needs the whole: what every user of
// it would wire alike, and can get wrong alone.
//
// All parts live on one clock. The journal is claimed before there is an engine that could write it, and a paper account
// has read it before it trades. What the parts share is given once; a part's own Config that has it too is refused.
// Nothing here starts, and only Open and Resume read anything. The parts are safe for concurrent use as they say.
package assemble

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// Clock is the time that all parts live in.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Signals is the queue between a generator and an engine.
type Signals interface {
	signal.Store
	signal.Identified
}

// Config says what the parts share, and what each of them has of its own.
type Config struct {
	Clock       Clock                // of all parts; required
	Logger      *slog.Logger         // of all parts; nil means slog.Default()
	Instruments []trading.Instrument // required: what is traded
	Signals     Signals              // required: where the generator's signals go, and where the engine finds them

	Generator generator.Config // Symbols are the Instruments' unless set
	Paper     paper.Config     // the account, where Engine.Broker is nil
	Engine    engine.Config    // Broker is the venue, nil for a paper account, whose Cash is the Capital then
}

// Account is what trades: an engine, and the paper account where it has no venue.
type Account struct {
	Engine *engine.Engine
	Paper  *paper.Broker // nil where the engine has a venue

	journal journal.Journal
}

// Generator builds the generator.
func Generator(cfg Config) (*generator.Generator, error) {
	if err := cfg.checkShared(); err != nil {
		return nil, err
	}
	part := cfg.Generator
	part.Store, part.Clock, part.Logger = cfg.Signals, cfg.Clock, cfg.Logger
	if part.Symbols == nil {
		for _, i := range cfg.Instruments {
			part.Symbols = append(part.Symbols, i.Symbol)
		}
	}
	return generator.New(part)
}

// Trading builds the account over a journal that the caller has claimed. It reads nothing yet: call Resume before the
// engine's first step, or Open instead of both.
func Trading(cfg Config, j journal.Journal) (*Account, error) {
	a, part, err := cfg.account(j)
	if err != nil {
		return nil, err
	}
	a.Engine, err = engine.New(part)
	return a, err
}

// DryRun says what the first round of the engine would do over a journal, which is only read.
func DryRun(ctx context.Context, cfg Config, j journal.Journal) (engine.DryReport, error) {
	a, part, err := cfg.account(j)
	if err != nil {
		return engine.DryReport{}, err
	}
	if err := a.Resume(ctx); err != nil {
		return engine.DryReport{}, err
	}
	return engine.DryRun(ctx, part)
}

// account is an account without its engine, and what the engine is made of.
func (cfg Config) account(j journal.Journal) (*Account, engine.Config, error) {
	part := cfg.Engine
	if err := cfg.checkShared(); err != nil {
		return nil, part, err
	}
	a := &Account{journal: j}
	if part.Broker == nil {
		if err := a.open(cfg); err != nil {
			return nil, part, err
		}
		part.Broker, part.Capital = a.Paper, cfg.Paper.Cash
	}
	part.Signals, part.Journal, part.Instruments = cfg.Signals, j, cfg.Instruments
	part.Clock, part.Logger = cfg.Clock, cfg.Logger
	return a, part, nil
}

// open opens the paper account.
func (a *Account) open(cfg Config) (err error) {
	if capital := cfg.Engine.Capital; !capital.IsZero() && !capital.Equal(cfg.Paper.Cash) {
		return fmt.Errorf("Config.Engine.Capital %s is not the paper account's Cash %s", capital, cfg.Paper.Cash)
	}
	part := cfg.Paper
	part.Instruments, part.Clock = cfg.Instruments, cfg.Clock
	a.Paper, err = paper.New(part)
	return err
}

// Open claims the journal, builds the account over it and resumes it. The claim comes first: an engine of an earlier
// life, which may hang in a call and wake up later, writes nothing any more from there on.
func Open(ctx context.Context, cfg Config, claim func(context.Context) (journal.Journal, error)) (*Account, error) {
	j, err := claim(ctx)
	if err != nil {
		return nil, fmt.Errorf("claim the journal: %w", err)
	}
	a, err := Trading(cfg, j)
	if err != nil {
		return nil, err
	}
	return a, a.Resume(ctx)
}

// Resume has a paper account read the journal. It is called once, before the engine's first step. A venue knows its
// account by itself.
func (a *Account) Resume(ctx context.Context) error {
	if a.Paper == nil {
		return nil
	}
	if err := a.Paper.Resume(ctx, a.journal); err != nil {
		return fmt.Errorf("resume the paper account: %w", err)
	}
	return nil
}

// checkShared refuses what a part has of its own and all parts must share.
func (cfg Config) checkShared() error {
	if cfg.Clock == nil {
		return fmt.Errorf("Config.Clock is nil")
	}
	if cfg.Signals == nil {
		return fmt.Errorf("Config.Signals is nil")
	}
	if err := CheckShares(cfg.Engine.Shares, cfg.Generator.Specs); err != nil {
		return fmt.Errorf("Config.Engine.Shares: %w", err)
	}
	for _, own := range []struct {
		field string
		set   bool
	}{
		{"Generator.Store", cfg.Generator.Store != nil},
		{"Generator.Clock", cfg.Generator.Clock != nil}, {"Generator.Logger", cfg.Generator.Logger != nil},
		{"Paper.Instruments", cfg.Paper.Instruments != nil}, {"Paper.Clock", cfg.Paper.Clock != nil},
		{"Engine.Signals", cfg.Engine.Signals != nil}, {"Engine.Journal", cfg.Engine.Journal != nil},
		{"Engine.Instruments", cfg.Engine.Instruments != nil},
		{"Engine.Clock", cfg.Engine.Clock != nil}, {"Engine.Logger", cfg.Engine.Logger != nil},
	} {
		if own.set {
			return fmt.Errorf("Config.%s is set: all parts share one", own.field)
		}
	}
	return nil
}
