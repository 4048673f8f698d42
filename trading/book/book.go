// Package book adds up a journal: positions, orders, targets, halts and the account.
//
// It is pure. It reads no clock, takes no context and does no I/O, so the same events give the same Book to the last digit,
// in whichever process. Check says why an event cannot be, and Apply adds one that can. A Book has a part for each thing
// that it knows, and each part owns its state: positions.go, orders.go with the life of an order in order.go, targets.go,
// signals.go, account.go, day.go with the totals by day, and fills.go with what is forgotten when. check.go and fold.go
// say which part an event goes to, exposure.go what pending orders may bring, convert.go what splits and new names change.
// Restore makes a Book of what a journal holds, Audit the trail of one order.
//
// A Book is not safe for concurrent use.
package book

import (
	"maps"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
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
	began time.Time // of the first event
	seq   int64     // see Seq
	positions
	orders
	targets
	stakes stakes
	signals
	fills
	account
	external
	lives
	settings
	trades
	days  days
	locks locks
	halt  Halt

	converted []string // IDs of the latest conversions
}

// Halt says why nothing may be opened. The zero value is no halt.
type Halt struct {
	Reason string    `json:"reason"`         // the first: it is the one to look into
	Also   string    `json:"also,omitempty"` // what came while it stood, one after the other
	At     time.Time `json:"at,omitzero"`
	// Seq names the halt: it is the place, in the journal, of the last Halted that added a reason. 0 is a halt that is not in
	// the journal yet.
	Seq int64 `json:"seq,omitempty"`
}

// Active reports whether the halt stands.
func (h Halt) Active() bool { return h.Reason != "" }

// Reasons are all that stand.
func (h Halt) Reasons() string {
	if h.Also == "" {
		return h.Reason
	}
	return h.Reason + "; " + h.Also
}

// maxReasons bounds what is remembered of the reasons of a halt. All of them are in the journal.
const maxReasons = 2000

// With adds a reason to those that stand, once.
func (h Halt) With(reason string) Halt {
	if strings.Contains(h.Reasons(), reason) || len(h.Also) > maxReasons {
		return h
	}
	if h.Also != "" {
		reason = h.Also + "; " + reason
	}
	h.Also = reason
	return h
}

// Counts are the sums over a Book's life.
type Counts struct {
	Signals      map[journal.Outcome]int `json:"signals"`
	Orders       int                     `json:"orders"`        // intents made, sent or not
	Rejected     int                     `json:"rejected"`      // orders that the Broker refused
	Fills        int                     `json:"fills"`         // each ID once
	ForeignFills int                     `json:"foreign_fills"` // those of them under a client ID that is not ours
	Fees         decimal.Decimal         `json:"fees"`          // in the quote currency
	Realized     decimal.Decimal         `json:"realized"`      // before fees
	// Moved is the cash that moved without a fill.
	Moved map[trading.CashKind]decimal.Decimal `json:"moved,omitempty"`
	// OtherAssets is what fees and cash events in other assets come to. It is not part of the account's worth.
	OtherAssets map[string]decimal.Decimal `json:"other_assets,omitempty"`
}

// New returns the Book of an account that holds capital and nothing else.
func New(capital decimal.Decimal) *Book {
	return &Book{
		positions: make(positions), orders: newOrders(), targets: make(targets), signals: newSignals(),
		account: newAccount(capital), external: newExternal(), lives: make(lives), trades: newTrades(), locks: make(locks),
		stakes: make(stakes),
	}
}

// Apply adds an event that was journaled at the given time. A fill whose ID is known already changes nothing. An error
// says why the event cannot be; the Book is then unchanged. It stands for an entry whose Seq is the next one: where it may
// be another, use ApplyEntry.
func (b *Book) Apply(at time.Time, e journal.Event) error {
	return b.ApplyEntry(journal.Entry{Seq: b.seq + 1, At: at, Event: e})
}

