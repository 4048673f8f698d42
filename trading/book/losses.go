package book

import (
	"fmt"
	"io"
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
}

// losses are what the losses of more than a day count from.
type losses struct {
	Week since `json:"week"` // the week, from Monday on, of the trading day
	Peak since `json:"peak"` // the day that began with the most
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

// opened goes on to a day that has been opened, or counts anew on the one that is.
func (l *losses) opened(e journal.DayOpened) {
	now := since{Day: e.Day, Equity: e.Begin()}
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
