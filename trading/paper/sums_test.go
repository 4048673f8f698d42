package paper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

const eth = "ETH/USDT"

// moved is what moved the cash of an account without a fill.
func moved(t require.TestingT, b *paper.Broker) decimal.Decimal {
	all, _, err := b.CashEvents(context.Background(), trading.Cursor{}, 10_000)
	require.NoError(t, err)
	sum := decimal.Zero
	for _, e := range all {
		require.NoError(t, e.Validate())
		sum = sum.Add(e.Amount)
	}
	return sum
}

// Whatever orders meet whatever bars of two instruments, with leverage, shorts, fees, rebates and funding: after each step the
// cash is what fills, fees and cash events make of it, what the fills add up to is held, the account owes nothing that no cash
// event names, what rests can be carried, and the price of a liquidation that was told is the one at which it comes.
func TestEveryStepAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rates := rapid.SliceOfN(rapid.Int64Range(-30, 30), 8, 8).Draw(rt, "funding")
		b := broker(rt, func(cfg *paper.Config) {
			cfg.Instruments = append(cfg.Instruments, trading.Instrument{Symbol: eth, Tick: d("0.1"), Step: d("0.01")})
			cfg.Fill = rapid.SampledFrom(policies).Draw(rt, "policy")
			cfg.Leverage, cfg.Maintenance = d("5"), decimal.New(rapid.Int64Range(0, 100).Draw(rt, "maintenance"), -3)
			cfg.FeeRate, cfg.MakerFeeRate = d("0.0004"), decimal.NewNullDecimal(d("-0.0001"))
			cfg.LiquidationFee, cfg.Slippage = d("0.0125"), d("0.0005")
			cfg.FundingEvery = 3 * time.Minute
			cfg.Funding = func(_ string, at time.Time) decimal.Decimal { return decimal.New(rates[at.Minute()%len(rates)], -3) }
		})
		for _, symbol := range []string{btc, eth} { // An order of before the first price is judged at that.
			first := ohlc(rt, -1, "100 100 100 100")
			first.Symbol = symbol
			require.NoError(rt, b.OnBar(first))
		}
		sent := map[string]trading.Order{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "bars") {
			for _, symbol := range []string{btc, eth} {
				bar := ohlc(rt, i, drawBar(rt))
				bar.Symbol = symbol
				o := order(rt, drawOrder(rt))
				o.ClientID, o.Symbol, o.CreatedAt = fmt.Sprint(symbol, i), symbol, bar.Time
				if submit(rt, b, trading.Instrument{Symbol: symbol, Tick: d("0.1"), Step: d("0.01")}, o, "0") == nil {
					sent[o.ClientID] = o
					fitsIn(rt, b, sent)
				}
				addsUp(rt, b)
				require.NoError(rt, b.OnBar(bar))
				addsUp(rt, b)
			}
		}
	})
}

// addsUp holds an account against its fills and cash events.
func addsUp(t require.TestingT, b *paper.Broker) {
	cash, held := d("10000").Add(moved(t, b)), map[string]decimal.Decimal{}
	for _, f := range fills(t, b) {
		cash = cash.Sub(f.Side.Signed(f.Quantity).Mul(f.Price)).Sub(f.Fee)
		held[f.Symbol] = held[f.Symbol].Add(f.Side.Signed(f.Quantity))
		require.Equal(t, f.ClientID == "liquidation", f.Liquidation)
	}
	require.Equal(t, cash.String(), b.Cash().String())
	there, err := b.Positions(context.Background())
	require.NoError(t, err)
	flat := true
	for _, symbol := range []string{btc, eth} {
		require.True(t, held[symbol].Equal(there[symbol]), "%s of %s", there[symbol], symbol)
		flat = flat && held[symbol].IsZero()
	}
	require.False(t, flat && cash.IsNegative(), "%s is owed, and nothing is held", cash)
}

