package exit

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// defaultPeriod is that of Wilder's average true range.
const defaultPeriod = 14

// Trailing has the stop follow the price, and never back. The distance is one of Part, Amount and Times.
type Trailing struct {
	Part   decimal.Decimal // the distance as a fraction of the price: 0.02 is two percent
	Amount decimal.Decimal // or in the quote currency
	Times  decimal.Decimal // or so many average true ranges of the newest bars; without enough of them it stands still
	Period int             // of that range, in bars; 0 means 14
	From   decimal.Decimal // it begins once so much was gained, as a fraction of the entry; 0 means at once
	// OnBars goes by what bars closed at while the position was held, and not by each price: fewer moves, none by a price
	// that was there for a moment, and those of a backtest on the same bars.
	OnBars bool
	// Extremes, with OnBars, goes by the highest price of each bar, or the lowest where the position is short, as who looks at
	// every price does. A bar that began before the position was opened still counts with what it closed at.
	Extremes bool
}

// Name implements trading.Exit.
func (Trailing) Name() string { return "trailing" }

// String says how it is set.
func (t Trailing) String() string {
	text := "trailing by " + t.distanceText()
	if t.From.IsPositive() {
		text += fmt.Sprintf(" from a gain of %s", t.From)
	}
	switch {
	case t.Extremes:
		text += " on the extremes of bars"
	case t.OnBars:
		text += " on bars"
	}
	return text
}

func (t Trailing) distanceText() string {
	switch {
	case t.Times.IsPositive():
		return fmt.Sprintf("%s ATR(%d)", t.Times, cmp.Or(t.Period, defaultPeriod))
	case t.Amount.IsPositive():
		return t.Amount.String()
	}
	return t.Part.Mul(decimal.NewFromInt(100)).String() + "%"
}

// Validate says what of it cannot be.
func (t Trailing) Validate() error {
	set := 0
	for _, d := range []struct {
		name  string
		value decimal.Decimal
	}{{"Part", t.Part}, {"Amount", t.Amount}, {"Times", t.Times}} {
		if d.value.IsNegative() {
			return fmt.Errorf("exit: Trailing.%s %s is negative", d.name, d.value)
		}
		if d.value.IsPositive() {
			set++
		}
	}
	switch {
	case set != 1:
		return fmt.Errorf("exit: of Trailing's Part, Amount and Times %d are set, and not one", set)
	case !isPart(t.Part):
		return fmt.Errorf("exit: Trailing.Part %s is not below 1", t.Part)
	case t.Period < 0:
		return fmt.Errorf("exit: Trailing.Period %d is negative", t.Period)
	case t.Extremes && !t.OnBars:
		return errors.New("exit: Trailing.Extremes goes with OnBars only")
	case t.From.IsNegative():
		return fmt.Errorf("exit: Trailing.From %s is negative", t.From)
	}
	return nil
}

// Adjust implements trading.Exit.
func (t Trailing) Adjust(h trading.Held) trading.Adjustment {
	price := t.price(h)
	if !price.IsPositive() || t.From.IsPositive() && gain(h, price).LessThan(t.From) {
		return trading.Adjustment{}
	}
	distance, ok := t.distance(h, price)
	if !ok {
		return trading.Adjustment{}
	}
	return trading.Adjustment{
		StopLoss: price.Sub(h.Side().Signed(distance)), Reason: fmt.Sprintf("%s from %s", t.distanceText(), price),
	}
}

// price is what it trails; zero where there is nothing yet.
func (t Trailing) price(h trading.Held) decimal.Decimal {
	if !t.OnBars {
		return h.Price
	}
	if len(h.Bars) == 0 {
		return decimal.Zero
	}
	last := h.Bars[len(h.Bars)-1]
	price := last.Close
	switch {
	case !last.End().After(h.Opened):
		return decimal.Zero
	case !t.Extremes || last.Time.Before(h.Opened):
	case h.Side() == trading.Buy:
		price = last.High
	default:
		price = last.Low
	}
	return decimal.NewFromFloat(price)
}

// distance is how far behind a price the stop stands, and false where that cannot be said.
func (t Trailing) distance(h trading.Held, price decimal.Decimal) (decimal.Decimal, bool) {
	switch {
	case t.Part.IsPositive():
		return price.Mul(t.Part), true
	case t.Amount.IsPositive():
		return t.Amount, true
	}
	atr, err := indicator.NewATR(cmp.Or(t.Period, defaultPeriod))
	if err != nil {
		return decimal.Zero, false
	}
	width, ready := 0.0, false
	for _, bar := range h.Bars {
		width, ready = atr.Update(bar.High, bar.Low, bar.Close)
	}
	if !ready || !(width > 0) {
		return decimal.Zero, false
	}
	return decimal.NewFromFloat(width).Mul(t.Times), true
}
