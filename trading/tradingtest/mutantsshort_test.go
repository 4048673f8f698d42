package tradingtest_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// shortMutants were tried with what is bought first only.
var shortMutants = []mutant{
	{fault: "a pair always sells", says: `(?i)pair`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Rests() && o.ReduceOnly && o.Type != trading.StopLimit {
			w.Side = "SELL"
		}
	})},
	{fault: "a pair that buys is refused", says: `(?i)pair`, flaws: flaws{
		pair: func(_ *adapter, _ context.Context, profit, _ trading.Approved, next func() error) error {
			if profit.Order().Side == trading.Buy {
				return errRefused
			}
			return next()
		},
	}},
	{fault: "the guard of an entry that sells is dropped", says: `(?i)guard`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Side == trading.Sell {
			w.Profit, w.Loss = decimal.Zero, decimal.Zero
		}
	})},
	{fault: "the two prices of the guard of an entry that sells are swapped", says: `(?i)guard`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Side == trading.Sell {
				w.Profit, w.Loss = w.Loss, w.Profit
			}
		})},
	{fault: "a guard without a stop-loss is dropped", says: `(?i)guard`, flaws: sending(func(_ trading.Order, w *xOrder) {
		if w.Loss.IsZero() {
			w.Profit = decimal.Zero
		}
	})},
	{fault: "a guard without a take-profit is dropped", says: `(?i)guard`, flaws: sending(func(_ trading.Order, w *xOrder) {
		if w.Profit.IsZero() {
			w.Loss = decimal.Zero
		}
	})},
	{fault: "reduce-only is dropped where an order with a stop buys", says: `reduce-only`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Side == trading.Buy && o.Type == trading.Stop {
				w.Reduce = false
			}
		})},
	{fault: "reduce-only is dropped where an order with a limit buys", says: `reduce-only`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Side == trading.Buy && o.Type == trading.Limit {
				w.Reduce = false
			}
		})},
	{fault: "reduce-only is dropped where an order has a stop and a limit", says: `reduce-only`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Type == trading.StopLimit {
				w.Reduce = false
			}
		})},
	{fault: "a stop that closes what was sold is sent as one that sells", says: `(?i)stop`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.ReduceOnly && o.Type == trading.Stop {
				w.Side = "SELL"
			}
		})},
	{fault: "a stop-limit that closes loses its limit", says: `stop-limit`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.ReduceOnly && o.Type == trading.StopLimit {
			w.Type, w.Price = "STOP", decimal.Zero
		}
	})},
	{fault: "a stop-limit that closes what was sold loses its limit", says: `stop-limit`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.ReduceOnly && o.Side == trading.Buy && o.Type == trading.StopLimit {
				w.Type, w.Price = "STOP", decimal.Zero
			}
		})},
	{fault: "positions that were sold short are left out", says: `position`, flaws: flaws{held: func(h map[string]decimal.Decimal) {
		if h[ourSymbol].IsNegative() {
			delete(h, ourSymbol)
		}
	}}},
	{fault: "a position that was closed is told as one step", says: `position`, flaws: flaws{held: func(h map[string]decimal.Decimal) {
		if len(h) == 0 {
			h[ourSymbol] = decimal.RequireFromString(xStep)
		}
	}}},
	{fault: "the reply to a pair that was lost is told as a rejection", says: `(?i)pair`, flaws: flaws{
		pair: func(_ *adapter, _ context.Context, _, _ trading.Approved, next func() error) error {
			err := next()
			if err != nil && strings.Contains(err.Error(), "before the reply") {
				return errRefused
			}
			return err
		},
	}},
	{fault: "a pair whose request was lost is told as there", says: `(?i)pair`, flaws: flaws{
		pair: func(_ *adapter, _ context.Context, _, _ trading.Approved, next func() error) error {
			if err := next(); err == nil || !isLost(err) {
				return err
			}
			return nil
		},
	}},
}

// replacing is a fault in what is to replace an order: it is made of the old one as it was sent.
func replacing(change func(old, with trading.Order, w *xOrder)) flaws {
	return flaws{
		submit: noteFirst,
		replace: func(a *adapter, ctx context.Context, ref trading.OrderRef, with trading.Approved, _ func() error) error {
			old := noted(a, ref.ClientID)
			note(a, with.Order())
			wrong := newAdapter(a.client, a.traits, sending(func(o trading.Order, w *xOrder) { change(old, o, w) }))
			return wrong.replace(ctx, ref, with)
		},
	}
}

