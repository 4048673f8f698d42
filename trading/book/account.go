package book

import (
	"time"

	"github.com/shopspring/decimal"
)

// fillOverlap is how far back of what is known fills are asked for again: a Broker may show one late, and its clock is
// not ours. Those that are known are dropped by their IDs.
const fillOverlap = time.Minute

// PriceFunc says what an instrument is worth, and false if that is not known.
type PriceFunc func(symbol string) (decimal.Decimal, bool)

// Capital is what the account began with.
func (b *Book) Capital() decimal.Decimal { return b.capital }

// Cash is the capital, less what was paid for positions and in fees, and what moved without a fill.
func (b *Book) Cash() decimal.Decimal { return b.cash }

// Unrealised is the profit, before fees, of closing all positions at the given prices. A position without a price
// counts as nothing and is named in missing.
func (b *Book) Unrealised(price PriceFunc) (profit decimal.Decimal, missing []string) {
	for _, p := range b.Positions() {
		if p.Quantity.IsZero() {
			continue
		}
		at, ok := price(p.Symbol)
		if !ok {
			missing = append(missing, p.Symbol)
			continue
		}
		profit = profit.Add(p.Unrealised(at))
	}
	return profit, missing
}

// Equity is what the account is worth: capital, realised and unrealised profit, less fees, and what moved without a fill.
// A position without a price counts at its cost and is named in missing.
func (b *Book) Equity(price PriceFunc) (equity decimal.Decimal, missing []string) {
	unrealised, missing := b.Unrealised(price)
	equity = b.capital.Add(b.counts.Realised).Sub(b.counts.Fees).Add(unrealised)
	if len(b.counts.Moved) > 0 {
		equity = equity.Add(b.counts.movedCash())
	}
	return equity, missing
}

// FillsSince is the time from which a Broker's fills may hold one that the Book does not know. A Book without events goes
// by when its journal was opened: what the account did before is not ours.
func (b *Book) FillsSince(opened time.Time) time.Time {
	since := b.began
	if since.IsZero() {
		since = opened
	}
	if b.lastFill.After(since) {
		since = b.lastFill
	}
	for _, orders := range b.pending {
		for _, o := range orders {
			if o.CreatedAt.Before(since) {
				since = o.CreatedAt
			}
		}
	}
	return since.Add(-fillOverlap)
}
