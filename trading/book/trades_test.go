package book_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// closedTrades are what a Book remembers of trades, the latest first, as text.
func closedTrades(b *book.Book) (all []string) {
	beside := b.Beside(trading.Order{}, nil)
	for n := 0; ; n++ {
		t, ok := beside.Trade(n)
		if !ok {
			return all
		}
		all = append(all, fmt.Sprintf("%s %s %s %t", t.Symbol, t.At.Format(time.TimeOnly), t.Profit, t.Stopped))
	}
}

// traded is one fill of an order that is a leg or none.
type traded struct {
	symbol   string
	side     trading.Side
	quantity string
	price    string
	fee      string
	leg      trading.Leg
}

func trade(t require.TestingT, b *book.Book, n int, x traded) {
	id, at := fmt.Sprint("o", n), noon.Add(time.Duration(n)*time.Minute)
	o := intent(id)
	o.Order.Symbol, o.Order.Side, o.Order.Quantity, o.Order.Leg = x.symbol, x.side, d(x.quantity), x.leg
	f := fillOf(id, id+"-1", x.quantity)
	f.Fill.Symbol, f.Fill.Side, f.Fill.Price, f.Fill.Fee, f.Fill.Time = x.symbol, x.side, d(x.price), d(x.fee), at
	for _, e := range []journal.Event{o, journal.Submitting{ClientID: id}, f} {
		require.NoError(t, b.Apply(at, e))
	}
}

func TestTradesAreRememberedFromTheirOpeningToTheirClose(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fills []traded
		want  []string
	}{
		"one that gains":        {[]traded{{btc, trading.Buy, "2", "100", "1", ""}, {btc, trading.Sell, "2", "110", "1", ""}}, []string{btc + " 12:01:00 18 false"}},
		"one that is held":      {[]traded{{btc, trading.Buy, "2", "100", "1", ""}, {btc, trading.Sell, "1", "110", "1", ""}}, nil},
		"in parts":              {[]traded{{btc, trading.Buy, "2", "100", "0", ""}, {btc, trading.Sell, "1", "110", "0", ""}, {btc, trading.Sell, "1", "80", "0", ""}}, []string{btc + " 12:02:00 -10 false"}},
		"of a stop-loss":        {[]traded{{btc, trading.Buy, "2", "100", "0", ""}, {btc, trading.Sell, "2", "90", "0", trading.StopLoss}}, []string{btc + " 12:01:00 -20 true"}},
		"of a take-profit":      {[]traded{{btc, trading.Sell, "2", "100", "0", ""}, {btc, trading.Buy, "2", "90", "0", trading.TakeProfit}}, []string{btc + " 12:01:00 20 false"}},
		"a part of a stop-loss": {[]traded{{btc, trading.Buy, "2", "100", "0", ""}, {btc, trading.Sell, "1", "90", "0", trading.StopLoss}}, []string{btc + " 12:01:00 -10 true"}},
		"and its rest, once": {[]traded{
			{btc, trading.Buy, "2", "100", "0", ""},
			{btc, trading.Sell, "1", "90", "0", trading.StopLoss},
			{eth, trading.Buy, "1", "10", "0", ""}, {eth, trading.Sell, "1", "11", "0", ""},
			{btc, trading.Sell, "1", "80", "0", ""},
		}, []string{btc + " 12:04:00 -30 true", eth + " 12:03:00 1 false"}},
		"one that turns around": {[]traded{
			{btc, trading.Buy, "2", "100", "0", ""}, {btc, trading.Sell, "3", "90", "1", ""}, {btc, trading.Buy, "1", "95", "1", ""},
		}, []string{btc + " 12:02:00 -6 false", btc + " 12:01:00 -21 false"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := book.New(d("10000"))
			for n, x := range c.fills {
				trade(t, b, n, x)
				b = reread(t, b)
			}
			require.Equal(t, c.want, closedTrades(b))
		})
	}
}

// ownTrades keeps trades by what came into the cash for each.
type ownTrades struct {
	held, cash map[string]decimal.Decimal
	all        []string
}

