package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// history looks at every moment of a campaign, where compare looks at its end: no fill ever carried a position beyond
// the target of the signal that its order serves, no leg of a bracket ever opened anything, and no leg was ever there
// twice. What is asked for is in the journal, what was done in the ledger.
func history(ledger, journal []journal.Entry) (problems []string) {
	past := past{
		targets: targetsOf(journal), orders: make(map[string]trading.Order), held: make(map[string]decimal.Decimal),
		resting: make(map[string]decimal.Decimal),
	}
	for _, entry := range ledger {
		problems = append(problems, past.look(entry.Event)...)
	}
	return problems
}

// targetsOf lists what each signal, or whoever asked for a close, wanted to be held.
func targetsOf(j []journal.Entry) map[string]decimal.Decimal {
	targets := make(map[string]decimal.Decimal)
	for _, entry := range j {
		switch e := entry.Event.(type) {
		case journal.SignalSeen:
			if e.Outcome == journal.OutcomeActed {
				targets[e.SignalID] = e.Target
			}
		case journal.CloseAsked:
			targets[e.ID] = e.Quantity
		default: // The others want nothing.
		}
	}
	return targets
}

// past is what had happened at the venue up to a moment.
type past struct {
	targets map[string]decimal.Decimal // by what asked for them
	orders  map[string]trading.Order
	held    map[string]decimal.Decimal
	resting map[string]decimal.Decimal // what is left of the legs that are not done, by client ID
}

func (p *past) look(event journal.Event) []string {
	switch e := event.(type) {
	case journal.IntentMade:
		p.orders[e.Order.ClientID] = e.Order
	case journal.Acknowledged:
		return p.taken(p.orders[e.ClientID])
	case journal.Filled:
		return p.filled(e.Fill, p.orders[e.Fill.ClientID])
	case journal.Canceled:
		delete(p.resting, e.ClientID)
	case journal.Expired:
		delete(p.resting, e.ClientID)
	default: // The venue's ledger has no others that matter here.
	}
	return nil
}

func (p *past) taken(o trading.Order) []string {
	if o.Leg == "" {
		return nil
	}
	p.resting[o.ClientID] = o.Quantity
	target := p.targets[o.SignalID]
	sum := decimal.Zero
	for id, left := range p.resting {
		if other := p.orders[id]; id == o.ClientID || rival(other, o) && !left.GreaterThan(target.Abs()) {
			sum = sum.Add(left)
		}
	}
	if sum.GreaterThan(target.Abs()) {
		return []string{fmt.Sprintf("leg %s: with it %s of %s rest, and the target is %s: doubled", o.ClientID, sum, o.Leg, target)}
	}
	return nil
}

// rival reports whether two legs guard the same at the same price. One at another price, or of more than there is to guard,
// rests beside the leg that takes its place until it is canceled: this venue lets both, as they only reduce.
func rival(a, b trading.Order) bool {
	return a.Symbol == b.Symbol && a.Leg == b.Leg && a.LimitPrice.Equal(b.LimitPrice) && a.StopPrice.Equal(b.StopPrice)
}

func (p *past) filled(f trading.Fill, o trading.Order) []string {
	before := p.held[f.Symbol]
	after := before.Add(f.Side.Signed(f.Quantity))
	p.held[f.Symbol] = after
	if left, ok := p.resting[f.ClientID]; ok {
		p.resting[f.ClientID] = left.Sub(f.Quantity)
		if !left.GreaterThan(f.Quantity) {
			delete(p.resting, f.ClientID)
		}
	}
	switch target := p.targets[o.SignalID]; {
	case after.Sign() != int(f.Side): // it closed, in whole or in part
	case o.Leg != "":
		return []string{fmt.Sprintf("fill %s of leg %s opened: from %s to %s of %s", f.ID, f.ClientID, before, after, f.Symbol)}
	case after.Sign() != target.Sign(), after.Abs().GreaterThan(target.Abs()):
		return []string{fmt.Sprintf("fill %s of order %s led to %s of %s, beyond its target of %s",
			f.ID, f.ClientID, after, f.Symbol, target)}
	}
	return nil
}

