package peers_test

import (
	"testing"

	"github.com/c9s/bbgo/pkg/bbgo"
	"github.com/c9s/bbgo/pkg/types"
	"github.com/cinar/indicator/v2/helper"
	"github.com/cinar/indicator/v2/momentum"
	"github.com/cinar/indicator/v2/trend"
	"github.com/cinar/indicator/v2/volatility"
	"github.com/markcheno/go-talib"
	"github.com/sdcoffey/techan"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// readings are what the five indicators show after a bar.
type readings struct{ EMA, RSI, ATR, Upper, Lower, MACD, Signal float64 }

func (r readings) list() []float64 {
	return []float64{r.EMA, r.RSI, r.ATR, r.Upper, r.Lower, r.MACD, r.Signal}
}

// five is one library's way to an EMA of 21, an RSI and an ATR of 14, Bollinger's bands of 20 and a MACD of 12, 26, 9.
type five struct {
	name   string
	bars   int             // how many a pass of the benchmark has
	other  func(*readings) // takes out what this library means otherwise
	within float64         // how far the readings may lie from vigil's
	new    func(tb testing.TB, bars []signal.Bar) (work func() readings)
}

func fives() []five {
	none := func(*readings) {}
	rsi := func(r *readings) { r.RSI = 0 } // its gains and losses are in plain averages
	atr := func(r *readings) { r.ATR = 0 } // its ranges are in a plain average
	return []five{
		{"vigil", 100_000, none, 0, vigilFive},
		{"bbgo", 100_000, rsi, 1e-6, bbgoFive},
		{"cinar", 100_000, atr, 1e-6, cinarFive},
		{"techan", 10_000, atr, 1e-6, techanFive},
		{"talib/window", 10_000, none, 1e-3, talibFiveOfWindow},
		{"talib/batch", 100_000, none, 1e-6, talibFive},
	}
}

func TestPeersIndicatorsShowTheSame(t *testing.T) {
	t.Parallel()
	all := bars(2_000)
	for _, f := range fives() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			want, got := vigilFive(t, all)(), f.new(t, all)()
			f.other(&want)
			f.other(&got)
			require.InDeltaSlice(t, want.list(), got.list(), f.within, "%+v instead of %+v", got, want)
		})
	}
}

// BenchmarkFive is a pass of the five over all bars. Making ready for one is left out.
func BenchmarkFive(b *testing.B) {
	for _, f := range fives() {
		b.Run(f.name, func(b *testing.B) {
			all := bars(f.bars)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				work := f.new(b, all)
				b.StartTimer()
				work()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(f.bars), "ns/bar")
		})
	}
}

func vigilFive(tb testing.TB, bars []signal.Bar) func() readings {
	ema, err := indicator.NewEMA(21)
	require.NoError(tb, err)
	rsi, err := indicator.NewRSI(14)
	require.NoError(tb, err)
	atr, err := indicator.NewATR(14)
	require.NoError(tb, err)
	bands, err := indicator.NewBollinger(20, 2)
	require.NoError(tb, err)
	macd, err := indicator.NewMACD(12, 26, 9)
	require.NoError(tb, err)
	return func() (r readings) {
		for i := range bars {
			b := &bars[i]
			r.EMA, _ = ema.Update(b.Close)
			r.RSI, _ = rsi.Update(b.Close)
			r.ATR, _ = atr.Update(b.High, b.Low, b.Close)
			band, _ := bands.Update(b.Close)
			lines, _ := macd.Update(b.Close)
			r.Upper, r.Lower, r.MACD, r.Signal = band.Upper, band.Lower, lines.Line, lines.Signal
		}
		return r
	}
}

// bbgoFive has the series of bars and closes beside it that bbgo's indicators hang from.
func bbgoFive(_ testing.TB, bars []signal.Bar) func() readings {
	stream, all := types.NewStandardStream(), klines(bars)
	symbol := bars[0].Symbol
	set := bbgo.NewIndicatorSet(symbol, &stream, types.NewMarketDataStore(symbol))
	of := func(n int) types.IntervalWindow {
		return types.IntervalWindow{Interval: types.Interval1m, Window: n}
	}
	ema, rsi, atr := set.EMA(of(21)), set.RSI(of(14)), set.ATR(types.Interval1m, 14)
	bands, macd := set.BOLL(of(20), 2), set.MACD(types.Interval1m, 12, 26, 9)
	return func() readings {
		for _, k := range all {
			stream.EmitKLineClosed(k)
		}
		return readings{
			ema.Last(0), rsi.Last(0), atr.Last(0), bands.UpBand.Last(0), bands.DownBand.Last(0),
			macd.Last(0), macd.Signal.Last(0),
		}
	}
}

