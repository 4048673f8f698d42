// Package book adds up a journal: positions, orders, targets, halts and the account.
//
// It is pure. It reads no clock, takes no context and does no I/O, so the same events give the same Book to the last digit,
// in whichever process. Check says why an event cannot be, and Apply adds one that can: book.go has the state, check.go the
// table of what may happen to an order, fold.go what each event does, exposure.go what pending orders may bring. Restore
// makes a Book of what a journal holds, Audit the trail of one order.
//
// A Book is not safe for concurrent use.
package book

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// Book is the sum of a Journal's events: positions, orders, targets, the cursor into the signals, halts and the
// account. It is a pure state machine. It reads no clock and does no I/O, the same events give the same Book to the
// last digit, and an event that cannot be is an error that leaves it as it was.
//
// It remembers every position and every order that is not done. Of orders that are done and of fills it remembers the
// last ten thousand, and those of two days; older ones are in the Journal only.
//
// A Book is not safe for concurrent use. Use New.
type Book struct {
	capital   decimal.Decimal
	cash      decimal.Decimal
	began     time.Time // of the first event
	lastFill  time.Time // the latest of all fills' times
	positions map[string]trading.Position
	orders    map[string]*OrderState   // all that are remembered, by client ID
	pending   map[string][]*OrderState // those of them that are not done, by symbol, in the order of their intents
	done      []string                 // client IDs of those that are, as they became it
	fills     map[string]struct{}      // all that are remembered, by ID
	seen      []seenFill               // the same, as they came
	horizon   time.Time                // of the latest fill that is not remembered any more
	moved     map[string]struct{}      // cash events that are remembered, by ID
	moves     []seenFill               // the same, as they came
	lastMove  time.Time                // the latest of all cash events\' times
	cursor    Cursor
	targets   map[string]*Target              // by symbol
	acted     map[follower]time.Time          // the bar last acted on
	offers    map[follower]journal.SignalSeen // what the latest signal would have done
	day       journal.DayOpened
	halt      Halt
	counts    Counts
	elsewhere elsewhere
}

// follower is one strategy on one symbol: the line along which signals replace each other.
type follower struct{ strategy, symbol string }

// Cursor is a place in a signal store: signals up to Seq have been dealt with. A Seq means nothing in another store.
type Cursor struct {
	Store string `json:"store"` // the store's identity; empty before the first signal
	Seq   int64  `json:"seq"`
}

// OrderState is an order and what became of it.
type OrderState struct {
	trading.Order
	Status       trading.OrderStatus `json:"status"`
	Filled       decimal.Decimal     `json:"filled"`
	Sends        int                 `json:"sends"`               // how often sending it began
	Acknowledged bool                `json:"acknowledged"`        // the Broker is known to have had it
	InFlight     bool                `json:"in_flight"`           // a sending of it may reach the Broker yet
	Triggered    bool                `json:"triggered,omitempty"` // its stop was reached
	CancelAsked  bool                `json:"cancel_asked"`        // it is not wanted any more
	Reason       string              `json:"reason,omitempty"`
	UpdatedAt    time.Time           `json:"updated_at"` // when its last event was journaled

	number int // the order in which intents were made
}

// Remaining is what has not been filled, never below zero.
func (o OrderState) Remaining() decimal.Decimal {
	return decimal.Max(o.Quantity.Sub(o.Filled), decimal.Zero)
}

// atBroker reports whether the Broker has the order, or may have it, and it may fill.
func (o *OrderState) atBroker() bool {
	return o.Status == trading.StatusUnknown || o.Status == trading.StatusOpen
}

// Target is what to hold of an instrument. It holds until another one replaces it.
type Target struct {
	Symbol     string          `json:"symbol"`
	Strategy   string          `json:"strategy"` // which owns the instrument; "" for nobody
	SignalID   string          `json:"signal_id"`
	Quantity   decimal.Decimal `json:"quantity"`
	ValidUntil time.Time       `json:"valid_until"` // until when it may open something; closing is always right
	Attempts   int             `json:"attempts"`    // orders made for it
	Last       string          `json:"last"`        // client ID of the last of them
	Deferred   bool            `json:"deferred"`    // its first order is still to be made
	Ticket     trading.Ticket  `json:"ticket,omitzero"`
	Legs       int             `json:"legs,omitempty"`     // orders made for its bracket
	Approved   bool            `json:"approved,omitempty"` // a person asked for it: orders are placed in any case
}

// Halt says why nothing may be opened. The zero value is no halt.
type Halt struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at,omitzero"`
}

// Active reports whether the halt stands.
func (h Halt) Active() bool { return h.Reason != "" }

