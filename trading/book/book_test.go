package book_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func intent(id string) journal.IntentMade {
	return journal.IntentMade{Order: trading.Order{
		ClientID: id, Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("10"), SignalID: "s", CreatedAt: noon,
	}}
}

func fillOf(order, id, quantity string) journal.Filled {
	return journal.Filled{Fill: trading.Fill{
		ID: id, ClientID: order, Symbol: btc, Side: trading.Buy, Price: d("100"), Quantity: d(quantity), Time: noon,
	}}
}

func bookOf(t require.TestingT, events ...journal.Event) *book.Book {
	b := book.New(d("10000"))
	for _, e := range events {
		require.NoError(t, b.Apply(noon, e))
	}
	return b
}

func TestEventThatCannotBeIsAnErrorThatChangesNothing(t *testing.T) {
	t.Parallel()
	seen := func(change func(*journal.SignalSeen)) journal.SignalSeen {
		e := journal.SignalSeen{Store: "shelf", Seq: 2, SignalID: "s2", Strategy: "cross", Symbol: btc, BarTime: noon.Add(time.Minute), Outcome: journal.OutcomeActed}
		change(&e)
		return e
	}
	bad := func(change func(*trading.Fill)) journal.Filled {
		e := fillOf("o", "f", "1")
		change(&e.Fill)
		return e
	}
	for want, event := range map[string]journal.Event{
		"never intended":                   journal.Submitting{ClientID: "p"},
		"used before":                      intent("o"),
		"quantity 0":                       journal.IntentMade{Order: trading.Order{ClientID: "q", Symbol: btc, Side: trading.Buy}},
		"no side":                          journal.IntentMade{Order: trading.Order{ClientID: "q", Symbol: btc, Quantity: d("1")}},
		"intent lacks":                     journal.IntentMade{},
		"of store other":                   seen(func(e *journal.SignalSeen) { e.Store = "other" }),
		"seq 1, and the cursor":            seen(func(e *journal.SignalSeen) { e.Seq = 1 }),
		"acted on bar":                     seen(func(e *journal.SignalSeen) { e.BarTime = noon }),
		"cross owns":                       seen(func(e *journal.SignalSeen) { e.Strategy = "other" }),
		"unknown outcome":                  seen(func(e *journal.SignalSeen) { e.Outcome = "odd" }),
		"signal_seen lacks":                seen(func(e *journal.SignalSeen) { e.SignalID = "" }),
		"fill lacks":                       bad(func(f *trading.Fill) { f.ID = "" }),
		"and order o is to buy":            bad(func(f *trading.Fill) { f.Side = trading.Sell }),
		"sell ETH/USDT":                    bad(func(f *trading.Fill) { f.Symbol, f.Side = eth, trading.Sell }),
		"fill f: quantity -1 is not above": bad(func(f *trading.Fill) { f.Quantity = d("-1") }),
		"fill f: price -1 is negative":     bad(func(f *trading.Fill) { f.Price = d("-1") }),
		"fill f: Side(0)":                  bad(func(f *trading.Fill) { f.Side = 0 }),
		"is no day":                        journal.DayOpened{Day: "today"},
		"is before 2025-03-04":             journal.DayOpened{Day: "2025-03-03"},
		"without a reason":                 journal.Halted{},
		"while nothing is halted":          journal.Rearmed{By: "x"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := bookOf(t, intent("o"), journal.DayOpened{Day: "2025-03-04"},
				seen(func(e *journal.SignalSeen) { e.Seq, e.SignalID, e.BarTime = 1, "s1", noon }))
			digest := b.Digest()
			require.ErrorContains(t, b.Apply(noon, event), want)
			require.Equal(t, digest, b.Digest())
		})
	}
}

func TestFillIsCountedOnceAndAForeignOneIsCounted(t *testing.T) {
	t.Parallel()
	b := bookOf(t, fillOf("stranger", "f1", "3"), fillOf("stranger", "f1", "3"), fillOf("stranger", "f2", "1"))
	require.Equal(t, "4", b.Position(btc).Quantity.String())
	require.Equal(t, 2, b.Counts().Fills)
	require.Equal(t, 2, b.Counts().ForeignFills)
	require.Equal(t, "9600", b.Cash().String())
}

func TestFirstReasonOfAHaltStays(t *testing.T) {
	t.Parallel()
	b := bookOf(t, journal.Halted{Reason: "first"}, journal.Halted{Reason: "second"})
	require.Equal(t, book.Halt{Reason: "first", Also: "second", At: noon, Seq: 2}, b.Halted())
	require.NoError(t, b.Apply(noon, journal.Halted{Reason: "second"}))
	require.Equal(t, "first; second", b.Halted().Reasons(), "once")
	require.NoError(t, b.Apply(noon, journal.Rearmed{By: "x"}))
	require.False(t, b.Halted().Active())
}