// fitsIn holds what rests against what an account that has not traded yet can carry: of each instrument the dearer side. What was
// to close a position that is gone is judged again only where it fills.
func fitsIn(t require.TestingT, b *paper.Broker, sent map[string]trading.Order) {
	open, err := b.OpenOrders(context.Background())
	require.NoError(t, err)
	if len(fills(t, b)) > 0 {
		return
	}
	locked := map[string]decimal.Decimal{}
	for _, report := range open {
		o := sent[report.ClientID]
		price := o.LimitPrice
		if price.IsZero() {
			last, _ := b.Price(o.Symbol)
			price = o.StopPrice // zero for what waits for the next price
			if o.Type == trading.Stop && last.Cmp(price)*int(o.Side) >= 0 {
				price = last // as one that the price is beyond does
			}
		}
		side := o.Symbol + o.Side.String()
		locked[side] = locked[side].Add(o.Quantity.Sub(report.Filled).Mul(price))
	}
	sum := decimal.Zero
	for _, symbol := range []string{btc, eth} {
		sum = sum.Add(decimal.Max(locked[symbol+"buy"], locked[symbol+"sell"]))
	}
	require.False(t, sum.GreaterThan(b.Cash().Mul(d("5"))), "%s is locked of 5 times %s", sum, b.Cash())
}

// The price of a liquidation that is told is the first tick at which it comes.
func TestMarginTellsThePriceOfTheLiquidation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		side := rapid.SampledFrom([]string{"buy ", "sell "}).Draw(rt, "side")
		b := broker(rt, func(cfg *paper.Config) {
			cfg.Leverage, cfg.Maintenance = d("10"), decimal.New(rapid.Int64Range(0, 90).Draw(rt, "maintenance"), -3)
		})
		quantity := decimal.New(rapid.Int64Range(10100, 99000).Draw(rt, "quantity"), -2)
		require.NoError(rt, submit(rt, b, coin, order(rt, side+quantity.String()+" market"), "0"))
		require.NoError(rt, b.OnBar(ohlc(rt, 0, "100 100 100 100")))
		_, there := b.Margin(eth)
		require.False(rt, there)
		m, there := b.Margin(btc)
		require.True(rt, there)
		require.True(rt, m.Liquidation.Valid)
		at := m.Liquidation.Decimal
		if at.Equal(d("100")) {
			return
		}
		require.Equal(rt, at.Sub(d("100")).Abs().Div(d("100")).StringFixed(4), m.Distance.StringFixed(4))
		beside := at.Add(coin.Tick)
		if side == "sell " {
			beside = at.Sub(coin.Tick)
		}
		flat := func(minute int, price decimal.Decimal) signal.Bar {
			return ohlc(rt, minute, fmt.Sprintf("%[1]s %[1]s %[1]s %[1]s", price))
		}
		require.NoError(rt, b.OnBar(flat(1, beside)))
		require.Len(rt, fills(rt, b), 1, "at %s it is carried", beside)
		require.NoError(rt, b.OnBar(flat(2, at)))
		require.Len(rt, fills(rt, b), 2, "at %s it is not", at)
		require.True(rt, fills(rt, b)[1].Liquidation)
	})
}

func TestMarginTellsTheFundingThatIsDue(t *testing.T) {
	t.Parallel()
	b := broker(t, func(cfg *paper.Config) {
		cfg.Funding = func(string, time.Time) decimal.Decimal { return d("0.0001") }
		cfg.Maintenance = d("0.05")
	})
	require.NoError(t, submit(t, b, coin, order(t, "buy 10 market"), "0"))
	require.NoError(t, b.OnBar(ohlc(t, 0, "100 110 100 110")))
	m, there := b.Margin(btc)
	require.True(t, there)
	require.Equal(t, noon.Add(4*time.Hour), m.FundingAt)
	require.Equal(t, "-0.11", m.Funding.String())
	require.Equal(t, "55", m.Maintenance.String(), "a twentieth of 10 at 110")
	spot := broker(t, quoted(100), spot)
	require.NoError(t, submit(t, spot, coin, order(t, "buy 10 market"), "0"))
	_, there = spot.Margin(btc)
	require.False(t, there)
}
