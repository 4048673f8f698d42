package indicator_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

// bar is what the indicators read of one.
type bar struct{ high, low, close, volume float64 }

// vector is a series and what C TA-Lib makes of it; testdata/talib.mjs has written them.
type vector struct {
	Name string
	Bars struct{ High, Low, Close, Volume []float64 }

	Outputs map[string][]*float64 // null while it is warming up
}

func (v vector) bar(i int) bar {
	return bar{v.Bars.High[i], v.Bars.Low[i], v.Bars.Close[i], v.Bars.Volume[i]}
}

func vectors(t *testing.T) (all []vector) {
	file, err := os.Open("testdata/talib.json.gz")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	text, err := gzip.NewReader(file)
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(text).Decode(&all))
	require.Len(t, all, 3)
	return all
}

// indicatorOf makes an indicator by its name in the vectors. It returns the outputs in the order of its lines.
type indicatorOf struct {
	name    string
	lines   []string
	squares float64 // how many deviations there are in its outputs
	make    func(t require.TestingT) (update func(bar) ([]float64, bool), warmup int, of any)
}

func single(name string, period int, u func(t require.TestingT) updater) indicatorOf {
	squares := 0.0
	if name == "StdDev" {
		squares = 1
	}
	return indicatorOf{fmt.Sprint(name, " ", period), []string{""}, squares, func(t require.TestingT) (func(bar) ([]float64, bool), int, any) {
		of := u(t)
		return func(b bar) ([]float64, bool) {
			v, ok := of.Update(b.close)
			return []float64{v}, ok
		}, of.Warmup(), of
	}}
}

// indicators are all that there are, with the parameters of the vectors.
func indicators() []indicatorOf {
	var all []indicatorOf
	for _, n := range []int{2, 5, 14, 50} {
		all = append(all,
			single("EMA", n, func(t require.TestingT) updater { return newEMA(t, n) }),
			single("RSI", n, func(t require.TestingT) updater { return newRSI(t, n) }),
			single("SMA", n, func(t require.TestingT) updater { return made(t)(indicator.NewSMA(n)) }),
			single("StdDev", n, func(t require.TestingT) updater { return made(t)(indicator.NewStdDev(n)) }),
			indicatorOf{fmt.Sprint("ATR ", n), []string{""}, 0, func(t require.TestingT) (func(bar) ([]float64, bool), int, any) {
				a, err := indicator.NewATR(n)
				require.NoError(t, err)
				return func(b bar) ([]float64, bool) {
					v, ok := a.Update(b.high, b.low, b.close)
					return []float64{v}, ok
				}, a.Warmup(), &a
			}},
			indicatorOf{fmt.Sprint("Donchian ", n), bandLines, 0, func(t require.TestingT) (func(bar) ([]float64, bool), int, any) {
				d, err := indicator.NewDonchian(n)
				require.NoError(t, err)
				return func(b bar) ([]float64, bool) { return band(d.Update(b.high, b.low)) }, d.Warmup(), d
			}})
	}
	for _, p := range []struct {
		n     int
		width float64
	}{{20, 2}, {5, 1.5}} {
		name := fmt.Sprint("Bollinger ", p.n, " ", p.width)
		all = append(all, indicatorOf{name, bandLines, p.width, func(t require.TestingT) (func(bar) ([]float64, bool), int, any) {
			b, err := indicator.NewBollinger(p.n, p.width)
			require.NoError(t, err)
			return func(x bar) ([]float64, bool) { return band(b.Update(x.close)) }, b.Warmup(), b
		}})
	}
	for _, p := range [][3]int{{12, 26, 9}, {3, 10, 16}, {2, 3, 2}} {
		name := fmt.Sprintf("MACD %d %d %d", p[0], p[1], p[2])
		all = append(all, indicatorOf{name, []string{"line", "signal", "histogram"}, 0, func(t require.TestingT) (func(bar) ([]float64, bool), int, any) {
			m, err := indicator.NewMACD(p[0], p[1], p[2])
			require.NoError(t, err)
			return func(x bar) ([]float64, bool) {
				c, ok := m.Update(x.close)
				return []float64{c.Line, c.Signal, c.Histogram}, ok
			}, m.Warmup(), &m
		}})
	}
	return append(all, indicatorOf{"VWAP", []string{""}, 0, func(require.TestingT) (func(bar) ([]float64, bool), int, any) {
		var v indicator.VWAP
		return func(b bar) ([]float64, bool) {
			x, ok := v.Update(b.high, b.low, b.close, b.volume)
			return []float64{x}, ok
		}, v.Warmup(), &v
	}})
}

