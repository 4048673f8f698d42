package engine

import (
	"context"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// OtherStoreError says that the signals come from another store than the one that the Journal's cursor counts in. Going
// on would skip or repeat signals, so a person decides: the right store, or a new Journal.
type OtherStoreError struct {
	Expected string // the identity that the Journal knows
	Found    string
}

func (e *OtherStoreError) Error() string {
	return fmt.Sprintf("engine: the signal store is %q, and the journal follows %q", e.Found, e.Expected)
}

const (
	signalPage  = 500 // signals read at a time
	recordBatch = 250 // signals recorded at a time, where nothing is done on them
)

// follower turns signals, and the targets that they set, into intents.
type follower struct {
	env    *env
	ledger *ledger
	gate   *gate
}

// follow reads the signals from the cursor on and decides on each.
func (f *follower) follow(ctx context.Context, r *run) error {
	if err := f.checkStore(ctx, r); err != nil {
		return err
	}
	backlog, err := f.backlog(ctx)
	if err != nil || len(backlog) == 0 {
		return err
	}
	newest := newestOf(backlog)
	var group []signal.Signal // all but the last of a group have been overtaken; they are journaled together
	for i, s := range backlog {
		group = append(group, s)
		isNewest := newest[strategyKey{s.Strategy, s.Symbol}] == i
		if !isNewest && len(group) < recordBatch && i < len(backlog)-1 {
			continue
		}
		if err := f.decide(ctx, r, group, isNewest); err != nil {
			return err
		}
		group = group[:0]
	}
	return nil
}

// checkStore makes sure that the signals are those that the cursor counts.
func (f *follower) checkStore(ctx context.Context, r *run) error {
	if r.store == "" {
		identity, err := f.env.cfg.Signals.Identity(ctx)
		if err != nil {
			return fmt.Errorf("engine: identify the signal store: %w", err)
		}
		if identity == "" {
			return fmt.Errorf("engine: the signal store has an empty identity")
		}
		r.store = identity
	}
	if expected := view(f.ledger, (*book.Book).Cursor).Store; expected != "" && expected != r.store {
		return &OtherStoreError{Expected: expected, Found: r.store}
	}
	return nil
}

// backlog reads all signals after the cursor: which of them are the newest is only known once all are there.
func (f *follower) backlog(ctx context.Context) ([]signal.Signal, error) {
	var all []signal.Signal
	after := view(f.ledger, (*book.Book).Cursor).Seq
	for {
		health.Beat(ctx)
		page, err := f.env.cfg.Signals.After(ctx, after, signalPage)
		if err != nil {
			return nil, fmt.Errorf("engine: read signals after %d: %w", after, err)
		}
		for _, s := range page {
			if s.Seq <= after {
				return nil, fmt.Errorf("engine: the signal store gave seq %d after %d", s.Seq, after)
			}
			after = s.Seq
		}
		all = append(all, page...)
		if len(page) < signalPage {
			return all, nil
		}
	}
}

// strategyKey is one strategy on one symbol, with whatever parameters and bars: its signals replace each other.
type strategyKey struct{ strategy, symbol string }

// newestOf gives the index of the newest signal, by its bar, of each strategy and symbol; of two on one bar the first.
func newestOf(backlog []signal.Signal) map[strategyKey]int {
	newest := make(map[strategyKey]int)
	for i, s := range backlog {
		line := strategyKey{s.Strategy, s.Symbol}
		if best, ok := newest[line]; !ok || s.BarTime.After(backlog[best].BarTime) {
			newest[line] = i
		}
	}
	return newest
}

// decide journals what is made of a group of signals: all of them overtaken, but for the last if lastCounts.
func (f *follower) decide(ctx context.Context, r *run, group []signal.Signal, lastCounts bool) error {
	health.Beat(ctx)
	last := group[len(group)-1]
	var in inputs
	if lastCounts {
		if in = f.inputs(last.Symbol, last.Price); f.env.cfg.Pricer == nil {
			in.pricedAt = last.BarTime.Add(last.Interval)
		}
		group = group[:len(group)-1]
	}
	var made decision
	_, err := f.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		d := f.env.decider(b, r.store, f.ledger.identity)
		var events []journal.Event
		for _, s := range group {
			events = append(events, d.superseded(s).events()...)
		}
		if lastCounts {
			made = d.decide(last, in)
			events = append(events, made.events()...)
		}
		return events, nil
	})
	if err == nil && lastCounts {
		f.gate.noteDecision(ctx, made.seen, in.opening)
		f.logDecision(last, made)
	}
	return err
}

// inputs gathers what a decision on symbol depends on. signalled is the price to fall back on, 0 for none.
func (f *follower) inputs(symbol string, signalPrice float64) inputs {
	f.ledger.mu.Lock()
	held, known := f.ledger.book.Position(symbol).Quantity, f.gate.known
	f.ledger.mu.Unlock()
	in := inputs{
		now: f.env.now(), instrument: f.env.instrument(symbol, held), opening: f.gate.blocked(symbol), prices: known,
		liquidation: f.env.liquidation(symbol), otherUnits: f.ledger.hasOtherUnits(symbol),
	}
	if in.opening != nil {
		in.opening = temporary{in.opening}
	}
	if _, ok := f.env.instruments[symbol]; !ok {
		in.opening = errNotSetUp
	}
	if err := f.env.delisted(symbol); err != nil {
		in.opening = err // It is not going to pass: the signal does not wait for that.
	}
	price, ok := f.env.price(symbol)
	if ok {
		in.pricedAt = f.env.pricedAt(symbol)
	}
	if !ok && signalPrice != 0 && in.instrument.Symbol != "" {
		price, _ = in.instrument.Price(signalPrice) // zero where it is no price, which refuses the signal
	}
	if signalPrice > 0 && in.instrument.Symbol != "" {
		in.reference, _ = in.instrument.Price(signalPrice)
	}
	if ok && signalPrice > 0 && in.opening == nil {
		in.opening = f.env.checkCollar(symbol, price, signalPrice)
	}
	in.price = price
	return in
}

func (f *follower) logDecision(s signal.Signal, d decision) {
	attrs := []any{"signal_id", s.ID, "symbol", s.Symbol, "strategy", s.Strategy, "direction", s.Direction,
		"outcome", d.seen.Outcome, "target", d.seen.Target}
	if d.seen.Limit != "" {
		attrs = append(attrs, "limit", d.seen.Limit)
	}
	if d.seen.Reason != "" {
		attrs = append(attrs, "reason", d.seen.Reason)
	}
	if d.seen.Outcome == journal.OutcomeRefused {
		f.env.log.Warn("Signal refused", attrs...)
		return
	}
	f.env.log.Info("Signal seen", attrs...)
}
