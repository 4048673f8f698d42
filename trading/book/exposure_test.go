package book_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// resting is an intent to sell 10 at a limit.
func resting(id string, leg trading.Leg) journal.IntentMade {
	e := intent(id)
	e.Order.Side, e.Order.Type, e.Order.LimitPrice, e.Order.Leg = trading.Sell, trading.Limit, d("110"), leg
	return e
}

// One order, to buy 10 at the market or to sell 10 at a limit, in every state that it can be in: which sum counts it.
func TestExposureCountsAnOrderOnceInEveryState(t *testing.T) {
	t.Parallel()
	type row struct {
		sum                string
		left               string // of 10
		held               string
		inDoubt, unsettled bool
	}
	table := map[string]row{ // of the market order
		"intended":                    {sum: "intended", left: "10", unsettled: true},
		"intended, perhaps in flight": {sum: "intended", left: "10", unsettled: true, inDoubt: true},
		"intended again":              {sum: "intended", left: "10", unsettled: true},
		"unknown":                     {sum: "unknown", left: "10", unsettled: true, inDoubt: true},
		"open":                        {sum: "open", left: "10"},
		"unknown, once acknowledged":  {sum: "unknown", left: "10", unsettled: true, inDoubt: true},
		"open, partly filled":         {sum: "open", left: "6", held: "4"},
		"unknown, cancel asked":       {sum: "lost", left: "10", unsettled: true, inDoubt: true},
		"open, cancel asked":          {sum: "ending", left: "10", unsettled: true},
		"partly filled, cancel asked": {sum: "ending", left: "6", held: "4", unsettled: true},
		"filled":                      {held: "10"},
		"canceled":                    {},
		"canceled, partly filled":     {held: "4"},
		"expired":                     {},
		"expired, partly filled":      {held: "4"},
		"rejected":                    {},
	}
	for _, state := range lifeline {
		want, ok := table[state.name]
		require.True(t, ok, state.name)
		t.Run(state.name+", at the market", func(t *testing.T) {
			t.Parallel()
			x := book.Exposure{Held: d("0"), InDoubt: want.inDoubt, Unsettled: want.unsettled}
			if want.held != "" {
				x.Held = d(want.held)
			}
			if want.sum != "" {
				*sumOf(&x, want.sum, false) = d(want.left)
			}
			requireExposure(t, x, bookOf(t, state.way...))
		})
		t.Run(state.name+", at a limit", func(t *testing.T) {
			t.Parallel()
			x := book.Exposure{InDoubt: want.inDoubt, Unsettled: want.unsettled}
			if want.held != "" {
				x.Held = d(want.held).Neg()
			}
			if want.sum != "" {
				*sumOf(&x, want.sum, true) = d(want.left).Neg()
				x.Rests = want.sum != "lost" && want.sum != "ending"
			}
			requireExposure(t, x, bookOf(t, sold(state.way, resting("o", ""))...))
		})
		t.Run(state.name+", as a leg", func(t *testing.T) {
			t.Parallel()
			x := book.Exposure{InDoubt: want.inDoubt, Unsettled: want.sum == "unknown" || want.sum == "lost"}
			x.LegEnding = want.sum == "lost" || want.sum == "ending"
			if want.held != "" {
				x.Held = d(want.held).Neg()
			}
			if want.sum != "" {
				x.TakeProfit = d(want.left)
			}
			requireExposure(t, x, bookOf(t, sold(state.way, resting("o", trading.TakeProfit))...))
		})
	}
}

func TestExposureAddsUpTheOrdersOfOneSymbol(t *testing.T) {
	t.Parallel()
	other := intent("other")
	other.Order.Symbol = eth
	b := bookOf(t, intent("a"), other, intent("b"), resting("c", ""), resting("d", trading.StopLoss), resting("e", trading.StopLoss))
	requireExposure(t, book.Exposure{Intended: d("10"), StopLoss: d("20"), Rests: true, Unsettled: true}, b)
	x := b.ExposureBeside(trading.Order{ClientID: "a", Symbol: btc})
	require.Equal(t, "0", x.Intended.String(), "an order does not stand beside itself")
	require.Equal(t, "20", x.Leg(trading.StopLoss).String())
	require.Equal(t, "10", b.Exposure(eth).Intended.String())
}

// A fill brings an order back that was thought done, to its old place.
func TestPendingKeepsTheOrderOfTheIntents(t *testing.T) {
	t.Parallel()
	b := bookOf(t, intent("o"), intent("p"), sent, journal.Rejected{ClientID: "o"}, intent("q"))
	require.Equal(t, []string{"p", "q"}, ids(b.PendingOf(btc)))
	require.NoError(t, b.Apply(noon, fillOf("o", "f-1", "4")))
	require.Equal(t, []string{"o", "p", "q"}, ids(b.PendingOf(btc)))
	require.Equal(t, ids(b.Pending()), ids(b.PendingOf(btc)))
	require.True(t, b.HasPending())
	require.Empty(t, b.PendingOf(eth))
}

func ids(orders []book.OrderState) (all []string) {
	for _, o := range orders {
		all = append(all, o.ClientID)
	}
	return all
}

// sold is a way of the order o with another intent, and with fills that sell.
func sold(way []journal.Event, intent journal.IntentMade) (all []journal.Event) {
	for _, event := range way {
		switch e := event.(type) {
		case journal.IntentMade:
			event = intent
		case journal.Filled:
			e.Fill.Side = trading.Sell
			event = e
		default: // Nothing else says what the order is.
		}
		all = append(all, event)
	}
	return all
}

// sumOf is the sum of a name; an open order is working, or it rests.
func sumOf(x *book.Exposure, name string, rests bool) *decimal.Decimal {
	switch name {
	case "intended":
		return &x.Intended
	case "unknown":
		return &x.Unknown
	case "ending":
		return &x.Ending
	case "lost":
		return &x.Lost
	}
	if rests {
		return &x.Resting
	}
	return &x.Working
}

func requireExposure(t *testing.T, want book.Exposure, b *book.Book) {
	t.Helper()
	got := b.Exposure(btc)
	require.Equal(t, sums(want), sums(got))
	require.Equal(t, [4]bool{want.Rests, want.InDoubt, want.Unsettled, want.LegEnding},
		[4]bool{got.Rests, got.InDoubt, got.Unsettled, got.LegEnding}, "rests, in doubt, unsettled, leg ending")
}

func sums(x book.Exposure) map[string]string {
	return map[string]string{
		"held": x.Held.String(), "intended": x.Intended.String(), "unknown": x.Unknown.String(),
		"working": x.Working.String(), "resting": x.Resting.String(), "ending": x.Ending.String(), "lost": x.Lost.String(),
		"stop loss": x.StopLoss.String(), "take profit": x.TakeProfit.String(),
	}
}
