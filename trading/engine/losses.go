package engine

import (
	"cmp"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The limits on losses, as they are named in the journal.
const (
	maxDailyLoss  = "MaxDailyLoss"
	maxWeeklyLoss = "MaxWeeklyLoss"
	maxDrawdown   = "MaxDrawdown"

	maxInstrumentLoss = "MaxInstrumentLoss"
)

// lossLimiter is a Risk that limits other losses than that of a day in money. name is one of the limits above; began is
// what the account was worth when the loss began to count.
type lossLimiter interface {
	Loss(name string, began decimal.Decimal) (limit decimal.Decimal, limited bool)
	// FlattenOnLoss reports whether what is held is closed when a loss has reached its limit.
	FlattenOnLoss() bool
}

// lossLimits are the losses from which trading is halted.
type lossLimits struct {
	daily       decimal.Decimal // of a day, in money
	hasDaily    bool
	others      lossLimiter // nil where the Risk has none
	set         bool        // there is one
	instruments bool        // those of an instrument in a day are limited, too
}

func (e *env) lossLimits() lossLimits {
	var l lossLimits
	l.daily, l.hasDaily = e.cfg.Risk.DailyLoss()
	l.set = l.hasDaily
	l.others, _ = e.cfg.Risk.(lossLimiter)
	for _, name := range []string{maxDailyLoss, maxWeeklyLoss, maxDrawdown} {
		_, limited := l.of(name, decimal.Zero)
		l.set = l.set || limited
	}
	_, l.instruments = l.of(maxInstrumentLoss, decimal.Zero)
	l.set = l.set || l.instruments
	return l
}

// of is the loss from which trading is halted, where the account began with so much.
func (l lossLimits) of(name string, began decimal.Decimal) (limit decimal.Decimal, limited bool) {
	if l.others != nil {
		limit, limited = l.others.Loss(name, began)
	}
	if name == maxDailyLoss && l.hasDaily && (!limited || l.daily.LessThan(limit)) {
		return l.daily, true
	}
	return limit, limited
}

// flatten reports whether what is held is closed on a breach.
func (l lossLimits) flatten() bool { return l.others != nil && l.others.FlattenOnLoss() }

// ofDay is the halt for a day that began with one worth and has another now; none where the limit is not reached.
func (l lossLimits) ofDay(day string, began, equity decimal.Decimal) []journal.Event {
	loss := began.Sub(equity)
	limit, limited := l.of(maxDailyLoss, began)
	if !limited || loss.LessThan(limit) {
		return nil
	}
	reason := fmt.Sprintf("daily loss: %s lost since %s, the limit is %s", loss, day, limit)
	return []journal.Event{journal.Halted{Reason: reason, Day: day, Limit: maxDailyLoss}}
}

// ofMore are the halts for what was lost in longer than a day, unless they are recorded. high is what the account was worth
// at most since the process knows it.
func (l lossLimits) ofMore(b *book.Book, equity, high decimal.Decimal) (events []journal.Event) {
	if day, began, breached := b.Week(); day != "" && !breached {
		events = l.more(events, maxWeeklyLoss, "weekly loss", "the week of "+day, began, equity)
	}
	if day, began, breached := b.Peak(); day != "" && !breached {
		events = l.more(events, maxDrawdown, "drawdown", "the peak of", decimal.Max(began, high), equity)
	}
	return events
}

func (l lossLimits) more(
	events []journal.Event, name, what, since string, began, equity decimal.Decimal,
) []journal.Event {
	loss := began.Sub(equity)
	limit, limited := l.of(name, began)
	if !limited || loss.LessThan(limit) {
		return events
	}
	reason := fmt.Sprintf("%s: %s lost since %s %s, the limit is %s", what, loss, since, began, limit)
	return append(events, journal.Halted{Reason: reason, Limit: name})
}

// closing adds the closes to what a limit has reached: of all that is held for a halt, and of one instrument where it is
// locked.
func (l lossLimits) closing(b *book.Book, events []journal.Event) []journal.Event {
	all, limits := "", make(map[string]string)
	for _, event := range events {
		switch e := event.(type) {
		case journal.Halted:
			all = e.Limit
		case journal.Locked:
			limits[e.Symbol] = e.Limit
		default: // A day that is opened closes nothing.
		}
	}
	if !l.flatten() {
		return events
	}
	for _, p := range b.Positions() {
		if limit := cmp.Or(all, limits[p.Symbol]); limit != "" && !p.Quantity.IsZero() {
			events = append(events, closeAsked(b, p.Symbol, decimal.Zero, byLimit+limit))
		}
	}
	return events
}

// least is what the account has to be worth more than, so that no loss reaches a limit that is not recorded as reached;
// reached says that each is.
func (l lossLimits) least(b *book.Book) (least decimal.Decimal, reached bool) {
	reached = true
	look := func(name string, began decimal.Decimal, breached bool) {
		limit, limited := l.of(name, began)
		if !limited || breached {
			return
		}
		if from := began.Sub(limit); reached || from.GreaterThan(least) {
			least, reached = from, false
		}
	}
	look(maxDailyLoss, b.Day().Begin(), b.Breached())
	_, began, breached := b.Week()
	look(maxWeeklyLoss, began, breached)
	_, began, breached = b.Peak()
	look(maxDrawdown, began, breached)
	return least, reached
}

// followsPeak reports whether a new peak has to be seen, because the drawdown from it is limited.
func (l lossLimits) followsPeak(b *book.Book) bool {
	_, began, breached := b.Peak()
	_, limited := l.of(maxDrawdown, began)
	return limited && !breached
}
