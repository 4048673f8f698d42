package risk_test

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
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

// often checks five times as often as a test does by itself: what is wrong with one of many limits shows in few cases.
func often(t *testing.T, check func(*rapid.T)) {
	t.Helper()
	for range 5 {
		rapid.Check(t, check)
	}
}

// What floats rule out is what exact figures would: nothing of an answer depends on them, to the last digit and word.
func TestRulesDecideByEstimatesAsByExactFigures(t *testing.T) {
	t.Parallel()
	often(t, func(rt *rapid.T) {
		amount := func(name string) decimal.Decimal {
			return decimal.New(rapid.Int64Range(1, 40).Draw(rt, name), rapid.Int32Range(-2, 2).Draw(rt, name+" exponent"))
		}
		near := func(d decimal.Decimal, name string) decimal.Decimal {
			return d.Add(decimal.New(rapid.Int64Range(-1, 1).Draw(rt, name), -15))
		}
		maybe := func(d decimal.Decimal, name string) decimal.Decimal {
			if rapid.IntRange(0, 2).Draw(rt, name+" is set") == 0 {
				return decimal.Max(near(d, name), decimal.Zero)
			}
			return decimal.Zero
		}
		few := func(name string) int { return rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(rt, name) }
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
			CashOnly: few("CashOnly") == 1, MaxPositions: few("MaxPositions"),
			MaxOrders: few("MaxOrders"), MaxPerSecond: few("MaxPerSecond"), MaxPerMinute: few("MaxPerMinute"),
			DuplicateWindow: time.Duration(few("DuplicateWindow")) * time.Second,
			CoolDown:        time.Duration(few("CoolDown")) * time.Second,
			NoShort:         few("NoShort") == 1,
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

// worthless is the account of a book of which no estimate tells anything, so that all is added up exactly.
type worthless struct{ trading.Account }

func (w worthless) Estimate() trading.Totals[float64] {
	return blind{tally{Totals: w.Exact()}}.Estimate()
}

// The same of an account that adds up a book, whose limits are as near as can be to what it comes to with the order. Limits
// are compared with a sum of the test's own.
func TestRulesDecideByEstimatesOfABookAsByExactFigures(t *testing.T) {
	t.Parallel()
	often(t, func(rt *rapid.T) {
		amount := func(name string) decimal.Decimal {
			return decimal.New(rapid.Int64Range(1, 999999999999).Draw(rt, name), rapid.Int32Range(-10, 0).Draw(rt, name+" exponent"))
		}
		near := func(d decimal.Decimal, name string) decimal.Decimal {
			apart := decimal.New(rapid.Int64Range(-1, 1).Draw(rt, name), rapid.Int32Range(-24, -4).Draw(rt, name+" exponent"))
			return decimal.Max(d.Add(apart), decimal.New(1, -24))
		}
		side := func() trading.Side {
			return rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side")
		}
		b, prices := book.New(amount("capital")), map[string]decimal.Decimal{}
		for n := range rapid.IntRange(0, 4).Draw(rt, "instruments") {
			symbol := []string{btc, eth, "XRP/USDT", "SOL/USDT"}[n]
			o := trading.Order{
				ClientID: symbol, Symbol: symbol, Side: side(), Quantity: amount("held"), CreatedAt: now.Add(-time.Hour),
				DecisionPrice: amount("cost"), SignalID: symbol,
			}
			events := []journal.Event{journal.IntentMade{Order: o}}
			if rapid.Bool().Draw(rt, "is filled") {
				events = append(events, journal.Filled{Fill: trading.Fill{
					ID: symbol, ClientID: symbol, Symbol: symbol, Side: o.Side, Price: o.DecisionPrice, Quantity: o.Quantity,
				}})
			}
			for _, e := range events {
				require.NoError(rt, b.Apply(now, e))
			}
			if rapid.Bool().Draw(rt, "is priced") {
				prices[symbol] = amount("price")
			}
		}
		o := trading.Order{ClientID: "o", Symbol: btc, Side: side(), Quantity: amount("quantity")}
		account := b.Beside(o, func(symbol string) (decimal.Decimal, bool) { p, ok := prices[symbol]; return p, ok })
		v := trading.View{
			Instrument: trading.Instrument{Symbol: btc, Tick: d("1e-10"), Step: d("1e-10")}, Price: amount("decision"), Now: now,
			Held:    b.Position(btc).Quantity,
			Account: account,
		}
		closing := trading.ClosingPart(o.Side, o.Quantity, v.Held)
		opens := o.Quantity.Sub(closing).Mul(v.Price)
		with := opens
		if closing.IsZero() {
			with = with.Add(v.Held.Abs().Mul(v.Price))
		}
		exact := account.Exact()
		is := func(name string) bool { return rapid.IntRange(0, 3).Draw(rt, name+" is set") == 0 }
		rules := risk.Rules{Limits: risk.NoLimits(), CashOnly: is("CashOnly")}
		if is("MaxGross") {
			rules.MaxGross = near(exact.Gross.Add(with), "MaxGross")
		}
		if is("MaxNet") {
			most := exact.Most
			if o.Side == trading.Sell {
				most = exact.Least.Neg()
			}
			rules.MaxNet = near(most.Add(with), "MaxNet")
		}
		if is("MaxLeverage") && !exact.Equity.IsZero() {
			rules.MaxLeverage = near(exact.Gross.Add(with).DivRound(exact.Equity, 20), "MaxLeverage")
		}
		ruled := rules
		if is("MaxOrder") {
			rules.MaxOrder = near(opens, "MaxOrder")
		} else if is("MaxPosition") {
			rules.MaxPosition = near(with, "MaxPosition")
		}
		got, err := rules.Approve(o, v)
		if opens.GreaterThan(rules.MaxOrder) || with.GreaterThan(rules.MaxPosition) {
			require.True(rt, err != nil || got.Cut() != nil && got.Order().Quantity.LessThan(o.Quantity), "%v", got)
			return
		}
		v.Account = worthless{account}
		ruled.Also = []risk.Rule{noFridays{}} // All are asked one by one then.
		want, wantErr := ruled.Approve(o, v)
		require.Equal(rt, want, got)
		if wantErr != nil {
			require.EqualError(rt, err, wantErr.Error())
			return
		}
		require.NoError(rt, err)
	})
}
