package feed

import (
	"hash/fnv"
	"math"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// startPrices are around which the best known bases move. Any other base gets one from its symbol's hash.
var startPrices = map[string]float64{"BTC": 60_000, "ETH": 3_000, "SOL": 150}

// The range of the start prices that come from a hash.
const lowestStart, highestStart = 0.05, 500.0

// digits is how many digits before and after the point a start price has: 60000.0, 150.000.
const digits = 6

// points is at how many places inside a bar its high and low are looked for, besides its ends.
const points = 7

// turnover is what changes hands in a quiet market, in the quote currency per second.
const turnover = 20_000.0

// market is one symbol's prices, a function of time.
type market struct {
	symbol   string
	key      uint64
	start    float64 // the price around which it moves
	perUnit  float64 // ticks in one unit of price, a power of ten
	walk     *walk   // of the logarithm of the price
	interval time.Duration
	regimes  []regime
}

func newMarket(seed uint64, name string, symbol signal.Symbol, interval time.Duration) *market {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes anything
	key := mix(mix(seed) ^ h.Sum64())
	start, known := startPrices[strings.ToUpper(symbol.Base)]
	if !known { // the seed stays out of it: a symbol is worth about the same in each market
		start = lowestStart * math.Pow(highestStart/lowestStart, unit(h.Sum64()>>32))
	}
	return &market{
		symbol: name, key: key, start: start, interval: interval,
		perUnit: math.Pow(10, digits-1-math.Floor(math.Log10(start))),
		walk:    newWalk(key, interval),
	}
}

// price is what the symbol is worth at a time in Unix nanoseconds, in whole ticks.
func (m *market) price(ns int64) float64 {
	// Divided by a whole number rather than multiplied with the tick, so that it is the float64 nearest to the decimal.
	// It is never below a tick nor above what a float64 can count in ticks, whatever regimes there are.
	ticks := math.Round(m.start * math.Exp(under(m.regimes, ns, m.walk.at(ns))) * m.perUnit)
	return min(max(1, ticks), 1<<53) / m.perUnit
}

// bar is the bar that opens at the given time, at the given price.
func (m *market) bar(at time.Time, open float64) signal.Bar {
	ns := at.UnixNano()
	b := signal.Bar{Symbol: m.symbol, Time: at, Interval: m.interval, Open: open, High: open, Low: open}
	for i := range int64(points) {
		p := m.price(ns + int64(m.interval)/(points+1)*(i+1))
		b.High, b.Low = max(b.High, p), min(b.Low, p)
	}
	b.Close = m.price(ns + int64(m.interval))
	b.High, b.Low = max(b.High, b.Close), min(b.Low, b.Close)
	b.Volume = m.volume(b)
	return b
}

// volume is higher where the price moved more, and uneven besides.
func (m *market) volume(b signal.Bar) float64 {
	jitter := 0.5 + unit(mix(m.key^uint64(b.Time.UnixNano()))>>32)
	moved := 1 + 1000*(b.High-b.Low)/b.Open
	return math.Round(turnover/m.start*m.interval.Seconds()*jitter*moved*1e4) / 1e4
}
