package risk

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"
)

// Loss is the loss from which trading is halted by the limit of a name, MaxDailyLoss, MaxWeeklyLoss or MaxDrawdown, or
// from which an instrument is locked by MaxInstrumentLoss, where began is what the account was worth when the loss began to count; false says that there is no limit. Where there is one in
// money and one as a part, the smaller counts.
func (r *Rules) Loss(name string, began decimal.Decimal) (limit decimal.Decimal, limited bool) {
	money, part := decimal.Zero, decimal.Zero
	switch name {
	case "MaxDailyLoss":
		if daily, set := r.DailyLoss(); set {
			money = daily
		}
		part = r.MaxDailyLossPart
	case "MaxWeeklyLoss":
		money, part = r.MaxWeeklyLoss, r.MaxWeeklyLossPart
	case "MaxDrawdown":
		money, part = r.MaxDrawdown, r.MaxDrawdownPart
	case "MaxInstrumentLoss":
		money, part = r.MaxInstrumentLoss, r.MaxInstrumentLossPart
	}
	ofPart := began.Mul(part)
	switch {
	case part.IsZero():
		return money, !money.IsZero()
	case money.IsZero(), ofPart.LessThan(money):
		return ofPart, true
	}
	return money, true
}

// FlattenOnLoss reports whether what is held is closed when a loss has reached its limit.
func (r *Rules) FlattenOnLoss() bool { return r.Flatten }

// errNoPart says of a part that it is none.
var errNoPart = errors.New("is not a fraction from 0 to below 1")

func (r *Rules) validateLosses() error {
	var all []error
	for _, f := range []struct {
		name  string
		value decimal.Decimal
		part  bool
	}{
		{"MaxDailyLossPart", r.MaxDailyLossPart, true}, {"MaxWeeklyLoss", r.MaxWeeklyLoss, false},
		{"MaxWeeklyLossPart", r.MaxWeeklyLossPart, true}, {"MaxDrawdown", r.MaxDrawdown, false},
		{"MaxDrawdownPart", r.MaxDrawdownPart, true}, {"MaxInstrumentLoss", r.MaxInstrumentLoss, false},
		{"MaxInstrumentLossPart", r.MaxInstrumentLossPart, true},
	} {
		err := notNegative(f.value)
		if err == nil && f.part && !f.value.LessThan(decimal.NewFromInt(1)) {
			err = errNoPart
		}
		if err != nil {
			all = append(all, fmt.Errorf("risk: Rules.%s %s %w", f.name, f.value, err))
		}
	}
	return errors.Join(all...)
}
