package book

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Day is what an account did in one day, UTC. What happened counts in the day in which it was journaled: what was found out
// later is of the day in which it was found out, as it is for the loss of a day.
type Day struct {
	Day      string          `json:"day"` // 2006-01-02
	Fills    int             `json:"fills"`
	Volume   decimal.Decimal `json:"volume"`   // quantity times price of all fills
	Fees     decimal.Decimal `json:"fees"`     // in the quote currency
	Realized decimal.Decimal `json:"realized"` // before fees
	Moved    decimal.Decimal `json:"moved"`    // cash without a fill that is profit or loss, such as funding
	PaidIn   decimal.Decimal `json:"paid_in"`  // deposits less withdrawals: neither profit nor loss
	// Equity is what the account was worth at the end of the trading day of this date. It is null until the next trading
	// day is opened, which says so.
	Equity decimal.NullDecimal `json:"equity"`
}

// keepDays is how many days are kept with their totals.
const keepDays = 400

const secondsPerDay = 24 * 60 * 60

// sums are what an account has come to.
type sums struct{ fees, realized, moved, paidIn decimal.Decimal }

func (a *account) sums() sums {
	moved := decimal.Sum(a.moved[trading.CashFee], a.moved[trading.CashFunding], a.moved[trading.CashInsurance])
	return sums{a.fees, a.realized, moved, a.PaidIn()}
}

// days are the totals by day. Most are differences of what the account has come to, so that a day costs nothing until it
// ends.
type days struct {
	others []Day // all but the one that goes on, ascending; those to come are there where the clock was set back

	isOpen bool
	date   int64 // of the one that goes on, in days since 1970
	before sums  // what the account had come to without it
	fills  int
	volume volume
	equity decimal.NullDecimal
}

// Days returns the totals of the last 400 days in which anything happened, ascending.
func (b *Book) Days() []Day {
	all := slices.Clone(b.days.others)
	if b.days.isOpen {
		all = withDay(all, b.days.current(b.account.sums()))
	}
	return all
}

// at goes on to the day of what happens next. a is the account before that.
func (d *days) at(now time.Time, a *account) {
	date := now.Unix() / secondsPerDay
	if date == d.date && d.isOpen {
		return
	}
	sums := a.sums()
	if d.isOpen {
		d.others = withDay(d.others, d.current(sums))
	}
	d.open(date, sums)
}

// open begins a day, or takes it up again after a restart or where the clock was set.
func (d *days) open(date int64, now sums) {
	var was Day
	if i, found := findDay(d.others, dateOf(date)); found {
		was = d.others[i]
		d.others = slices.Delete(d.others, i, i+1)
	}
	d.isOpen, d.date, d.fills, d.volume, d.equity = true, date, was.Fills, volume{sum: was.Volume}, was.Equity
	d.before = sums{
		now.fees.Sub(was.Fees), now.realized.Sub(was.Realized), now.moved.Sub(was.Moved), now.paidIn.Sub(was.PaidIn),
	}
}

// current is the day that goes on.
func (d *days) current(now sums) Day {
	return Day{
		Day: dateOf(d.date), Fills: d.fills, Volume: d.volume.total(), Equity: d.equity,
		Fees: now.fees.Sub(d.before.fees), Realized: now.realized.Sub(d.before.realized),
		Moved: now.moved.Sub(d.before.moved), PaidIn: now.paidIn.Sub(d.before.paidIn),
	}
}

func (d *days) fill(f *trading.Fill) {
	d.fills++
	d.volume.add(f.Quantity, f.Price)
}

// ended says what the account was worth when a day ended.
func (d *days) ended(day string, equity decimal.Decimal) {
	known := decimal.NewNullDecimal(equity)
	if i, found := findDay(d.others, day); found {
		d.others[i].Equity = known
	} else if d.isOpen && dateOf(d.date) == day {
		d.equity = known
	}
}

func dateOf(date int64) string { return time.Unix(date*secondsPerDay, 0).UTC().Format(time.DateOnly) }

func findDay(all []Day, day string) (int, bool) {
	return slices.BinarySearchFunc(all, day, func(d Day, day string) int { return strings.Compare(d.Day, day) })
}

// withDay adds a day in its place, and drops the first of too many.
func withDay(all []Day, d Day) []Day {
	i, _ := findDay(all, d.Day)
	all = slices.Insert(all, i, d)
	return slices.Delete(all, 0, max(len(all)-keepDays, 0))
}
