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

// checkCollar says that the price of an instrument and that of a signal are too far apart; nil where they are not.
func (e *env) checkCollar(symbol string, price decimal.Decimal, signalPrice float64) error {
	p, _ := price.Float64()
	if f := e.cfg.Collar; f > 0 && (p > signalPrice*f || signalPrice > p*f) {
		return &collarError{symbol, price, signalPrice, f}
	}
	return nil
}