// Counts are the sums over a Book's life.
type Counts struct {
	Signals      map[journal.Outcome]int `json:"signals"`
	Orders       int                     `json:"orders"`        // intents made, sent or not
	Rejected     int                     `json:"rejected"`      // orders that the Broker refused
	Fills        int                     `json:"fills"`         // each ID once
	ForeignFills int                     `json:"foreign_fills"` // those of them under a client ID that is not ours
	Fees         decimal.Decimal         `json:"fees"`          // in the quote currency
	Realised     decimal.Decimal         `json:"realised"`      // before fees
	// Moved is the cash that moved without a fill.
	Moved map[trading.CashKind]decimal.Decimal `json:"moved,omitempty"`
	// OtherAssets is what fees and cash events in other assets come to. It is not part of the account's worth.
	OtherAssets map[string]decimal.Decimal `json:"other_assets,omitempty"`
}

// New returns the Book of an account that holds capital and nothing else.
func New(capital decimal.Decimal) *Book {
	return &Book{
		capital: capital, cash: capital,
		positions: make(map[string]trading.Position),
		orders:    make(map[string]*OrderState),
		pending:   make(map[string][]*OrderState),
		fills:     make(map[string]struct{}),
		moved:     make(map[string]struct{}),
		targets:   make(map[string]*Target),
		acted:     make(map[follower]time.Time),
		offers:    make(map[follower]journal.SignalSeen),
		elsewhere: make(elsewhere),
		counts:    Counts{Signals: make(map[journal.Outcome]int)},
	}
}

// Apply adds an event that was journaled at the given time. A fill whose ID is known already changes nothing. An error
// says why the event cannot be; the Book is then unchanged.
func (b *Book) Apply(at time.Time, e journal.Event) error {
	if err := b.Check(e); err != nil {
		return err
	}
	b.fold(at, e)
	return nil
}

// Position returns what is held of symbol.
func (b *Book) Position(symbol string) trading.Position {
	p := b.positions[symbol]
	p.Symbol = symbol
	return p
}

// Positions returns every instrument that was ever traded, by symbol; those that are flat now keep what they realised.
func (b *Book) Positions() []trading.Position {
	all := make([]trading.Position, 0, len(b.positions))
	for _, p := range b.positions {
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y trading.Position) int { return cmp.Compare(x.Symbol, y.Symbol) })
	return all
}

// Order returns the order of a client ID.
func (b *Book) Order(clientID string) (OrderState, bool) {
	o, ok := b.orders[clientID]
	if !ok {
		return OrderState{}, false
	}
	return *o, true
}

// Orders returns all orders that are remembered, in the order in which they were decided on.
func (b *Book) Orders() []OrderState {
	all := make([]OrderState, 0, len(b.orders))
	for _, o := range b.orders {
		all = append(all, *o)
	}
	return inOrder(all)
}

// Targets returns what is to be held, by symbol.
func (b *Book) Targets() []Target {
	all := make([]Target, 0, len(b.targets))
	for _, t := range b.targets {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(x, y Target) int { return cmp.Compare(x.Symbol, y.Symbol) })
	return all
}

// Target returns what is to be held of symbol.
func (b *Book) Target(symbol string) (Target, bool) {
	t, ok := b.targets[symbol]
	if !ok {
		return Target{}, false
	}
	return *t, true
}

// Offers returns the latest signal of each strategy and symbol that would have set a target, and that a person may
// approve.
func (b *Book) Offers() []journal.SignalSeen {
	var all []journal.SignalSeen
	for _, f := range slices.SortedFunc(maps.Keys(b.offers), compareFollowers) {
		all = append(all, b.offers[f])
	}
	return all
}

// Acted returns the bar of the last signal of a strategy on a symbol that set a target.
func (b *Book) Acted(strategy, symbol string) (time.Time, bool) {
	at, ok := b.acted[follower{strategy, symbol}]
	return at, ok
}

// hasFill reports whether a fill of this ID was applied and is remembered.
func (b *Book) hasFill(id string) bool {
	_, ok := b.fills[id]
	return ok
}

// Cursor is where to go on reading signals.
func (b *Book) Cursor() Cursor { return b.cursor }

// Halted returns the halt that stands, if one does.
func (b *Book) Halted() Halt { return b.halt }

// Day is the trading day last opened and what the account was worth then.
func (b *Book) Day() journal.DayOpened { return b.day }

// Counts returns the sums so far.
func (b *Book) Counts() Counts {
	c := b.counts
	c.Signals = make(map[journal.Outcome]int, len(b.counts.Signals))
	for outcome, n := range b.counts.Signals {
		c.Signals[outcome] = n
	}
	c.Moved, c.OtherAssets = maps.Clone(b.counts.Moved), maps.Clone(b.counts.OtherAssets)
	return c
}