func entriesOf(t *testing.T, journal journal.Journal) (all []journal.Entry) {
	t.Helper()
	for after := int64(0); ; {
		page, err := journal.Read(context.Background(), after, 1000)
		require.NoError(t, err)
		if len(page) == 0 {
			return all
		}
		all, after = append(all, page...), page[len(page)-1].Seq
	}
}

func TestHistorySeesWhatIsOverByTheEnd(t *testing.T) {
	t.Parallel()
	ten, six := decimal.NewFromInt(10), decimal.NewFromInt(6)
	order := func(id string, side trading.Side, leg trading.Leg) []journal.Event {
		o := trading.Order{ClientID: id, Symbol: "BTC/USDT", Side: side, Quantity: six, Leg: leg, SignalID: "long"}
		return []journal.Event{journal.IntentMade{Order: o}, journal.Acknowledged{ClientID: id}}
	}
	fill := func(id string, side trading.Side, quantity decimal.Decimal) journal.Event {
		return journal.Filled{Fill: trading.Fill{ID: "of " + id, ClientID: id, Symbol: "BTC/USDT", Side: side, Quantity: quantity}}
	}
	for name, c := range map[string]struct {
		events [][]journal.Event
		want   string // "" for nothing wrong
	}{
		"an entry and its leg": {[][]journal.Event{
			order("entry", trading.Buy, ""), {fill("entry", trading.Buy, ten)}, order("a", trading.Sell, trading.StopLoss),
			{fill("a", trading.Sell, six)},
		}, ""},
		"a leg that took the place of one that was canceled": {[][]journal.Event{
			order("a", trading.Sell, trading.StopLoss), {journal.Canceled{ClientID: "a"}}, order("b", trading.Sell, trading.StopLoss),
		}, ""},
		"a leg beside a larger one whose place it takes": {[][]journal.Event{
			{
				journal.IntentMade{Order: trading.Order{
					ClientID: "large", Symbol: "BTC/USDT", Side: trading.Sell, Quantity: ten.Add(six), Leg: trading.StopLoss, SignalID: "more",
				}},
				journal.Acknowledged{ClientID: "large"},
			},
			order("a", trading.Sell, trading.StopLoss), {journal.Canceled{ClientID: "large"}},
		}, ""},
		"two entries for one target": {[][]journal.Event{
			order("entry", trading.Buy, ""), {fill("entry", trading.Buy, six)},
			order("again", trading.Buy, ""), {fill("again", trading.Buy, six)},
		}, "beyond its target"},
		"a close that is done twice": {[][]journal.Event{
			order("entry", trading.Buy, ""), {fill("entry", trading.Buy, six)},
			order("x", trading.Sell, ""), {fill("x", trading.Sell, six), fill("x", trading.Sell, six)},
		}, "beyond its target"},
		"a leg that is there twice": {[][]journal.Event{
			order("a", trading.Sell, trading.StopLoss), order("b", trading.Sell, trading.StopLoss),
		}, "doubled"},
		"a leg that fills after its position is gone": {[][]journal.Event{
			order("a", trading.Sell, trading.TakeProfit), {fill("a", trading.Sell, six)},
		}, "opened"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ledger []journal.Entry
			for _, events := range c.events {
				for _, e := range events {
					ledger = append(ledger, journal.Entry{Event: e})
				}
			}
			problems := history(ledger, []journal.Entry{
				{Event: journal.SignalSeen{
					SignalID: "more", Outcome: journal.OutcomeActed, Target: ten.Add(six), Direction: signal.Long,
				}},
				{Event: journal.SignalSeen{
					SignalID: "long", Outcome: journal.OutcomeActed, Target: ten, Direction: signal.Long,
				}},
			})
			if c.want == "" {
				require.Empty(t, problems)
				return
			}
			require.Len(t, problems, 1)
			require.Contains(t, problems[0], c.want)
		})
	}
}
