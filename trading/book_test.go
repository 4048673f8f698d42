package trading_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

func intent(id string) trading.IntentMade {
	return trading.IntentMade{Order: trading.Order{
		ClientID: id, Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("10"), SignalID: "s", CreatedAt: noon,
	}}
}

func fillOf(order, id, quantity string) trading.Filled {
	return trading.Filled{Fill: trading.Fill{
		ID: id, ClientID: order, Symbol: btc, Side: trading.Buy, Price: d("100"), Quantity: d(quantity), Time: noon,
	}}
}

func bookOf(t require.TestingT, events ...trading.Event) *trading.Book {
	b := trading.NewBook(d("10000"))
	for _, e := range events {
		require.NoError(t, b.Apply(noon, e))
	}
	return b
}

func TestWhatCannotBeIsAnErrorThatChangesNothing(t *testing.T) {
	t.Parallel()
	seen := func(change func(*trading.SignalSeen)) trading.SignalSeen {
		e := trading.SignalSeen{Store: "shelf", Seq: 2, SignalID: "s2", Strategy: "cross", Symbol: btc, BarTime: noon.Add(time.Minute), Outcome: trading.OutcomeActed}
		change(&e)
		return e
	}
	bad := func(change func(*trading.Fill)) trading.Filled {
		e := fillOf("o", "f", "1")
		change(&e.Fill)
		return e
	}
	for want, event := range map[string]trading.Event{
		"never intended":                   trading.Submitting{ClientID: "p"},
		"used before":                      intent("o"),
		"quantity 0":                       trading.IntentMade{Order: trading.Order{ClientID: "q", Symbol: btc, Side: trading.Buy}},
		"no side":                          trading.IntentMade{Order: trading.Order{ClientID: "q", Symbol: btc, Quantity: d("1")}},
		"intent lacks":                     trading.IntentMade{},
		"of store other":                   seen(func(e *trading.SignalSeen) { e.Store = "other" }),
		"seq 1, and the cursor":            seen(func(e *trading.SignalSeen) { e.Seq = 1 }),
		"acted on bar":                     seen(func(e *trading.SignalSeen) { e.BarTime = noon }),
		"cross owns":                       seen(func(e *trading.SignalSeen) { e.Strategy = "other" }),
		"unknown outcome":                  seen(func(e *trading.SignalSeen) { e.Outcome = "odd" }),
		"signal_seen lacks":                seen(func(e *trading.SignalSeen) { e.SignalID = "" }),
		"fill lacks":                       bad(func(f *trading.Fill) { f.ID = "" }),
		"and order o is to buy":            bad(func(f *trading.Fill) { f.Side = trading.Sell }),
		"sell ETH/USDT":                    bad(func(f *trading.Fill) { f.Symbol, f.Side = eth, trading.Sell }),
		"fill f: quantity -1 is not above": bad(func(f *trading.Fill) { f.Quantity = d("-1") }),
		"fill f: price -1 is negative":     bad(func(f *trading.Fill) { f.Price = d("-1") }),
		"fill f: Side(0)":                  bad(func(f *trading.Fill) { f.Side = 0 }),
		"is no day":                        trading.DayOpened{Day: "today"},
		"is before 2025-03-04":             trading.DayOpened{Day: "2025-03-03"},
		"without a reason":                 trading.Halted{},
		"while nothing is halted":          trading.Rearmed{By: "x"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := bookOf(t, intent("o"), trading.DayOpened{Day: "2025-03-04"},
				seen(func(e *trading.SignalSeen) { e.Seq, e.SignalID, e.BarTime = 1, "s1", noon }))
			digest := b.Digest()
			require.ErrorContains(t, b.Apply(noon, event), want)
			require.Equal(t, digest, b.Digest())
		})
	}
}

func TestAFillIsCountedOnceAndAForeignOneIsCounted(t *testing.T) {
	t.Parallel()
	b := bookOf(t, fillOf("stranger", "f1", "3"), fillOf("stranger", "f1", "3"), fillOf("stranger", "f2", "1"))
	require.Equal(t, "4", b.Position(btc).Quantity.String())
	require.Equal(t, 2, b.Counts().Fills)
	require.Equal(t, 2, b.Counts().ForeignFills)
	require.Equal(t, "9600", b.Cash().String())
}

func TestTheFirstReasonOfAHaltStays(t *testing.T) {
	t.Parallel()
	b := bookOf(t, trading.Halted{Reason: "first"}, trading.Halted{Reason: "second"})
	require.Equal(t, trading.Halt{Reason: "first", At: noon}, b.Halted())
	require.NoError(t, b.Apply(noon, trading.Rearmed{By: "x"}))
	require.False(t, b.Halted().Active())
}

func TestEquityNamesWhatHasNoPrice(t *testing.T) {
	t.Parallel()
	b := bookOf(t, fillOf("x", "f", "2"))
	equity, missing := b.Equity(func(string) (decimal.Decimal, bool) { return d("110"), true })
	require.Equal(t, "10020", equity.String())
	require.Empty(t, missing)
	equity, missing = b.Equity(func(string) (decimal.Decimal, bool) { return decimal.Zero, false })
	require.Equal(t, "10000", equity.String())
	require.Equal(t, []string{btc}, missing)
}

