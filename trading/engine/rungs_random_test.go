package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// Whatever goes wrong, a ladder alone never closes more than what is beyond its last rung: no part is closed twice, by an
// order that rests and one at market, before a kill and after it, or as the position grows.
func TestLadderClosesNoPartTwice(t *testing.T) {
	t.Parallel()
	sold := 0
	rapid.Check(t, func(rt *rapid.T) {
		traits := rapid.SampledFrom([]trading.Traits{beside, beside, refuses}).Draw(rt, "traits")
		r := newRig(rt, traits, exits(nil, halves), sized)
		price, asked := 10_000, 0
		for range rapid.IntRange(5, 40).Draw(rt, "moments") {
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				asked += rapid.IntRange(1, 10).Draw(rt, "more")
				r.asks(decimal.NewFromInt(int64(asked)).String())
			case 1:
				r.broker.Next(rapid.SampledFrom([]tradingtest.Fault{
					tradingtest.LoseRequest, tradingtest.LoseReply, tradingtest.Reject, tradingtest.FailBegin,
				}).Draw(rt, "fault"))
			case 2:
				r.journal.failAt = r.journal.appends + rapid.IntRange(1, 4).Draw(rt, "fail")
				r.journal.wrote = rapid.Bool().Draw(rt, "wrote")
			case 3:
				r.broker.HideFills(true)
			case 4:
				r.venue.FillPart(d(rapid.SampledFrom([]string{"0.3", "1.7"}).Draw(rt, "part")))
			case 5:
				r.clock.Add(10 * time.Second)
			}
			price = max(8_000, price+rapid.IntRange(-300, 350).Draw(rt, "move"))
			r.venue.SetPrice(btc, decimal.New(int64(price), -2))
			for range rapid.IntRange(0, 3).Draw(rt, "steps") {
				if r.step() != nil {
					r.restart()
				}
				r.broker.HideFills(false)
			}
		}
		r.settle()
		most, held := decimal.Zero, decimal.Zero
		for _, f := range r.venue.Ledger() {
			held = held.Add(f.Held())
			most = decimal.Max(most, held)
			least := most.Mul(d("0.25"))
			require.True(rt, held.GreaterThanOrEqual(least), fmt.Sprint(f, " leaves ", held, " of ", most))
			if f.Side == trading.Sell {
				sold++
			}
		}
	})
	require.Greater(t, sold, 10)
}
