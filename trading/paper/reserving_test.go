package paper_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// reserving is a spot account that says of itself what a venue with pairs says.
type reserving struct{ *paper.Broker }

func (reserving) Traits() trading.Traits {
	return trading.Traits{RefusesDuplicates: true, MaxFlight: time.Nanosecond, Remembers: trading.Forever, Reserves: true}
}

// A market that takes little fills one order of a pair in parts. The other one shrinks with it: nothing is sent anew, nothing is
// sold twice, and what is left keeps both.
func TestPairFillsInParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bars   [][5]float64 // open, high, low, close, volume
		held   []string     // after each
		orders int
	}{
		"the profit, and then the stop": {
			[][5]float64{{105, 110, 105, 106, 40}, {105, 106, 105, 106, 40}, {96, 96, 90, 91, 400}, {91, 91, 90, 91, 400}},
			[]string{"30", "30", "0", "0"}, 3,
		},
		"the profit, in the end all of it": {
			[][5]float64{{105, 110, 105, 106, 40}, {105, 110, 105, 106, 40}, {111, 112, 111, 112, 400}},
			[]string{"30", "20", "0"}, 3,
		},
		"the stop": {
			[][5]float64{{96, 96, 94, 94, 20}, {94, 94, 93, 93, 4}, {94, 94, 93, 93, 400}},
			[]string{"20", "16", "0"}, 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := clock.NewMock()
			now.Set(noon)
			account, err := paper.New(paper.Config{
				Instruments: []trading.Instrument{coin}, Cash: d("10000"), Spot: true, Fill: paper.BarTicks, Clock: now,
			})
			require.NoError(t, err)
			signals, events := signal.NewMemory(100), journal.NewMemory()
			e, err := engine.New(engine.Config{
				Signals: signals, Journal: events, Broker: reserving{account}, Instruments: []trading.Instrument{coin},
				Size: size.FixedNotional{Amount: d("4000")}, Ticket: trading.FixedTicket{TakeProfit: d("0.1"), StopLoss: d("0.05")},
				Risk:    risk.Limits{MaxPosition: d("5000"), MaxOrder: d("5000"), MaxDailyLoss: risk.Unlimited},
				Capital: d("10000"), AutoExecute: true, Clock: now, Logger: slog.New(slog.DiscardHandler), Identity: "one",
			})
			require.NoError(t, err)
			step := func() {
				for range 3 {
					require.NoError(t, e.Step(context.Background()))
				}
			}
			next := func(i int, p [5]float64) {
				b := signal.Bar{
					Symbol: btc, Interval: time.Minute, Time: noon.Add(time.Duration(i) * time.Minute),
					Open: p[0], High: p[1], Low: p[2], Close: p[3], Volume: p[4],
				}
				now.Set(b.End())
				require.NoError(t, account.OnBar(b))
			}
			next(0, [5]float64{100, 100, 100, 100, 1000})
			require.NoError(t, signals.Append(context.Background(), signal.Signal{
				ID: signal.Stream{Strategy: "one", Symbol: btc, Interval: time.Minute}.ID(noon), Strategy: "one", Symbol: btc,
				Interval: time.Minute, Direction: signal.Long, Price: 100, BarTime: noon, CreatedAt: now.Now(),
				ValidUntil: now.Now().Add(time.Minute),
			}))
			step()
			require.Equal(t, "40", held(e))
			require.Len(t, e.Status().Orders, 2, "a pair")
			for i, p := range c.bars {
				next(i+1, p)
				step()
				require.Equal(t, c.held[i], held(e), "after bar %d", i+1)
			}
			require.Equal(t, c.orders, e.Status().Counts.Orders)
			require.Empty(t, e.Status().Orders)
		})
	}
}

func held(e *engine.Engine) string {
	for _, p := range e.Status().Positions {
		return p.Quantity.String()
	}
	return "0"
}
