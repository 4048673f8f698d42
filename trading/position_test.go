package trading_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// trades reads a text like "buy 100 at 10 fee 1, sell 50 at 12".
func trades(t *testing.T, text string) []trading.Fill {
	var fills []trading.Fill
	for part := range strings.SplitSeq(text, ", ") {
		words := strings.Fields(part)
		f := trading.Fill{ID: fmt.Sprint("f", len(fills)), Symbol: btc, Quantity: d(words[1]), Price: d(words[3]), Time: noon}
		require.NoError(t, f.Side.UnmarshalText([]byte(words[0])))
		if len(words) > 5 {
			f.Fee = d(words[5])
		}
		fills = append(fills, f)
	}
	return fills
}

func TestPositionArithmetic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trades   string
		quantity string
		average  string
		realized string
		fees     string
	}{
		"one buy":                                                     {"buy 1 at 25.566", "1", "25.566", "0", "0"},
		"two buys average":                                            {"buy 100 at 10, buy 100 at 15", "200", "12.5", "0", "0"},
		"part of it sold at a loss":                                   {"buy 100 at 10, buy 100 at 15, sell 50 at 12", "150", "12.5", "-25", "0"},
		"and more at a profit":                                        {"buy 100 at 10, buy 100 at 15, sell 50 at 12, sell 100 at 20", "50", "12.5", "725", "0"},
		"and the rest at a loss":                                      {"buy 100 at 10, buy 100 at 15, sell 50 at 12, sell 100 at 20, sell 50 at 5", "0", "0", "350", "0"},
		"two ticks of volume average":                                 {"buy 5000 at 90.015, buy 5000 at 90.016", "10000", "90.0155", "0", "0"},
		"buy then sell more is a flip":                                {"buy 1 at 100, sell 3 at 150", "-2", "150", "50", "0"},
		"a short covered below is a profit":                           {"sell 1 at 100, buy 1 at 50", "0", "0", "50", "0"},
		"a short covered above is a loss":                             {"sell 2 at 100, buy 1 at 130", "-1", "100", "-30", "0"},
		"short then long is a flip":                                   {"sell 1 at 100, buy 3 at 50", "2", "50", "50", "0"},
		"a short that grows averages":                                 {"sell 1 at 100, sell 3 at 120", "-4", "115", "0", "0"},
		"fees add up and stay out of profit":                          {"buy 1 at 100 fee 0.1, sell 1 at 110 fee 0.11", "0", "0", "10", "0.21"},
		"a rebate is a fee below zero":                                {"buy 1 at 100 fee -0.1", "1", "100", "0", "-0.1"},
		"a part of a cost that does not divide is exact to 18 places": {"buy 3 at 10, buy 4 at 10.01, sell 1 at 10", "6", "10.005714285714285714", "-0.005714285714285714", "0"},
		"thirds lose nothing":                                         {"buy 3 at 10, buy 4 at 10.01, sell 1 at 10, sell 1 at 10, sell 5 at 10", "0", "0", "-0.04", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p trading.Position
			book := book.New(d("1000"))
			for _, f := range trades(t, c.trades) {
				p = p.After(f)
				require.NoError(t, book.Apply(noon, journal.Filled{Fill: f}))
			}
			require.Equal(t, c.quantity, p.Quantity.String())
			require.Equal(t, c.average, p.AveragePrice().String())
			require.Equal(t, c.realized, p.Realized.String())
			require.Equal(t, c.fees, p.Fees.String())
			require.Equal(t, p, book.Position(btc))
		})
	}
}

func TestUnrealizedProfit(t *testing.T) {
	t.Parallel()
	long := trading.Position{}.After(trades(t, "buy 2 at 100")[0])
	require.Equal(t, "20", long.Unrealized(d("110")).String())
	short := trading.Position{}.After(trades(t, "sell 2 at 100")[0])
	require.Equal(t, "-20", short.Unrealized(d("110")).String())
	require.True(t, trading.Position{}.Unrealized(d("110")).IsZero())
}
