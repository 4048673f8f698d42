package alpacatest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// othersTrade is how many shares others trade when a test moves the price.
var othersTrade = decimal.NewFromInt(100)

// bar is what was traded of an asset in a minute, or in several.
type bar struct {
	at                                   time.Time
	open, high, low, close, volume, paid decimal.Decimal
	trades                               uint64
}

// join is a bar and what was traded after it.
func (b bar) join(later bar) bar {
	if b.trades == 0 {
		later.at = b.at
		return later
	}
	b.high, b.low = decimal.Max(b.high, later.high), decimal.Min(b.low, later.low)
	b.close, b.volume, b.paid = later.close, b.volume.Add(later.volume), b.paid.Add(later.paid)
	b.trades += later.trades
	return b
}

// told is a bar as the venue tells it. The stream's decoder of the venue's client for Go needs T first.
type told struct {
	Kind   string    `json:"T,omitempty"`
	Symbol string    `json:"S,omitempty"`
	Open   float64   `json:"o"`
	High   float64   `json:"h"`
	Low    float64   `json:"l"`
	Close  float64   `json:"c"`
	Volume uint64    `json:"v"`
	Time   time.Time `json:"t"`
	Trades uint64    `json:"n"`
	VWAP   float64   `json:"vw"`
}

func (b bar) told(kind, symbol string) told {
	return told{
		Kind: kind, Symbol: symbol, Open: b.open.InexactFloat64(), High: b.high.InexactFloat64(), Low: b.low.InexactFloat64(),
		Close: b.close.InexactFloat64(), Volume: uint64(b.volume.IntPart()), Time: b.at.UTC(), Trades: b.trades,
		VWAP: b.paid.DivRound(b.volume, 6).InexactFloat64(),
	}
}

// tape are the minutes of an asset in which something was traded, the oldest first.
type tape struct {
	minutes []bar
	told    int // so many of them are over and were told on the stream
}

func printed(at time.Time, price, quantity decimal.Decimal) bar {
	return bar{
		at: at, open: price, high: price, low: price, close: price, volume: quantity, paid: price.Mul(quantity), trades: 1,
	}
}

// print adds a trade to the minute that runs.
func (t *tape) print(now time.Time, price, quantity decimal.Decimal) {
	one := printed(now.Truncate(time.Minute), price, quantity)
	if n := len(t.minutes); n > 0 && t.minutes[n-1].at.Equal(one.at) {
		t.minutes[n-1] = t.minutes[n-1].join(one)
		return
	}
	t.minutes = append(t.minutes, one)
}

// History gives an asset the minutes before the one that runs: closes, the oldest first. They are minutes of trading; a
// night or a weekend lies between them as in the calendar.
func (v *Venue) History(symbol string, closes []decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	t := v.tapeLocked(symbol)
	running := v.Now().Truncate(time.Minute)
	past := make([]bar, len(closes))
	at := running
	for i := len(closes) - 1; i >= 0; i-- {
		at = v.minuteBefore(at)
		b := printed(at, closes[i], othersTrade)
		if i > 0 {
			b.open = closes[i-1]
			b.high, b.low = decimal.Max(b.open, b.close), decimal.Min(b.open, b.close)
		}
		past[i] = b
	}
	now := slices.DeleteFunc(t.minutes, func(b bar) bool { return b.at.Before(running) })
	t.minutes, t.told = slices.Concat(past, now), len(past)
}

// minuteBefore is the last minute of trading before a time.
func (v *Venue) minuteBefore(t time.Time) time.Time {
	opens, closes, ok := v.hours(t)
	switch {
	case ok && t.After(closes):
		return closes.Add(-time.Minute).UTC()
	case ok && t.After(opens):
		return t.Add(-time.Minute).UTC()
	}
	return v.minuteBefore(v.midnight(t).Add(-time.Second))
}

// CorrectBar has a trade come late, in the newest minute that is over: its bar is told again, as an updated one. It reports
// false where there is no such minute.
func (v *Venue) CorrectBar(symbol string, price decimal.Decimal) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.goOnLocked()
	t := v.tapeLocked(symbol)
	if t.told == 0 {
		return false
	}
	b := &t.minutes[t.told-1]
	*b = b.join(printed(b.at, price, othersTrade))
	v.tellDataLocked("updatedBars", symbol, b.told("u", symbol))
	return true
}

func (v *Venue) tapeLocked(symbol string) *tape {
	t, ok := v.tapes[symbol]
	if !ok {
		panic("alpacatest: Config.Assets has no " + symbol)
	}
	return t
}

// closeBarsLocked tells the minutes that are over.
func (v *Venue) closeBarsLocked(now time.Time) {
	for _, a := range v.cfg.Assets {
		t := v.tapes[a.Symbol]
		for t.told < len(t.minutes) && !t.minutes[t.told].at.Add(time.Minute).After(now) {
			b := t.minutes[t.told]
			t.told++
			v.tellDataLocked("bars", a.Symbol, b.told("b", a.Symbol))
			day := v.midnight(b.at)
			v.tellDataLocked("dailyBars", a.Symbol, t.from(day, day.AddDate(0, 0, 1)).told("d", a.Symbol))
		}
	}
}

// from joins the minutes from one time to before another.
func (t *tape) from(begin, end time.Time) bar {
	sum := bar{at: begin}
	i, _ := slices.BinarySearchFunc(t.minutes, begin, func(b bar, at time.Time) int { return b.at.Compare(at) })
	for ; i < len(t.minutes) && t.minutes[i].at.Before(end); i++ {
		sum = sum.join(t.minutes[i])
	}
	return sum
}
