package book_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func converted(to, newPart, oldPart, quantity string) journal.Converted {
	return journal.Converted{By: "the venue", Quantity: d(quantity), Tick: d("0.01"), Conversion: trading.Conversion{
		ID: "k", Symbol: btc, To: to, New: d(newPart), Old: d(oldPart),
	}}
}

// guarded is a Book that holds 10 at 100 for a signal, guarded from 95 to 120.
func guarded(t *testing.T) *book.Book {
	t.Helper()
	b := book.New(d("10000"))
	o := intent("o1")
	o.Order.Symbol, o.Order.Quantity = btc, d("10")
	f := fillOf("o1", "f1", "10")
	f.Fill.Symbol, f.Fill.Price = btc, d("100")
	for _, e := range []journal.Event{
		journal.SignalSeen{
			Store: "s", Seq: 1, SignalID: o.Order.SignalID, Strategy: "cross", Symbol: btc, Direction: signal.Long, BarTime: noon,
			Outcome: journal.OutcomeActed, Target: d("10"), ValidUntil: noon.Add(time.Hour),
			Ticket: trading.Ticket{TakeProfit: d("120"), StopLoss: d("95"), FromFill: true,
				Rungs: &[]trading.Rung{{Price: d("110"), Keep: d("5"), From: d("10")}}},
		},
		o, journal.Submitting{ClientID: "o1"}, f,
		journal.Locked{Symbol: btc, Until: noon.Add(time.Hour), By: "ann"},
		journal.DayOpened{Day: "2025-03-04", Equity: d("10000")},
	} {
		require.NoError(t, b.Apply(noon, e))
	}
	return b
}

func TestConvertedCostsWhatItCost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event                             journal.Converted
		average, stop, profit, rung, keep string
		sold, realized                    string // what half of it is sold at, and what that brings
		half                              string
	}{
		"a split 4:1":              {converted(btc, "4", "1", "40"), "25", "23.75", "30", "27.5", "20", "30", "100", "20"},
		"a reverse split 1:5":      {converted(btc, "1", "5", "2"), "500", "475", "600", "550", "1", "600", "100", "1"},
		"a fraction was paid out":  {converted(btc, "1", "4", "2"), "500", "380", "480", "440", "1.25", "500", "0", "1"},
		"another name":             {converted("NEW", "1", "1", "10"), "100", "95", "120", "110", "5", "120", "100", "5"},
		"another name and a split": {converted("NEW", "2", "1", "20"), "50", "47.5", "60", "55", "10", "60", "100", "10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, to := guarded(t), c.event.Conversion.To
			cash := b.Cash()
			require.NoError(t, b.Apply(noon, c.event))
			h := b.Holding(to)
			require.Equal(t, c.event.Quantity.String(), h.Quantity.String())
			require.Equal(t, c.average, h.AveragePrice().String())
			require.Equal(t, cash, b.Cash())
			require.Equal(t, h.Quantity.String(), h.Target.Quantity.String(), "it is still reached")
			require.True(t, h.ToClose().IsZero())
			require.False(t, h.Target.Deferred)
			require.Equal(t, "cross", h.Target.Strategy)
			require.Equal(t, []string{c.stop, c.profit, c.rung, c.keep}, []string{
				h.Target.Ticket.StopLoss.String(), h.Target.Ticket.TakeProfit.String(),
				(*h.Target.Ticket.Rungs)[0].Price.String(), (*h.Target.Ticket.Rungs)[0].Keep.String(),
			})
			require.False(t, h.Target.Ticket.FromFill, "what was paid is in the old units")
			require.Equal(t, to, b.Locks(noon)[0].Symbol)
			require.Equal(t, noon, b.HeldSince(to))
			if to != btc {
				require.True(t, b.Position(btc).Quantity.IsZero())
				_, has := b.Target(btc)
				require.False(t, has)
			}
			require.Error(t, b.Check(c.event), "it is taken in once")
			restored := again(t, b)
			require.Equal(t, b.Digest(), restored.Digest())
			require.Error(t, restored.Check(c.event), "also after a restart")
			f := fillOf("by hand", "f2", c.half)
			f.Fill.Symbol, f.Fill.Side, f.Fill.Price = to, trading.Sell, d(c.sold)
			require.NoError(t, b.Apply(noon, f))
			require.Equal(t, c.realized, b.Position(to).Realized.String())
		})
	}
}

