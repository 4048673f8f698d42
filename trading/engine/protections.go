package engine

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// protections is a Risk that tells all of its protections that stand, such as a risk.Rules.
type protections interface {
	// Protections are those of an instrument alone, or with "" those of all instruments.
	Protections(symbol string, now time.Time, a trading.Account) []*trading.LimitError
}

// protectionsOf are those that stand, of the account first and then of the instruments that were traded lately.
func (e *env) protectionsOf(b *book.Book) (all []book.Lock) {
	p, ok := e.cfg.Risk.(protections)
	if !ok {
		return nil
	}
	v := e.view(b)
	for _, symbol := range append([]string{""}, recentSymbols(v.Account)...) {
		for _, why := range p.Protections(symbol, v.Now, v.Account) {
			all = append(all, book.Lock{Symbol: symbol, Until: why.Until.UTC(), By: byLimit + why.Limit, Reason: why.Error()})
		}
	}
	return all
}

// recentSymbols are the instruments of the trades that an account remembers, the latest first: nothing else can be protected
// by what happened.
func recentSymbols(a trading.Account) (symbols []string) {
	known := make(map[string]bool)
	for n := 0; ; n++ {
		t, ok := a.Trade(n)
		if !ok {
			return symbols
		}
		if !known[t.Symbol] {
			known[t.Symbol] = true
			symbols = append(symbols, t.Symbol)
		}
	}
}
