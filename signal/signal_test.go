package signal_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Stores hold IDs that earlier programs derived: an ID that came out otherwise would be a second signal.
func TestSameFiveGiveTheSameID(t *testing.T) {
	t.Parallel()
	bar := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	stream := signal.Stream{Strategy: "ema_cross", Params: "fast=8,slow=21", Symbol: "BTC/USDT", Interval: time.Hour}
	first := stream.ID(bar)
	require.Equal(t, "6ca7e376b84bfbf3e08d563a", first)
	require.Equal(t, first, stream.ID(bar.In(time.FixedZone("", 60))))
	with := func(change func(*signal.Stream)) string {
		other := stream
		change(&other)
		return other.ID(bar)
	}
	for name, other := range map[string]string{
		"another strategy":            with(func(s *signal.Stream) { s.Strategy = "ema" }),
		"other parameters":            with(func(s *signal.Stream) { s.Params = "fast=8,slow=22" }),
		"another symbol":              with(func(s *signal.Stream) { s.Symbol = "ETH/USDT" }),
		"another interval":            with(func(s *signal.Stream) { s.Interval = time.Minute }),
		"another bar":                 stream.ID(bar.Add(1)),
		"the same letters, other cut": with(func(s *signal.Stream) { s.Strategy, s.Params = "ema_crossf", "ast=8,slow=21" }),
	} {
		require.NotEqual(t, first, other, name)
	}
}

func TestSignalSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, direction := range []signal.Direction{signal.Short, signal.Flat, signal.Long} {
		s := signal.Signal{
			ID: "a", Seq: 7, Strategy: "b", Params: "c=1", Symbol: "D/E", Interval: 5 * time.Second, Direction: direction,
			Confidence: 0.25, Price: 1.5, BarTime: time.Unix(1, 0).UTC(), CreatedAt: time.Unix(2, 0).UTC(), ValidUntil: time.Unix(3, 0).UTC(),
		}
		text, err := json.Marshal(s)
		require.NoError(t, err)
		require.Contains(t, string(text), `"interval":"5s"`)
		require.NotContains(t, string(text), "parts")
		var back signal.Signal
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, s, back)
	}
}

func TestPartsSurviveJSON(t *testing.T) {
	t.Parallel()
	s := signal.Signal{ID: "a", Parts: []signal.Part{
		{Strategy: "b", Params: "c=1", Weight: 2, Spoke: true, Direction: signal.Short, Confidence: 0.25}, {Strategy: "d"},
	}}
	text, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(text),
		`"parts":[{"strategy":"b","params":"c=1","weight":2,"spoke":true,"direction":"short","confidence":0.25},`)
	var back signal.Signal
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, s.Parts, back.Parts)
}

func TestSignalThatNoStoreCouldGiveBackIsNamed(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*signal.Signal){
		"a signal of s for BTC has no ID":                         func(s *signal.Signal) { s.ID = "" },
		`signal a: "BTC\xff" is not UTF-8`:                        func(s *signal.Signal) { s.Symbol = "BTC\xff" },
		"signal a: Price -Inf is not a number":                    func(s *signal.Signal) { s.Price = math.Inf(-1) },
		"signal a: Confidence NaN is not a number":                func(s *signal.Signal) { s.Confidence = math.NaN() },
		"signal a: Direction(-2) is no direction":                 func(s *signal.Signal) { s.Direction = -2 },
		"signal a: the year 10000 does not have four digits":      func(s *signal.Signal) { s.BarTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		`signal a: Parts[0] "b": Direction(2) is no direction`:    func(s *signal.Signal) { s.Parts = []signal.Part{{Strategy: "b", Direction: 2}} },
		`signal a: Parts[0] "b": Confidence NaN is not a number`:  func(s *signal.Signal) { s.Parts = []signal.Part{{Strategy: "b", Confidence: math.NaN()}} },
		`signal a: Parts[0] "b": Strategy or Params is not UTF-8`: func(s *signal.Signal) { s.Parts = []signal.Part{{Strategy: "b", Params: "\xff"}} },
	} {
		s := signal.Signal{ID: "a", Strategy: "s", Symbol: "BTC"}
		require.NoError(t, s.Validate())
		spoil(&s)
		require.EqualError(t, s.Validate(), want)
	}
}

func TestBarLiesWhereNanosecondsCanBeTold(t *testing.T) {
	t.Parallel()
	bar := signal.Bar{Open: 1, High: 1, Low: 1, Close: 1, Interval: time.Hour}
	for year, well := range map[int]bool{1: false, 1677: false, 1678: true, 1969: true, 2261: true, 2263: false, 9999: false} {
		bar.Time = time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
		if err := bar.Validate(); well {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "-06-01T00:00:00Z is not between the years 1678 and 2262")
		}
	}
	bar.Time, bar.Interval = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64
	require.ErrorContains(t, bar.Validate(), "is not between", "its end is beyond")
}

func TestDirectionThatIsNoneIsRefusedBothWays(t *testing.T) {
	t.Parallel()
	_, err := json.Marshal(signal.Signal{Direction: 2})
	require.ErrorContains(t, err, "Direction(2) is none of short, flat, long")
	var d signal.Direction
	require.EqualError(t, d.UnmarshalText([]byte("up")), `signal: direction "up" is none of short, flat, long`)
}

// A bar is valid exactly where each of the rules holds, taken one by one.
func TestBarIsValidWhereEachRuleHolds(t *testing.T) {
	t.Parallel()
	numbers := []float64{1, 1, 1, 1, 1, 1, 1, 1, 5e-324, 2, math.MaxFloat64, math.Inf(-1), -1, 0, math.Inf(1), math.NaN()}
	price := func(x float64) bool { return x > 0 && !math.IsInf(x, 1) }
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) float64 { return rapid.SampledFrom(numbers).Draw(t, name) }
		b := signal.Bar{
			Time:     rapid.SampledFrom([]time.Time{origin, origin, origin, {}, time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)}).Draw(t, "time"),
			Interval: rapid.SampledFrom([]time.Duration{1, time.Minute, time.Hour, -1, 0, math.MaxInt64}).Draw(t, "interval"),
			Open:     draw("open"), High: draw("high"), Low: draw("low"), Close: draw("close"), Volume: draw("volume"),
		}
		valid := price(b.Open) && price(b.High) && price(b.Low) && price(b.Close) &&
			b.High >= b.Open && b.High >= b.Close && b.Low <= b.Open && b.Low <= b.Close &&
			b.Volume >= 0 && !math.IsInf(b.Volume, 1) && b.Interval > 0 && b.Time.Equal(origin) && b.Interval < math.MaxInt64
		require.Equal(t, valid, b.Validate() == nil, "%+v: %v", b, b.Validate())
	})
}
