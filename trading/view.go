package trading

import (
	"time"

	"github.com/shopspring/decimal"
)

// View is what an order is judged by.
type View struct {
	Instrument Instrument
	// Held is the signed quantity that the account has of the instrument or is about to have.
	Held decimal.Decimal
	// Price is the highest known price at which the order may execute. Zero says that nobody knows one: then only what
	// closes passes.
	Price decimal.Decimal

	// Last is what the instrument is worth now, and Reference what it was worth to whoever decided: by the signal, or by the
	// order when it was decided on. Zero says that nobody knows.
	Last, Reference decimal.Decimal
	Now             time.Time // by the clock of whoever asks; zero where that has none
	// Account is all of the account but the order. nil says that nobody knows it: limits of the account then let nothing be
	// opened.
	Account Account
}

// Account tells of the account that an order is for, as it is without that order. A limit asks it while it is asked
// itself, and keeps nothing of it.
type Account interface {
	// Estimate and Exact are the same sums. Those of Estimate are cheap, and right to nine digits of the largest of them:
	// only what is nearer than that to a limit needs exact ones.
	Estimate() Totals[float64]
	Exact() Totals[decimal.Decimal]
	// Made is how many orders were decided on from a time on, of the last 256.
	Made(since time.Time) int
	// Like is when the latest of them was decided on that opens as much on the same side of the same instrument, and serves
	// another signal.
	Like(o Order) (at time.Time, ok bool)
	// Trade is the n-th latest of the last 256 trades that were closed, from 0 on; false says that there are not as many.
	Trade(n int) (t ClosedTrade, ok bool)
	// Lock is until when nothing may be opened of an instrument, and why; zero where it is not locked. It may be over.
	Lock(symbol string) (until time.Time, why string)
}

// ClosedTrade is what came of a position, from where it was opened to where nothing of it was held any more. One that a
// stop-loss has closed in part counts from there on.
type ClosedTrade struct {
	Symbol  string          `json:"symbol"`
	At      time.Time       `json:"at"`                // when its last fill was journaled
	Profit  decimal.Decimal `json:"profit"`            // after fees; below zero for a loss
	Stopped bool            `json:"stopped,omitempty"` // a stop-loss has closed some of it
}

// Totals are what an account comes to, in the quote currency: what is held at the price of now, or at cost where there is
// none, and the rest of orders that are not done at the highest price that is known for them.
type Totals[N float64 | decimal.Decimal] struct {
	Equity N // what the account is worth
	Free   N // its cash, less what the orders may cost that buy
	// Of all instruments but that of the order:
	Gross N // what is held without regard to its side, or will be if the orders of the worse side are filled
	Most  N // what is held less what is sold short, if all that buys is filled and nothing that sells
	Least N // the same if all that sells is filled and nothing that buys

	Positions int // other instruments that are held, or about to be
	Orders    int // orders that are not done, of all instruments
}
