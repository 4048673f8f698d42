package risk_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

func TestRiskCutsWhatOpensAndNeverWhatCloses(t *testing.T) {
	t.Parallel()
	limits := risk.Limits{MaxPosition: d("1000"), MaxOrder: d("600"), MaxDailyLoss: risk.Unlimited}
	coarse := trading.Instrument{Symbol: btc, Tick: d("0.01"), Step: d("0.1"), MinQuantity: d("0.2"), MinNotional: d("50")}
	for name, c := range map[string]struct {
		side           trading.Side
		quantity, held string
		want           string // empty: nothing is left
		reduce         bool
	}{
		"within all limits":                            {trading.Buy, "5", "0", "5", false},
		"cut to the largest order":                     {trading.Buy, "7", "0", "6", false},
		"cut to the largest position":                  {trading.Buy, "5", "8", "2", false},
		"a full position takes no more":                {trading.Buy, "5", "10", "", false},
		"an overgrown one neither":                     {trading.Buy, "5", "12", "", false},
		"short as well":                                {trading.Sell, "5", "-8", "2", false},
		"closing passes whatever its size":             {trading.Sell, "50", "50", "50", true},
		"closing a part":                               {trading.Sell, "3", "50", "3", true},
		"a flip closes all and opens what is allowed":  {trading.Sell, "60", "50", "56", false},
		"a flip of a short":                            {trading.Buy, "52", "-50", "52", false},
		"what opens too little of a flip is dropped":   {trading.Sell, "50.4", "50", "50", true},
		"what opens too little alone is refused":       {trading.Buy, "0.4", "0", "", false},
		"what closes may be as little as it likes":     {trading.Sell, "0.3", "50", "0.3", true},
		"but not below the smallest quantity":          {trading.Sell, "0.1", "50", "", false},
		"whole steps only, rounded towards zero":       {trading.Buy, "5.09", "0", "5", false},
		"a remainder below the limits' step is nought": {trading.Buy, "5", "9.96", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := trading.Order{ClientID: "o", Symbol: btc, Side: c.side, Quantity: d(c.quantity)}
			a, err := limits.Approve(o, trading.View{Instrument: coarse, Held: d(c.held), Price: d("100")})
			if c.want == "" {
				require.ErrorIs(t, err, trading.ErrLimit)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, a.Order().Quantity.String())
			require.Equal(t, c.reduce, a.Order().ReduceOnly)
			require.Equal(t, "100", a.Order().DecisionPrice.String())
		})
	}
}

func TestRiskRefusesWhatIsNoOrder(t *testing.T) {
	t.Parallel()
	limits := risk.Limits{MaxPosition: d("1"), MaxOrder: d("1"), MaxDailyLoss: d("1")}
	for want, c := range map[string]struct {
		order trading.Order
		price string
	}{
		"not ETH/USDT":     {trading.Order{Symbol: btc, Side: trading.Buy, Quantity: d("1")}, "1"},
		"is no side":       {trading.Order{Symbol: eth, Quantity: d("1")}, "1"},
		"quantity -1":      {trading.Order{Symbol: eth, Side: trading.Buy, Quantity: d("-1")}, "1"},
		"price 0 is not":   {trading.Order{Symbol: eth, Side: trading.Buy, Quantity: d("1")}, "0"},
		"MaxPosition is 1": {trading.Order{Symbol: eth, Side: trading.Buy, Quantity: d("0.5")}, "30000"},
	} {
		held := decimal.Zero
		if want == "MaxPosition is 1" {
			held = d("1")
		}
		_, err := limits.Approve(c.order, trading.View{Instrument: instrument(eth), Held: held, Price: d(c.price)})
		require.ErrorContains(t, err, want)
	}
}

// Whatever the order, the position and the price: what is approved never opens beyond a limit, is never more than was
// asked for, is in whole steps, and never less than what closes.
func TestLimitsApproveNothingBeyondThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		i := instrument(btc)
		limits := risk.Limits{
			MaxPosition: decimal.New(rapid.Int64Range(1, 1e7).Draw(rt, "position"), -2),
			MaxOrder:    decimal.New(rapid.Int64Range(1, 1e7).Draw(rt, "order"), -2), MaxDailyLoss: risk.Unlimited,
		}
		price := decimal.New(rapid.Int64Range(1, 1e7).Draw(rt, "price"), -2)
		held := decimal.New(rapid.Int64Range(-1e6, 1e6).Draw(rt, "held"), -3)
		side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side")
		asked := decimal.New(rapid.Int64Range(1, 1e6).Draw(rt, "quantity"), -3)
		closing := decimal.Zero
		if side.Signed(held).IsNegative() {
			closing = decimal.Min(asked, held.Abs())
		}
		a, err := limits.Approve(trading.Order{Symbol: btc, Side: side, Quantity: asked}, trading.View{Instrument: i, Held: held, Price: price})
		if err != nil {
			require.ErrorIs(rt, err, trading.ErrLimit)
			require.True(rt, closing.IsZero(), "closing %s was refused", closing)
			return
		}
		got := a.Order().Quantity
		opening := got.Sub(closing)
		require.False(rt, got.GreaterThan(asked) || opening.IsNegative() || !i.Quantity(got).Equal(got), "approved %s", got)
		require.False(rt, opening.Mul(price).GreaterThan(limits.MaxOrder))
		after := held.Add(side.Signed(got))
		require.False(rt, opening.IsPositive() && after.Abs().Mul(price).GreaterThan(limits.MaxPosition), "holds %s at %s", after, price)
		require.False(rt, opening.IsPositive() && opening.Mul(price).LessThan(i.MinNotional))
	})
}