func (o *ownTrades) fill(at time.Time, x traded) {
	signed, price, held := x.side.Signed(d(x.quantity)), d(x.price), o.held[x.symbol]
	o.held[x.symbol] = held.Add(signed)
	o.cash[x.symbol] = o.cash[x.symbol].Sub(d(x.fee))
	if left := o.held[x.symbol]; !held.IsZero() && left.Sign() != held.Sign() {
		profit := o.cash[x.symbol].Add(held.Mul(price))
		o.all = append([]string{fmt.Sprintf("%s %s %s %t", x.symbol, at.Format(time.TimeOnly), profit, false)}, o.all...)
		o.all = o.all[:min(len(o.all), 256)]
		o.cash[x.symbol], signed = decimal.Zero, left
	}
	o.cash[x.symbol] = o.cash[x.symbol].Sub(signed.Mul(price))
}

func TestTradesAreThoseThatTheCashTellsOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b, own := book.New(d("10000")), &ownTrades{held: map[string]decimal.Decimal{}, cash: map[string]decimal.Decimal{}}
		for n := range rapid.IntRange(0, 40).Draw(rt, "fills") {
			x := traded{
				rapid.SampledFrom([]string{btc, eth}).Draw(rt, "symbol"),
				rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side"),
				fmt.Sprint(rapid.IntRange(1, 4).Draw(rt, "quantity")), fmt.Sprint(rapid.IntRange(80, 120).Draw(rt, "price")),
				fmt.Sprint(rapid.IntRange(0, 2).Draw(rt, "fee")), "",
			}
			trade(rt, b, n, x)
			own.fill(noon.Add(time.Duration(n)*time.Minute), x)
			if rapid.Bool().Draw(rt, "reread") {
				b = reread(rt, b)
			}
		}
		require.Equal(rt, own.all, closedTrades(b))
	})
}

func TestTradesThatAreRememberedAreTheLatest256(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for n := range 300 {
		trade(t, b, 2*n, traded{btc, trading.Buy, "1", "100", "0", ""})
		trade(t, b, 2*n+1, traded{btc, trading.Sell, "1", fmt.Sprint(n), "0", ""})
	}
	all := closedTrades(b)
	require.Len(t, all, 256)
	require.Contains(t, all[0], " 199 ")
	require.Contains(t, all[255], " -56 ")
	require.Equal(t, all, closedTrades(reread(t, b)))
}

func TestLocksHoldUntilTheyAreOver(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	until := noon.Add(time.Hour)
	lock := func(at time.Time, e journal.Locked) {
		e.Symbol = btc
		require.NoError(t, b.Apply(at, e))
		b = reread(t, b)
	}
	stands := func(at time.Time) (all []string) {
		for _, l := range b.Locks(at) {
			all = append(all, l.Symbol+" "+l.Until.Format(time.TimeOnly)+" "+l.By+" "+l.Reason)
		}
		return all
	}
	require.ErrorContains(t, b.Apply(noon, journal.Locked{Symbol: btc, Until: until}), "by whom")
	require.ErrorContains(t, b.Apply(noon, journal.Locked{By: "alice", Until: until}), "symbol")
	require.NoError(t, b.Apply(noon, journal.DayOpened{Day: "2025-03-04", Equity: d("10000")}))
	digest := b.Digest()
	lock(noon, journal.Locked{Until: until, By: "alice", Reason: "news"})
	require.NotEqual(t, digest, b.Digest())
	require.Equal(t, []string{btc + " 13:00:00 alice news"}, stands(until.Add(-1)))
	require.Empty(t, stands(until))

	lock(noon, journal.Locked{Until: until.Add(-time.Minute), By: "limit", Limit: "MaxInstrumentLoss"})
	require.Equal(t, []string{btc + " 13:00:00 alice news"}, stands(noon), "a limit shortens nothing")
	lock(noon, journal.Locked{Until: until.Add(time.Minute), By: "limit", Reason: "lost", Limit: "MaxInstrumentLoss"})
	require.Equal(t, []string{btc + " 13:01:00 limit lost"}, stands(noon))
	lock(noon, journal.Locked{Until: until, By: "bob"})
	require.Equal(t, []string{btc + " 13:00:00 bob "}, stands(noon), "a person does")
	got, why := b.Beside(trading.Order{}, nil).Lock(btc)
	require.Equal(t, until, got)
	require.Equal(t, "bob", why)
	lock(noon, journal.Locked{Until: noon, By: "bob"})
	require.Empty(t, stands(noon))
	require.Equal(t, digest, b.Digest(), "what is lifted leaves nothing")
}
