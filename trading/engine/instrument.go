package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// instrument is what is traded under a symbol, where so much of it is held. What is held and not set up any more can
// still be guarded and closed: its ticks and steps are as fine as they need to be for that.
func (e *env) instrument(symbol string, held decimal.Decimal) trading.Instrument {
	i, ok := e.instruments[symbol]
	if ok || held.IsZero() {
		return i
	}
	return trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -18), Step: decimal.New(1, min(held.Exponent(), 0))}
}

// symbols are those of the instruments that are set up and of what is held besides, sorted.
func (e *env) symbols(b *book.Book) []string {
	symbols := slices.Collect(maps.Keys(e.instruments))
	for h := range b.Holdings() {
		if _, ok := e.instruments[h.Symbol]; !ok {
			symbols = append(symbols, h.Symbol)
		}
	}
	slices.Sort(symbols)
	return symbols
}

// errNotSetUp stands against everything that opens what is held and not set up.
var errNotSetUp = errors.New("the instrument is not set up any more")

// smallest says what cannot be sold, or bought, because it is too little: less than a step or the smallest quantity, or
// of a notional below the smallest, where the Broker has refused an order for it. Many a venue takes those that close.
type smallest struct{ trading.Instrument }

// holds reports whether so much is too little. refused says that the Broker has refused an order for it at price.
func (s smallest) holds(quantity, price decimal.Decimal, refused bool) bool {
	q := s.Quantity(quantity.Abs())
	if !q.IsPositive() || q.LessThan(s.MinQuantity) {
		return true
	}
	return refused && price.IsPositive() && q.Mul(price).LessThan(s.MinNotional)
}

// closeQuantity is how much of a position is to be closed for its target and can be: dust is left, and counts as done.
func closeQuantity(h book.Holding, i trading.Instrument) decimal.Decimal {
	left := h.ToClose()
	if left.IsZero() || (smallest{i}).holds(left, h.Last.DecisionPrice, h.Last.Status == trading.StatusRejected) {
		return decimal.Zero
	}
	return left
}

// closeQuantity does so for an instrument that may not be set up any more.
func (e *env) closeQuantity(h book.Holding) decimal.Decimal {
	return closeQuantity(h, e.instrument(h.Symbol, h.Quantity))
}

func (e *env) incomplete(h book.Holding) bool {
	return incomplete(h, e.instrument(h.Symbol, h.Quantity), e.cfg.ReenterCanceled)
}

// canTrade reports whether so much of what is held can be sold or bought at all.
func (e *env) canTrade(h book.Holding, quantity decimal.Decimal) bool {
	return !(smallest{e.instrument(h.Symbol, h.Quantity)}).holds(quantity, decimal.Zero, false)
}

// dust tells of what is too little to be closed, and was to be.
func dust(h book.Holding) problem {
	return problem{log: true, Condition: health.Condition{
		Key: "dust/" + h.Symbol, Verdict: health.Healthy,
		Text: fmt.Sprintf("%s of %s is left, too little to be traded: it counts as closed", h.ToClose(), h.Symbol),
	}}
}

// notSetUp tells of what is held and not among Config.Instruments.
func notSetUp(h book.Holding) problem {
	return problem{log: true, Condition: health.Condition{
		Key: "not_set_up/" + h.Symbol, Verdict: health.Degraded, Person: true,
		Text: fmt.Sprintf("%s of %s is held, and the instrument is not set up any more: no signal opens anything of it",
			h.Quantity, h.Symbol),
		Remedy: "set it up again, or flatten it",
	}}
}
