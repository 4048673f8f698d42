package signal

import (
	"fmt"
	"math"
	"time"
)

// Bar is what a market did in one interval: open, high, low and close, and the volume that changed hands.
type Bar struct {
	Symbol   string
	Time     time.Time     // its open, UTC
	Interval time.Duration // from its open to its end
	Open     float64
	High     float64
	Low      float64
	Close    float64
	Volume   float64 // in the unit of its source
}

// End is when the bar closes, and the next one opens.
func (b Bar) End() time.Time { return b.Time.Add(b.Interval) }

// The seconds since 1970 between which nanoseconds since 1970 can be told: 1677 to 2262.
const earliest, latest = math.MinInt64/1_000_000_000 + 1, math.MaxInt64/1_000_000_000 - 1

// Validate says what is wrong with the bar: a price that is no finite number above zero, a high or low that does not
// bound open and close, a negative volume, no time, no interval. A bar lies between the years 1678 and 2262: beyond, two
// times have the same nanoseconds, and two bars would give signals of one ID.
func (b Bar) Validate() error {
	if b.valid() {
		return nil
	}
	return b.fault()
}

// valid is all of the rules at once: nearly every bar keeps them, and there are millions.
func (b *Bar) valid() bool {
	return b.Low > 0 && b.Low <= b.Open && b.Low <= b.Close && b.Open <= b.High && b.Close <= b.High &&
		b.High <= math.MaxFloat64 && b.Volume >= 0 && b.Volume <= math.MaxFloat64 && b.Interval > 0 &&
		b.Time.Unix() >= earliest && b.Time.Unix() <= latest-int64(b.Interval/time.Second)
}

// fault names the rule that a bar that is not sound breaks.
func (b *Bar) fault() error {
	for _, p := range []struct {
		name  string
		value float64
	}{{"open", b.Open}, {"high", b.High}, {"low", b.Low}, {"close", b.Close}} {
		if !(p.value > 0) || math.IsInf(p.value, 1) {
			return fmt.Errorf("%s %v is not a price", p.name, p.value)
		}
	}
	switch {
	case b.High < max(b.Open, b.Close):
		return fmt.Errorf("high %v is below open %v or close %v", b.High, b.Open, b.Close)
	case b.Low > min(b.Open, b.Close):
		return fmt.Errorf("low %v is above open %v or close %v", b.Low, b.Open, b.Close)
	case !(b.Volume >= 0) || math.IsInf(b.Volume, 1):
		return fmt.Errorf("volume %v is not a volume", b.Volume)
	case b.Time.IsZero():
		return fmt.Errorf("no time")
	case b.Interval <= 0:
		return fmt.Errorf("interval %s is not above zero", b.Interval)
	}
	return fmt.Errorf("time %s is not between the years 1678 and 2262", b.Time.Format(time.RFC3339))
}
