package paper_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// cents is an instrument whose step is one.
var cents = trading.Instrument{Symbol: btc, Tick: d("0.001"), Step: d("1")}

// conformance is a case of docs/conformance.md.
type conformance struct {
	first  string // a bar before the orders were made
	orders string // sent one after the other, with commas between
	bars   string // the same
	fills  string
}

// The cases of docs/conformance.md that one broker shows by itself, by policy.
var conformances = map[paper.FillPolicy]map[string]conformance{
	paper.NextOpen: {
		"a limit that is immediate takes at the open": {
			"100 100 100 100", "buy 1 limit 95 ioc", "90 91 89 90", "buy 1 at 90",
		},
		"and is gone where the open is beyond it": {"100 100 100 100", "buy 1 limit 95 fok", "96 97 90 91", ""},
		"a touch fills nothing":                   {"100 100 100 100", "buy 1 limit 95", "100 101 95 97", ""},
		"market order, at the next open":          {"100 100 100 100", "buy 1 market", "103 105 101 104", "buy 1 at 103"},
		"stop within the bar":                     {"100 100 100 100", "buy 1 stop 104", "103 105 101 104", "buy 1 at 104"},
		"stop limit that is jumped over, and comes back": {
			"100 100 100 100", "buy 1 stop 105 limit 106", "110 112 108 111, 108 109 105 107", "buy 1 at 106",
		},
		"and does not come back":      {"100 100 100 100", "buy 1 stop 105 limit 106", "110 112 108 111, 108 109 107 107", ""},
		"stop that is beyond already": {"100 100 100 100", "sell 1 stop 105", "99 100 98 99", "sell 1 at 99"},
	},
	paper.LimitCross: {
		"limit beyond the market, at the open": {"100 100 100 100", "buy 1 limit 110", "101 102 99 100", "buy 1 at 101"},
		"limit that is touched":                {"100 100 100 100", "sell 1 limit 105", "100 105 99 100", "sell 1 at 105"},
	},
	paper.OpenGap: {
		"a touch fills nothing": {"100 100 100 100", "buy 1 limit 95, sell 1 limit 105", "100 105 95 97", ""},
		"buy at a limit":        {"102 102 102 102", "buy 100 limit 101.5", "102 103 101 102.3", "buy 100 at 101.5"},
		"sell at a limit that was jumped over": {
			"101 101 101 101", "sell 100 limit 101.5", "102 103 101 102.3", "sell 100 at 102",
		},
		"buy stop": {
			"101 101 101 101", "buy 100 stop 101.5", "101 101 101 101, 101 102.5 101 102", "buy 100 at 101.5",
		},
		"sell stop": {
			"102 102 102 102", "sell 100 stop 101.5", "102 102 102 102, 102 102.5 101 101.5", "sell 100 at 101.5",
		},
		"buy stop over a gap": {
			"290 290 290 290", "buy 100 stop 290.5", "291.5 292.5 291.5 291.5", "buy 100 at 291.5",
		},
		"sell stop over a gap": {
			"292 292 292 292", "sell 100 stop 291.5", "290.5 290.5 289.5 290.5", "sell 100 at 290.5",
		},
		"a limit that was jumped over, bought": {"100 100 100 100", "buy 1 limit 95", "90 91 89 90", "buy 1 at 90"},
		"prices of before":                     {"291 292 289 291", "buy 100 limit 290.5, buy 100 stop 291.5", "", ""},
	},
	paper.BarTicks: {
		"a bar of less volume than steps": {"", "buy 6 limit 100", "100 100 99 99 3", "buy 1 at 100, buy 1 at 100, buy 1 at 100"},
		"what is over goes to the first prices": {
			"", "buy 9 limit 100", "100 100 99 99 6", "buy 2 at 100, buy 2 at 100, buy 1 at 100, buy 1 at 100",
		},
		"no more than the bar had": {
			"100 100 100 100 4", "buy 10 market", "", "buy 1 at 100, buy 3 at 100.001",
		},
		"and the rest of a market order is canceled": {
			"100 100 100 100 4", "buy 6 market", "100 100 100 100 8", "buy 1 at 100, buy 3 at 100.001",
		},
		"two orders share what there is, the older one first": {
			"", "buy 2 limit 100, buy 3 limit 100", "100 100 99 99 4", "buy 1 at 100, buy 1 at 100, buy 1 at 100, buy 1 at 100",
		},
		"stop in a bar that trades nothing": {"100 100 100 100 4", "buy 1 stop 105", "105 106 105 105 0, 107 107 107 107 8", ""},
		"market order, fill or kill":        {"100 100 100 100 4", "buy 10 market fok", "", ""},
		"market order that can be had":      {"100 100 100 100 4", "buy 4 market fok", "", "buy 1 at 100, buy 3 at 100.001"},
		"market order, immediate":           {"100 100 100 100 4", "buy 10 market ioc", "100 100 100 100 8", "buy 1 at 100, buy 3 at 100.001"},
		"stop that there is too little of":  {"100 100 100 100 4", "buy 6 stop 105", "105 105 105 105 4, 106 106 106 106 4", "buy 1 at 105, buy 3 at 105.001"},
		"market order beyond a quarter": {
			"90.020 90.030 90.010 90.015 20000", "buy 10000 market", "", "buy 5000 at 90.015, buy 5000 at 90.016",
		},
		"limit that is touched": {
			"100 100 100 100", "buy 1 limit 95", "100 101 95 97 400", "buy 1 at 95",
		},
	},
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for policy, cases := range conformances {
		for name, c := range cases {
			t.Run(string(cmp.Or(policy, paper.NextOpen))+"/"+name, func(t *testing.T) {
				t.Parallel()
				require.Equal(t, c.fills, c.run(t, policy))
			})
		}
	}
}

