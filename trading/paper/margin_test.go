package paper_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

func TestPositionThatCannotBeCarriedIsLiquidated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order       string
		more        []string
		maintenance string
		bar         string
		fills       string
		cash        string
		deficit     string // of it, borne by the venue
	}{
		"a loss that the equity carries":                      {"buy 300 market", nil, "0", "100 101 70 80", "", "-20000", ""},
		"nothing left":                                        {"buy 300 market", nil, "0", "100 101 66 70", "sell 300 at 66.6", "0", "20"},
		"a tenth of what is held is to be left":               {"buy 300 market", nil, "0.1", "100 101 74 80", "sell 300 at 74", "2200", ""},
		"and is":                                              {"buy 300 market", nil, "0.1", "100 101 74.1 80", "", "-20000", ""},
		"a short one, beyond its equity":                      {"sell 300 market", nil, "0", "100 150 99 140", "buy 300 at 133.4", "0", "20"},
		"a short one, at the high of a bar that closes below": {"sell 300 market", nil, "0", "100 150 99 110", "buy 300 at 133.4", "0", "20"},
		"a stop before that saves the rest":                   {"buy 300 market", []string{"sell 300 stop 80 reduce"}, "0.1", "100 101 60 70", "sell 300 at 80", "4000", ""},
		"a stop beyond that is too late":                      {"buy 300 market", []string{"sell 300 stop 73 reduce"}, "0.1", "100 101 72.9 80", "sell 300 at 74", "2200", ""},
		"where the price comes to it, however far it goes":    {"buy 300 market", nil, "0.1", "100 101 40 50", "sell 300 at 74", "2200", ""},
		"over a gap, at the open":                             {"buy 300 market", nil, "0.1", "70 71 40 50", "sell 300 at 70", "1000", ""},
		"over a gap beyond the equity, which the venue bears": {"buy 300 market", nil, "0.1", "50 71 40 50", "sell 300 at 50", "0", "5000"},
		"a short one over a gap":                              {"sell 300 market", nil, "0.1", "200 201 190 200", "buy 300 at 200", "0", "20000"},
		"a stop over a gap":                                   {"buy 300 market", []string{"sell 300 stop 80 reduce"}, "0.1", "50 60 40 50", "sell 300 at 50", "0", "5000"},
		"open orders are canceled, and nothing else is":       {"buy 300 market", []string{"sell 300 limit 120"}, "0", "100 101 40 70", "sell 300 at 66.6", "0", "20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, func(cfg *paper.Config) { cfg.Leverage, cfg.Maintenance = d("3"), d(c.maintenance) })
			require.NoError(t, submit(t, b, coin, order(t, c.order), "0"))
			require.NoError(t, b.OnBar(ohlc(t, 0, "100 100 100 100")))
			held := map[bool]string{true: "300", false: "-300"}[c.order[0] == 'b']
			for _, text := range c.more {
				require.NoError(t, submit(t, b, coin, order(t, text), held))
			}
			require.NoError(t, b.OnBar(ohlc(t, 1, c.bar)))
			require.Equal(t, c.fills, executed(fills(t, b)[1:]))
			require.Equal(t, c.cash, b.Cash().String())
			moves, _, err := b.CashEvents(t.Context(), trading.Cursor{}, 10)
			require.NoError(t, err)
			if c.deficit != "" {
				require.Len(t, moves, 1)
				require.Equal(t, trading.CashInsurance, moves[0].Kind)
				require.Equal(t, c.deficit, moves[0].Amount.String())
			} else {
				require.Empty(t, moves)
			}
			if c.fills != "" {
				require.NoError(t, b.OnBar(ohlc(t, 2, "50 200 20 100")))
				require.Len(t, fills(t, b), 2, "what was open is gone")
			}
		})
	}
}

// A limit order that rests fills at its limit also where the price has jumped over it, and what was bought at the new price
// is sold there for more than the account can lose: the rest is the venue's loss.
func TestFillFarFromTheMarketCostsNoMoreThanThereIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fee, fills, cash string }{
		"without fees":                      {"0", "buy 300 at 100, sell 300 at 50", "0"},
		"with the fee of what is left open": {"0.001", "buy 290 at 100, sell 290 at 50", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, func(cfg *paper.Config) { cfg.Leverage, cfg.FeeRate = d("3"), d(c.fee) })
			require.NoError(t, b.OnBar(ohlc(t, 0, "40 40 40 40")))
			bought, _, _ := strings.Cut(strings.TrimPrefix(c.fills, "buy "), " ")
			require.NoError(t, submit(t, b, coin, order(t, "sell "+bought+" limit 50"), "0"))
			require.NoError(t, b.OnBar(ohlc(t, 1, "40 40 40 40")))
			require.NoError(t, submit(t, b, coin, order(t, "buy "+bought+" market"), "0"))
			require.NoError(t, b.OnBar(ohlc(t, 2, "100 100 100 100")))
			require.Equal(t, c.fills, executed(fills(t, b)))
			require.Equal(t, c.cash, b.Cash().String())
		})
	}
}

