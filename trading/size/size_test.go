package size_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

const btc = "BTC/USDT"

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// worth is an account that is worth so much.
type worth decimal.Decimal

func (w worth) Exact() trading.Totals[decimal.Decimal] {
	return trading.Totals[decimal.Decimal]{Equity: decimal.Decimal(w)}
}

func (w worth) Estimate() trading.Totals[float64] {
	return trading.Totals[float64]{Equity: decimal.Decimal(w).InexactFloat64()}
}
func (worth) Made(time.Time) int                    { return 0 }
func (worth) Like(trading.Order) (time.Time, bool)  { return time.Time{}, false }
func (worth) Trade(int) (trading.ClosedTrade, bool) { return trading.ClosedTrade{}, false }
func (worth) Lock(string) (time.Time, string)       { return time.Time{}, "" }

// asks is what a signal to buy asks: of an account that is worth 10,000, at 300.
func asks(direction signal.Direction, standing string) trading.Sizing {
	return trading.Sizing{
		Signal:     signal.Signal{Symbol: btc, Direction: direction, Confidence: 0.5},
		Instrument: trading.Instrument{Symbol: btc, Tick: d("0.01"), Step: d("0.01")},
		Price:      d("300"), Standing: d(standing), Account: worth(d("10000")),
	}
}

func moves(by float64, known bool) func(string) (float64, bool) {
	return func(string) (float64, bool) { return by, known }
}

func TestSizersHoldWhatTheySay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sizer trading.Sizer
		want  string
	}{
		"a fixed amount":                    {size.FixedNotional{Amount: d("1000")}, "3.33"},
		"by confidence":                     {size.FixedNotional{Amount: d("1000"), ByConfidence: true}, "1.66"},
		"a tenth":                           {size.Fraction{Of: d("0.1")}, "3.33"},
		"a tenth by confidence":             {size.Fraction{Of: d("0.1"), ByConfidence: true}, "1.66"},
		"a stop that loses one percent":     {size.StopRisk{Risk: d("0.01"), Distance: d("0.02")}, "16.66"},
		"the same by confidence":            {size.StopRisk{Risk: d("0.01"), Distance: d("0.02"), ByConfidence: true}, "8.33"},
		"what moves by 0.6 a year":          {size.VolatilityTarget{Part: d("0.15"), Most: d("1"), Of: moves(0.6, true)}, "8.33"},
		"what moves little":                 {size.VolatilityTarget{Part: d("0.15"), Most: d("0.5"), Of: moves(0.01, true)}, "16.66"},
		"what does not move":                {size.VolatilityTarget{Part: d("0.15"), Most: d("0.5"), Of: moves(0, true)}, "16.66"},
		"half of Kelly":                     {size.Kelly{WinRate: d("0.6"), Payoff: d("1"), Scale: d("0.5"), Most: d("0.25")}, "3.33"},
		"Kelly up to its cap":               {size.Kelly{WinRate: d("0.9"), Payoff: d("2"), Scale: d("1"), Most: d("0.25")}, "8.33"},
		"Kelly by confidence, up to itself": {size.Kelly{WinRate: d("0.6"), Payoff: d("1"), Scale: d("1"), Most: d("0.5"), ByConfidence: true}, "3.33"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for direction, standing := range map[signal.Direction]string{signal.Long: "0", signal.Short: "7", signal.Flat: "7"} {
				got, err := c.sizer.Target(asks(direction, standing))
				require.NoError(t, err)
				require.Equal(t, d(c.want).Mul(decimal.NewFromInt(int64(direction))).String(), got.String())
			}
			kept, err := c.sizer.Target(asks(signal.Short, "-1"))
			require.NoError(t, err)
			require.Equal(t, "-1", kept.String(), "what a signal confirms stays as it is")
		})
	}
}

func TestSizersSayWhyTheyHoldNothing(t *testing.T) {
	t.Parallel()
	poor, unknown, wild := asks(signal.Long, "0"), asks(signal.Long, "0"), asks(signal.Long, "0")
	poor.Account, unknown.Account, wild.Signal.Confidence = worth(d("-3")), nil, 1.5
	for want, c := range map[string]struct {
		sizer  trading.Sizer
		sizing trading.Sizing
	}{
		"2.9 at 300 is less than one step of 0.01":   {size.FixedNotional{Amount: d("2.9")}, poor},
		"1 at 300 is less than one step of 0.01":     {size.Fraction{Of: d("0.0001")}, asks(signal.Long, "0")},
		"2 at 300 is less than one step of 0.01":     {size.FixedNotional{Amount: d("4"), ByConfidence: true}, poor},
		"the account is worth -3":                    {size.Fraction{Of: d("0.1")}, poor},
		"nobody knows what the account is worth":     {size.StopRisk{Risk: d("0.1"), Distance: d("0.1")}, unknown},
		"nobody knows how much BTC/USDT moves":       {size.VolatilityTarget{Part: d("0.1"), Most: d("1"), Of: moves(0.1, false)}, wild},
		"the signal's confidence 1.5 is not above 0": {size.Fraction{Of: d("0.1"), ByConfidence: true}, wild},
		"FixedNotional.Amount 0 is not above zero":   {size.FixedNotional{}, wild},
		"Fraction.Of 0 is not above zero":            {size.Fraction{}, wild},
		"StopRisk.Distance 0 is not above zero":      {size.StopRisk{Risk: d("1")}, wild},
		"VolatilityTarget.Of is nil":                 {size.VolatilityTarget{}, wild},
		"VolatilityTarget.Most 0 is not above":       {size.VolatilityTarget{Of: moves(1, true), Part: d("1")}, wild},
		"Kelly.Payoff 0 is not above zero":           {size.Kelly{WinRate: d("0.5")}, wild},
		"Kelly.WinRate 1 is not below 1":             {size.Kelly{WinRate: d("1"), Payoff: d("1"), Scale: d("1"), Most: d("1")}, wild},
		"a win rate of 0.5 loses at a payoff of 1":   {size.Kelly{WinRate: d("0.5"), Payoff: d("1"), Scale: d("1"), Most: d("1")}, wild},
		"how much BTC/USDT moves":                    {size.VolatilityTarget{Part: d("0.1"), Most: d("1"), Of: moves(-1, true)}, wild},
	} {
		_, err := c.sizer.Target(c.sizing)
		require.ErrorContains(t, err, want)
	}
}

