package strategy_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

// specs are all strategies of the package, small enough to say something within a short test.
func specs(t require.TestingT) []signal.Spec {
	all := []signal.Spec{
		spec(t, strategy.EMACross{Fast: 2, Slow: 4}),
		spec(t, strategy.RSIReversion{Period: 3}),
		spec(t, strategy.MACD{Fast: 2, Slow: 4, Signal: 2}),
		spec(t, strategy.BollingerBreakout{Period: 5, Width: 1.2}),
		spec(t, strategy.Donchian{Period: 4}),
	}
	return append(all, spec(t, strategy.Vote{Members: []strategy.Member{
		{Spec: all[0], Weight: 2}, {Spec: all[1]}, {Spec: all[4], Weight: 1.5},
	}}))
}

// spec is what a configuration gives, which has to be a good one.
func spec(t require.TestingT, of interface{ Spec() (signal.Spec, error) }) signal.Spec {
	s, err := of.Spec()
	require.NoError(t, err)
	return s
}

// bars have the given closes and open where the one before closed.
func bars(closes ...float64) []signal.Bar {
	out := make([]signal.Bar, len(closes))
	last := closes[0]
	for i, c := range closes {
		out[i] = signal.Bar{
			Symbol: "BTC/USDT:USDT", Interval: time.Minute, Time: time.Date(2024, 1, 1, 0, i, 0, 0, time.UTC),
			Open: last, High: max(last, c), Low: min(last, c), Close: c,
		}
		last = c
	}
	return out
}

// said is one signal and the number of the bar at which it was given, from 1.
type said struct {
	bar        int
	direction  signal.Direction
	confidence float64
}

func run(s signal.Strategy, bars []signal.Bar) []said {
	var out []said
	for i, b := range bars {
		if sig, ok := s.OnBar(b); ok {
			out = append(out, said{i + 1, sig.Direction, sig.Confidence})
		}
	}
	return out
}

func directions(all []said) map[int]signal.Direction {
	out := map[int]signal.Direction{}
	for _, s := range all {
		out[s.bar] = s.direction
	}
	return out
}

func TestDefaultsAndNames(t *testing.T) {
	t.Parallel()
	cross, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	require.Equal(t, "ema_cross", cross.Name)
	require.Equal(t, "fast=8,slow=21", cross.Params)
	require.Equal(t, 22, cross.New().Warmup())

	reversion, err := strategy.RSIReversion{}.Spec()
	require.NoError(t, err)
	require.Equal(t, "rsi_reversion", reversion.Name)
	require.Equal(t, "period=14,low=30,high=70", reversion.Params)
	require.Equal(t, 16, reversion.New().Warmup())

	for want, of := range map[string]struct {
		configured interface{ Spec() (signal.Spec, error) }
		warmup     int
	}{
		"macd fast=12,slow=26,signal=9":        {strategy.MACD{}, 35},
		"bollinger_breakout period=20,width=2": {strategy.BollingerBreakout{}, 21},
		"donchian period=20":                   {strategy.Donchian{}, 21},
		"vote threshold=0.5,ema_cross(fast=8,slow=21)*1,donchian(period=20)*2.5": {strategy.Vote{Members: []strategy.Member{
			{Spec: cross}, {Spec: spec(t, strategy.Donchian{}), Weight: 2.5},
		}}, 22},
	} {
		s := spec(t, of.configured)
		require.Equal(t, want, s.Name+" "+s.Params)
		require.Equal(t, of.warmup, s.New().Warmup(), want)
	}

	finer, err := strategy.RSIReversion{Period: 7, Low: 12.5, High: 80}.Spec()
	require.NoError(t, err)
	require.Equal(t, "period=7,low=12.5,high=80", finer.Params)
}

func TestParametersThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec interface{ Spec() (signal.Spec, error) }
		want string
	}{
		"fast is slower than slow":         {strategy.EMACross{Fast: 30}, "Fast 30 is not below Slow 21"},
		"fast is slow":                     {strategy.EMACross{Fast: 21}, "Fast 21 is not below Slow 21"},
		"fast is negative":                 {strategy.EMACross{Fast: -1}, "Fast: indicator: EMA period -1"},
		"slow is longer than any history":  {strategy.EMACross{Slow: 1e9}, "Slow: indicator: EMA period 1000000000"},
		"a period of one change":           {strategy.RSIReversion{Period: 1}, "Period: indicator: RSI period 1"},
		"low is above the middle":          {strategy.RSIReversion{Low: 55}, "Low 55 is not between 0 and 50"},
		"low is no number":                 {strategy.RSIReversion{Low: math.NaN()}, "Low NaN"},
		"high is below the middle":         {strategy.RSIReversion{High: 40}, "High 40 is not between 50 and 100"},
		"MACD fast is not fast":            {strategy.MACD{Fast: 30}, "MACD fast period 30 is not below the slow period 26"},
		"MACD signal is the line":          {strategy.MACD{Signal: 1}, "Signal 1 is below 2"},
		"bands of one bar":                 {strategy.BollingerBreakout{Period: 1}, "Bollinger period 1 is not in 2"},
		"bands that no bar can leave":      {strategy.BollingerBreakout{Period: 5}, "Width 2 is never reached with Period 5, the furthest is 2"},
		"a channel of less than nothing":   {strategy.Donchian{Period: -1}, "Period: indicator: Donchian period -1"},
		"a vote of nobody":                 {strategy.Vote{}, "Members is empty"},
		"a vote that is never reached":     {strategy.Vote{Threshold: 1.1, Members: []strategy.Member{{Spec: spec(t, strategy.Donchian{})}}}, "Threshold 1.1"},
		"a vote of NaN":                    {strategy.Vote{Threshold: math.NaN(), Members: []strategy.Member{{Spec: spec(t, strategy.Donchian{})}}}, "Threshold NaN"},
		"a member without a name":          {strategy.Vote{Members: []strategy.Member{{}}}, "Members[0]: Spec has no Name"},
		"a member without values":          {strategy.Vote{Members: []strategy.Member{{Spec: signal.Spec{Name: "x"}}}}, "Members[0]: x: Spec has no New"},
		"a member with a negative weight":  {strategy.Vote{Members: []strategy.Member{{Spec: spec(t, strategy.Donchian{}), Weight: -1}}}, "Members[0]: donchian: Weight -1"},
		"a member twice":                   {strategy.Vote{Members: []strategy.Member{{Spec: spec(t, strategy.Donchian{})}, {Spec: spec(t, strategy.Donchian{})}}}, "Members[1]: donchian(period=20) is there twice"},
		"high is the end of the RSI scale": {strategy.RSIReversion{High: 100}, "High 100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.spec.Spec()
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestStrategiesArePureAndWarmUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.OneOf(rapid.Float64Range(90, 110), rapid.SampledFrom([]float64{100, 101}),
			rapid.Float64Range(math.SmallestNonzeroFloat64, math.MaxFloat64))
		history := bars(rapid.SliceOfN(price, 1, 60).Draw(t, "closes")...)
		for _, b := range history {
			require.NoError(t, b.Validate())
		}
		for _, spec := range specs(t) {
			s := spec.New()
			got := run(s, history)
			require.Equal(t, got, run(spec.New(), history), "%s: the same bars give the same signals", spec.Name)
			for _, g := range got {
				require.GreaterOrEqual(t, g.bar, s.Warmup(), "%s: silent until it is warm", spec.Name)
				require.True(t, g.confidence > 0 && g.confidence <= 1, "%s: confidence %v", spec.Name, g.confidence)
			}
		}
	})
}

