package vigil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// How often the Broker is asked what can be traded: venues announce that days ahead, and change it at any hour.
const (
	relistEvery = time.Hour
	relistAgain = time.Minute // after it did not answer
)

// errRelisted ends a life of trading: the next one begins with the instruments as the venue has them now.
var errRelisted = errors.New("vigil: the venue has changed what is traded")

// listings watches, for one life of trading, what the Broker says can be traded. A venue takes instruments off its list,
// before a settlement or a delisting, and changes their ticks and steps:
//
//	of a symbol that is traded or held     what is done
//	it is on the list as it was            nothing
//	the Broker lists it no more            nothing is opened on it, and health says so until it is back
//	it has another tick, step or minimum   trading begins anew with those, and the journal has the change
//	the Broker says when it is delisted    the same: see engine.Config.CloseDelisted
//	it differs from Config.Instruments     health says so: the configuration holds
type listings struct {
	lister trading.InstrumentLister
	clock  health.Clock
	log    *slog.Logger

	began   instrumentsBySymbol       // what this life trades with
	fixed   bool                      // by the configuration
	matter  func() []string           // the symbols that are traded or held
	unlist  func(symbols []string)    // takes note of those of them that are not on the list
	changed func(error)               // ends this life
	ends    func(instrumentsBySymbol) // takes note of when the Broker ends trading in what it lists

	raised []string // keys of what holds; used by Serve
}

// Serve asks at once, and then each relistEvery.
func (l *listings) Serve(ctx context.Context) error {
	for {
		err := l.look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		health.Observe(ctx, err)
		pause := relistEvery
		if err != nil {
			pause = relistAgain
		}
		health.Idle(ctx, l.clock.Now().Add(pause))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.clock.After(pause):
		}
	}
}

// look compares what the Broker lists now with what this life trades with.
func (l *listings) look(ctx context.Context) error {
	limited, cancel := clockctx.WithTimeout(ctx, l.clock, askWithin)
	defer cancel()
	all, err := l.lister.Instruments(limited)
	if err != nil {
		return fmt.Errorf("what can be traded at the Broker: %w", err)
	}
	if len(all) == 0 { // rather a venue that does not know than one that has closed for good
		if l.fixed {
			return nil
		}
		return errors.New("the Broker lists nothing that can be traded")
	}
	listed := bySymbol(all)
	var found []health.Condition
	var gone []string
	anew := false
	for _, symbol := range l.matter() {
		is, ok := listed[symbol]
		was, set := l.began[symbol]
		if !ok {
			gone = append(gone, symbol)
			found = append(found, unlisted(symbol))
			continue
		}
		if l.fixed && terms(is) != terms(was) {
			found = append(found, otherwise(symbol, was, is))
		}
		if l.fixed && set { // Of its end the configuration says nothing.
			was = withEnd(is, was.Delisted)
		}
		if listedAs(is) != listedAs(was) && (set || !l.fixed) {
			l.log.Warn("Instrument changed at the venue", "symbol", symbol, "was", listedAs(was), "is", listedAs(is))
			anew = true
		}
	}
	l.unlist(gone)
	l.ends(listed)
	if anew {
		l.changed(errRelisted)
	}
	l.raise(ctx, found)
	return nil
}

func (l *listings) raise(ctx context.Context, found []health.Condition) {
	var keys []string
	for _, c := range found {
		health.Raise(ctx, c)
		keys = append(keys, c.Key)
		if !slices.Contains(l.raised, c.Key) {
			l.log.Warn("Worth knowing", "what", c.Text)
		}
	}
	for _, key := range l.raised {
		if !slices.Contains(keys, key) {
			health.Clear(ctx, key)
		}
	}
	l.raised = keys
}

func unlisted(symbol string) health.Condition {
	return health.Condition{
		Key: "unlisted/" + symbol, Verdict: health.Degraded, Person: true,
		Text:   symbol + " is not traded at the venue any more: nothing is opened on it",
		Remedy: "read what the venue says of it; close what is held before it settles, and take it from the symbols",
	}
}

