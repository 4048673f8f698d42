package size

import (
	"errors"
	"fmt"
	"math"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Fraction holds a part of what the account is worth of each instrument: 0.1 is a tenth of it.
type Fraction struct {
	Of           decimal.Decimal
	ByConfidence bool `json:",omitempty"`
}

// Validate refuses what would refuse every signal.
func (f Fraction) Validate() error { return above("Fraction", "Of", f.Of) }

// Target implements Sizer.
func (f Fraction) Target(s trading.Sizing) (decimal.Decimal, error) {
	if err := f.Validate(); err != nil {
		return decimal.Zero, err
	}
	return target(s, f.ByConfidence, func() (decimal.Decimal, error) {
		worth, err := equity(s)
		return worth.Mul(f.Of), err
	})
}

// StopRisk holds so much that a stop-loss at a distance loses a part of what the account is worth, if it is filled where it
// stands: with Risk 0.01 and Distance 0.02 half of the account is held, and a stop two percent away loses one percent of it.
type StopRisk struct {
	Risk         decimal.Decimal // the part of the account that one trade may lose
	Distance     decimal.Decimal // of the stop-loss, as a fraction of the price: trading.FixedTicket's StopLoss
	ByConfidence bool            `json:",omitempty"`
}

// Validate refuses what would refuse every signal.
func (r StopRisk) Validate() error {
	return errors.Join(above("StopRisk", "Risk", r.Risk), above("StopRisk", "Distance", r.Distance))
}

// Target implements Sizer.
func (r StopRisk) Target(s trading.Sizing) (decimal.Decimal, error) {
	if err := r.Validate(); err != nil {
		return decimal.Zero, err
	}
	return target(s, r.ByConfidence, func() (decimal.Decimal, error) {
		worth, err := equity(s)
		amount, _ := worth.Mul(r.Risk).QuoRem(r.Distance, quotientPlaces)
		return amount, err
	})
}

// VolatilityTarget holds so much that the position moves the account by Part, however much the instrument moves: half as
// much of what moves twice as much. Part and what Of says are of the same time, such as a year, and fractions.
type VolatilityTarget struct {
	Part         decimal.Decimal
	Most         decimal.Decimal                     // the largest part of the account, however little the instrument moves
	Of           func(symbol string) (float64, bool) `json:"-"` // how much an instrument moves; false where nobody knows yet
	ByConfidence bool                                `json:",omitempty"`
}

// Validate refuses what would refuse every signal.
func (v VolatilityTarget) Validate() error {
	if v.Of == nil {
		return errors.New("size: VolatilityTarget.Of is nil")
	}
	return errors.Join(above("VolatilityTarget", "Part", v.Part), above("VolatilityTarget", "Most", v.Most))
}

// Target implements Sizer.
func (v VolatilityTarget) Target(s trading.Sizing) (decimal.Decimal, error) {
	if err := v.Validate(); err != nil {
		return decimal.Zero, err
	}
	return target(s, v.ByConfidence, func() (decimal.Decimal, error) { return v.notional(s) })
}

func (v VolatilityTarget) notional(s trading.Sizing) (decimal.Decimal, error) {
	worth, err := equity(s)
	if err != nil {
		return decimal.Zero, err
	}
	moves, ok := v.Of(s.Instrument.Symbol)
	if !ok || !(moves >= 0) || math.IsInf(moves, 1) {
		return decimal.Zero, fmt.Errorf("nobody knows how much %s moves", s.Instrument.Symbol)
	}
	part := v.Most
	if of := decimal.NewFromFloat(moves); of.Mul(v.Most).GreaterThan(v.Part) {
		part, _ = v.Part.QuoRem(of, quotientPlaces)
	}
	return worth.Mul(part), nil
}

// Kelly holds the part of the account that Kelly's rule gives for bets of a win rate and a payoff: the win rate, less the
// loss rate by the payoff (J. L. Kelly, A New Interpretation of Information Rate, 1956). Both are estimates, and whoever
// bets more than the rule's part loses in the long run, so that it is scaled and capped.
type Kelly struct {
	WinRate      decimal.Decimal // of all trades, between 0 and 1
	Payoff       decimal.Decimal // what the average win is, by the average loss
	Scale        decimal.Decimal // such as 0.5, for half of what the rule gives
	Most         decimal.Decimal // the largest part of the account
	ByConfidence bool            `json:",omitempty"`
}

// part is the part of the account that is held.
func (k Kelly) part() decimal.Decimal {
	one := decimal.NewFromInt(1)
	loss, _ := one.Sub(k.WinRate).QuoRem(k.Payoff, quotientPlaces)
	return decimal.Min(k.WinRate.Sub(loss).Mul(k.Scale), k.Most)
}

// Validate refuses what would refuse every signal, such as a rule that says to bet nothing.
func (k Kelly) Validate() error {
	err := errors.Join(above("Kelly", "WinRate", k.WinRate), above("Kelly", "Payoff", k.Payoff), above("Kelly", "Scale", k.Scale),
		above("Kelly", "Most", k.Most))
	switch {
	case err != nil:
		return err
	case !k.WinRate.LessThan(decimal.NewFromInt(1)):
		return fmt.Errorf("size: Kelly.WinRate %s is not below 1", k.WinRate)
	case !k.part().IsPositive():
		return fmt.Errorf("size: Kelly says to hold nothing: a win rate of %s loses at a payoff of %s", k.WinRate, k.Payoff)
	}
	return nil
}

// Target implements Sizer.
func (k Kelly) Target(s trading.Sizing) (decimal.Decimal, error) {
	if err := k.Validate(); err != nil {
		return decimal.Zero, err
	}
	return target(s, k.ByConfidence, func() (decimal.Decimal, error) {
		worth, err := equity(s)
		return worth.Mul(k.part()), err
	})
}