var bandLines = []string{"upper", "middle", "lower"}

func band(b indicator.Band, ok bool) ([]float64, bool) {
	return []float64{b.Upper, b.Middle, b.Lower}, ok
}

func made(t require.TestingT) func(u updater, err error) updater {
	return func(u updater, err error) updater {
		require.NoError(t, err)
		return u
	}
}

func TestEqualToTALib(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		for _, c := range indicators() {
			t.Run(v.Name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				update, warmup, _ := c.make(t)
				compared := 0
				for i := range v.Bars.Close {
					got, ok := update(v.bar(i))
					require.Equal(t, i+1 >= warmup, ok, "the output at bar %d", i)
					for l, line := range c.lines {
						name := c.name
						if line != "" {
							name += " " + line
						}
						want := v.Outputs[name][i]
						require.Equal(t, want != nil, ok, "%s at bar %d", name, i)
						if !ok || *want == 0 && c.name[:3] == "RSI" && v.Bars.Close[i] == v.Bars.Close[i-1] {
							continue // TA-Lib says 0 once the moves together are below 1e-14
						}
						compared++
						require.InDelta(t, *want, got[l], tolerance(*want, v.Bars.Close[i], c.squares), "%s at bar %d", name, i)
					}
				}
				require.Greater(t, compared, 60)
			})
		}
	}
}

// tolerance is 1e-9 of the output, and what rounding takes from the price where the output is a difference of prices. A
// variance, of which the output is so many roots, is a difference of squares in TA-Lib: it is good to 2e-14 of the
// squared price, and cut off to 0 below 1e-14.
func tolerance(want, price, squares float64) float64 {
	t := 1e-9*math.Abs(want) + 1e-13*price
	if squares == 0 {
		return t
	}
	lost := 2e-14*price*price + 1e-14
	if deviation := math.Abs(want) / squares; squares == 1 && deviation*deviation > lost {
		return t + lost/deviation
	}
	return t + squares*math.Sqrt(lost)
}

func TestDeviationIsExactWhereLittleMoves(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 5, 20} {
		d, err := indicator.NewStdDev(n)
		require.NoError(t, err)
		b, err := indicator.NewBollinger(n, 2)
		require.NoError(t, err)
		var closes []float64
		for i := range 1000 {
			x := 60_000 + float64(i*7919%13)/100 // moves by a hundredth
			if i/100%3 == 1 {
				x = 60_000 // does not move
			}
			closes = append(closes, x)
			got, ok := d.Update(x)
			bands, _ := b.Update(x)
			if !ok {
				continue
			}
			last := closes[len(closes)-n:]
			mean, squares := 0.0, 0.0
			for _, v := range last {
				mean += (v - 60_000) / float64(n)
			}
			for _, v := range last {
				squares += (v - 60_000 - mean) * (v - 60_000 - mean)
			}
			want := math.Sqrt(squares / float64(n))
			require.InDelta(t, want, got, 1e-9, "of %d at %d", n, i)
			require.InDelta(t, 60_000+mean+2*want, bands.Upper, 1e-9)
			require.InDelta(t, 60_000+mean-2*want, bands.Lower, 1e-9)
			if i/100%3 == 1 && i%100 >= n {
				require.Zero(t, got)
			}
		}
	}
}
