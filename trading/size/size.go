// Package size holds the ready-made answers to how much to hold when a signal says long or short: a fixed amount, or a part
// of what the account is worth, by itself, by the distance of the stop, by how much the instrument moves, or by Kelly's rule.
//
// A signal that confirms the side of the standing target leaves that as it is: following the price with it would trade, and
// pay, on every bar. Quantities are rounded towards zero to whole steps, and what rounds to nothing is an error, which
// refuses the signal with these words; limits come after that, and are never exceeded for a size.
//
// A sizer is a value without state, safe for concurrent use. It reads no clock, and the same question gets the same answer.
// An Engine refuses to be made with one whose settings cannot be: each signal would be refused, in silence.
package size

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// quotientPlaces is how exact a quantity is before it is rounded to whole steps.
const quotientPlaces = 18

var _ = []trading.Sizer{FixedNotional{}, Fraction{}, StopRisk{}, VolatilityTarget{}, Kelly{}}

// FixedNotional holds Amount, in the quote currency, of each instrument: long or short.
type FixedNotional struct {
	Amount       decimal.Decimal
	ByConfidence bool `json:",omitempty"` // the signal's confidence, 0 to 1, scales it
}

// Validate refuses an amount with which every signal would be refused.
func (f FixedNotional) Validate() error {
	if !f.Amount.IsPositive() {
		return fmt.Errorf("size: FixedNotional.Amount %s is not above zero", f.Amount)
	}
	return nil
}

// Notional is what a position is worth at most that was opened from nothing.
func (f FixedNotional) Notional() decimal.Decimal { return f.Amount }

// Target implements Sizer.
func (f FixedNotional) Target(s trading.Sizing) (decimal.Decimal, error) {
	if err := f.Validate(); err != nil {
		return decimal.Zero, err
	}
	return target(s, f.ByConfidence, func() (decimal.Decimal, error) { return f.Amount, nil })
}

// target is what to hold for a signal, where notional says for how much.
func target(s trading.Sizing, byConfidence bool, notional func() (decimal.Decimal, error)) (decimal.Decimal, error) {
	direction := int(s.Signal.Direction)
	if s.Standing.Sign() == direction {
		return s.Standing, nil
	}
	if direction == 0 {
		return decimal.Zero, nil
	}
	amount, err := notional()
	if err != nil {
		return decimal.Zero, err
	}
	if byConfidence {
		confidence := s.Signal.Confidence
		if !(confidence > 0 && confidence <= 1) {
			return decimal.Zero, fmt.Errorf("the signal's confidence %v is not above 0 and up to 1", confidence)
		}
		amount = amount.Mul(decimal.NewFromFloat(confidence))
	}
	quantity, _ := amount.QuoRem(s.Price, quotientPlaces)
	rounded := s.Instrument.Quantity(quantity.Mul(decimal.NewFromInt(int64(direction))))
	if rounded.IsZero() {
		return decimal.Zero, fmt.Errorf("%s at %s is less than one step of %s", amount, s.Price, s.Instrument.Step)
	}
	return rounded, nil
}

// equity is what the account is worth.
func equity(s trading.Sizing) (decimal.Decimal, error) {
	if s.Account == nil {
		return decimal.Zero, errors.New("nobody knows what the account is worth")
	}
	worth := s.Account.Exact().Equity
	if !worth.IsPositive() {
		return decimal.Zero, fmt.Errorf("the account is worth %s", worth)
	}
	return worth, nil
}

// above says that a setting is not above zero.
func above(sizer, field string, d decimal.Decimal) error {
	if !d.IsPositive() {
		return fmt.Errorf("size: %s.%s %s is not above zero", sizer, field, d)
	}
	return nil
}
