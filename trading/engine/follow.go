package engine

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// OtherStoreError says that the signals come from another store than the one that the Journal's cursor counts in. Going
// on would skip or repeat signals, so a person decides: the right store, or a new Journal.
type OtherStoreError struct {
	Followed string // the identity that the Journal knows
	Found    string
}

func (e *OtherStoreError) Error() string {
	return fmt.Sprintf("engine: the signal store is %q, and the journal follows %q", e.Found, e.Followed)
}

const (
	signalPage  = 500 // signals read at a time
	recordBatch = 250 // signals recorded at a time, where nothing is done on them
)

// follow reads the signals from the cursor on and decides on each.
func (e *Engine) follow(ctx context.Context, r *run) error {
	if err := e.identify(ctx, r); err != nil {
		return err
	}
	backlog, err := e.backlog(ctx)
	if err != nil || len(backlog) == 0 {
		return err
	}
	newest := newestOf(backlog)
	var group []signal.Signal // all but the last of a group have been overtaken; they are journaled together
	for i, s := range backlog {
		group = append(group, s)
		isNewest := newest[speaker{s.Strategy, s.Symbol}] == i
		if !isNewest && len(group) < recordBatch && i < len(backlog)-1 {
			continue
		}
		if err := e.act(ctx, r, group, isNewest); err != nil {
			return err
		}
		group = group[:0]
	}
	return nil
}

// identify makes sure that the signals are those that the cursor counts.
func (e *Engine) identify(ctx context.Context, r *run) error {
	if r.store == "" {
		identity, err := e.cfg.Signals.Identity(ctx)
		if err != nil {
			return fmt.Errorf("engine: identify the signal store: %w", err)
		}
		if identity == "" {
			return fmt.Errorf("engine: the signal store has an empty identity")
		}
		r.store = identity
	}
	if followed := e.cursor().Store; followed != "" && followed != r.store {
		return &OtherStoreError{Followed: followed, Found: r.store}
	}
	return nil
}

func (e *Engine) cursor() book.Cursor {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.book.Cursor()
}

// backlog reads all signals after the cursor: which of them are the newest is only known once all are there.
func (e *Engine) backlog(ctx context.Context) ([]signal.Signal, error) {
	var all []signal.Signal
	after := e.cursor().Seq
	for {
		health.Beat(ctx)
		page, err := e.cfg.Signals.After(ctx, after, signalPage)
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

// speaker is one strategy on one symbol, with whatever parameters and bars: its signals replace each other.
type speaker struct{ strategy, symbol string }

// newestOf gives the index of the newest signal, by its bar, of each strategy and symbol; of two on one bar the first.
func newestOf(backlog []signal.Signal) map[speaker]int {
	newest := make(map[speaker]int)
	for i, s := range backlog {
		line := speaker{s.Strategy, s.Symbol}
		if best, ok := newest[line]; !ok || s.BarTime.After(backlog[best].BarTime) {
			newest[line] = i
		}
	}
	return newest
}

// act journals what is made of a group of signals: all of them overtaken, but for the last if lastCounts.
func (e *Engine) act(ctx context.Context, r *run, group []signal.Signal, lastCounts bool) error {
	health.Beat(ctx)
	last := group[len(group)-1]
	var sit situation
	if lastCounts {
		sit = e.situation(last.Symbol, last.Price)
		group = group[:len(group)-1]
	}
	var final decision
	_, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		desk := e.desk(b, r)
		var events []journal.Event
		for _, s := range group {
			events = append(events, desk.superseded(s).events()...)
		}
		if lastCounts {
			final = desk.decide(last, sit)
			events = append(events, final.events()...)
		}
		return events, nil
	})
	if err == nil && lastCounts {
		e.tellDecision(last, final)
	}
	return err
}

func (e *Engine) desk(b *book.Book, r *run) desk {
	return desk{
		book: b, risk: e.cfg.Risk, sizer: e.cfg.Size, ticket: e.cfg.Ticket, auto: e.cfg.AutoExecute, store: r.store,
		config: e.cfg.Fingerprint,
	}
}

// situation gathers what a decision on symbol depends on. signalled is the price to fall back on, 0 for none.
func (e *Engine) situation(symbol string, signalled float64) situation {
	sit := situation{now: e.now(), instrument: e.instruments[symbol], opening: e.blocked(symbol)}
	price, ok := e.price(symbol)
	if !ok && signalled != 0 && sit.instrument.Symbol != "" {
		price, _ = sit.instrument.Price(signalled) // zero where it is no price, which refuses the signal
	}
	sit.price = price
	return sit
}

func (e *Engine) price(symbol string) (decimal.Decimal, bool) {
	if e.cfg.Pricer == nil {
		return decimal.Zero, false
	}
	price, ok := e.cfg.Pricer.Price(symbol)
	return price, ok && price.IsPositive()
}

func (e *Engine) tellDecision(s signal.Signal, d decision) {
	attrs := []any{"signal_id", s.ID, "symbol", s.Symbol, "strategy", s.Strategy, "direction", s.Direction,
		"outcome", d.seen.Outcome, "target", d.seen.Target}
	if d.seen.Reason != "" {
		attrs = append(attrs, "reason", d.seen.Reason)
	}
	if d.seen.Outcome == journal.OutcomeRefused {
		e.log.Warn("Signal refused", attrs...)
		return
	}
	e.log.Info("Signal seen", attrs...)
}

// retry makes the next order for each target that its last one did not reach, once its time has come.
func (e *Engine) retry(ctx context.Context, r *run) error {
	e.mu.Lock()
	targets := e.book.Targets()
	e.mu.Unlock()
	for _, t := range targets {
		if !e.due(t) {
			continue
		}
		sit := e.situation(t.Symbol, 0)
		if !sit.price.IsPositive() {
			sit.price = e.lastDecisionPrice(t)
		}
		_, err := e.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			if now, _ := b.Target(t.Symbol); now != t {
				return nil, nil
			}
			if o := e.desk(b, r).again(t, sit); o != nil {
				return []journal.Event{journal.IntentMade{Order: *o}}, nil
			}
			return nil, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// due tells whether a target may have something left to do; most have not, and cost no more than this.
func (e *Engine) due(t book.Target) bool {
	e.mu.Lock()
	last, ok := e.book.Order(t.Last)
	e.mu.Unlock()
	if t.Deferred {
		return true
	}
	if !ok || !unfinished(t, last) {
		return false
	}
	if t.Attempts < maxAttempts {
		return true
	}
	if last.Status != trading.StatusFilled && e.sayOnce("spent "+t.SignalID) {
		e.log.Error("Order given up", "symbol", t.Symbol, "signal_id", t.SignalID, "attempts", t.Attempts,
			"target", t.Quantity, "reason", last.Reason)
	}
	return false
}

// lastDecisionPrice is what a retry goes by where nobody gives prices; before the first order, what was paid.
func (e *Engine) lastDecisionPrice(t book.Target) decimal.Decimal {
	e.mu.Lock()
	defer e.mu.Unlock()
	if last, ok := e.book.Order(t.Last); ok {
		return last.DecisionPrice
	}
	return e.book.Position(t.Symbol).AveragePrice()
}
