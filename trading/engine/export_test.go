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
func (e *Engine) TakeOver() { e.takeOver(false) }

// Desk and Situation open the pure decision to tests.
type Desk struct {
	Book  *book.Book
	Risk  Risk
	Sizer trading.Sizer
	Auto  bool
}

// Situation is what a decision needs to know of the world.
type Situation struct {
	Now        time.Time
	Instrument trading.Instrument
	Price      decimal.Decimal
	Opening    error
}

// Decide returns the events that a signal leads to.
func (d Desk) Decide(s signal.Signal, sit Situation) []journal.Event {
	inner := desk{book: d.Book, risk: d.Risk, sizer: d.Sizer, auto: d.Auto, store: "shelf"}
	return inner.decide(s, situation{sit.Now, sit.Instrument, sit.Price, sit.Opening}).events()
}

// Again returns the next order for a target, or nil.
func (d Desk) Again(symbol string, sit Situation) *trading.Order {
	inner := desk{book: d.Book, risk: d.Risk, sizer: d.Sizer, auto: d.Auto, store: "shelf"}
	t, _ := d.Book.Target(symbol)
	return inner.again(t, situation{sit.Now, sit.Instrument, sit.Price, sit.Opening})
}