func TestADigestSeesEachDifference(t *testing.T) {
	t.Parallel()
	acted := trading.SignalSeen{Store: "shelf", Seq: 1, SignalID: "s", Strategy: "cross", Symbol: btc, BarTime: noon, Outcome: trading.OutcomeActed, Target: d("1")}
	refused := acted
	refused.Outcome = trading.OutcomeRefused
	seen := map[string]int{}
	books := [][]trading.Event{
		nil, {acted}, {refused}, {acted, intent("o")}, {intent("o")}, {intent("p")},
		{intent("o"), trading.Submitting{ClientID: "o"}}, {trading.DayOpened{Day: "2025-03-04"}}, {trading.Halted{Reason: "x"}},
		{fillOf("x", "f", "1")}, {fillOf("x", "g", "1")}, {fillOf("x", "f", "2")},
	}
	for i, events := range books {
		digest := bookOf(t, events...).Digest()
		other, twice := seen[digest]
		require.False(t, twice, "books %d and %d have one digest", other, i)
		seen[digest] = i
		require.Equal(t, digest, bookOf(t, events...).Digest())
	}
}

// Whatever happens, the account adds up to the last digit; the same events through the journal's encoding give the same
// book; and Check is what Apply says.
func TestAnyEventsLeaveABookThatAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b, again := trading.NewBook(d("10000")), trading.NewBook(d("10000"))
		for range rapid.IntRange(0, 60).Draw(rt, "length") {
			e := drawEvent(rt)
			possible, before := b.Check(e), b.Digest()
			require.Equal(rt, possible, b.Apply(noon, e))
			if possible != nil {
				require.Equal(rt, before, b.Digest())
				continue
			}
			kind, data, err := trading.EncodeEvent(e)
			require.NoError(rt, err)
			decoded, err := trading.DecodeEvent(kind, data)
			require.NoError(rt, err)
			require.NoError(rt, again.Apply(noon, decoded))
		}
		require.Equal(rt, b.Digest(), again.Digest())
		sum := b.Cash().Sub(b.Counts().Realised).Add(b.Counts().Fees)
		for _, p := range b.Positions() {
			sum = sum.Add(p.Cost)
			require.False(rt, p.Quantity.IsZero() && !p.Cost.IsZero(), "flat, and %s of cost are left", p.Cost)
		}
		require.Equal(rt, "10000", sum.String())
	})
}

func drawEvent(t *rapid.T) trading.Event {
	id := fmt.Sprint("o", rapid.IntRange(1, 4).Draw(t, "order"))
	side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(t, "side")
	symbol := rapid.SampledFrom([]string{btc, eth}).Draw(t, "symbol")
	quantity := decimal.New(rapid.Int64Range(1, 5000).Draw(t, "quantity"), -3)
	switch rapid.IntRange(0, 13).Draw(t, "kind") {
	case 0:
		return trading.Submitting{ClientID: id}
	case 1:
		return trading.Acknowledged{ClientID: id}
	case 2:
		return trading.Rejected{ClientID: id, Reason: "r"}
	case 3:
		return trading.Unknown{ClientID: id, Reason: "r"}
	case 4:
		return trading.NotReceived{ClientID: id, Reason: "r"}
	case 5:
		return trading.Cancelled{ClientID: id, Reason: "r"}
	case 6, 7, 8:
		return trading.Filled{Fill: trading.Fill{
			ID: fmt.Sprint("f", rapid.IntRange(1, 40).Draw(t, "fill")), ClientID: id, Symbol: symbol, Side: side, Quantity: quantity,
			Price: decimal.New(rapid.Int64Range(0, 1e7).Draw(t, "price"), -4), Fee: decimal.New(rapid.Int64Range(-50, 1e4).Draw(t, "fee"), -5), Time: noon,
		}}
	case 9:
		return trading.SignalSeen{
			Store: "shelf", Seq: rapid.Int64Range(1, 60).Draw(t, "seq"), SignalID: "s" + id, Strategy: "cross", Symbol: symbol, Direction: signal.Long,
			BarTime: noon.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "bar")) * time.Minute), Target: quantity, ValidUntil: noon,
			Outcome: rapid.SampledFrom([]trading.Outcome{trading.OutcomeActed, trading.OutcomeExpired}).Draw(t, "outcome"),
		}
	case 10:
		return rapid.SampledFrom([]trading.Event{trading.Halted{Reason: "h"}, trading.Rearmed{By: "me"}, trading.DayOpened{Day: "2025-03-04", Equity: quantity}}).Draw(t, "event")
	case 11:
		return trading.CancelAsked{ClientID: id, Reason: "r"}
	case 12:
		return trading.Expired{ClientID: id, Reason: "r"}
	}
	return trading.IntentMade{Order: trading.Order{
		ClientID: id, Symbol: symbol, Side: side, Type: trading.Market, Quantity: quantity, SignalID: "s" + id, CreatedAt: noon,
	}}
}