func otherwise(symbol string, was, is trading.Instrument) health.Condition {
	return health.Condition{
		Key: "terms/" + symbol, Verdict: health.Degraded, Person: true,
		Text:   fmt.Sprintf("%s is configured with %s, and the venue has %s", symbol, terms(was), terms(is)),
		Remedy: "take what the venue has into Config.Instruments, or leave them out",
	}
}

// terms are an instrument's in words.
func terms(i trading.Instrument) string {
	if i.Symbol == "" {
		return "nothing"
	}
	return fmt.Sprintf("tick %s, step %s, smallest quantity %s, smallest notional %s",
		i.Tick, i.Step, i.MinQuantity, i.MinNotional)
}

// listedAs are the terms with the end that the venue has announced, if it has.
func listedAs(i trading.Instrument) string {
	if i.Delisted.IsZero() {
		return terms(i)
	}
	return terms(i) + ", traded until " + i.Delisted.UTC().Format(time.RFC3339)
}

// instrumentsBySymbol are instruments by their symbols.
type instrumentsBySymbol map[string]trading.Instrument

func bySymbol(all []trading.Instrument) instrumentsBySymbol {
	listed := make(instrumentsBySymbol, len(all))
	for _, i := range all {
		listed[i.Symbol] = i
	}
	return listed
}

// instrumentSettings are the terms that the Broker gives of the symbols that are traded: the journal has each change.
func instrumentSettings(instruments []trading.Instrument, traded []string) (all []journal.Setting) {
	for _, i := range instruments {
		if slices.Contains(traded, i.Symbol) {
			all = append(all, journal.Setting{Name: "instrument/" + i.Symbol, Value: listedAs(i)})
		}
	}
	slices.SortFunc(all, func(x, y journal.Setting) int { return cmp.Compare(x.Name, y.Name) })
	return all
}

// listings watches the instruments of a life of trading; nil where the Broker does not say what can be traded.
func (t *Trader) listings(began []trading.Instrument, changed func(error)) *listings {
	lister, ok := t.cfg.Broker.(trading.InstrumentLister)
	if !ok {
		return nil
	}
	return &listings{
		lister: lister, clock: t.cfg.Clock, log: t.log,
		began: bySymbol(began), fixed: len(t.cfg.Instruments) > 0,
		matter: t.tradedOrHeld, changed: changed,
		unlist: func(symbols []string) { t.unlisted.Store(&symbols) },
		ends:   func(listed instrumentsBySymbol) { t.listed.Store(&listed) },
	}
}

// tradedOrHeld are the symbols that are traded, and those of which something is held, sorted.
func (t *Trader) tradedOrHeld() []string {
	symbols := slices.Clone(*t.symbols.Load())
	if account := t.account.Load(); account != nil {
		for _, p := range account.Status().Positions {
			symbols = append(symbols, p.Symbol)
		}
	}
	slices.Sort(symbols)
	return slices.Compact(symbols)
}

// isUnlisted reports whether the venue does not trade a symbol any more, as far as is known.
func (t *Trader) isUnlisted(symbol string) bool {
	unlisted := t.unlisted.Load()
	return unlisted != nil && slices.Contains(*unlisted, symbol)
}

// withEnds are the instruments of the configuration with what the venue says of their ends, if it was asked.
func (t *Trader) withEnds(configured []trading.Instrument) []trading.Instrument {
	listed := t.listed.Load()
	if listed == nil {
		return configured
	}
	all := slices.Clone(configured)
	for i, one := range all {
		if is, ok := (*listed)[one.Symbol]; ok {
			all[i] = withEnd(one, is.Delisted)
		}
	}
	return all
}

func withEnd(i trading.Instrument, end time.Time) trading.Instrument {
	i.Delisted = end
	return i
}
