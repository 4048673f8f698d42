package risk

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Protections are all that keep what opens from being opened now: those of one instrument alone, or with "" those that hold
// for all of them. It is for who shows them; Protection is the first that counts for an order.
func (r *Rules) Protections(symbol string, now time.Time, a trading.Account) (all []*trading.LimitError) {
	o, v := trading.Order{Symbol: symbol}, trading.View{Now: now, Account: a}
	for rule := range r.protections {
		if ofAccount(rule) != (symbol == "") {
			continue
		}
		if _, why := rule.Room(o, v, decimal.Zero); why != nil {
			all = append(all, why)
		}
	}
	return all
}

// ofAccount reports whether a protection holds for all instruments.
func ofAccount(rule Rule) bool {
	switch rule.(type) {
	case *stopGuard, *losingStreak:
		return true
	}
	return false
}
