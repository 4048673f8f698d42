package engine

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// Idle reports whether a Step would do nothing now, given that the Broker has had no news and the signal store no new
// signal since the last one began: only the caller can know of these. It is for whoever drives Step himself, such as a
// replay, where nothing happens on most bars; it costs a fraction of a Step and asks only the Pricer.
//
// It goes through what Step would do and says false where in doubt: while an order is open, a target is not reached, a
// comparison of positions or a new day is due, the day's loss has reached its limit, or the last Step failed.
func (e *Engine) Idle() bool {
	now, passed := e.env.watch.read()
	e.ledger.mu.Lock()
	idle := e.idleLocked() && passed-e.reconciler.lastCompare < e.env.cfg.Reconcile
	if !idle {
		e.ledger.mu.Unlock()
		return false
	}
	if e.outlook == nil || e.outlook.version != e.ledger.version {
		e.outlook = e.env.newOutlook(e.ledger.book, e.ledger.version)
	}
	o := e.outlook // never changes
	e.ledger.mu.Unlock()
	return o.done && !o.newDay(now.In(e.env.cfg.Day)) && e.canRoll(o)
}

// idleLocked reports whether nothing is under way: the book is the journal's, the Broker has been compared with it, and
// no order is open.
func (e *Engine) idleLocked() bool {
	r := e.ledger.runs.current
	return r != nil && !r.ended && len(r.turn) == 0 && !e.ledger.runs.stopped &&
		e.ledger.loaded && e.ledger.reconciled && !e.ledger.book.HasPending() && e.lastErr == nil &&
		e.reconciler.lookBack == 0 && !e.reconciler.behind && e.gate.pendingHalt == "" && len(e.gate.unpriced) == 0
}

// canRoll reports whether rolling the day would neither miss a price nor halt. It keeps the prices, as a Step does.
func (e *Engine) canRoll(o *outlook) bool {
	switch {
	case !o.limited:
		return true
	case o.peaks && len(o.held) > 0:
		return false
	}
	var array [4]decimal.Decimal
	prices, value, size := array[:0], 0.0, math.Abs(o.roughLeast)
	for _, p := range o.held {
		price, ok := e.env.price(p.Symbol)
		if !ok {
			return false
		}
		prices = append(prices, price)
		of := rough.Float(p.Quantity) * rough.Float(price)
		value, size = value+of, size+math.Abs(of)
	}
	e.days.see(o.held, prices)
	above := value-o.roughLeast > rough.Error*size // as on nearly every bar
	return above || o.breached || o.aboveLeast(prices)
}

// aboveLeast is the exact answer where the rough one does not tell.
func (o *outlook) aboveLeast(prices []decimal.Decimal) bool {
	value := decimal.Zero
	for i, p := range o.held {
		value = value.Add(p.Quantity.Mul(prices[i]))
	}
	return value.GreaterThan(o.least)
}

// outlook is what one state of the book says of the Steps to come, until an event changes it.
type outlook struct {
	version int                // of the book
	done    bool               // no target waits for an order or for its bracket
	day     string             // the trading day that is open
	held    []trading.Position // those that are not flat

	limited    bool            // losses are
	breached   bool            // each has reached its limit, and that is recorded
	peaks      bool            // what is held is followed to its peak, or by instrument
	least      decimal.Decimal // what is held is worth more than that where no loss has reached its limit
	roughLeast float64         // the same, nearly
}

func (e *env) newOutlook(b *book.Book, version int) *outlook {
	o := &outlook{version: version, done: true, day: b.Day().Day}
	if limits := e.lossLimits(); limits.set {
		equity, _ := b.Equity(func(string) (decimal.Decimal, bool) { return decimal.Zero, true }) // worth nothing
		least, reached := limits.least(b)
		o.limited, o.breached, o.least, o.peaks = true, reached, least.Sub(equity), limits.followsPeak(b)
		o.roughLeast = rough.Float(o.least)
		o.peaks = o.peaks || limits.instruments
	}
	for _, p := range b.Positions() {
		if !p.Quantity.IsZero() {
			o.held = append(o.held, p)
		}
	}
	for _, t := range b.Targets() {
		h := b.Holding(t.Symbol)
		hasBracket := t.Ticket.HasBracket() && t.Guarded(h.Quantity).IsPositive()
		if t.Deferred || hasBracket || e.delisted(t.Symbol) != nil ||
			len(e.exits) > 0 && e.mayAdjust(h) || h.Last.ClientID != "" && e.incomplete(h) {
			o.done = false
		}
	}
	return o
}

// newDay reports whether a trading day begins that is not open yet.
func (o *outlook) newDay(now time.Time) bool {
	var text [len(time.DateOnly)]byte
	return string(now.AppendFormat(text[:0], time.DateOnly)) > o.day
}
