package tradingtest_test

import (
	"context"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// noted is what an adapter remembers of an order that it has sent.
func noted(a *adapter, clientID string) trading.Order {
	a.mu.Lock()
	defer a.mu.Unlock()
	o, _ := a.known["order "+clientID].(trading.Order)
	return o
}

// note remembers an order that is about to be sent.
func note(a *adapter, o trading.Order) { a.once("order "+o.ClientID, func() any { return o }) }

// asOrdered is a fault in a fill, made of what was ordered.
func asOrdered(change func(o trading.Order, f *trading.Fill)) flaws {
	return flaws{
		submit: noteFirst,
		fill:   func(a *adapter, _ xTrade, f *trading.Fill) { change(noted(a, f.ClientID), f) },
	}
}

// afterFirst is a fault in a fill of an order that has had another one before, which is given.
func afterFirst(change func(first, before xTrade, f *trading.Fill)) flaws {
	return flaws{fill: func(a *adapter, w xTrade, f *trading.Fill) {
		seen := a.once("trades", func() any { return map[int64][]xTrade{} }).(map[int64][]xTrade)
		a.mu.Lock()
		defer a.mu.Unlock()
		all := seen[w.OrderID]
		if len(all) == 0 || all[len(all)-1].ID < w.ID {
			all = append(all, w)
			seen[w.OrderID] = all
		}
		for i := 1; i < len(all); i++ {
			if all[i].ID == w.ID {
				change(all[0], all[i-1], f)
			}
		}
	}}
}

// partMutants tell an execution wrong where it is not all of a market order.
var partMutants = []mutant{
	{fault: "the side of what rested is that of who came", says: `side`, flaws: telling(func(w xTrade, f *trading.Fill) {
		if w.Fee.IsPositive() {
			f.Side = -f.Side
		}
	})},
	{fault: "the side of a later part is the other one", says: `side`, flaws: afterFirst(func(_, _ xTrade, f *trading.Fill) {
		f.Side = -f.Side
	})},
	{fault: "each part has the price of the first one", says: `price`, flaws: afterFirst(func(first, _ xTrade, f *trading.Fill) {
		f.Price = first.Price
	})},
	{fault: "each part has the average price of its order", says: `price`,
		flaws: afterFirst(func(_, before xTrade, f *trading.Fill) {
			f.Price = f.Price.Add(before.Price).Div(decimal.NewFromInt(2))
		})},
	{fault: "each part has the fee of all parts so far", says: `fee`, flaws: afterFirst(func(_, before xTrade, f *trading.Fill) {
		f.Fee = f.Fee.Sub(before.Fee)
	})},
	{fault: "the fee of an order is told with its first part only", says: `fee`,
		flaws: afterFirst(func(_, _ xTrade, f *trading.Fill) { f.Fee = decimal.Zero })},
	{fault: "each part has the time of the first one", says: `time`, flaws: afterFirst(func(first, _ xTrade, f *trading.Fill) {
		f.Time = first.Time
	})},
	{fault: "each part has the ID of the first one and a letter, in the order of asking", says: `(?i)\bids?\b`, flaws: flaws{
		fill: func(a *adapter, w xTrade, f *trading.Fill) {
			n := a.once("asked", func() any { return new(int) }).(*int)
			a.mu.Lock()
			defer a.mu.Unlock()
			*n++
			f.ID = strconv.FormatInt(w.OrderID, 10) + string(rune('a'+*n%26))
		},
	}},
	{fault: "a fill is told twice, under two IDs", says: `ids`, flaws: flaws{
		page: func(_ *adapter, _ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			var twice []trading.Fill
			for _, f := range page {
				again := f
				again.ID += "-stream"
				twice = append(twice, f, again)
			}
			return twice, next
		},
	}},
	{fault: "a fill has another ID in each process", says: `ids`, flaws: flaws{
		fill: func(a *adapter, _ xTrade, f *trading.Fill) {
			f.ID += a.once("process", func() any { return strconv.FormatInt(processes.Add(1), 10) }).(string)
		},
	}},
	{fault: "the price of a limit order's fill is its limit", says: `price`, flaws: asOrdered(func(o trading.Order, f *trading.Fill) {
		if o.Type == trading.Limit {
			f.Price = o.LimitPrice
		}
	})},
	{fault: "the price of a stop's fill is its stop", says: `price`, flaws: asOrdered(func(o trading.Order, f *trading.Fill) {
		if o.Type == trading.Stop {
			f.Price = o.StopPrice
		}
	})},
	{fault: "the price of a fill is that at which it was decided", says: `price`,
		flaws: asOrdered(func(o trading.Order, f *trading.Fill) {
			if o.Type == trading.Market {
				f.Price = o.DecisionPrice
			}
		})},
	{fault: "the time of a fill is that at which its order was made", says: `time`,
		flaws: asOrdered(func(o trading.Order, f *trading.Fill) {
			if !o.CreatedAt.IsZero() {
				f.Time = o.CreatedAt
			}
		})},
	{fault: "the time of a fill is told to the second", says: `time`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Time = f.Time.Truncate(time.Second)
	})},
	{fault: "the time of a fill is that of a clock in another zone", says: `time`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Time = f.Time.Add(-5 * time.Hour)
	})},
	{fault: "a rebate is told as no fee", says: `fee`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Fee = decimal.Max(decimal.Zero, f.Fee)
	})},
	{fault: "a fee is told to two places", says: `fee`, flaws: telling(func(_ xTrade, f *trading.Fill) { f.Fee = f.Fee.Round(2) })},
	{fault: "a fee in another asset is told in quote currency, at no rate", says: `fee`,
		flaws: telling(func(_ xTrade, f *trading.Fill) {
			if f.FeeAsset == "BNB" {
				f.FeeAsset = "USDT"
			}
		})},
	{fault: "what an order has filled is told without the fee that was taken from it", says: `filled`,
		flaws: flaws{order: func(a *adapter, ref trading.OrderRef, _ xOrder, r *trading.OrderReport, err error) error {
			fills, _, _ := newAdapter(a.client, a.traits, flaws{}).Fills(context.Background(), trading.Cursor{}, 100)
			for _, f := range fills {
				if f.ClientID == ref.ClientID && f.FeeAsset == "ETH" {
					r.Filled = r.Filled.Sub(f.Fee)
				}
			}
			return err
		}}},
	{fault: "the last part that was filled is told as what is filled", says: `filled`, flaws: flaws{
		order: func(a *adapter, ref trading.OrderRef, w xOrder, r *trading.OrderReport, err error) error {
			seen := a.once("filled", func() any { return map[string][2]decimal.Decimal{} }).(map[string][2]decimal.Decimal)
			a.mu.Lock()
			defer a.mu.Unlock()
			last := seen[ref.ClientID]
			if !last[1].Equal(w.Executed) {
				last = [2]decimal.Decimal{w.Executed.Sub(last[1]), w.Executed}
				seen[ref.ClientID] = last
			}
			r.Filled = last[0]
			return err
		},
	}},
	{fault: "what others have traded has the client ID of the last own order", says: `client id|under`, flaws: flaws{
		submit: noteLast,
		fill: func(a *adapter, _ xTrade, f *trading.Fill) {
			if o := noted(a, f.ClientID); o.ClientID == "" {
				a.mu.Lock()
				defer a.mu.Unlock()
				f.ClientID, _ = a.known["last"].(string)
			}
		},
	}},
	{fault: "fills of what was canceled are told no more", says: `fills`, flaws: flaws{
		cancel: noteCancel,
		page: func(a *adapter, _ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			var left []trading.Fill
			for _, f := range page {
				if !a.canceledHere(f.ClientID) {
					left = append(left, f)
				}
			}
			return left, next
		},
	}},
	{fault: "what was asked to be canceled is told as canceled", says: `cancel`, flaws: flaws{
		cancel: noteCancel,
		order: func(a *adapter, ref trading.OrderRef, _ xOrder, r *trading.OrderReport, err error) error {
			if a.canceledHere(ref.ClientID) && err == nil {
				r.Status = trading.StatusCanceled
			}
			return err
		},
	}},
}
