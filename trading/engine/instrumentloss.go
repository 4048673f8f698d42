package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// byLimit begins the By of what a limit has locked.
const byLimit = "limit: "

// instrumentDay is what an instrument's loss in one trading day is judged by.
type instrumentDay struct {
	day   string
	until time.Time                                   // when the day ends
	worth decimal.Decimal                             // of the account, when it began
	began func(symbol string) (decimal.Decimal, bool) // what it had brought by then, and whether the breach is recorded
}

// ofInstruments are the locks for what instruments have lost in a day, as they have brought so much by now. A day that is
// over locks nothing any more, and its breach is recorded all the same.
func (l lossLimits) ofInstruments(i instrumentDay, profits map[string]decimal.Decimal) (events []journal.Event) {
	limit, limited := l.of(maxInstrumentLoss, i.worth)
	if !limited || !l.instruments {
		return nil
	}
	for _, symbol := range slices.Sorted(maps.Keys(profits)) {
		began, breached := i.began(symbol)
		loss := began.Sub(profits[symbol])
		if breached || loss.LessThan(limit) {
			continue
		}
		events = append(events, journal.Locked{
			Symbol: symbol, Until: i.until.UTC(), By: byLimit + maxInstrumentLoss, Limit: maxInstrumentLoss, Day: i.day,
			Reason: fmt.Sprintf("daily loss: %s lost since %s, the limit is %s", loss, i.day, limit),
		})
	}
	return events
}

// instrumentsLocked holds the losses of instruments in the open day against their limit, unless that is recorded.
func (d *days) instrumentsLocked(limit lossLimits, profits map[string]decimal.Decimal) []journal.Event {
	b := d.ledger.book
	opened := b.Day()
	if !limit.instruments || opened.Day == "" {
		return nil
	}
	return limit.ofInstruments(instrumentDay{opened.Day, d.endOf(opened.Day), opened.Begin(), b.InstrumentDay}, profits)
}

// endOf is when a trading day ends.
func (d *days) endOf(day string) time.Time {
	began, err := time.ParseInLocation(time.DateOnly, day, d.env.cfg.Day)
	if err != nil {
		return time.Time{} // The book has let through only what is a day.
	}
	return began.AddDate(0, 0, 1)
}

// profitsLocked are what instruments have brought; nil where their losses are not limited.
func (d *days) profitsLocked(limit lossLimits, price book.PriceFunc) map[string]decimal.Decimal {
	if !limit.instruments {
		return nil
	}
	return d.ledger.book.Profits(price)
}

// worse is the smaller of two for each instrument.
func worse(x, y map[string]decimal.Decimal) map[string]decimal.Decimal {
	all := make(map[string]decimal.Decimal, len(x))
	maps.Copy(all, x)
	for symbol, profit := range y {
		if other, ok := all[symbol]; !ok || profit.LessThan(other) {
			all[symbol] = profit
		}
	}
	return all
}

// openProfits are those with which the day of an instrument begins, where they are something else than what is realized.
func openProfits(b *book.Book, profits map[string]decimal.Decimal) map[string]decimal.Decimal {
	realized := b.Profits(func(string) (decimal.Decimal, bool) { return decimal.Zero, false })
	open := make(map[string]decimal.Decimal)
	for symbol, profit := range profits {
		if !profit.Equal(realized[symbol]) {
			open[symbol] = profit
		}
	}
	return open
}