func TestLiquidationAtQuotesIsAFillThatNoOrderExplains(t *testing.T) {
	t.Parallel()
	price := 100.0
	b := broker(t, func(cfg *paper.Config) {
		cfg.Leverage, cfg.FeeRate = d("3"), d("0.001")
		cfg.Quote = func(string) (float64, bool) { return price, true }
	})
	require.NoError(t, submit(t, b, coin, order(t, "buy 290 market"), "0"))
	news := b.Updated()
	price = 10
	all := fills(t, b)
	<-news
	require.Len(t, all, 2)
	require.Equal(t, "liquidation", all[1].ClientID)
	require.Equal(t, "0", all[1].Fee.String(), "there is nothing to pay it with")
	require.False(t, b.Cash().IsNegative())
	require.Len(t, fills(t, b), 2, "once")
}

func TestSpotSellsNothingThatIsNotHeld(t *testing.T) {
	t.Parallel()
	b := broker(t, func(cfg *paper.Config) { cfg.Spot = true })
	require.ErrorContains(t, submit(t, b, coin, order(t, "sell 1 market"), "0"), "spot: only 0 of BTC/USDT is held")
	require.NoError(t, submit(t, b, coin, order(t, "buy 2 market"), "0"))
	require.NoError(t, b.OnBar(ohlc(t, 0, "100 101 99 100")))
	require.ErrorContains(t, submit(t, b, coin, order(t, "sell 3 market"), "0"), "spot: only 2")
	require.NoError(t, submit(t, b, coin, order(t, "sell 2 limit 105"), "2"))
	err := submit(t, b, coin, order(t, "sell 2 stop 95"), "2")
	require.ErrorIs(t, err, trading.ErrRejected)
	require.ErrorContains(t, err, "spot: of 2 of BTC/USDT, 2 is locked by orders that rest")
	require.NoError(t, b.OnBar(ohlc(t, 1, "100 106 94 100")))
	require.Equal(t, "buy 2 at 100, sell 2 at 105", executed(fills(t, b)))
	_, err = paper.New(paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("1"), Spot: true, Leverage: d("2")})
	require.ErrorContains(t, err, "Leverage")
}

// Whatever orders meet whatever bars under whatever policy: on spot cash and holdings are never below zero, with
// leverage the equity never is once a bar has closed, no order fills beyond its limit or its quantity, the account adds
// up to the last digit, and the same again gives the same.
func TestAccountAddsUpAfterAnyOrdersUnderAnyPolicy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		spot := rapid.Bool().Draw(rt, "spot")
		policy := rapid.SampledFrom([]paper.FillPolicy{
			"", paper.NextWorst, paper.NextClose, paper.LimitCross, paper.OpenGap, paper.BarTicks, paper.BarTicksNearest,
		}).Draw(rt, "policy")
		bars := rapid.SliceOfN(rapid.Custom(drawBar), 1, 25).Draw(rt, "bars")
		orders := rapid.SliceOfN(rapid.Custom(drawOrder), len(bars), len(bars)).Draw(rt, "orders")
		play := func() string {
			b := broker(rt, func(cfg *paper.Config) {
				cfg.Spot, cfg.Fill, cfg.FeeRate, cfg.Slippage = spot, policy, d("0.0004"), d("0.0005")
				if !spot {
					cfg.Leverage, cfg.Maintenance = d("5"), d("0.05")
				}
			})
			sent := map[string]trading.Order{}
			for i, text := range bars {
				bar := ohlc(rt, i, text)
				o := order(rt, orders[i])
				o.ClientID, o.CreatedAt = fmt.Sprint("o", i), bar.Time
				sent[o.ClientID] = o
				_ = submit(rt, b, coin, o, "0")
				require.NoError(rt, b.OnBar(bar))
				held, _ := b.Positions(context.Background())
				equity := b.Cash().Add(held[btc].Mul(decimal.NewFromFloat(bar.Close)))
				require.False(rt, spot && (b.Cash().IsNegative() || held[btc].IsNegative()), "%s and %s held", b.Cash(), held[btc])
				require.False(rt, equity.IsNegative(), "equity %s", equity)
			}
			sum, filled := d("10000"), map[string]decimal.Decimal{}
			for _, f := range fills(rt, b) {
				sum = sum.Sub(f.Side.Signed(f.Quantity).Mul(f.Price)).Sub(f.Fee)
				filled[f.ClientID] = filled[f.ClientID].Add(f.Quantity)
				if o, ours := sent[f.ClientID]; ours {
					require.False(rt, filled[f.ClientID].GreaterThan(o.Quantity))
					require.False(rt, o.LimitPrice.IsPositive() && f.Price.Cmp(o.LimitPrice)*int(o.Side) > 0, "%s at %s", o.ClientID, f.Price)
				}
			}
			require.Equal(rt, sum.Add(moved(rt, b)).String(), b.Cash().String())
			return fmt.Sprint(fills(rt, b))
		}
		require.Equal(rt, play(), play())
	})
}

