package book

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Lock says until when nothing may be opened of an instrument.
type Lock struct {
	Symbol string    `json:"symbol"`
	Until  time.Time `json:"until"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// locks are the latest of each instrument.
type locks map[string]Lock

// Locks returns those that are not over at a time, by symbol.
func (b *Book) Locks(now time.Time) (all []Lock) {
	for _, symbol := range slices.Sorted(maps.Keys(b.locks)) {
		if l := b.locks[symbol]; now.Before(l.Until) {
			all = append(all, l)
		}
	}
	return all
}

func (s locks) check(e journal.Locked) error {
	if e.Symbol == "" || e.By == "" {
		return fmt.Errorf("book: locked lacks its symbol %q or by whom: %q", e.Symbol, e.By)
	}
	return nil
}

// lock lets a person's word take the place of what stood; what a limit says only makes it longer.
func (s locks) lock(at time.Time, e journal.Locked) {
	if stands, ok := s[e.Symbol]; ok && e.Limit != "" && !e.Until.After(stands.Until) {
		return
	}
	if !at.Before(e.Until) {
		delete(s, e.Symbol)
		return
	}
	s[e.Symbol] = Lock{Symbol: e.Symbol, Until: e.Until.UTC(), By: e.By, Reason: e.Reason}
}

func (s locks) digest(w io.Writer) {
	for _, symbol := range slices.Sorted(maps.Keys(s)) {
		l := s[symbol]
		fmt.Fprintf(w, "lock %q %s %q %q\n", symbol, stamp(l.Until), l.By, l.Reason)
	}
}

// Lock implements trading.Account.
func (s *beside) Lock(symbol string) (until time.Time, why string) {
	l := s.book.locks[symbol]
	return l.Until, because(l.By, l.Reason)
}

func because(by, reason string) string {
	if reason == "" {
		return by
	}
	return by + ": " + reason
}
