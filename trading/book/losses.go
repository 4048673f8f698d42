package book

import (
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The limits on losses that are longer than a day, as journal.Halted names them.
const (
	maxWeeklyLoss = "MaxWeeklyLoss"
	maxDrawdown   = "MaxDrawdown"
)

// since is what a loss counts from that is longer than a day.
type since struct {
	Day      string          `json:"day"`    // the trading day that began with it
	Equity   decimal.Decimal `json:"equity"` // what the account was worth then, with what was paid in since
	Breached bool            `json:"breached,omitempty"`
	// Anew says that a person has lifted the halt: the loss counts from the next day that is opened.
	Anew bool `json:"anew,omitempty"`
	// At is when it began to count, as the journal has it.
	At time.Time `json:"at,omitzero"`
}

// losses are what the losses of more than a day count from.
type losses struct {
	Week since `json:"week"` // the week, from Monday on, of the trading day
	Peak since `json:"peak"` // the day that began with the most

	// Of the trading day, by instrument: what it had brought when the day began, and whether it is recorded that its loss has
	// reached the limit.
	Profits map[string]decimal.Decimal `json:"profits,omitempty"`
	Lost    map[string]bool            `json:"lost,omitempty"`
}

// Week is what the loss of the week counts from: the trading day that began with it, and what the account was worth then;
// and whether it is recorded that it has reached its limit.
func (b *Book) Week() (day string, equity decimal.Decimal, breached bool) {
	w := b.losses.Week
	return w.Day, w.Equity, w.Breached
}

// Peak is the same for the account's drawdown, which counts from the most that a trading day began with.
func (b *Book) Peak() (day string, equity decimal.Decimal, breached bool) {
	p := b.losses.Peak
	return p.Day, p.Equity, p.Breached
}

// PeakSince is when the drawdown began to count.
func (b *Book) PeakSince() time.Time { return b.losses.Peak.At }

// InstrumentDay is what an instrument had brought, realized and not, after fees, when the trading day began, and whether it
// is recorded that its loss of the day has reached the limit.
func (b *Book) InstrumentDay(symbol string) (began decimal.Decimal, breached bool) {
	return b.losses.Profits[symbol], b.losses.Lost[symbol]
}

// Profits are what each instrument that was ever traded has brought, realized and not, after fees. What has no price counts
// at its cost.
func (b *Book) Profits(price PriceFunc) map[string]decimal.Decimal {
	all := make(map[string]decimal.Decimal, len(b.positions))
	for symbol, p := range b.positions {
		all[symbol] = brought(p)
		if at, ok := price(symbol); ok && !p.Quantity.IsZero() {
			all[symbol] = all[symbol].Add(p.Unrealized(at))
		}
	}
	return all
}

// openedInstruments begins the day of each instrument.
func (b *Book) openedInstruments(e journal.DayOpened) {
	b.losses.Lost = nil
	b.losses.Profits = b.Profits(func(string) (decimal.Decimal, bool) { return decimal.Zero, false })
	maps.Copy(b.losses.Profits, e.Profits)
}

// lost takes note of the loss of an instrument.
func (b *Book) lost(e journal.Locked) {
	if e.Day == "" || e.Day != b.day.Day {
		return
	}
	if b.losses.Lost == nil {
		b.losses.Lost = make(map[string]bool)
	}
	b.losses.Lost[e.Symbol] = true
}

// opened goes on to a day that has been opened, or counts anew on the one that is.
func (l *losses) opened(at time.Time, e journal.DayOpened) {
	now := since{Day: e.Day, Equity: e.Begin(), At: at}
	if l.Week.Day == "" || l.Week.Anew || weekOf(l.Week.Day) != weekOf(e.Day) {
		l.Week = now
	}
	switch {
	case l.Peak.Day == "" || l.Peak.Anew:
		l.Peak = now
	case now.Equity.GreaterThan(l.Peak.Equity):
		l.Peak.Day, l.Peak.Equity = now.Day, now.Equity
	}
}

// halted takes note of a limit that has been reached.
func (l *losses) halted(e journal.Halted) {
	switch e.Limit {
	case maxWeeklyLoss:
		l.Week.Breached = true
	case maxDrawdown:
		l.Peak.Breached = true
	}
}

// rearmed has those count anew that a person has lifted, and no other.
func (l *losses) rearmed() {
	for _, s := range []*since{&l.Week, &l.Peak} {
		s.Breached, s.Anew = false, s.Anew || s.Breached
	}
}

// paidIn has what was deposited or withdrawn count as neither profit nor loss.
func (l *losses) paidIn(amount decimal.Decimal) {
	for _, s := range []*since{&l.Week, &l.Peak} {
		if s.Day != "" {
			s.Equity = s.Equity.Add(amount)
		}
	}
}

func (l *losses) digest(w io.Writer) {
	for _, s := range []since{l.Week, l.Peak} {
		if s.Breached || s.Anew {
			fmt.Fprintf(w, "loss %q %s %t %t\n", s.Day, s.Equity, s.Breached, s.Anew)
		}
	}
}

// weekOf is the Monday of a day's week; Check has let through only what is a day.
func weekOf(day string) time.Time {
	at, _ := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, -(int(at.Weekday())+6)%7)
}
