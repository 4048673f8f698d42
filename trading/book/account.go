package book

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// account is the money: what it began with, what came of it, and what the day began with.
type account struct {
	capital  decimal.Decimal
	cash     decimal.Decimal
	fees     decimal.Decimal
	realized decimal.Decimal
	moved    map[trading.CashKind]decimal.Decimal // without a fill; nil until there is any
	other    map[string]decimal.Decimal           // in other assets; nil until there is any
	moves    once                                 // cash events
	day      journal.DayOpened
	breached bool            // its loss has reached the limit, and that is recorded
	given    decimal.Decimal // besides the capital, as its configuration said another sum
	losses
}

func newAccount(capital decimal.Decimal) account {
	return account{capital: capital, cash: capital}
}

// Capital is what the account began with.
func (a *account) Capital() decimal.Decimal { return a.capital }

// Cash is the capital, less what was paid for positions and in fees, and what moved without a fill.
func (a *account) Cash() decimal.Decimal { return a.cash }

// Day is the trading day last opened and what the account was worth then.
func (a *account) Day() journal.DayOpened { return a.day }

// Breached reports whether it is recorded that the loss of the day has reached its limit.
func (a *account) Breached() bool { return a.breached }

// PaidIn is what was deposited and not withdrawn: it is neither profit nor loss.
func (a *account) PaidIn() decimal.Decimal {
	return a.moved[trading.CashDeposit].Add(a.moved[trading.CashWithdrawal])
}

// Given is what the configuration of an account on paper said last that it has: what it began with, and what was given to
// it since. What else was deposited does not count.
func (a *account) Given() decimal.Decimal { return a.capital.Add(a.given) }

// HasMoved reports whether a cash event of this ID was applied.
func (a *account) HasMoved(id string) bool { return a.moves.has(id) }

// equity is the account's equity with so much unrealized profit.
func (a *account) equity(unrealized decimal.Decimal) decimal.Decimal {
	equity := a.capital.Add(a.realized).Sub(a.fees).Add(unrealized)
	for _, amount := range a.moved {
		equity = equity.Add(amount)
	}
	return equity
}

// applyFill takes what a fill cost out of the cash, or puts in what it brought, and takes note of what the position realized
// by it.
func (a *account) applyFill(f *trading.Fill, before, after trading.Position) {
	a.cash = f.CashAfter(a.cash)
	if !after.Realized.Equal(before.Realized) {
		a.realized = a.realized.Add(after.Realized.Sub(before.Realized))
	}
	if f.Fee.IsZero() {
		return
	}
	a.fees = a.fees.Add(f.QuoteFee())
	if asset := f.OtherAsset(); asset != "" {
		a.countOther(asset, f.Fee.Neg())
	}
}

// move adds what moved without a fill. What is deposited or withdrawn is neither profit nor loss of the day.
func (a *account) move(e trading.CashEvent) {
	if a.HasMoved(e.ID) {
		return
	}
	a.moves.add(e.ID, e.Time)
	a.moves.forget(keepMoves, e.Time)
	if e.Asset != "" {
		a.countOther(e.Asset, e.Amount)
		return
	}
	a.cash = a.cash.Add(e.Amount)
	if e.Configured {
		a.given = a.given.Add(e.Amount)
	}
	if a.moved == nil {
		a.moved = make(map[trading.CashKind]decimal.Decimal)
	}
	a.moved[e.Kind] = a.moved[e.Kind].Add(e.Amount)
	if e.Kind == trading.CashDeposit || e.Kind == trading.CashWithdrawal {
		a.losses.paidIn(e.Amount)
	}
	if a.day.Day != "" && (e.Kind == trading.CashDeposit || e.Kind == trading.CashWithdrawal) {
		a.day.Equity = a.day.Equity.Add(e.Amount)
		if !a.day.Before.IsZero() {
			a.day.Before = a.day.Before.Add(e.Amount)
		}
	}
}

// countOther adds up what was paid and received in assets besides the quote currency and what is traded.
func (a *account) countOther(asset string, amount decimal.Decimal) {
	if a.other == nil {
		a.other = make(map[string]decimal.Decimal)
	}
	a.other[asset] = a.other[asset].Add(amount)
}

func (a *account) checkDay(e journal.DayOpened) error {
	if _, err := time.Parse(time.DateOnly, e.Day); err != nil {
		return fmt.Errorf("book: day_opened: %q is no day: %w", e.Day, err)
	}
	if e.Day < a.day.Day {
		return fmt.Errorf("book: day_opened: %s is before %s", e.Day, a.day.Day)
	}
	return nil
}
