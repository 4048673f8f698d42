package trading

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Instrument is what can be traded, and in which steps. Its methods are the only way from the float64 of bars and
// signals to the exact numbers of orders.
//
// A symbol that names its assets is written as their names with a slash between, BTC/USDT, and what follows a colon is
// what it settles in, BTC/USDT:USDT. By these names a fee is told that is paid in what was bought.
type Instrument struct {
	Symbol      string
	Tick        decimal.Decimal // the price increment, above zero
	Step        decimal.Decimal // the quantity increment, above zero
	MinQuantity decimal.Decimal // the smallest order; zero for none
	MinNotional decimal.Decimal // the smallest price x quantity of an order that opens; zero for none
	// Delisted is when the venue ends trading in it, where it has announced that: nothing is opened from then on, when it is
	// known. Zero says that nothing is announced; an end that is in the nature of a contract, such as a quarter's, is none.
	Delisted time.Time
}

// assets are the names that a symbol has for what is traded and for what that is paid in; empty where it has none, as
// that of a stock.
func assets(symbol string) (base, quote string) {
	base, quote, ok := strings.Cut(symbol, "/")
	if !ok {
		return "", ""
	}
	quote, _, _ = strings.Cut(quote, ":")
	return base, quote
}

// Validate says which field cannot be.
func (i Instrument) Validate() error {
	switch {
	case i.Symbol == "":
		return fmt.Errorf("trading: instrument without a Symbol")
	case !i.Tick.IsPositive():
		return fmt.Errorf("trading: instrument %s: Tick %s is not above zero", i.Symbol, i.Tick)
	case !i.Step.IsPositive():
		return fmt.Errorf("trading: instrument %s: Step %s is not above zero", i.Symbol, i.Step)
	case i.MinQuantity.IsNegative():
		return fmt.Errorf("trading: instrument %s: MinQuantity %s is negative", i.Symbol, i.MinQuantity)
	case i.MinNotional.IsNegative():
		return fmt.Errorf("trading: instrument %s: MinNotional %s is negative", i.Symbol, i.MinNotional)
	}
	return nil
}

// Price converts a price to the nearest tick. What is no finite number above zero, or less than half a tick, is an
// error.
func (i Instrument) Price(p float64) (decimal.Decimal, error) {
	if !(p > 0) || math.IsInf(p, 1) {
		return decimal.Decimal{}, fmt.Errorf("trading: %s: %v is not a price", i.Symbol, p)
	}
	price := decimal.NewFromFloat(p)
	if !isWhole(price, i.Tick) {
		price = price.DivRound(i.Tick, 0).Mul(i.Tick)
	}
	if !price.IsPositive() {
		return decimal.Decimal{}, fmt.Errorf("trading: %s: price %v is below half a tick of %s", i.Symbol, p, i.Tick)
	}
	return price, nil
}

// OnTick reports whether price is a whole number of ticks; zero, an order's price that is not set, is one.
func (i Instrument) OnTick(price decimal.Decimal) bool {
	return price.IsZero() || isWhole(price, i.Tick) || price.Mod(i.Tick).IsZero()
}

// Quantity rounds a quantity towards zero to a whole number of steps; its sign stays.
func (i Instrument) Quantity(q decimal.Decimal) decimal.Decimal {
	if isWhole(q, i.Step) {
		return q
	}
	steps, _ := q.QuoRem(i.Step, 0)
	return steps.Mul(i.Step)
}

// isWhole reports whether a number is seen to be a multiple of a power of ten, as most prices and quantities are of
// ticks and steps. It spares them a division, the dearest of sums.
func isWhole(d, unit decimal.Decimal) bool {
	return d.Exponent() >= unit.Exponent() && unit.NumDigits() == 1 && unit.CoefficientInt64() == 1
}
