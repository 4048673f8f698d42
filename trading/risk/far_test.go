package risk_test

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// blind is an account of which no estimate tells anything, so that all is added up exactly.
type blind struct{ tally }

func (b blind) Estimate() trading.Totals[float64] {
	t, none := b.tally.Estimate(), math.NaN()
	return trading.Totals[float64]{
		Equity: none, Free: none, Gross: none, Most: none, Least: none, Positions: t.Positions, Orders: t.Orders,
	}
}

// What floats rule out is what exact figures would: nothing of an answer depends on them, to the last digit and word.
func TestRulesDecideByEstimatesAsByExactFigures(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		amount := func(name string) decimal.Decimal {
			return decimal.New(rapid.Int64Range(1, 40).Draw(rt, name), rapid.Int32Range(-2, 2).Draw(rt, name+" exponent"))
		}
		near := func(d decimal.Decimal, name string) decimal.Decimal {
			return d.Add(decimal.New(rapid.Int64Range(-1, 1).Draw(rt, name), -15))
		}
		maybe := func(d decimal.Decimal, name string) decimal.Decimal {
			if rapid.Bool().Draw(rt, name+" is set") {
				return decimal.Max(near(d, name), decimal.Zero)
			}
			return decimal.Zero
		}
		account := tally{Totals: trading.Totals[decimal.Decimal]{
			Equity: amount("equity"), Free: amount("free"), Gross: amount("gross"), Most: amount("most"),
			Positions: rapid.IntRange(0, 2).Draw(rt, "positions"), Orders: rapid.IntRange(0, 2).Draw(rt, "orders"),
		}}
		account.Least = account.Most.Sub(amount("least"))
		for range rapid.IntRange(0, 2).Draw(rt, "made") {
			account.made = append(account.made, now.Add(-time.Duration(rapid.IntRange(0, 2).Draw(rt, "ago"))*time.Second))
		}
		if rapid.Bool().Draw(rt, "like") {
			account.like = now.Add(-time.Duration(rapid.IntRange(0, 2).Draw(rt, "like ago")) * time.Second)
		}
		if rapid.Bool().Draw(rt, "stopped") {
			account.trades = append(account.trades, closed(btc, time.Duration(rapid.IntRange(0, 2).Draw(rt, "stop ago"))*time.Second, "-1", true))
		}
		side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side")
		o := trading.Order{ClientID: "o", Symbol: btc, Side: side, Quantity: amount("quantity")}
		i := instrument(btc)
		i.MinNotional = decimal.Zero
		v := trading.View{
			Instrument: i, Price: amount("price"), Last: amount("last"), Reference: amount("reference"), Now: now,
			Held: decimal.New(rapid.Int64Range(-20, 20).Draw(rt, "held"), -1), Account: account,
		}
		worth := o.Quantity.Mul(v.Price)
		rules := risk.Rules{
			Limits: risk.NoLimits(), MaxGross: maybe(account.Gross.Add(worth), "MaxGross"),
			MaxNet: maybe(account.Most.Add(worth), "MaxNet"), MaxLeverage: maybe(amount("leverage"), "MaxLeverage"),
			CashOnly: rapid.Bool().Draw(rt, "CashOnly"), MaxPositions: rapid.IntRange(0, 2).Draw(rt, "MaxPositions"),
			MaxOrders: rapid.IntRange(0, 2).Draw(rt, "MaxOrders"), MaxPerSecond: rapid.IntRange(0, 2).Draw(rt, "MaxPerSecond"),
			DuplicateWindow: time.Duration(rapid.IntRange(0, 2).Draw(rt, "DuplicateWindow")) * time.Second,
			CoolDown:        time.Duration(rapid.IntRange(0, 2).Draw(rt, "CoolDown")) * time.Second,
			NoShort:         rapid.Bool().Draw(rt, "NoShort"),
		}
		if rapid.Bool().Draw(rt, "SignalCollar") {
			rules.SignalCollar = near(v.Last.Sub(v.Reference).Abs().DivRound(v.Reference, 15), "moved").Abs()
		}
		got, err := rules.Approve(o, v)
		v.Account = blind{account}
		rules.Also = []risk.Rule{noFridays{}} // All are asked one by one then.
		want, wantErr := rules.Approve(o, v)
		require.Equal(rt, want, got)
		if wantErr != nil {
			require.EqualError(rt, err, wantErr.Error())
			return
		}
		require.NoError(rt, err)
	})
}
