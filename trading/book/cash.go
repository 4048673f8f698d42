package book

import (
	"maps"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// keepMoves is how many cash events are remembered at least, so that none counts twice.
const keepMoves = 1000

// foldCash adds what moved without a fill. What is deposited or withdrawn is neither profit nor loss of the day.
func (b *Book) foldCash(e trading.CashEvent) {
	if b.HasMoved(e.ID) {
		return
	}
	b.moved[e.ID] = struct{}{}
	b.moves = append(b.moves, seenFill{e.ID, e.Time})
	if len(b.moves) > keepMoves && b.moves[0].Time.Before(e.Time.Add(-keepFor)) {
		delete(b.moved, b.moves[0].ID)
		b.moves = b.moves[1:]
	}
	if e.Time.After(b.lastMove) {
		b.lastMove = e.Time
	}
	if e.Asset != "" {
		b.countOther(e.Asset, e.Amount)
		return
	}
	b.cash = b.cash.Add(e.Amount)
	if b.counts.Moved == nil {
		b.counts.Moved = make(map[trading.CashKind]decimal.Decimal)
	}
	b.counts.Moved[e.Kind] = b.counts.Moved[e.Kind].Add(e.Amount)
	if b.day.Day != "" && (e.Kind == trading.CashDeposit || e.Kind == trading.CashWithdrawal) {
		b.day.Equity = b.day.Equity.Add(e.Amount)
	}
}

// countOther adds up what was paid and received in assets besides the quote currency and what is traded.
func (b *Book) countOther(asset string, amount decimal.Decimal) {
	if b.counts.OtherAssets == nil {
		b.counts.OtherAssets = make(map[string]decimal.Decimal)
	}
	b.counts.OtherAssets[asset] = b.counts.OtherAssets[asset].Add(amount)
}

// HasMoved reports whether a cash event of this ID was applied.
func (b *Book) HasMoved(id string) bool {
	_, ok := b.moved[id]
	return ok
}

// CashSince is the time from which a Broker's cash events may hold one that the Book does not know. What moved before the
// journal began is part of the capital.
func (b *Book) CashSince(opened time.Time) time.Time {
	switch {
	case !b.lastMove.IsZero() && b.lastMove.Add(-fillOverlap).After(b.began):
		return b.lastMove.Add(-fillOverlap)
	case b.began.IsZero():
		return opened
	}
	return b.began
}

// movedCash is what has moved in all.
func (c Counts) movedCash() decimal.Decimal {
	sum := decimal.Zero
	for amount := range maps.Values(c.Moved) {
		sum = sum.Add(amount)
	}
	return sum
}
