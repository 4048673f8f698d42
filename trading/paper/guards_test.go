package paper_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// guarded sends an entry whose Guard takes a profit at 110 and a loss at 90.
func guarded(t require.TestingT, b *paper.Broker, text string) trading.Order {
	o := order(t, text)
	o.Guard = trading.Guard{TakeProfit: d("110"), StopLoss: d("90")}
	require.NoError(t, submit(t, b, fine, o, "0"))
	return o
}

func ticks(cfg *paper.Config) {
	cfg.Fill, cfg.Instruments, cfg.Leverage, cfg.Cash = paper.BarTicks, []trading.Instrument{fine}, d("10"), d("1000000")
}

func TestGuardYieldsToTheLegThatIsSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		legs  []trading.Order
		bar   string
		fills string
	}{
		"it rests until a leg comes": {nil, "95 95 80 80 4000", "sell 10 at 90"},
		"the leg counts":             {[]trading.Order{leg(t, "sell 10 stop 85", trading.StopLoss)}, "95 95 80 80 4000", "sell 10 at 85"},
		"of what the leg leaves":     {[]trading.Order{leg(t, "sell 4 stop 85", trading.StopLoss)}, "95 95 80 80 4000", "sell 6 at 90, sell 4 at 85"},
		"the other kind stays":       {[]trading.Order{leg(t, "sell 10 stop 85", trading.StopLoss)}, "105 115 105 105 4000", "sell 10 at 110"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, ticks)
			guarded(t, b, "buy 10 market")
			require.NoError(t, b.OnBar(ohlc(t, 0, "100 101 99 100 4000")))
			open, err := b.OpenOrders(t.Context())
			require.NoError(t, err)
			require.Empty(t, open, "nobody has sent them")
			for _, o := range c.legs {
				require.NoError(t, submit(t, b, fine, o, "10"))
			}
			require.NoError(t, b.OnBar(ohlc(t, 1, c.bar)))
			require.Equal(t, "buy 10 at 100, "+c.fills, executed(fills(t, b)))
		})
	}
}

func TestGuardEndsItsEntryAndItsPair(t *testing.T) {
	t.Parallel()
	b := broker(t, ticks)
	entry := guarded(t, b, "buy 10 limit 100")
	require.NoError(t, b.OnBar(ohlc(t, 0, "105 105 80 85 16"))) // 4 of 10 are had, and lost
	all := fills(t, b)
	require.Equal(t, "buy 4 at 100, sell 4 at 89.999", executed(all))
	id, kind := all[1].Guards()
	require.Equal(t, entry.ClientID, id)
	require.Equal(t, trading.StopLoss, kind)
	report, err := b.Order(t.Context(), entry.Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusCanceled, report.Status, "what is left of the entry opens nothing more")
	require.NoError(t, b.OnBar(ohlc(t, 2, "100 120 60 100 1600")))
	require.Len(t, fills(t, b), 2)
}

// What the engine knows and what the account holds agree after each bar, whatever bars, brackets and policies do; nothing
// halts, no position is larger than was asked for, and none is left with what is not in order.
func TestGuardsAndEngineAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		bars, spot := make(candles, 0, 40), rapid.Bool().Draw(rt, "spot")
		directions := []signal.Direction{signal.Long, signal.Flat}
		if !spot {
			directions = append(directions, signal.Short)
		}
		says := directed{}
		for i := range rapid.IntRange(5, 40).Draw(rt, "bars") {
			bar := ohlc(rt, i, drawBar(rt))
			bar.Volume /= float64(rapid.SampledFrom([]int{1, 10, 100}).Draw(rt, "thin"))
			bars = append(bars, bar)
			if rapid.IntRange(0, 2).Draw(rt, "says") == 0 {
				says[bar.Time] = rapid.SampledFrom(directions).Draw(rt, "direction")
			}
		}
		fraction := func(name string) decimal.Decimal { return decimal.New(rapid.Int64Range(0, 40).Draw(rt, name), -3) }
		ticket := trading.FixedTicket{
			Limit: fraction("limit"), StopLoss: fraction("stop"), TakeProfit: fraction("profit"), FromFill: rapid.Bool().Draw(rt, "from fill"),
		}
		if !ticket.StopLoss.Add(ticket.TakeProfit).IsPositive() {
			return
		}
		run := replayOf(rt, bars, says, ticket, func(cfg *paper.Config) {
			cfg.Fill = rapid.SampledFrom(policies).Draw(rt, "policy")
			if cfg.Spot = spot; !spot {
				cfg.Leverage, cfg.Maintenance, cfg.LiquidationFee = d("3"), d("0.01"), d("0.0125")
				cfg.Funding = func(_ string, at time.Time) decimal.Decimal { return decimal.New(int64(at.Minute()%3)-1, -3) }
				cfg.FundingEvery = 4 * time.Minute
			}
		})
		require.NoError(rt, run.Run(context.Background()))
		status := run.Status().Engine
		require.Empty(rt, status.Halt.Reason)
		liquidated := 0
		for _, f := range fills(rt, run.Broker) {
			if f.ClientID == "liquidation" {
				liquidated++
			}
		}
		require.Equal(rt, liquidated, status.Counts.ForeignFills, "the engine knows what guards its positions")
	})
}

var policies = []paper.FillPolicy{
	paper.NextOpen, paper.NextWorst, paper.NextClose, paper.LimitCross, paper.OpenGap, paper.BarTicks, paper.BarTicksNearest,
}

func replayOf(t *rapid.T, bars candles, says directed, ticket trading.FixedTicket, change func(*paper.Config)) *backtest.Replay {
	account := paper.Config{Cash: d("10000"), FeeRate: d("0.0004")}
	change(&account)
	var replay *backtest.Replay
	replay, err := backtest.New(backtest.Config{
		Bars: &bars, Instruments: []trading.Instrument{{Symbol: btc, Tick: d("0.1"), Step: d("0.01")}},
		Generator: generator.Config{
			Specs:    []signal.Spec{{Name: "directed", New: func() signal.Strategy { return says }}},
			Interval: time.Minute,
		},
		Paper: account,
		Engine: engine.Config{
			Size: size.FixedNotional{Amount: d("3000")}, Ticket: ticket, Risk: risk.NoLimits(), AutoExecute: true,
		},
		OnBar: func(bar signal.Bar) {
			held, err := replay.Broker.Positions(context.Background())
			require.NoError(t, err)
			status := replay.Engine.Status()
			inBook := decimal.Zero
			for _, p := range status.Positions {
				inBook = p.Quantity
			}
			require.Equal(t, held[btc].String(), inBook.String(), "at %s", bar.Time)
			require.Equal(t, replay.Broker.Cash().String(), status.Cash.String(), "at %s", bar.Time)
			worth := status.Cash.Add(inBook.Mul(decimal.NewFromFloat(bar.Close)))
			require.True(t, status.Equity.Sub(worth).Abs().LessThan(d("0.000001")), "%s and %s at %s", status.Equity, worth, bar.Time)
		},
	})
	require.NoError(t, err)
	return replay
}
