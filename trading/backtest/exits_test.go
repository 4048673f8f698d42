package backtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// path are bars of a minute, each from its open over its high and its low to its close.
func path(prices ...[4]float64) *inMemory {
	var all inMemory
	for i, p := range prices {
		all = append(all, signal.Bar{
			Symbol: coin, Time: start.Add(time.Duration(i) * time.Minute), Interval: time.Minute,
			Open: p[0], High: p[1], Low: p[2], Close: p[3], Volume: 1000,
		})
	}
	return &all
}

// What a bar opens has the guard of its ticket for the rest of that bar; from its close on exits move that.
func TestReplayTrailsFromTheCloseOfTheBarThatOpened(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bars  *inMemory
		at    int // the bar whose close says long
		exits []trading.Exit
		want  []string
	}{
		"the ticket's stop guards within the bar that opens": {
			path([4]float64{100, 100, 100, 100}, [4]float64{100, 110, 94, 108}, [4]float64{108, 108, 108, 108}),
			0, []trading.Exit{exit.Trailing{Part: number("0.02")}}, []string{"buy at 100", "sell at 95"},
		},
		"and its close moves the stop": {
			path([4]float64{100, 100, 100, 100}, [4]float64{100, 110, 99, 108}, [4]float64{108, 108, 105, 106}),
			0, []trading.Exit{exit.Trailing{Part: number("0.02")}}, []string{"buy at 100", "stop 105.84", "sell at 105.84"},
		},
		"by the range of bars": {
			path([4]float64{100, 101, 99, 100}, [4]float64{100, 102, 100, 102}, [4]float64{102, 103, 101, 102}, [4]float64{102, 102, 97, 97}),
			1, []trading.Exit{exit.Trailing{Times: number("1.5"), Period: 2}}, []string{"buy at 102", "stop 99", "sell at 99"},
		},
		"what is held for too long goes at the next open": {
			path([4]float64{100, 100, 100, 100}, [4]float64{100, 100, 100, 100}, [4]float64{101, 101, 101, 101}, [4]float64{102, 102, 102, 102},
				[4]float64{103, 103, 103, 103}),
			0, []trading.Exit{exit.After{Hold: 2 * time.Minute}}, []string{"buy at 100", "keep 0", "sell at 102"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := buying(t, 1)
			cfg.Bars, cfg.Journal = c.bars, journal.NewMemory()
			cfg.Generator.Specs = []signal.Spec{buysAt(c.at)}
			cfg.Paper.Fill, cfg.Paper.FeeRate, cfg.Paper.Slippage = paper.NextOpen, number("0"), number("0")
			cfg.Engine.Ticket, cfg.Engine.Exits = trading.FixedTicket{StopLoss: number("0.05")}, c.exits
			r := newReplay(t, cfg)
			require.NoError(t, r.Run(t.Context()))
			require.Equal(t, c.want, told(t, cfg.Journal))
		})
	}
}

// told are the fills of a journal, and what exits have decided.
func told(t *testing.T, j journal.Journal) (all []string) {
	entries, err := j.Read(t.Context(), 0, 10_000)
	require.NoError(t, err)
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case journal.Filled:
			all = append(all, fmt.Sprintf("%s at %s", e.Fill.Side, e.Fill.Price))
		case journal.Amended:
			require.True(t, strings.HasPrefix(e.By, "exit "), e.By)
			all = append(all, "stop "+e.Ticket.StopLoss.String())
		case journal.CloseAsked:
			all = append(all, "keep "+e.Quantity.String())
		default: // Nothing else is told.
		}
	}
	return all
}
