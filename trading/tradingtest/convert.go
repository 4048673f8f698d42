package tradingtest

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var _ trading.ConversionReporter = (*Venue)(nil)

// Convert makes of an instrument what a conversion says, as a venue does overnight: what rests is canceled, what is held and
// the price are in the new units. paid is the fraction of what is held then that is paid out, zero for none. It is told by
// Conversions where it has an ID.
func (v *Venue) Convert(c trading.Conversion, paid decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range slices.Clone(v.resting) {
		if o.Symbol == c.Symbol {
			v.cancelLocked(o.ClientID, c.String())
		}
	}
	held, price := v.held[c.Symbol], v.prices[c.Symbol]
	delete(v.held, c.Symbol)
	if c.Symbol != c.To {
		delete(v.prices, c.Symbol)
	}
	v.held[c.To] = v.held[c.To].Add(c.Quantity(held).Sub(paid))
	v.prices[c.To] = c.Price(price, decimal.Zero)
	if c.ID != "" {
		c.Time = v.clock.Now().UTC()
		v.conversions = append(v.conversions, c)
	}
	v.pushLocked()
}

// Conversions implements trading.ConversionReporter.
func (v *Venue) Conversions(ctx context.Context, since time.Time) (told []trading.Conversion, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.conversions {
		if !c.Time.Before(since) {
			told = append(told, c)
		}
	}
	return told, ctx.Err()
}
