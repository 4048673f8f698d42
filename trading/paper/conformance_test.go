package paper_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// cents is an instrument whose step is one.
var cents = trading.Instrument{Symbol: btc, Tick: d("0.001"), Step: d("1")}

// conformance is a case of docs/conformance.md.
type conformance struct {
	first  string // a bar before the orders were made
	held   string // bought at 100 beforehand
	orders string // sent one after the other, with commas between
	bars   string // the same
	fills  string
}

// The cases of docs/conformance.md that one broker shows by itself, by policy.
var conformances = map[paper.FillPolicy]map[string]conformance{
	paper.OpenGap: {
		"buy at a limit": {"102 102 102 102", "", "buy 100 limit 101.5", "102 103 101 102.3", "buy 100 at 101.5"},
		"sell at a limit that was jumped over": {
			"101 101 101 101", "", "sell 100 limit 101.5", "102 103 101 102.3", "sell 100 at 102",
		},
		"buy stop": {
			"101 101 101 101", "", "buy 100 stop 101.5", "101 101 101 101, 101 102.5 101 102", "buy 100 at 101.5",
		},
		"sell stop": {
			"102 102 102 102", "", "sell 100 stop 101.5", "102 102 102 102, 102 102.5 101 101.5", "sell 100 at 101.5",
		},
		"buy stop over a gap": {
			"290 290 290 290", "", "buy 100 stop 290.5", "291.5 292.5 291.5 291.5", "buy 100 at 291.5",
		},
		"sell stop over a gap": {
			"292 292 292 292", "", "sell 100 stop 291.5", "290.5 290.5 289.5 290.5", "sell 100 at 290.5",
		},
		"prices of before": {"291 292 289 291", "", "buy 100 limit 290.5, buy 100 stop 291.5", "", ""},
	},
	paper.BarTicks: {
		"market order beyond a quarter": {
			"90.020 90.030 90.010 90.015 20000", "", "buy 10000 market", "", "buy 5000 at 90.015, buy 5000 at 90.016",
		},
		"limit that is touched": {
			"100 100 100 100", "", "buy 1 limit 95", "100 101 95 97 400", "buy 1 at 95",
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
	if c.held != "" {
		o := order(t, "buy "+c.held+" market")
		o.ClientID, o.CreatedAt = "before", noon.Add(-2*time.Minute)
		require.NoError(t, submit(t, b, cents, o, "0"))
		require.NoError(t, b.OnBar(ohlc(t, -2, "100 100 100 100 4000")))
	}
	if c.first != "" {
		require.NoError(t, b.OnBar(ohlc(t, -1, c.first)))
	}
	before := len(fills(t, b))
	for text := range strings.SplitSeq(c.orders, ", ") {
		require.NoError(t, submit(t, b, cents, order(t, text), cmp.Or(c.held, "0")))
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