// Whatever the account and the price: no sizer holds more than it says, and it would not hold a step more.
func TestSizersHoldAllTheyMayInWholeSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		part := func(name string) decimal.Decimal { return decimal.New(rapid.Int64Range(1, 999).Draw(rt, name), -3) }
		s := asks(rapid.SampledFrom([]signal.Direction{signal.Long, signal.Short}).Draw(rt, "direction"), "0")
		s.Price = decimal.New(rapid.Int64Range(1, 1e6).Draw(rt, "price"), -2)
		equity := decimal.New(rapid.Int64Range(1, 1e9).Draw(rt, "equity"), -2)
		s.Account = worth(equity)
		s.Signal.Confidence = part("confidence").InexactFloat64()
		by := rapid.Bool().Draw(rt, "by confidence")
		of, distance := part("part"), part("distance")
		var sizer trading.Sizer
		most := decimal.Zero // x distance
		switch rapid.IntRange(0, 2).Draw(rt, "sizer") {
		case 0:
			sizer, most = size.Fraction{Of: of, ByConfidence: by}, equity.Mul(of).Mul(distance)
		case 1:
			sizer, most = size.StopRisk{Risk: of, Distance: distance, ByConfidence: by}, equity.Mul(of)
		case 2:
			moving, _ := distance.Float64()
			sizer = size.VolatilityTarget{Part: of, Most: d("1000"), Of: moves(moving, true), ByConfidence: by}
			most = equity.Mul(of)
		}
		if by {
			most = most.Mul(decimal.NewFromFloat(s.Signal.Confidence))
		}
		got, err := sizer.Target(s)
		value := func(q decimal.Decimal) decimal.Decimal { return q.Mul(s.Price).Mul(distance) }
		dust := decimal.New(1, -9) // of quotients that do not end
		if err != nil {
			require.ErrorContains(rt, err, "is less than one step")
			require.True(rt, value(s.Instrument.Step).Add(dust).GreaterThan(most))
			return
		}
		require.Equal(rt, int(s.Signal.Direction), got.Sign())
		require.True(rt, s.Instrument.Quantity(got).Equal(got))
		require.False(rt, value(got.Abs()).GreaterThan(most), "%s is too much", got)
		require.True(rt, value(got.Abs().Add(s.Instrument.Step)).Add(dust).GreaterThan(most), "%s is too little", got)
	})
}

// A stop-loss two percent away is to lose one percent of what the account is worth.
func ExampleStopRisk() {
	sizer := size.StopRisk{Risk: decimal.RequireFromString("0.01"), Distance: decimal.RequireFromString("0.02")}
	target, err := sizer.Target(asks(signal.Long, "0")) // an Engine asks
	fmt.Println(target, err)
	// Output: 16.66 <nil>
}

// A part of what the account is worth, however the prices of instruments differ.
func ExampleFraction() {
	target, err := size.Fraction{Of: decimal.RequireFromString("0.1")}.Target(asks(signal.Short, "0"))
	fmt.Println(target, err)
	// Output: -3.33 <nil>
}

// Half as much of what moves twice as much.
func ExampleVolatilityTarget() {
	sizer := size.VolatilityTarget{
		Part: decimal.RequireFromString("0.15"), Most: decimal.NewFromInt(1),
		Of: func(string) (float64, bool) { return 0.6, true }, // of a year, as the host measures it
	}
	target, err := sizer.Target(asks(signal.Long, "0"))
	fmt.Println(target, err)
	// Output: 8.33 <nil>
}

// Half of what Kelly's rule gives, and never more than a quarter of the account.
func ExampleKelly() {
	number := decimal.RequireFromString
	target, err := size.Kelly{WinRate: number("0.6"), Payoff: number("1"), Scale: number("0.5"), Most: number("0.25")}.
		Target(asks(signal.Long, "0"))
	fmt.Println(target, err)
	// Output: 3.33 <nil>
}
