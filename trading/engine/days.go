package engine

import (
	"context"
	"maps"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// markEvery is how often what the account is worth is made durable.
const markEvery = time.Minute

// days opens the trading days, and halts when the loss of one reaches its limit.
//
// A day ends with what the account was worth at the prices that were last seen while it was open, and the next one begins
// with that: what is lost between two looks, over midnight or over a weekend, is lost in the day in which it is seen, and
// in no case in none. Where the process did not run when the day ended, the last mark in the Journal says what it was worth
// at least then; what was lost since may have been lost in either day, and counts in both. Where something was held
// whose price nobody had seen, it counts at its cost, or the mark does where that is higher.
//
// A breach is journaled once for each day, also where a halt stands already.
type days struct {
	env    *env
	ledger *ledger
	gate   *gate

	// All below is guarded by ledger.mu.
	seen      map[string]decimal.Decimal // the last known prices of what is held
	hasEquity bool                       // the process has valued the account
	end       valuation                  // of the day that has to be closed
	high      decimal.NullDecimal        // the most that the account was worth, less what was paid in
	marked    time.Duration              // on the stopwatch: when the last mark was kept; 0 before the first

	recalled bool                       // the last mark of the process before has been read
	before   map[string]decimal.Decimal // the prices in it
}

// valuation is what the account was worth when a day ended.
type valuation struct {
	day    string
	equity decimal.Decimal
	paidIn decimal.Decimal // what had been deposited by then and not withdrawn
	exact  bool            // the process ran at the end of that day, and had seen all prices

	profits map[string]decimal.Decimal // of instruments, where their losses are limited
}

func newDays(env *env, ledger *ledger, gate *gate) *days {
	return &days{env: env, ledger: ledger, gate: gate, seen: make(map[string]decimal.Decimal)}
}

// close values the account as it was when the open day ended, before anything of the new day becomes known.
func (d *days) close(ctx context.Context, _ *run) error {
	if err := d.recall(ctx); err != nil {
		return err
	}
	today := d.env.today()
	d.ledger.mu.Lock()
	opened, known := d.ledger.book.Day().Day, d.closeLocked(today)
	d.ledger.mu.Unlock()
	if known {
		return nil
	}
	m, ok, err := d.lastMark(ctx)
	if err != nil {
		return err
	}
	if ok && m.Day == opened {
		d.ledger.mu.Lock()
		defer d.ledger.mu.Unlock()
		marked := valuation{day: opened, equity: m.Equity, paidIn: m.PaidIn}
		marked.profits = d.profitsLocked(d.env.lossLimits(), priced(m.Prices))
		if d.end.day != opened || d.end.own().LessThan(marked.own()) {
			d.end = marked
		}
	}
	return nil
}

// own is what the account was worth but for what was paid in.
func (v valuation) own() decimal.Decimal { return v.equity.Sub(v.paidIn) }

// closeLocked does so by the prices that were seen, or else marked, and at cost where there was none; false says that those
// that were seen do not tell all.
func (d *days) closeLocked(today string) bool {
	b := d.ledger.book
	opened := b.Day().Day
	if opened == "" || today <= opened || d.end.day == opened {
		return true // Nothing is to be closed, or it is.
	}
	_, missing := b.Equity(d.lastSeenLocked)
	exact, price := len(missing) == 0, d.bestLocked(d.lastSeenLocked)
	if exact || d.hasEquity {
		d.end = valuation{day: opened, paidIn: b.PaidIn(), exact: exact}
		d.end.equity, _ = b.Equity(price)
		d.end.profits = d.profitsLocked(d.env.lossLimits(), price)
	}
	return exact
}

func (d *days) lastSeenLocked(symbol string) (decimal.Decimal, bool) {
	price, ok := d.seen[symbol]
	return price, ok
}

// openDay opens a new trading day, and halts where the loss of one has reached its limit. What is held without a price counts
// at the last one that was seen, or else at its cost; nothing may be opened meanwhile.
func (d *days) openDay(ctx context.Context, r *run) error {
	prices, today, limit := d.gate.prices(), d.env.today(), d.env.lossLimits()
	d.ledger.mu.Lock()
	now, missing := d.lookLocked(prices)
	d.gate.unpriced, d.gate.costed, d.gate.known = nil, missing, prices
	if limit.set {
		d.gate.unpriced, d.gate.costed = missing, nil
	}
	best := d.bestLocked(prices)
	due := len(d.eventsLocked(today, now, missing, limit, best)) > 0
	d.ledger.mu.Unlock()
	if due {
		events, err := d.ledger.write(ctx, r, func(*book.Book) ([]journal.Event, error) {
			d.ledger.mu.Lock()
			defer d.ledger.mu.Unlock()
			now, missing = d.lookLocked(prices) // A person may have done something meanwhile.
			return limit.closing(d.ledger.book, d.eventsLocked(today, now, missing, limit, d.bestLocked(prices))), nil
		})
		if err != nil {
			return err
		}
		d.gate.logHalt(events)
	}
	if len(missing) > 0 {
		return nil
	}
	return d.mark(ctx, r, now, prices)
}

// lookLocked is what the account is worth now, and what is held without a price of now. It keeps the prices, and forgets
// those of what is not held any more: they are of another time when it is held again.
func (d *days) lookLocked(prices book.PriceFunc) (equity decimal.Decimal, missing []string) {
	b := d.ledger.book
	d.hasEquity = true
	equity, missing = b.Equity(prices)
	if len(missing) > 0 {
		equity, _ = b.Equity(d.bestLocked(prices))
	}
	for h := range b.Holdings() {
		if price, ok := prices(h.Symbol); ok {
			d.seen[h.Symbol] = price
		}
	}
	isGone := func(symbol string, _ decimal.Decimal) bool { return b.Position(symbol).Quantity.IsZero() }
	maps.DeleteFunc(d.seen, isGone)
	maps.DeleteFunc(d.before, isGone)
	return equity, missing
}

// bestLocked is the price of now, or else the last one that was seen, by this process or by the one before.
func (d *days) bestLocked(now book.PriceFunc) book.PriceFunc {
	return func(symbol string) (decimal.Decimal, bool) {
		for _, price := range []book.PriceFunc{now, d.lastSeenLocked, priced(d.before)} {
			if p, ok := price(symbol); ok {
				return p, true
			}
		}
		return decimal.Zero, false
	}
}

// see keeps prices of what is held.
func (d *days) see(held []trading.Position, prices []decimal.Decimal) {
	d.ledger.mu.Lock()
	defer d.ledger.mu.Unlock()
	for i, p := range held {
		d.seen[p.Symbol] = prices[i]
	}
}

// eventsLocked are what is to be journaled of the days.
func (d *days) eventsLocked(
	today string, now decimal.Decimal, missing []string, limit lossLimits, price book.PriceFunc,
) []journal.Event {
	opened, profits := d.ledger.book.Day(), d.profitsLocked(limit, price)
	if opened.Day != "" && today <= opened.Day {
		return append(d.checkLocked(now, limit), d.instrumentsLocked(limit, profits)...)
	}
	begin, worst, known := now, now, len(missing) == 0
	began, worstOf := profits, profits
	if opened.Day != "" && d.end.day == opened.Day && limit.set { // Without a limit nobody looks between two Steps.
		begin, known = d.end.equity.Add(d.ledger.book.PaidIn()).Sub(d.end.paidIn), true
		began, worstOf = d.end.profits, worse(d.end.profits, profits)
		if d.end.exact {
			worstOf = began
		}
		if d.end.exact || begin.LessThan(worst) {
			worst = begin
		}
	}
	var events []journal.Event
	if opened.Day != "" {
		events = append(d.checkLocked(worst, limit), d.instrumentsLocked(limit, worstOf)...)
	}
	if !known { // Nobody knows yet what the new day begins with.
		return events
	}
	next := journal.DayOpened{Day: today, Equity: now}
	if !begin.Equal(now) {
		next.Before = begin
	}
	if limit.instruments {
		next.Profits = openProfits(d.ledger.book, began)
	}
	events = append(events, next)
	profitAtBegin := func(symbol string) (decimal.Decimal, bool) { return began[symbol], false }
	day := instrumentDay{today, d.endOf(today), begin, profitAtBegin}
	return append(append(events, limit.ofDay(today, begin, now)...), limit.ofInstruments(day, profits)...)
}

// checkLocked holds the losses of the open day, of its week and since the account's peak against their limits, unless that
// is recorded.
func (d *days) checkLocked(equity decimal.Decimal, limit lossLimits) (events []journal.Event) {
	b := d.ledger.book
	if opened := b.Day(); !b.Breached() {
		events = limit.ofDay(opened.Day, opened.Begin(), equity)
	}
	return append(events, limit.ofMore(b, equity, d.highLocked(equity))...)
}

// highLocked is the most that the account was worth since the process knows it and its peak last counted anew, with what
// was paid in since.
func (d *days) highLocked(equity decimal.Decimal) decimal.Decimal {
	b := d.ledger.book
	own := equity.Sub(b.PaidIn())
	if day, _, breached := b.Peak(); day == "" || breached {
		d.high = decimal.NullDecimal{} // It counts anew once a person has lifted the halt.
	} else if !d.high.Valid || own.GreaterThan(d.high.Decimal) {
		d.high = decimal.NewNullDecimal(own)
	}
	return d.high.Decimal.Add(b.PaidIn())
}

// rearm is what a person's word is journaled as: what it lifts, a loss that reaches the limit at this very moment among
// it, and that the loss of the day counts anew from now.
func (d *days) rearm(b *book.Book, by, today string, prices book.PriceFunc) []journal.Event {
	d.ledger.mu.Lock()
	defer d.ledger.mu.Unlock()
	equity, missing := d.lookLocked(prices)
	var events []journal.Event
	halt, limit := b.Halted(), d.env.lossLimits()
	profits := d.profitsLocked(limit, d.bestLocked(prices))
	if b.Day().Day != "" {
		events = d.checkLocked(equity, limit)
	}
	for _, event := range events {
		halted := event.(journal.Halted)
		halt = halt.With(halted.Reason)
		if halted.Limit == maxDrawdown {
			d.high = decimal.NullDecimal{} // as in highLocked
		}
	}
	events = append(events, d.instrumentsLocked(limit, profits)...)
	events = append(events, journal.Rearmed{By: by, Lifts: halt.Reasons()})
	if len(missing) == 0 {
		// A day that is still to come is of a clock that was set back since.
		next := journal.DayOpened{Day: max(today, b.Day().Day), Equity: equity}
		if limit.instruments {
			next.Profits = openProfits(b, profits)
		}
		events = append(events, next)
	}
	return events
}
