package engine

import (
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// Status is what an Engine knows at one moment, for consoles and summaries. It is a copy.
type Status struct {
	At         time.Time            `json:"at"`
	Reconciled bool                 `json:"reconciled"` // the book and the Broker agree, as far as is known
	ReduceOnly bool                 `json:"reduce_only"`
	Halt       book.Halt            `json:"halt"`
	Error      string               `json:"error,omitempty"`  // of the last step
	Positions  []trading.Position   `json:"positions"`        // those that are not flat, by symbol
	Orders     []book.OrderState    `json:"orders"`           // those that are not done, in the order of their intents
	Targets    []book.Target        `json:"targets"`          // by symbol
	Offers     []journal.SignalSeen `json:"offers,omitempty"` // what waits for a person's approval
	Cursor     book.Cursor          `json:"cursor"`
	Counts     book.Counts          `json:"counts"`
	Stakes     []book.Stake         `json:"stakes,omitempty"` // of strategies that share the account: see Config.Shares
	Day        journal.DayOpened    `json:"day"`
	Capital    decimal.Decimal      `json:"capital"`
	Cash       decimal.Decimal      `json:"cash"`
	Unrealized decimal.Decimal      `json:"unrealized"`
	Equity     decimal.Decimal      `json:"equity"`
	Unpriced   []string             `json:"unpriced,omitempty"` // held without a price: they count at their cost
	Locks      []book.Lock          `json:"locks,omitempty"`    // instruments of which nothing may be opened for a while
	// Protections are the rules of the Risk that do the same, with the symbol "" for all instruments: each ends by itself.
	Protections []book.Lock `json:"protections,omitempty"`
	// Margins are how far what is held is from its liquidation, by symbol, where the Broker tells.
	Margins map[string]trading.Margin `json:"margins,omitempty"`

	// What a person should know of, as of the last step; health has it as conditions.
	NeedPerson  []string                   `json:"need_person,omitempty"` // client IDs of orders of which the Broker cannot tell
	Differences []string                   `json:"differences,omitempty"` // what the Broker holds otherwise than the book
	Foreign     []string                   `json:"foreign,omitempty"`     // open orders at the Broker, and in no journal
	Unguarded   map[string]decimal.Decimal `json:"unguarded,omitempty"`   // what should have a stop-loss and has none, by symbol
	Orphaned    []string                   `json:"orphaned,omitempty"`    // symbols held for a strategy that speaks no more
	Refusals    int                        `json:"refusals,omitempty"`    // signals in a row that were refused
	Rejections  int                        `json:"rejections,omitempty"`  // orders in a row that were refused or lost
}

// Status returns what the Engine knows. It waits for no step, no Broker and no Journal.
func (e *Engine) Status() Status {
	s := e.status()
	if reporter, ok := e.env.cfg.Broker.(trading.MarginReporter); ok {
		s.Margins = marginsOf(reporter, s.Positions)
	}
	return s
}

func (e *Engine) status() Status {
	prices := e.gate.prices()
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	b := e.ledger.book
	s := Status{
		At: e.env.now(), Reconciled: e.ledger.reconciled, ReduceOnly: e.gate.reduceOnly, Halt: e.gate.haltLocked(),
		Orders: b.Pending(), Targets: b.Targets(), Offers: b.Offers(), Stakes: stakesAt(b, prices),
		Cursor: b.Cursor(), Counts: b.Counts(), Day: b.Day(),
		Capital: b.Capital(), Cash: b.Cash(), Positions: []trading.Position{},
	}
	s.Locks, s.Protections = b.Locks(s.At), e.env.protectionsOf(b)
	if e.lastErr != nil {
		s.Error = e.lastErr.Error()
	}
	for _, p := range b.Positions() {
		if !p.Quantity.IsZero() {
			s.Positions = append(s.Positions, p)
		}
	}
	s.Unrealized, _ = b.Unrealized(prices)
	s.Equity, s.Unpriced = b.Equity(prices)
	e.attentionLocked(&s)
	return s
}

// marginsOf are the margins of positions; nil where there are none.
func marginsOf(reporter trading.MarginReporter, held []trading.Position) map[string]trading.Margin {
	var margins map[string]trading.Margin
	for _, p := range held {
		if m, ok := reporter.Margin(p.Symbol); ok {
			if margins == nil {
				margins = make(map[string]trading.Margin)
			}
			margins[p.Symbol] = m
		}
	}
	return margins
}

// attentionLocked adds what a person should know of.
func (e *Engine) attentionLocked(s *Status) {
	s.NeedPerson = slices.Clone(e.reconciler.stuck)
	s.Refusals, s.Rejections = e.gate.decisions.bad, e.gate.results.bad
	for _, d := range e.reconciler.differ {
		s.Differences = append(s.Differences, d.String())
	}
	for _, o := range e.reconciler.foreign {
		s.Foreign = append(s.Foreign, o.String())
	}
	for h := range e.ledger.book.Holdings() {
		if q := e.env.unguardedQuantity(e.ledger.book, h); !q.IsZero() {
			if s.Unguarded == nil {
				s.Unguarded = make(map[string]decimal.Decimal)
			}
			s.Unguarded[h.Symbol] = q
		}
	}
	for _, one := range orphans(e.ledger.book) {
		s.Orphaned = append(s.Orphaned, one.Symbol)
	}
	slices.Sort(s.Orphaned)
	s.Orphaned = slices.Compact(s.Orphaned)
}

// Orders returns the orders that are remembered, also those that are done: the last ten thousand of them, and those of two
// days, in the order of their intents. It holds up trading for no more than a copy of their records takes.
func (e *Engine) Orders() []book.OrderState { return view(e.ledger, (*book.Book).OrdersLater)() }

// Days returns what came of each of the last 400 days, UTC, in which anything happened, ascending.
func (e *Engine) Days() []book.Day { return view(e.ledger, (*book.Book).Days) }

// Digest is the Digest of the Engine's book.
func (e *Engine) Digest() string { return view(e.ledger, (*book.Book).Digest) }