func techanFive(_ testing.TB, bars []signal.Bar) func() readings {
	all, series := candles(bars), techan.NewTimeSeries()
	closes := techan.NewClosePriceIndicator(series)
	macd := techan.NewMACDIndicator(closes, 12, 26)
	each := []techan.Indicator{
		techan.NewEMAIndicator(closes, 21), techan.NewRelativeStrengthIndexIndicator(closes, 14),
		techan.NewAverageTrueRangeIndicator(series, 14), techan.NewBollingerUpperBandIndicator(closes, 20, 2),
		techan.NewBollingerLowerBandIndicator(closes, 20, 2), macd, techan.NewEMAIndicator(macd, 9),
	}
	return func() readings {
		var last [7]float64
		for i, candle := range all {
			series.AddCandle(candle)
			for j, indicator := range each {
				last[j] = indicator.Calculate(i).Float()
			}
		}
		return readings{last[0], last[1], last[2], last[3], last[4], last[5], last[6]}
	}
}

// cinarFive has a goroutine for each step of a calculation. Its outputs begin at different bars; the last are of one.
func cinarFive(_ testing.TB, bars []signal.Bar) func() readings {
	return func() readings {
		feed := make(chan signal.Bar)
		go func() {
			defer close(feed)
			for _, b := range bars {
				feed <- b
			}
		}()
		each := helper.Duplicate[signal.Bar](feed, 3)
		highs := helper.Map(each[0], func(b signal.Bar) float64 { return b.High })
		lows := helper.Map(each[1], func(b signal.Bar) float64 { return b.Low })
		closes := helper.Duplicate(helper.Map(each[2], func(b signal.Bar) float64 { return b.Close }), 5)
		upper, middle, lower := volatility.NewBollingerBands[float64]().Compute(closes[3])
		macd, line := trend.NewMacd[float64]().Compute(closes[4])
		lasts := []<-chan float64{
			trend.NewEmaWithPeriod[float64](21).Compute(closes[0]), momentum.NewRsi[float64]().Compute(closes[1]),
			volatility.NewAtr[float64]().Compute(highs, lows, closes[2]),
			upper, lower, macd, line, middle,
		}
		var r [8]float64
		done := make(chan struct{})
		for i, values := range lasts {
			go func() {
				for v := range values {
					r[i] = v
				}
				done <- struct{}{}
			}()
		}
		for range lasts {
			<-done
		}
		return readings{r[0], r[1], r[2], r[3], r[4], r[5], r[6]}
	}
}

// talibFive calculates all at once, for whom all bars are there.
func talibFive(_ testing.TB, bars []signal.Bar) func() readings {
	highs, lows, closes := make([]float64, len(bars)), make([]float64, len(bars)), closesOf(bars)
	for i, b := range bars {
		highs[i], lows[i] = b.High, b.Low
	}
	return func() readings { return talibReadings(highs, lows, closes) }
}

// talibFiveOfWindow calculates them anew from the newest bars at each.
func talibFiveOfWindow(_ testing.TB, bars []signal.Bar) func() readings {
	highs, lows, closes := make([]float64, len(bars)), make([]float64, len(bars)), closesOf(bars)
	for i, b := range bars {
		highs[i], lows[i] = b.High, b.Low
	}
	return func() (r readings) {
		for end := window; end <= len(bars); end++ {
			r = talibReadings(highs[end-window:end], lows[end-window:end], closes[end-window:end])
		}
		return r
	}
}

func talibReadings(highs, lows, closes []float64) readings {
	last := len(closes) - 1
	upper, _, lower := talib.BBands(closes, 20, 2, 2, talib.SMA)
	macd, line, _ := talib.Macd(closes, 12, 26, 9)
	return readings{
		talib.Ema(closes, 21)[last], talib.Rsi(closes, 14)[last], talib.Atr(highs, lows, closes, 14)[last],
		upper[last], lower[last], macd[last], line[last],
	}
}
