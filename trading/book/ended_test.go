package book_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// full is the life of an order of which every field says something.
func full(id string) []journal.Event {
	return []journal.Event{
		journal.IntentMade{Order: trading.Order{
			ClientID: id, Symbol: eth, Side: trading.Sell, Type: trading.StopLimit, Quantity: d("10.50"), LimitPrice: d("99.1"),
			StopPrice: d("99.2"), TimeInForce: trading.Day, PostOnly: true, ReduceOnly: true, Leg: trading.StopLoss,
			DecisionPrice: d("100.123456789012345678901234567890"), SignalID: "signal of " + id, Config: "0123",
			CreatedAt: noon.Add(time.Nanosecond),
			Guard:     trading.Guard{TakeProfit: d("90.5"), StopLoss: d("101.25"), FromFill: true},
		}},
		journal.Submitting{ClientID: id}, journal.Acknowledged{ClientID: id}, journal.Triggered{ClientID: id},
		fillOfSide(id, id+"-1", "3", trading.Sell), journal.CancelAsked{ClientID: id, Reason: "not wanted"},
		journal.Canceled{ClientID: id, Reason: "as asked for"},
	}
}

func fillOfSide(order, id, quantity string, side trading.Side) journal.Filled {
	f := fillOf(order, id, quantity)
	f.Fill.Side, f.Fill.Symbol = side, eth
	return f
}

// An order that ended long ago is kept as a record. It must be the order that it was, whatever fields an order has.
func TestEndedOrderIsWhatItWas(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for i, e := range full("o-full") {
		require.NoError(t, b.Apply(noon.Add(time.Duration(i)), e))
	}
	was, ok := b.Order("o-full")
	require.True(t, ok)
	for value := reflect.ValueOf(was); ; {
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() && field.Name != "InFlight" { // no order that is done is
				require.False(t, value.Field(i).IsZero(), "%s says nothing here", field.Name)
			}
		}
		if value = value.FieldByName("Order"); !value.IsValid() {
			break
		}
	}
	digest := b.Digest()
	events, at := lives(0, 2000)
	for i, e := range events {
		require.NoError(t, b.Apply(at(i), e))
	}
	is, ok := b.Order("o-full")
	require.True(t, ok)
	want, err := json.Marshal(was)
	require.NoError(t, err)
	got, err := json.Marshal(is)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))
	require.NotEqual(t, digest, b.Digest())

	data, err := b.Snapshot()
	require.NoError(t, err)
	restored, err := book.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	require.Equal(t, b.Digest(), restored.Digest())
	require.Len(t, restored.Orders(), 2001)
	for _, book := range []*book.Book{b, restored} { // It goes on where it left off.
		require.ErrorContains(t, book.Apply(noon, full("o-full")[0]), "used before")
		require.NoError(t, book.Apply(noon, journal.Acknowledged{ClientID: "o-full"}))
		require.NoError(t, book.Apply(noon, fillOfSide("o-full", "o-full-2", "7.50", trading.Sell)))
		require.NoError(t, book.Apply(noon, fillOfSide("o-full", "o-full-2", "7.50", trading.Sell)), "once")
		late, ok := book.Order("o-full")
		require.True(t, ok)
		require.Equal(t, trading.StatusFilled, late.Status)
		require.Equal(t, "10.5", late.Filled.String())
	}
	require.Equal(t, b.Digest(), restored.Digest())
}

// heap is what is in use once all that can go has gone.
func heap() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Not parallel: others would be measured as well.
//
//nolint:paralleltest // see above
func TestEndedOrdersAreSmall(t *testing.T) {
	b := book.New(d("10000"))
	grow := func(from, n int) {
		for i := from; i < from+n; i++ {
			id := fmt.Sprintf("v-%024x", i)
			o, f := intent(id), fillOf(id, id+"-1", "10")
			o.Order.SignalID, o.Order.DecisionPrice = fmt.Sprintf("%024x", i), d("100.01")
			if i%2 == 1 {
				o.Order.Side, f.Fill.Side = trading.Sell, trading.Sell
			}
			at := noon.Add(time.Duration(i) * 10 * time.Second)
			f.Fill.Time = at
			for _, e := range []journal.Event{o, journal.Submitting{ClientID: id}, journal.Acknowledged{ClientID: id}, f} {
				require.NoError(t, b.Apply(at, e))
			}
		}
	}
	grow(0, 1000) // what does not grow with the orders
	before := heap()
	grow(1000, 15_000) // of less than two days
	after := heap()
	require.Len(t, b.Orders(), 16_000)
	each := int(after-before) / 15_000
	t.Logf("%d bytes for an order and its fill", each)
	require.Less(t, each, 130)
	data, err := b.Snapshot()
	require.NoError(t, err)
	require.Less(t, len(data)/16_000, 220)

	grow(16_000, 40_000)
	require.Less(t, len(b.Orders()), 18_000, "those of two days")
	require.Less(t, int(heap()-before)/17_300, 180, "and no more, but for what is let go of in pieces")
	runtime.KeepAlive(b)
}

// Who reads the orders holds nobody up: the Book goes on while they are made of their records.
func TestOrdersLaterAreThoseOfTheirMoment(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	events, at := lives(0, 3000)
	apply := func(from, to int) {
		for i, e := range events[from:to] {
			require.NoError(t, b.Apply(at(from+i), e))
		}
	}
	half := len(events) / 2
	apply(0, half)
	now, later := b.Orders(), b.OrdersLater()
	var got []book.OrderState
	done := make(chan struct{})
	go func() {
		defer close(done)
		got = later()
	}()
	require.NoError(t, b.Apply(noon, journal.Acknowledged{ClientID: "o3"})) // a late answer takes a record out
	apply(half, len(events))
	<-done
	require.Len(t, now, half/4)
	require.Equal(t, now, got)
	require.NotEqual(t, now, b.Orders())
}

func BenchmarkOrders(b *testing.B) {
	bk := book.New(d("10000"))
	events, at := lives(0, 10_000)
	for i, e := range events {
		require.NoError(b, bk.Apply(at(i), e))
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			_ = bk.Orders()
		}
	})
	b.Run("their copy", func(b *testing.B) {
		for b.Loop() {
			_ = bk.OrdersLater()
		}
	})
}