// run plays a case, and tells of the fills.
func (c conformance) run(t *testing.T, policy paper.FillPolicy) string {
	b := broker(t, func(cfg *paper.Config) {
		cfg.Fill, cfg.Instruments, cfg.Leverage, cfg.Cash = policy, []trading.Instrument{cents}, d("10"), d("1000000")
	})
	if c.first != "" {
		require.NoError(t, b.OnBar(ohlc(t, -1, c.first)))
	}
	before := len(fills(t, b))
	for text := range strings.SplitSeq(c.orders, ", ") {
		require.NoError(t, submit(t, b, cents, order(t, text), "0"))
	}
	for i, text := range split(c.bars) {
		require.NoError(t, b.OnBar(ohlc(t, i, text)))
	}
	return executed(fills(t, b)[before:])
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

// What positions come to; the prices are quotes.
func TestConformanceOfPositions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trades            string
		realized, average string
		held              string
	}{
		"averaging": {"buy 100 at 10, buy 100 at 15", "0", "12.5", "200"},
		"averaging, and sold in parts": {
			"buy 100 at 10, buy 100 at 15, sell 50 at 12, sell 100 at 20, sell 50 at 5", "350", "0", "0",
		},
		"flip":               {"buy 1 at 100, sell 3 at 150", "50", "150", "-2"},
		"short and back":     {"sell 1 at 100, buy 1 at 50", "50", "0", "0"},
		"averaging of three": {"buy 1 at 10, buy 1 at 20", "0", "15", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			price := 0.0
			b := broker(t, func(cfg *paper.Config) {
				cfg.Instruments, cfg.Leverage = []trading.Instrument{cents}, d("10")
				cfg.Quote = func(string) (float64, bool) { return price, true }
			})
			var p trading.Position
			for _, trade := range split(c.trades) {
				text, at, _ := strings.Cut(trade, " at ")
				price, _ = d(at).Float64()
				o := order(t, text+" market")
				o.ClientID = trade
				require.NoError(t, submit(t, b, cents, o, p.Quantity.String()))
				all := fills(t, b)
				p = p.After(all[len(all)-1])
			}
			require.Equal(t, c.realized, p.Realized.String())
			require.Equal(t, c.average, p.AveragePrice().String())
			require.Equal(t, c.held, p.Quantity.String())
			held, err := b.Positions(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.held, held[btc].String())
		})
	}
}

// An order that is immediate never rested, and pays as a taker.
func TestTakerIsWhoDidNotRest(t *testing.T) {
	t.Parallel()
	for text, fee := range map[string]string{"buy 1 limit 95": "0", "buy 1 limit 95 ioc": "0.09", "buy 1 limit 95 fok": "0.09"} {
		b := broker(t, func(cfg *paper.Config) {
			cfg.FeeRate, cfg.MakerFeeRate = d("0.001"), decimal.NewNullDecimal(d("0"))
		})
		require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100")))
		require.NoError(t, submit(t, b, coin, order(t, text), "0"))
		require.NoError(t, b.OnBar(ohlc(t, 0, "90 91 89 90")))
		require.Equal(t, fee, fills(t, b)[0].Fee.String(), text)
	}
}