// again is a Book that was kept as a snapshot and restored.
func again(t *testing.T, b *book.Book) *book.Book {
	t.Helper()
	data, err := b.Snapshot()
	require.NoError(t, err)
	restored, err := book.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	return restored
}

func TestConvertedThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event journal.Converted
		want  string
	}{
		"more than the ratio gives": {converted(btc, "4", "1", "41"), "of 10 there would be 40, and not 41"},
		"a unit too little":         {converted(btc, "4", "1", "39"), "of 10 there would be 40, and not 39"},
		"on the other side":         {converted(btc, "4", "1", "-40"), "of 10 there would be 40, and not -40"},
		"nothing":                   {converted(btc, "1", "100", "0"), "of 10 there would be 0.1, and not 0"},
		"no ratio":                  {converted(btc, "0", "1", "40"), "0 for 1 is no ratio"},
		"no change":                 {converted(btc, "2", "2", "10"), "changes nothing"},
		"no name":                   {converted("", "1", "1", "10"), "lacks a symbol"},
		"a name that is taken":      {converted("ETH", "1", "1", "10"), "ETH was traded before by its own name"},
		"nobody's word":             {func() journal.Converted { e := converted(btc, "4", "1", "40"); e.By = ""; return e }(), "by nobody"},
		"a tick below zero":         {func() journal.Converted { e := converted(btc, "4", "1", "40"); e.Tick = d("-1"); return e }(), "a tick of -1"},
		"nothing is held": {func() journal.Converted {
			e := converted("NEW", "4", "1", "40")
			e.Conversion.Symbol = "X"
			return e
		}(), "nothing of X is held"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := guarded(t)
			f := fillOf("by hand", "f2", "1")
			f.Fill.Symbol, f.Fill.Price = "ETH", d("10")
			require.NoError(t, b.Apply(noon, f))
			digest := b.Digest()
			require.ErrorContains(t, b.Apply(noon, c.event), c.want)
			require.Equal(t, digest, b.Digest())
		})
	}
}

func TestConvertedOfWhatSeveralShare(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	seen := journal.SignalSeen{
		Store: "s", Seq: 1, SignalID: "b", Strategy: "slow", Symbol: btc, Direction: signal.Long, BarTime: noon,
		Outcome: journal.OutcomeActed, Target: d("6"), Price: d("100"), ValidUntil: noon.Add(time.Hour),
		Stakes: []journal.Stake{{Strategy: "slow", Target: d("6")}},
	}
	require.NoError(t, b.Apply(noon, seen))
	seen.Seq, seen.SignalID, seen.Strategy, seen.Target = 2, "a", "fast", d("9")
	seen.Stakes = append(seen.Stakes, journal.Stake{Strategy: "fast", Target: d("3")})
	require.NoError(t, b.Apply(noon, seen))
	o := intent("o1")
	o.Order.Symbol, o.Order.Quantity, o.Order.SignalID = btc, d("9"), "a"
	f := fillOf("o1", "f1", "9")
	f.Fill.Symbol, f.Fill.Price = btc, d("100")
	for _, e := range []journal.Event{o, journal.Submitting{ClientID: "o1"}, f, converted("NEW", "1", "2", "4")} {
		require.NoError(t, b.Apply(noon, e))
	}
	sum, target, cost := d("0"), d("0"), d("0")
	for _, one := range b.StakesOf("NEW") {
		sum, target, cost = sum.Add(one.Quantity), target.Add(one.Target), cost.Add(one.Cost)
		require.Equal(t, "NEW", one.Symbol)
	}
	require.Equal(t, []string{"4", "4", "900"}, []string{sum.String(), target.String(), cost.String()},
		"the parts add up to what is held")
	require.False(t, b.Shared(btc))
}
