package paper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// resting is an account of so much cash, with what was bought at 100 beforehand, at a price of 700 at which what is to buy
// rests.
func resting(t require.TestingT, cash, held string, change ...func(*paper.Config)) *paper.Broker {
	b := broker(t, append(change, func(cfg *paper.Config) { cfg.Cash = d(cash) })...)
	if held != "" {
		o := order(t, "buy "+held+" market")
		o.ClientID, o.CreatedAt = "before", noon.Add(-time.Hour)
		require.NoError(t, submit(t, b, coin, o, "0"))
		require.NoError(t, b.OnBar(ohlc(t, -3, "100 100 100 100")))
	}
	require.NoError(t, b.OnBar(ohlc(t, -1, "700 700 700 700")))
	return b
}

func spot(cfg *paper.Config) { cfg.Spot = true }

func TestWhatRestsLocksWhatItNeeds(t *testing.T) {
	t.Parallel()
	type row struct {
		cash, held string
		taken      string
		refused    string // with commas between, each alone
		change     func(*paper.Config)
	}
	for name, c := range map[string]row{
		"cash is locked by a buy":              {"1000", "", "buy 1 limit 600", "buy 1 limit 590", spot},
		"and what it leaves is free":           {"1000", "", "buy 1 limit 600, buy 1 limit 400", "buy 0.01 limit 1", spot},
		"the same with an account on margin":   {"1000", "", "buy 1 limit 600", "buy 1 limit 590, sell 2 limit 800", nil},
		"with leverage it is more":             {"1000", "", "buy 1 limit 600, buy 2 limit 690", "buy 1 limit 590", leverage("2")},
		"the fee is locked as well":            {"1000", "", "buy 1 limit 600", "buy 1 limit 400", taxed},
		"the one of two sides that costs":      {"1000", "", "buy 1 limit 600, sell 1 limit 800", "buy 1 limit 590, sell 1 limit 750", nil},
		"coins are locked by a sale":           {"600", "5", "sell 5 limit 800", "sell 5 limit 900, sell 5 stop 600, sell 0.01 market", spot},
		"parts of them":                        {"600", "5", "sell 3 limit 800, sell 2 limit 900", "sell 0.01 limit 900", spot},
		"a stop locks too":                     {"600", "5", "sell 5 stop 600", "sell 5 limit 900", spot},
		"a stop locks what it is going to pay": {"1000", "", "buy 1 limit 200", "buy 1 stop 801", spot},
		"the paper wallet of ninjabot, alone":  {"100", "", "buy 1 limit 100", "buy 1.00 limit 100", spot},
		"and with three buys":                  {"100", "", "buy 1 limit 10, buy 1 limit 20, buy 1 limit 50", "buy 1 limit 21", spot},
		"what closes locks nothing, once":      {"600", "5", "sell 5 limit 800", "sell 6 limit 900", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := resting(t, c.cash, c.held, func(cfg *paper.Config) {
				if c.change != nil {
					c.change(cfg)
				}
			})
			for _, text := range split(c.taken) {
				require.NoError(t, submit(t, b, coin, order(t, text), "0"), text)
			}
			for _, text := range split(c.refused) {
				require.ErrorIs(t, submit(t, b, coin, order(t, text), "0"), trading.ErrRejected, text)
			}
			first := split(c.taken)[0]
			require.NoError(t, b.Cancel(t.Context(), ref(first)))
			again := order(t, first)
			again.ClientID = "again"
			require.NoError(t, submit(t, b, coin, again, "0"), "what is canceled locks nothing")
		})
	}
}

func leverage(of string) func(*paper.Config) { return func(cfg *paper.Config) { cfg.Leverage = d(of) } }

func taxed(cfg *paper.Config) { cfg.Spot, cfg.FeeRate = true, d("0.001") }

// leg is an order that guards.
func leg(t require.TestingT, text string, l trading.Leg) trading.Order {
	o := order(t, text)
	o.Leg, o.ReduceOnly = l, true
	return o
}

