package trading

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Sizer decides how much to hold when a signal says long or short. It is asked synchronously, must not block, and for
// the same Sizing must give the same answer.
type Sizer interface {
	// Target returns the signed quantity to hold; whole steps are made of it later. An error refuses the signal.
	Target(Sizing) (decimal.Decimal, error)
}

// Sizing is what a Sizer decides from.
type Sizing struct {
	Signal     signal.Signal
	Instrument Instrument
	Price      decimal.Decimal // what the instrument is worth now
	Standing   decimal.Decimal // the target that the signal would replace; zero for none
}

// FixedNotional holds Amount, in the quote currency, of each instrument: long or short. A signal that confirms the side
// of the standing target leaves that as it is: following the price with it would trade, and pay, on every bar.
type FixedNotional struct {
	Amount decimal.Decimal
}

// Target implements Sizer.
func (f FixedNotional) Target(s Sizing) (decimal.Decimal, error) {
	if !f.Amount.IsPositive() {
		return decimal.Zero, fmt.Errorf("FixedNotional.Amount %s is not above zero", f.Amount)
	}
	direction := int(s.Signal.Direction)
	if s.Standing.Sign() == direction {
		return s.Standing, nil
	}
	quantity, _ := f.Amount.QuoRem(s.Price, costPlaces)
	target := s.Instrument.Quantity(quantity.Mul(decimal.NewFromInt(int64(direction))))
	if target.IsZero() && direction != 0 {
		return decimal.Zero, fmt.Errorf("%s at %s is less than one step of %s", f.Amount, s.Price, s.Instrument.Step)
	}
	return target, nil
}