func TestHaltIsNamedByTheEntryThatAddedItsLastReason(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for _, e := range []struct {
		seq   int64
		event journal.Event
		named int64
	}{
		{3, journal.DayOpened{Day: "2025-03-04"}, 0},
		{7, journal.Halted{Reason: "first"}, 7},
		{8, journal.Halted{Reason: "first"}, 7},
		{12, journal.Halted{Reason: "second"}, 12},
		{13, journal.Rearmed{By: "x"}, 0},
		{14, journal.Halted{Reason: "first"}, 14},
	} {
		require.NoError(t, b.ApplyEntry(journal.Entry{Seq: e.seq, At: noon, Event: e.event}))
		require.Equal(t, e.named, b.Halted().Seq, "after entry %d", e.seq)
		require.Equal(t, e.seq, b.Seq())
	}
	data, err := b.Snapshot()
	require.NoError(t, err)
	again, err := book.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	require.Equal(t, b.Halted(), again.Halted())
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

func TestDigestSeesEachDifference(t *testing.T) {
	t.Parallel()
	acted := journal.SignalSeen{Store: "shelf", Seq: 1, SignalID: "s", Strategy: "cross", Symbol: btc, BarTime: noon, Outcome: journal.OutcomeActed, Target: d("1")}
	refused := acted
	refused.Outcome = journal.OutcomeRefused
	seen := map[string]int{}
	books := [][]journal.Event{
		nil, {acted}, {refused}, {acted, intent("o")}, {intent("o")}, {intent("p")},
		{intent("o"), journal.Submitting{ClientID: "o"}}, {journal.DayOpened{Day: "2025-03-04"}}, {journal.Halted{Reason: "x"}},
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
func TestBookAddsUpAfterAnyEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b, again := book.New(d("10000")), book.New(d("10000"))
		for range rapid.IntRange(0, 60).Draw(rt, "length") {
			e := drawEvent(rt)
			possible, before := b.Check(e), b.Digest()
			require.Equal(rt, possible, b.Apply(noon, e))
			if possible != nil {
				require.Equal(rt, before, b.Digest())
				continue
			}
			kind, data, err := journal.Encode(e)
			require.NoError(rt, err)
			decoded, err := journal.Decode(kind, data)
			require.NoError(rt, err)
			require.NoError(rt, again.Apply(noon, decoded))
		}
		require.Equal(rt, b.Digest(), again.Digest())
		sum := b.Cash().Sub(b.Counts().Realized).Add(b.Counts().Fees)
		for _, p := range b.Positions() {
			sum = sum.Add(p.Cost)
			require.False(rt, p.Quantity.IsZero() && !p.Cost.IsZero(), "flat, and %s of cost are left", p.Cost)
		}
		require.Equal(rt, "10000", sum.String())
	})
}

func drawEvent(t *rapid.T) journal.Event {
	id := fmt.Sprint("o", rapid.IntRange(1, 4).Draw(t, "order"))
	side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(t, "side")
	symbol := rapid.SampledFrom([]string{btc, eth}).Draw(t, "symbol")
	quantity := decimal.New(rapid.Int64Range(1, 5000).Draw(t, "quantity"), -3)
	switch rapid.IntRange(0, 13).Draw(t, "kind") {
	case 0:
		return journal.Submitting{ClientID: id}
	case 1:
		return journal.Acknowledged{ClientID: id}
	case 2:
		return journal.Rejected{ClientID: id, Reason: "r"}
	case 3:
		return journal.Unknown{ClientID: id, Reason: "r"}
	case 4:
		return journal.NotReceived{ClientID: id, Reason: "r"}
	case 5:
		return journal.Canceled{ClientID: id, Reason: "r"}
	case 6, 7, 8:
		return journal.Filled{Fill: trading.Fill{
			ID: fmt.Sprint("f", rapid.IntRange(1, 40).Draw(t, "fill")), ClientID: id, Symbol: symbol, Side: side, Quantity: quantity,
			Price: decimal.New(rapid.Int64Range(0, 1e7).Draw(t, "price"), -4), Fee: decimal.New(rapid.Int64Range(-50, 1e4).Draw(t, "fee"), -5), Time: noon,
		}}
	case 9:
		return journal.SignalSeen{
			Store: "shelf", Seq: rapid.Int64Range(1, 60).Draw(t, "seq"), SignalID: "s" + id, Strategy: "cross", Symbol: symbol, Direction: signal.Long,
			BarTime: noon.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "bar")) * time.Minute), Target: quantity, ValidUntil: noon,
			Outcome: rapid.SampledFrom([]journal.Outcome{journal.OutcomeActed, journal.OutcomeExpired}).Draw(t, "outcome"),
		}
	case 10:
		return rapid.SampledFrom([]journal.Event{journal.Halted{Reason: "h"}, journal.Rearmed{By: "me"}, journal.DayOpened{Day: "2025-03-04", Equity: quantity}}).Draw(t, "event")
	case 11:
		return journal.CancelAsked{ClientID: id, Reason: "r"}
	case 12:
		return journal.Expired{ClientID: id, Reason: "r"}
	}
	return journal.IntentMade{Order: trading.Order{
		ClientID: id, Symbol: symbol, Side: side, Type: trading.Market, Quantity: quantity, SignalID: "s" + id, CreatedAt: noon,
	}}
}

// Only an earlier day is refused: the same one, opened again, is what the journal said last.
func TestDayMayBeOpenedAgain(t *testing.T) {
	t.Parallel()
	b := bookOf(t, journal.DayOpened{Day: "2025-03-04", Equity: d("1000")})
	require.NoError(t, b.Apply(noon, journal.DayOpened{Day: "2025-03-04", Equity: d("900")}))
}
