package alpaca

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var _ trading.ConversionReporter = (*Broker)(nil)

// What the venue calls a split, and another name.
const (
	kindSplit  = "SPLIT"
	kindRename = "NC"
)

// Conversions implements trading.ConversionReporter: splits and changes of a name, as the account's activities tell of them.
// What else happens to a company, such as a merger or a spin-off, is none: see Actions.
func (b *Broker) Conversions(ctx context.Context, since time.Time) ([]trading.Conversion, error) {
	rows, err := b.allActivities(ctx, since, kindSplit, kindRename)
	if err != nil {
		return nil, err
	}
	return conversions(rows, since)
}

// allActivities are those of some kinds, from a day before a time on.
func (b *Broker) allActivities(ctx context.Context, since time.Time, kinds ...string) (all []alpaca.AccountActivity, err error) {
	for behind := ""; ; {
		rows, err := b.activities(ctx, since, behind, maxActivities, kinds...)
		if err != nil {
			return nil, err
		}
		if err := goesOn(behind, rows); err != nil {
			return nil, err
		}
		all = append(all, rows...)
		if len(rows) < maxActivities {
			return all, nil
		}
		behind = rows[len(rows)-1].ID
	}
}

// conversions pairs the rows: the venue takes the old shares away in one, with a quantity below zero, and gives the new ones
// in another. Of a split it may tell in one row by how much what is held has changed: the ratio is then not told. A row that
// finds none to go with tells nothing.
func conversions(rows []alpaca.AccountActivity, since time.Time) (found []trading.Conversion, err error) {
	used := make([]bool, len(rows))
	for i, row := range rows {
		at, wrong := idTime(row.ID)
		err = errors.Join(err, wrong)
		if used[i] || at.Before(since) {
			continue
		}
		c := trading.Conversion{ID: row.ID, Symbol: row.Symbol, To: row.Symbol, Time: at}
		other, more := pairOf(rows, used, i)
		switch {
		case more, other < 0 && row.ActivityType == kindRename:
			continue
		case other >= 0:
			used[other] = true
			taken, given := row, rows[other]
			if taken.Qty.IsPositive() {
				taken, given = given, taken
			}
			c.Symbol, c.To = taken.Symbol, given.Symbol
			c.Old, c.New = lowest(taken.Qty.Neg(), given.Qty)
			if c.Validate() != nil {
				continue // Another number of the same share, such as a CUSIP.
			}
		}
		found = append(found, c)
	}
	if err != nil {
		return nil, fmt.Errorf("alpaca: splits and names: %w", err)
	}
	return found, nil
}

// pairOf is the row that gives what another one takes, or the other way round: of the same kind and day, and of the same
// share for a split, of the same quantity for a name. -1 for none; more says that several do, and it cannot be told which.
func pairOf(rows []alpaca.AccountActivity, used []bool, of int) (found int, more bool) {
	found = -1
	row := rows[of]
	for i, other := range rows {
		fits := other.Symbol == row.Symbol
		if row.ActivityType == kindRename {
			fits = other.Qty.Abs().Equal(row.Qty.Abs())
		}
		if i == of || used[i] || !fits || other.ActivityType != row.ActivityType || other.Date != row.Date ||
			other.Qty.Sign()*row.Qty.Sign() >= 0 {
			continue
		}
		if found >= 0 {
			return -1, true
		}
		found = i
	}
	return found, false
}

// lowest is a ratio in its lowest terms.
func lowest(oldPart, newPart decimal.Decimal) (decimal.Decimal, decimal.Decimal) {
	r := new(big.Rat).Quo(newPart.Rat(), oldPart.Rat())
	return decimal.NewFromBigInt(r.Denom(), 0), decimal.NewFromBigInt(r.Num(), 0)
}
