package trading

import (
	"time"

	"github.com/shopspring/decimal"
)

// Status is what an Engine knows at one moment, for consoles and summaries. It is a copy.
type Status struct {
	At         time.Time       `json:"at"`
	Reconciled bool            `json:"reconciled"` // the book and the Broker agree, as far as is known
	ReduceOnly bool            `json:"reduce_only"`
	Halt       Halt            `json:"halt"`
	Error      string          `json:"error,omitempty"`  // of the last step
	Positions  []Position      `json:"positions"`        // those that are not flat, by symbol
	Orders     []OrderState    `json:"orders"`           // those that are not done, in the order of their intents
	Targets    []Target        `json:"targets"`          // by symbol
	Offers     []SignalSeen    `json:"offers,omitempty"` // what waits for a person's approval
	Cursor     Cursor          `json:"cursor"`
	Counts     Counts          `json:"counts"`
	Day        DayOpened       `json:"day"`
	Capital    decimal.Decimal `json:"capital"`
	Cash       decimal.Decimal `json:"cash"`
	Unrealised decimal.Decimal `json:"unrealised"`
	Equity     decimal.Decimal `json:"equity"`
	Unpriced   []string        `json:"unpriced,omitempty"` // held without a price: they count at their cost
}

// Status returns what the Engine knows. It waits for no step, no Broker and no Journal.
func (e *Engine) Status() Status {
	prices := e.prices()
	e.mu.Lock()
	defer e.mu.Unlock()
	s := Status{
		At: e.now(), Reconciled: e.reconciled, ReduceOnly: e.reduceOnly, Halt: e.book.Halted(),
		Orders: e.book.Pending(), Targets: e.book.Targets(), Offers: e.book.Offers(), Cursor: e.book.Cursor(),
		Counts: e.book.Counts(),
		Day:    e.book.Day(), Capital: e.book.Capital(), Cash: e.book.Cash(), Positions: []Position{},
	}
	if e.halting != "" {
		s.Halt = Halt{Reason: e.halting, At: s.At}
	}
	if e.lastErr != nil {
		s.Error = e.lastErr.Error()
	}
	for _, p := range e.book.Positions() {
		if !p.Quantity.IsZero() {
			s.Positions = append(s.Positions, p)
		}
	}
	s.Unrealised, _ = e.book.Unrealised(prices)
	s.Equity, s.Unpriced = e.book.Equity(prices)
	return s
}

// Digest is the Digest of the Engine's book.
func (e *Engine) Digest() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.book.Digest()
}