// replaceMutants put another order in an order's place than the one that was given.
var replaceMutants = []mutant{
	{fault: "what replaces keeps the old price", says: `replace`, flaws: replacing(func(old, _ trading.Order, w *xOrder) {
		w.Price = old.LimitPrice
	})},
	{fault: "what replaces keeps the old stop", says: `replace`, flaws: replacing(func(old, _ trading.Order, w *xOrder) {
		w.StopPrice = old.StopPrice
	})},
	{fault: "what replaces keeps the old quantity", says: `replace`, flaws: replacing(func(old, _ trading.Order, w *xOrder) {
		w.Quantity = old.Quantity
	})},
	{fault: "what replaces does not only reduce any more", says: `reduce-only`, flaws: replacing(func(_, _ trading.Order, w *xOrder) {
		w.Reduce = false
	})},
	{fault: "what replaces is a limit order, whatever it was", says: `replace`, flaws: replacing(func(_, with trading.Order, w *xOrder) {
		if with.Type == trading.Stop {
			w.Type, w.Price, w.StopPrice = "LIMIT", w.StopPrice, decimal.Zero
		}
	})},
	{fault: "of what replaces, the quantity includes what the old one has filled", says: `replace`, flaws: flaws{
		replace: func(a *adapter, ctx context.Context, ref trading.OrderRef, with trading.Approved, _ func() error) error {
			old, err := newAdapter(a.client, a.traits, flaws{}).Order(ctx, ref)
			if err != nil {
				return err
			}
			wrong := newAdapter(a.client, a.traits, sending(func(_ trading.Order, w *xOrder) {
				w.Quantity = w.Quantity.Sub(old.Filled)
			}))
			return wrong.replace(ctx, ref, with)
		},
	}},
	{fault: "a replacement whose request was lost is told as done", says: `(?i)replace`, flaws: flaws{
		replace: func(_ *adapter, _ context.Context, _ trading.OrderRef, _ trading.Approved, next func() error) error {
			if err := next(); err == nil || !isLost(err) {
				return err
			}
			return nil
		},
	}},
	{fault: "an order is replaced that has the same ID", says: `(?i)replace|unknown`, flaws: flaws{
		replace: func(a *adapter, _ context.Context, ref trading.OrderRef, with trading.Approved, next func() error) error {
			if err := next(); err != nil {
				return err
			}
			a.once("new name of "+with.Order().ClientID, func() any { return ref.ClientID })
			return nil
		},
		find: func(a *adapter, ref *trading.OrderRef) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if old, ok := a.known["new name of "+ref.ClientID].(string); ok {
				ref.ClientID = old
			}
		},
	}},
}

// newsMutants tell of what happens in a wrong order, or not of what was missed.
var newsMutants = []mutant{
	{fault: "the stream tells the last part that was filled as what is filled", says: `(?i)update`,
		flaws: flaws{news: func(a *adapter, _ int64, u trading.Updates) trading.Updates {
			for i, r := range u.Orders {
				before := a.once("told "+r.ClientID, func() any { return r.Filled }).(decimal.Decimal)
				if r.Filled.GreaterThan(before) {
					u.Orders[i].Filled = r.Filled.Sub(before)
				}
			}
			return u
		}}},
	{fault: "what was missed while the stream was down is told while it is down only", says: `(?i)missed`, flaws: flaws{
		news: func(a *adapter, _ int64, u trading.Updates) trading.Updates {
			u.Missed = a.log.Updates(u.Seq).Missed
			return u
		},
	}},
	{fault: "a stream that was dialed again is not read", says: `(?i)update|stream`, flaws: flaws{
		news: func(a *adapter, _ int64, u trading.Updates) trading.Updates {
			if u.Missed {
				a.once("was down", func() any { return true })
			}
			if a.wasDown() {
				u.Orders = nil
			}
			return u
		},
	}},
	{fault: "an order's first state is told after its last one", says: `(?i)update|news`,
		flaws: flaws{news: func(_ *adapter, _ int64, u trading.Updates) trading.Updates {
			for i := range u.Orders {
				u.Orders[i].Status = trading.StatusOpen
			}
			return u
		}}},
	{fault: "an order is told in each update again", says: `(?i)update`,
		flaws: flaws{news: func(a *adapter, _ int64, u trading.Updates) trading.Updates {
			u.Orders = a.log.Updates(0).Orders
			return u
		}}},
	{fault: "updates are the caller's and the adapter's", says: `given`,
		flaws: flaws{news: func(a *adapter, after int64, u trading.Updates) trading.Updates {
			key := fmt.Sprint("updates ", after, u.Seq)
			u.Orders = a.once(key, func() any { return u.Orders }).([]trading.OrderReport)
			return u
		}}},
	{fault: "the stream's cancel loses the part that was filled", says: `(?i)update`,
		flaws: pushing(func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool) {
			if w.Status == "CANCELED" {
				r.Filled = decimal.Zero
			}
			return r, true
		})},
	{fault: "the stream tells of fills by this process only, and not by others", says: `(?i)news|update`,
		flaws: pushing(func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool) {
			return r, len(w.Client) < 4 || w.Client[:4] != "web_"
		})},
}

// priceTellers are wrong about what an instrument is worth.
var priceTellers = []mutant{
	{fault: "a price is told of any symbol", says: `(?i)price`, flaws: flaws{
		price: func(_ *adapter, _ string, p decimal.Decimal, _ bool) (decimal.Decimal, bool) {
			return p.Add(decimal.NewFromInt(1800)), true
		},
	}},
	{fault: "a price that is not known is zero", says: `(?i)price`, flaws: flaws{
		price: func(_ *adapter, _ string, _ decimal.Decimal, ok bool) (decimal.Decimal, bool) {
			return decimal.Zero, ok
		},
	}},
	{fault: "a price is told in hundredths", says: `(?i)price`, flaws: flaws{
		price: func(_ *adapter, _ string, p decimal.Decimal, ok bool) (decimal.Decimal, bool) {
			return p.Mul(decimal.NewFromInt(100)), ok
		},
	}},
	{fault: "a price is the first one for ever", says: `(?i)price`, flaws: flaws{
		price: func(a *adapter, _ string, p decimal.Decimal, ok bool) (decimal.Decimal, bool) {
			if ok {
				p = a.once("price", func() any { return p }).(decimal.Decimal)
			}
			return p, ok
		},
	}},
}

// wasDown reports whether anybody was told that the stream was down.
func (a *adapter) wasDown() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known["was down"] != nil
}

// isLost reports whether a request did not arrive.
func isLost(err error) bool { return err != nil && strings.Contains(err.Error(), "before the request") }
