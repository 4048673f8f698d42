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

// slowly adds up an account from what everybody can ask of a Book.
func slowly(b *book.Book, o trading.Order, price book.PriceFunc) (t trading.Totals[decimal.Decimal]) {
	t.Equity, _ = b.Equity(price)
	t.Free = b.Cash()
	for _, symbol := range []string{btc, eth, "SOL/USDT"} {
		at, known := price(symbol)
		worth := b.Position(symbol).Quantity.Mul(at)
		if !known {
			worth = b.Position(symbol).Cost
		}
		up, down, busy := worth, worth, !worth.IsZero()
		for _, other := range b.PendingOf(symbol) {
			if other.ClientID == o.ClientID {
				continue
			}
			t.Orders++
			if other.Leg != "" {
				continue
			}
			busy = true
			cost := other.Remaining().Mul(decimal.Max(at, other.LimitPrice, other.StopPrice, other.DecisionPrice))
			if other.Side == trading.Buy {
				t.Free, up = t.Free.Sub(cost), up.Add(cost)
			} else {
				down = down.Sub(cost)
			}
		}
		if symbol == o.Symbol {
			continue
		}
		if busy {
			t.Positions++
		}
		t.Gross = t.Gross.Add(decimal.Max(up.Abs(), down.Abs()))
		t.Most, t.Least = t.Most.Add(up), t.Least.Add(down)
	}
	return t
}

func TestBesideAddsUpTheAccountWithoutTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := book.New(d("10000"))
		symbols := []string{btc, eth, "SOL/USDT"}
		number := func(name string) decimal.Decimal {
			return decimal.New(rapid.Int64Range(1, 1e6).Draw(rt, name), rapid.Int32Range(-8, 0).Draw(rt, name+" exponent"))
		}
		for n := range rapid.IntRange(0, 8).Draw(rt, "orders") {
			e := intent(fmt.Sprint("o", n))
			e.Order.Symbol = rapid.SampledFrom(symbols).Draw(rt, "symbol")
			e.Order.Side = rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side")
			e.Order.Quantity, e.Order.DecisionPrice = number("quantity"), number("decided at")
			if rapid.Bool().Draw(rt, "rests") {
				e.Order.Type, e.Order.LimitPrice = trading.Limit, number("limit")
			}
			if rapid.Bool().Draw(rt, "is a leg") {
				e.Order.Leg = trading.StopLoss
			}
			require.NoError(rt, b.Apply(noon, e))
			if part := rapid.Int64Range(0, 2).Draw(rt, "halves filled"); part > 0 {
				f := fillOf(e.Order.ClientID, e.Order.ClientID, "1")
				f.Fill.Symbol, f.Fill.Side, f.Fill.Price = e.Order.Symbol, e.Order.Side, number("price")
				f.Fill.Quantity, f.Fill.Fee = e.Order.Quantity.Mul(decimal.New(5*part, -1)), number("fee")
				require.NoError(rt, b.Apply(noon, f))
			}
		}
		known := make(map[string]decimal.Decimal)
		for _, symbol := range symbols {
			if rapid.Bool().Draw(rt, "priced") {
				known[symbol] = number("price now")
			}
		}
		price := func(symbol string) (decimal.Decimal, bool) { p, ok := known[symbol]; return p, ok }
		o := trading.Order{
			ClientID: fmt.Sprint("o", rapid.IntRange(0, 9).Draw(rt, "order")), Symbol: rapid.SampledFrom(symbols).Draw(rt, "of"),
		}
		beside, want := b.Beside(o, price), slowly(b, o, price)
		got, near := beside.Exact(), beside.Estimate()
		scale := 1.0
		for i, figure := range [][2]decimal.Decimal{
			{want.Equity, got.Equity}, {want.Free, got.Free}, {want.Gross, got.Gross}, {want.Most, got.Most}, {want.Least, got.Least},
		} {
			require.Equal(rt, figure[0].String(), figure[1].String(), "figure %d", i)
			scale = max(scale, figure[0].Abs().InexactFloat64())
		}
		require.InDeltaSlice(rt, []float64{
			want.Equity.InexactFloat64(), want.Free.InexactFloat64(), want.Gross.InexactFloat64(), want.Most.InexactFloat64(),
			want.Least.InexactFloat64(),
		}, []float64{near.Equity, near.Free, near.Gross, near.Most, near.Least}, 1e-10*scale)
		require.Equal(rt, [4]int{want.Positions, want.Orders, want.Positions, want.Orders},
			[4]int{got.Positions, got.Orders, near.Positions, near.Orders})
	})
}

func TestBesideRemembersTheLatestOrders(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for n := range 300 {
		e := intent(fmt.Sprint("o", n))
		e.Order.CreatedAt = noon.Add(time.Duration(n) * time.Second)
		e.Order.Quantity, e.Order.SignalID = decimal.NewFromInt(int64(n+1)), fmt.Sprint("s", n)
		e.Order.ReduceOnly = n == 297
		require.NoError(t, b.Apply(noon, e))
		if n < 200 {
			require.NoError(t, b.Apply(noon, journal.Canceled{ClientID: e.Order.ClientID}))
		}
	}
	data, err := b.Snapshot()
	require.NoError(t, err)
	again, err := book.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	for name, b := range map[string]*book.Book{"from events": b, "from a snapshot": again} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }
			beside := b.Beside(trading.Order{ClientID: "new"}, nil)
			require.Equal(t, 1, beside.Made(at(299)))
			require.Equal(t, 10, beside.Made(at(290)))
			require.Equal(t, 256, beside.Made(noon), "the last 256 of them")
			require.Equal(t, 5, b.Beside(trading.Order{ClientID: "o295"}, nil).Made(at(290)), "those before an order that is made")

			like := trading.Order{ClientID: "new", Symbol: btc, Side: trading.Buy, Quantity: d("299"), SignalID: "new"}
			when, ok := beside.Like(like)
			require.True(t, ok)
			require.Equal(t, at(298), when.UTC())
			for name, change := range map[string]func(o *trading.Order){
				"of the same signal":    func(o *trading.Order) { o.SignalID = "s298" },
				"on the other side":     func(o *trading.Order) { o.Side = trading.Sell },
				"of another instrument": func(o *trading.Order) { o.Symbol = eth },
				"of another quantity":   func(o *trading.Order) { o.Quantity = d("299.5") },
				"one that closed":       func(o *trading.Order) { o.Quantity = d("298") },
				"forgotten":             func(o *trading.Order) { o.Quantity = d("1") },
			} {
				other := like
				change(&other)
				_, ok := beside.Like(other)
				require.False(t, ok, name)
			}
			_, ok = b.Beside(trading.Order{ClientID: "o298"}, nil).Like(like)
			require.False(t, ok, "an order is not like itself")
		})
	}
}
