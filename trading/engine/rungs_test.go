package engine_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// halves sells half at five percent and a quarter at eight.
var halves = exit.Ladder{{Gain: d("0.05"), Part: d("0.5")}, {Gain: d("0.08"), Part: d("0.25")}}

func TestLadderRestsAtAVenueThatLetsIt(t *testing.T) {
	t.Parallel()
	const (
		whole = "sell 10 stop 95 reduce, sell 2.5 limit 108 reduce, sell 2.5 limit 110 reduce, sell 5 limit 105 reduce"
		half  = "sell 2.5 limit 108 reduce, sell 2.5 limit 110 reduce, sell 5 stop 95 reduce"
		set   = "stop 95 profit 110 [5 kept at 105 2.5 kept at 108] by exit ladder: parts by the gain from 100"
	)
	for name, c := range map[string]struct {
		direction signal.Direction
		story     func(r *rig)
		held      string
		resting   string
		decided   []string
	}{
		"each rung is an order in front of the take-profit": {signal.Long, func(*rig) {}, "10", whole, []string{set}},
		"one that fills leaves the others":                  {signal.Long, func(r *rig) { r.moves("105") }, "5", half, []string{set}},
		"it is not sold again when the price comes back": {signal.Long, func(r *rig) {
			r.moves("105")
			r.moves("103")
			r.moves("106")
		}, "5", half, []string{set}},
		"a leap fills all of them at the venue": {signal.Long, func(r *rig) { r.moves("109") }, "2.5",
			"sell 2.5 limit 110 reduce, sell 2.5 stop 95 reduce", []string{set}},
		"and the take-profit": {signal.Long, func(r *rig) { r.moves("110") }, "0", "", []string{set}},
		"the stop takes all":  {signal.Long, func(r *rig) { r.moves("95") }, "0", "", []string{set}},
		"a part that fills in parts": {signal.Long, func(r *rig) {
			r.venue.FillPart(d("2"))
			r.moves("105")
			r.moves("105")
		}, "5", half, []string{set}},
		"what a person sells counts": {signal.Long, func(r *rig) {
			r.venue.Trade("1", btc, trading.Sell, d("3"))
			r.settle()
		}, "7", "sell 2 limit 105 reduce, sell 2.5 limit 108 reduce, sell 2.5 limit 110 reduce, sell 7 stop 95 reduce", []string{set}},
		"a short one has them below": {signal.Short, func(r *rig) { r.moves("95") }, "-5",
			"buy 2.5 limit 90 reduce, buy 2.5 limit 92 reduce, buy 5 stop 105 reduce",
			[]string{"stop 105 profit 90 [5 kept at 95 2.5 kept at 92] by exit ladder: parts by the gain from 100"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, beside, exits(bracket, halves))
			r.signals.put(says(btc, c.direction, r.now()))
			for range 3 {
				r.mustStep()
			}
			c.story(r)
			check := func() {
				require.Equal(t, c.held, r.held(btc))
				require.Equal(t, c.resting, r.resting())
				require.Equal(t, c.decided, r.decided())
			}
			check()
			r.restart()
			r.settle()
			check()
		})
	}
}

// bySignal holds what the signal's confidence says, in hundreds: a strategy that scales in and out.
type bySignal struct{}

func (bySignal) Target(s trading.Sizing) (decimal.Decimal, error) {
	return decimal.NewFromFloat(s.Signal.Confidence * 100 * float64(s.Signal.Direction)), nil
}

func sized(cfg *engine.Config) { cfg.Size = bySignal{} }

// asks puts a signal for so much, a minute after the one before.
func (r *rig) asks(quantity string) {
	r.clock.Add(time.Minute)
	s := says(btc, signal.Long, r.now())
	s.Confidence = d(quantity).InexactFloat64() / 100
	price, _ := r.venue.Price(btc)
	s.Price = price.InexactFloat64()
	r.signals.put(s)
}

