package engine_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// Whatever goes wrong, also while the position grows, no order of a ladder leaves less than what its last rung kept when the
// order was made: no part is closed twice, by an order that rests and one at market, or before a kill and after it.
func TestLadderClosesNoPartTwice(t *testing.T) {
	t.Parallel()
	sold := 0
	rapid.Check(t, func(rt *rapid.T) {
		traits := rapid.SampledFrom([]trading.Traits{beside, beside, refuses}).Draw(rt, "traits")
		r := newRig(rt, traits, exits(nil, halves), sized)
		price, size := 10_000, 12
		r.asks("12")
		r.settle()
		for range rapid.IntRange(5, 40).Draw(rt, "moments") {
			switch rapid.IntRange(1, 9).Draw(rt, "what") {
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
			case 6:
				size += rapid.IntRange(1, 4).Draw(rt, "more")
				r.asks(strconv.Itoa(size))
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
		sold += r.soldByRungs()
	})
	require.Greater(t, sold, 10)
}

// soldByRungs goes through the journal, and returns how many fills it has looked at.
func (r *rig) soldByRungs() (sold int) {
	keep, asked, held, least := decimal.Zero, decimal.Zero, decimal.Zero, make(map[string]decimal.Decimal)
	for _, entry := range r.entries() {
		switch e := entry.Event.(type) {
		case journal.Amended:
			if rungs := e.Ticket.RungsOf(trading.TakeProfit); len(rungs) > 0 {
				keep = rungs[len(rungs)-1].Keep
			}
		case journal.CloseAsked:
			asked = e.Quantity
		case journal.IntentMade:
			if least[e.Order.ClientID] = asked; e.Order.Leg != "" || keep.LessThan(asked) { // a rung beside it may fill first
				least[e.Order.ClientID] = keep
			}
		case journal.Filled:
			held = held.Add(e.Fill.Held())
			if e.Fill.Side == trading.Sell {
				sold++
				require.True(r.t, held.GreaterThanOrEqual(least[e.Fill.ClientID]), "%v leaves %s", e.Fill, held)
			}
		default: // Nothing else tells of rungs.
		}
	}
	return sold
}