// ApplyEntry does what Apply does with an entry of a Journal, whose Seq may become the name of a halt.
func (b *Book) ApplyEntry(entry journal.Entry) error {
	if err := b.Check(entry.Event); err != nil {
		return err
	}
	b.seq = entry.Seq
	b.fold(entry.At, entry.Event)
	return nil
}

// Seq is that of the last entry in the Book.
func (b *Book) Seq() int64 { return b.seq }

// Halted returns the halt that stands, if one does.
func (b *Book) Halted() Halt { return b.halt }

// Counts returns the sums so far.
func (b *Book) Counts() Counts {
	return Counts{
		Signals: maps.Clone(b.signals.outcomes),
		Orders:  b.orders.made, Rejected: b.orders.rejected,
		Fills: b.fills.total, ForeignFills: b.fills.foreign,
		Fees: b.account.fees, Realized: b.account.realized,
		Moved: maps.Clone(b.account.moved), OtherAssets: maps.Clone(b.account.other),
	}
}

// Equity is what the account is worth: capital, realized and unrealized profit, less fees, and what moved without a
// fill. A position without a price counts at its cost and is named in missing.
func (b *Book) Equity(price PriceFunc) (equity decimal.Decimal, missing []string) {
	unrealized, missing := b.Unrealized(price)
	return b.account.equity(unrealized), missing
}

// Exposure returns what is held of symbol and what its pending orders may bring.
func (b *Book) Exposure(symbol string) Exposure {
	return b.orders.exposure(b.positions[symbol].Quantity, symbol)
}

// ExposureBeside returns the exposure that an order meets: that of its symbol without the order itself, and without its mate,
// which is sent along with it.
func (b *Book) ExposureBeside(o trading.Order) Exposure {
	return b.orders.exposure(b.positions[o.Symbol].Quantity, o.Symbol, o.ClientID, MateID(o.ClientID))
}

// Unwanted says why an order that rests, or is about to, is not to: its target does not ask for it any more, in this
// shape or in this size, or nothing may be opened. "" says that it is wanted.
func (b *Book) Unwanted(o OrderState, now time.Time, opening error) string {
	t, _ := b.Target(o.Symbol)
	held := b.Position(o.Symbol).Quantity
	if o.Leg != "" {
		switch {
		case !t.Ticket.HasLegAt(o.Leg, o.legPrice()):
			return "the bracket is another one now"
		case b.orders.rest(&o).IsZero():
			return "its mate has filled what it is for"
		case o.Side == t.Side(), b.orders.tooMuch(o, t, held):
			return "what it guards is less now"
		}
		return ""
	}
	left := t.Side().Signed(t.Quantity.Sub(held))
	switch {
	case t.Orphaned():
		return "its strategy speaks no more"
	case o.Side != t.Side(), o.Remaining().GreaterThan(left):
		return "its target is another one now"
	case !t.Ticket.Shapes(o.Order):
		return "its price is another one now"
	case now.After(t.ValidUntil):
		return "its signal has expired"
	case opening != nil:
		return opening.Error()
	}
	return ""
}

// Began is when the journal began: at its first event, or else when it was opened. What the account did before is not ours.
func (b *Book) Began(opened time.Time) time.Time {
	if b.began.IsZero() {
		return opened
	}
	return b.began
}

// FillsSince is the time from which a Broker's fills may hold one that the Book does not know. A Book without events goes
// by when its journal was opened: what the account did before is not ours.
func (b *Book) FillsSince(opened time.Time) time.Time {
	since := b.Began(opened)
	if b.fills.latest.After(since) {
		since = b.fills.latest
	}
	return b.orders.oldest(since).Add(-fillOverlap)
}

// CashSince is the time from which a Broker's cash events may hold one that the Book does not know. What moved before the
// journal began is part of the capital.
func (b *Book) CashSince(opened time.Time) time.Time {
	last := b.moves.latest.Add(-fillOverlap)
	if !b.moves.latest.IsZero() && last.After(b.began) {
		return last
	}
	return b.Began(opened)
}
