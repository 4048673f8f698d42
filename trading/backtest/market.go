package backtest

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// ErrTick ends a replay at a price that its instrument's Tick cannot hold. It would be traded at another price.
var ErrTick = errors.New("the price is no multiple of the instrument's Tick")

// The fewest and the most decimals of a Step that InstrumentOf gives.
const fewestDecimals, mostDecimals = 2, 9

// InstrumentOf is an instrument for a file of candles: its Tick is the smallest power of ten that holds every price in
// the file, and its Step a hundredth, or what is worth less than ten where the prices are dear.
func InstrumentOf(symbol string, p candle.Prices) trading.Instrument {
	places := fewestDecimals
	if p.High > 0 {
		places = min(max(fewestDecimals, int(math.Floor(math.Log10(p.High)))), mostDecimals)
	}
	return trading.Instrument{
		Symbol: symbol, Tick: decimal.New(1, -int32(p.Decimals)), Step: decimal.New(1, -int32(places)), //nolint:gosec // small
	}
}

// market is what the bars of a replay have to keep to.
type market struct {
	ticks map[string]float64 // by symbol
	end   time.Time          // of the bar before
	first signal.Bar         // the bar before
}

func newMarket(instruments []trading.Instrument) market {
	m := market{ticks: make(map[string]float64, len(instruments))}
	for _, i := range instruments {
		m.ticks[i.Symbol] = i.Tick.InexactFloat64()
	}
	return m
}

// take refuses a bar that ends before one that came before it: the clock of a replay never goes back, and what is
// decided on such a bar would have expired. It refuses prices off the tick as well.
func (m *market) take(bar signal.Bar) error {
	end := bar.End()
	if end.Before(m.end) {
		return fmt.Errorf("it ends at %s, and the bar of %s before it at %s: bars have to come in the order of their ends, "+
			"those of several symbols too", end.Format(time.RFC3339), m.first.Symbol, m.end.Format(time.RFC3339))
	}
	m.end, m.first = end, bar
	tick := m.ticks[bar.Symbol]
	for _, price := range [...]float64{bar.Open, bar.High, bar.Low, bar.Close} {
		if tick > 0 && !holds(tick, price) {
			return fmt.Errorf("%w: %v with a Tick of %v", ErrTick, price, tick)
		}
	}
	return nil
}

// exactly is how far a price may be from a tick, as a part of it: what a float64 that was computed with is off.
const exactly = 1e-9

func holds(tick, price float64) bool {
	return math.Abs(price-math.Round(price/tick)*tick) <= exactly*price
}