func TestValuesOfOneSpecDoNotShareState(t *testing.T) {
	t.Parallel()
	closes := bars(5, 4, 3, 2, 3, 5, 8, 6, 3, 2, 1, 4, 9)
	for _, spec := range specs(t) {
		alone := run(spec.New(), closes)
		require.NotEmpty(t, alone, spec.Name)
		a, b := spec.New(), spec.New()
		var together []said
		for i, bar := range closes {
			a.OnBar(closes[len(closes)-1-i])
			together = append(together, shift(run(b, []signal.Bar{bar}), i)...)
		}
		require.Equal(t, alone, together, spec.Name)
	}
}

func shift(all []said, by int) []said {
	for i := range all {
		all[i].bar += by
	}
	return all
}

// A restarted strategy is warmed up from a stretch of history, not from the beginning. From then on it has to say what
// it would have said without the restart.
func TestRestartDoesNotChangeWhatIsSaid(t *testing.T) {
	t.Parallel()
	closes := make([]float64, 600)
	for i := range closes { // three waves that do not repeat together
		x := float64(i)
		closes[i] = 100 + 3*math.Sin(x/5) + 2*math.Sin(x/1.7) + math.Sin(x/23)
	}
	history := bars(closes...)
	for _, spec := range specs(t) {
		whole := run(spec.New(), history)
		require.Greater(t, len(whole), 20, spec.Name)
		warm := 10 * spec.New().Warmup()
		for cut := warm; cut < len(history); cut++ {
			var want, got []said
			for _, s := range whole {
				if s.bar > cut {
					want = append(want, s)
				}
			}
			for _, s := range shift(run(spec.New(), history[cut-warm:]), cut-warm) {
				if s.bar > cut {
					got = append(got, s)
				}
			}
			require.Equal(t, want, got, "%s cut at bar %d", spec.Name, cut)
		}
	}
}

// The generator's usual history is twenty warm-ups. After ten, two of a hundred restarts changed an RSI's confidence.
func TestRestartChangesNoConfidence(t *testing.T) {
	t.Parallel()
	const warmups, after = 20, 100
	textbook := []signal.Spec{
		spec(t, strategy.EMACross{}), spec(t, strategy.RSIReversion{}), spec(t, strategy.MACD{}),
		spec(t, strategy.BollingerBreakout{}), spec(t, strategy.Donchian{}),
	}
	for _, of := range textbook {
		t.Run(of.Name, func(t *testing.T) {
			t.Parallel()
			warm := warmups * of.New().Warmup()
			compared := 0
			for seed := range uint64(10) {
				history := bars(uneven(seed, warm+3000)...)
				whole := run(of.New(), history)
				for cut := warm; cut+after <= len(history); cut += 13 {
					want := between(whole, cut, cut+after)
					got := between(shift(run(of.New(), history[cut-warm:cut+after]), cut-warm), cut, cut+after)
					require.Equal(t, want, got, "seed %d cut at bar %d", seed, cut)
					compared += len(got)
				}
			}
			require.Greater(t, compared, 1000)
		})
	}
}

// uneven are the closes of a market that is quiet and wild by turns.
func uneven(seed uint64, n int) []float64 {
	random := rand.New(rand.NewPCG(seed, 9))
	closes := make([]float64, n)
	x, mood := 100.0, 1.0
	for i := range closes {
		if random.IntN(50) == 0 {
			mood = math.Exp(random.NormFloat64())
		}
		x *= math.Exp(mood * random.NormFloat64() / 1000)
		closes[i] = x
	}
	return closes
}

// between is what was said after the one bar, up to the other.
func between(all []said, after, last int) (some []said) {
	for _, s := range all {
		if s.bar > after && s.bar <= last {
			some = append(some, s)
		}
	}
	return some
}
