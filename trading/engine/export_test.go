package engine

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// TakeOver makes another run the current one, as Serve does when it begins.
func (e *Engine) TakeOver() { e.ledger.takeOver(false) }

// Decider and Inputs open the pure decision to tests.
type Decider struct {
	Book  *book.Book
	Risk  Risk
	Sizer trading.Sizer
	Auto  bool
}

// Inputs are what a decision needs to know of the world.
type Inputs struct {
	Now        time.Time
	Instrument trading.Instrument
	Price      decimal.Decimal
	Opening    error
}

// Decide returns the events that a signal leads to.
func (d Decider) Decide(s signal.Signal, in Inputs) []journal.Event {
	inner := decider{book: d.Book, risk: d.Risk, sizer: d.Sizer, auto: d.Auto, store: "shelf"}
	return inner.decide(s, inputs{now: in.Now, instrument: in.Instrument, price: in.Price, opening: in.Opening}).events()
}

// Again returns the next order for a target, or nil.
func (d Decider) Again(symbol string, in Inputs) *trading.Order {
	inner := decider{book: d.Book, risk: d.Risk, sizer: d.Sizer, auto: d.Auto, store: "shelf"}
	t, _ := d.Book.Target(symbol)
	return inner.again(t, inputs{now: in.Now, instrument: in.Instrument, price: in.Price, opening: in.Opening})
}

// ClientID is the client ID of an order that serves a signal.
func ClientID(journal, signalID string, attempt int) string {
	return entryID(journal, signalID, attempt)
}