func drawBar(t *rapid.T) string {
	price := rapid.IntRange(500, 2000)
	o, c := price.Draw(t, "open"), price.Draw(t, "close")
	high := max(o, c) + rapid.IntRange(0, 300).Draw(t, "above")
	low := min(o, c) - rapid.IntRange(0, 400).Draw(t, "below")
	return fmt.Sprintf("%g %g %g %g %d", float64(o)/10, float64(high)/10, float64(low)/10, float64(c)/10, rapid.IntRange(0, 400).Draw(t, "volume"))
}

func drawOrder(t *rapid.T) string {
	price := func(name string) string { return decimal.New(rapid.Int64Range(500, 2000).Draw(t, name), -1).String() }
	text := rapid.SampledFrom([]string{"buy ", "sell "}).Draw(t, "side") + decimal.New(rapid.Int64Range(1, 20000).Draw(t, "quantity"), -2).String()
	switch rapid.IntRange(0, 3).Draw(t, "type") {
	case 0:
		return text + " market"
	case 1:
		text += " limit " + price("limit")
	case 2:
		text += " stop " + price("stop")
	default:
		text += " stop " + price("stop") + " limit " + price("limit")
	}
	return text + rapid.SampledFrom([]string{"", " reduce", " ioc", " fok", " day"}).Draw(t, "more")
}

// The rough sum that spares the exact one on most bars must not move the price of a liquidation by a tick.
func TestLiquidationComesAtTheTickAtWhichTheExactSumSaysSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		tick := decimal.New(1, rapid.Int32Range(-8, 0).Draw(rt, "tick"))
		price := tick.Mul(decimal.NewFromInt(rapid.Int64Range(1_000, 100_000_000).Draw(rt, "ticks")))
		maintenance := decimal.New(rapid.Int64Range(0, 200).Draw(rt, "maintenance"), -3)
		side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side")
		cash := d("10000")
		quantity := cash.Mul(d("2.9")).DivRound(price, 9).Truncate(4)
		if !quantity.IsPositive() {
			return
		}
		exact := trading.Instrument{Symbol: btc, Tick: tick, Step: d("0.0001")}
		b, err := paper.New(paper.Config{
			Instruments: []trading.Instrument{exact},
			Cash:        cash, Leverage: d("3"), Maintenance: maintenance,
		})
		require.NoError(rt, err)
		o := trading.Order{ClientID: "o", Symbol: btc, Side: side, Type: trading.Market, Quantity: quantity}
		require.NoError(rt, submit(rt, b, exact, o, "0"))
		flat := func(minute int, at decimal.Decimal) signal.Bar {
			p, _ := at.Float64()
			bar := ohlc(rt, minute, "1 1 1 1")
			bar.Open, bar.High, bar.Low, bar.Close = p, p, p, p
			return bar
		}
		require.NoError(rt, b.OnBar(flat(0, price)))
		require.Len(rt, fills(rt, b), 1)
		short := func(at decimal.Decimal) bool {
			worth := side.Signed(quantity).Mul(at)
			return b.Cash().Add(worth).LessThanOrEqual(worth.Abs().Mul(maintenance))
		}
		// A position of 2.9 times the equity is carried at its own price, and at this one it is not.
		carried, lost := price, price.Mul(d("1").Sub(decimal.NewFromInt(int64(side)).Mul(d("0.4")))).Div(tick).Truncate(0).Mul(tick)
		if maintenance.GreaterThanOrEqual(d("0.3")) || short(carried) || !short(lost) {
			return
		}
		for carried.Sub(lost).Abs().GreaterThan(tick) {
			middle := carried.Add(lost).Div(tick.Mul(d("2"))).Truncate(0).Mul(tick)
			if short(middle) {
				lost = middle
			} else {
				carried = middle
			}
		}
		require.NoError(rt, b.OnBar(flat(1, carried)))
		require.Len(rt, fills(rt, b), 1, "at %s it is carried", carried)
		require.NoError(rt, b.OnBar(flat(2, lost)))
		require.Len(rt, fills(rt, b), 2, "at %s it is not", lost)
	})
}
