// Package size holds the ready-made answers to how much to hold when a signal says long or short.
//
// A sizer is a value without state, safe for concurrent use. It reads no clock, and the same question gets the same answer.
package size

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// quotientPlaces is how exact a quantity is before it is rounded to whole steps.
const quotientPlaces = 18

var _ trading.Sizer = FixedNotional{}

// FixedNotional holds Amount, in the quote currency, of each instrument: long or short. A signal that confirms the side
// of the standing target leaves that as it is: following the price with it would trade, and pay, on every bar.
//
// An Engine refuses to be made with one whose amount is not above zero, or above a limit: each signal would be refused, or
// cut, in silence.
type FixedNotional struct {
	Amount decimal.Decimal
}

// Validate refuses an amount with which every signal would be refused.
func (f FixedNotional) Validate() error {
	if !f.Amount.IsPositive() {
		return fmt.Errorf("size: FixedNotional.Amount %s is not above zero", f.Amount)
	}
	return nil
}

// Notional is what a position is worth that was opened from nothing.
func (f FixedNotional) Notional() decimal.Decimal { return f.Amount }

// Target implements Sizer.
func (f FixedNotional) Target(s trading.Sizing) (decimal.Decimal, error) {
	if err := f.Validate(); err != nil {
		return decimal.Zero, err
	}
	direction := int(s.Signal.Direction)
	if s.Standing.Sign() == direction {
		return s.Standing, nil
	}
	quantity, _ := f.Amount.QuoRem(s.Price, quotientPlaces)
	target := s.Instrument.Quantity(quantity.Mul(decimal.NewFromInt(int64(direction))))
	if target.IsZero() && direction != 0 {
		return decimal.Zero, fmt.Errorf("%s at %s is less than one step of %s", f.Amount, s.Price, s.Instrument.Step)
	}
	return target, nil
}