// A rung that the price has passed before it could rest is sold at market, and the others rest.
func TestLadderThatComesTooLateSellsAtMarket(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside, exits(stopOnly, halves))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.SetPrice(btc, d("106"))
	r.settle()
	require.Equal(t, "5", r.held(btc))
	require.Equal(t, "sell 2.5 limit 108 reduce, sell 5 stop 95 reduce", r.resting())
	require.Equal(t, []string{
		"keep 5 by exit ladder: parts by the gain from 100, and 106 has passed 105",
		"stop 95 profit 0 [2.5 kept at 108] by exit ladder: parts by the gain from 100",
	}, r.decided())
}

// A signal for more moves the rungs to the new average, and none is sold twice.
func TestLadderMovesWithTheAverage(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside, exits(stopOnly, halves), sized)
	r.asks("10")
	r.settle()
	require.Equal(t, "sell 10 stop 95 reduce, sell 2.5 limit 108 reduce, sell 5 limit 105 reduce", r.resting())
	r.venue.SetPrice(btc, d("102"))
	r.asks("20")
	r.mustStep()
	require.Equal(t, "20", r.held(btc))
	require.Contains(t, r.resting(), "sell 2.5 limit 108 reduce, sell 5 limit 105 reduce", "no more of it, until they move")
	r.settle()
	require.Equal(t, "20", r.held(btc))
	require.Equal(t, "sell 10 limit 106.05 reduce, sell 10 stop 96.9 reduce, sell 10 stop 96.9 reduce, sell 5 limit 109.08 reduce",
		r.resting(), "from 101")
	require.Equal(t, 1, r.log.count(" leg=take_profit price=106.05 signal_id="), "what an order is for is in the log")
	r.moves("107")
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, 1, r.log.count("INFO Fill symbol=BTC/USDT side=sell quantity=10 price=107 fee=0 leg=take_profit"))
	require.Equal(t, "sell 10 stop 96.9 reduce, sell 5 limit 109.08 reduce", r.resting())
}

// What too few rungs could trade is sold by the next one that can.
func TestLadderLeavesTooLittleToTheNextRung(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside, exits(stopOnly, exit.Ladder{
		{Gain: d("0.05"), Part: d("0.0005")}, {Gain: d("0.08"), Part: d("0.5")}, {Gain: d("0.1"), Part: d("0.4994")},
	}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "sell 10 stop 95 reduce, sell 4.995 limit 110 reduce, sell 5.005 limit 108 reduce", r.resting())
}

// A rung that an average which fell has moved behind the price is closed at market only once its order has gone: both
// might have filled.
func TestLadderClosesAtMarketOnceItsOrdersHaveGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside, exits(nil, exit.Ladder{{Gain: d("0.05"), Part: d("0.5")}}), sized)
	r.asks("10")
	r.settle()
	r.venue.SetPrice(btc, d("90"))
	r.asks("20")
	r.mustStep()
	require.Equal(t, "20", r.held(btc))
	r.venue.SetPrice(btc, d("101"))
	r.mustStep()
	require.Equal(t, "20", r.held(btc))
	require.Empty(t, r.resting())
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, []string{
		"stop 0 profit 0 [5 kept at 105] by exit ladder: parts by the gain from 100",
		"stop 0 profit 0 [5 kept at 105] by exit ladder: parts by the gain from 100", // the next signal's ticket has none
		"stop 0 profit 0 by exit ladder: parts by the gain from 95",
		"keep 10 by exit ladder: parts by the gain from 95, and 101 has passed 99.75",
	}, r.decided())
	r.settle()
	require.Equal(t, "10", r.held(btc))
}

// What a rung has sold while an addition waited to be sent again is not bought back by it.
func TestAdditionThatWaitedIsNotSentOnceARungHasSold(t *testing.T) {
	t.Parallel()
	r := newRig(t, beside, exits(nil, halves), sized)
	r.asks("10")
	r.settle()
	require.Equal(t, "10", r.held(btc))
	r.asks("12")
	for range 2 { // the rungs rest anew meanwhile
		r.broker.Next(tradingtest.FailBegin)
		_ = r.step()
	}
	r.venue.SetPrice(btc, d("106")) // the first rung, which keeps half of the ten
	bought := len(r.venue.Ledger())
	require.Equal(t, 2, bought)
	r.settle()
	require.Equal(t, "5", r.held(btc))
	require.Len(t, r.venue.Ledger(), bought, "nothing is bought and sold again")
}