func TestSpotBracketIsOneOCO(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ bar, fills string }{
		"the stop ends the profit": {"700 710 590 650", "buy 5 at 100, sell 5 at 600"},
		"the profit ends the stop": {"700 810 640 650", "buy 5 at 100, sell 5 at 800"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := resting(t, "600", "5", spot)
			loss, profit := leg(t, "sell 5 stop 600", trading.StopLoss), leg(t, "sell 5 limit 800", trading.TakeProfit)
			require.NoError(t, submit(t, b, coin, loss, "5"))
			require.NoError(t, submit(t, b, coin, profit, "5"), "the two legs of a bracket lock once")
			require.ErrorIs(t, submit(t, b, coin, leg(t, "sell 5 stop 590", trading.StopLoss), "5"), trading.ErrRejected)
			require.NoError(t, b.OnBar(ohlc(t, 0, c.bar)))
			require.Equal(t, c.fills, executed(fills(t, b)))
			open, err := b.OpenOrders(t.Context())
			require.NoError(t, err)
			require.Empty(t, open)
		})
	}
}

func TestSpotLegIsReplacedInOneAct(t *testing.T) {
	t.Parallel()
	b := resting(t, "600", "5", spot)
	require.Equal(t, trading.Atomic, b.Traits().Replaces)
	require.NoError(t, submit(t, b, coin, leg(t, "sell 5 stop 600", trading.StopLoss), "5"))
	require.NoError(t, submit(t, b, coin, leg(t, "sell 5 limit 800", trading.TakeProfit), "5"))
	next, err := risk.NoLimits().Approve(leg(t, "sell 5 stop 650", trading.StopLoss),
		trading.View{Instrument: coin, Held: d("5"), Price: d("700")})
	require.NoError(t, err)
	require.NoError(t, b.Replace(t.Context(), ref("sell 5 stop 600"), next))
	require.NoError(t, b.OnBar(ohlc(t, 0, "700 710 640 650")))
	require.Equal(t, "buy 5 at 100, sell 5 at 650", executed(fills(t, b)))
	report, err := b.Order(t.Context(), ref("sell 5 limit 800"))
	require.NoError(t, err)
	require.Equal(t, trading.StatusCanceled, report.Status, "it is a pair with the new one")
}

// An Engine's brackets, replaced and closed by signals, trade on spot what they trade on margin.
func TestSpotCarriesTheBracketsOfAnEngine(t *testing.T) {
	t.Parallel()
	for number, c := range candleCases {
		if strings.Contains(c.candles, "short") {
			continue
		}
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.fills, c.run(t, paper.LimitCross, func(cfg *backtest.Config) { cfg.Paper.Spot = true }))
		})
	}
}

// Whatever rests: what is locked is there, so that on spot each order that was taken can fill.
func TestNothingIsLockedTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := resting(rt, "1000", "5", spot)
		bought, sold := d("0"), d("0")
		for i := range rapid.IntRange(1, 12).Draw(rt, "orders") {
			o := order(rt, drawOrder(rt))
			o.ClientID, o.ReduceOnly, o.TimeInForce = string(rune('a'+i)), false, ""
			if !o.Rests() || submit(rt, b, coin, o, "0") != nil {
				continue
			}
			if o.Side == trading.Buy {
				bought = bought.Add(o.Quantity.Mul(o.WorstPrice(d("0"))))
				if o.LimitPrice.IsPositive() {
					bought = bought.Sub(o.Quantity.Mul(o.WorstPrice(d("0")).Sub(o.LimitPrice)))
				}
			} else {
				sold = sold.Add(o.Quantity)
			}
		}
		require.False(rt, bought.GreaterThan(b.Cash()), "%s is locked of %s", bought, b.Cash())
		require.False(rt, sold.GreaterThan(d("5")), "%s is locked of 5", sold)
	})
}
