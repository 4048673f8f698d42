package engine

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// collarError says that two prices of one instrument cannot both be right.
type collarError struct {
	symbol  string
	price   decimal.Decimal
	signals float64
	factor  float64
}

func (e *collarError) Error() string {
	return fmt.Sprintf("%s is worth %s, and %v by its signal: more than the factor %v lies between",
		e.symbol, e.price, e.signals, e.factor)
}

// collared says that the price of an instrument and that of a signal are too far apart; nil where they are not.
func (e *env) collared(symbol string, price decimal.Decimal, signalled float64) error {
	p, _ := price.Float64()
	if f := e.cfg.Collar; f > 0 && (p > signalled*f || signalled > p*f) {
		return &collarError{symbol, price, signalled, f}
	}
	return nil
}
