package tradingtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// canceling is a fault in Cancel.
func canceling(change func(a *adapter, ctx context.Context, ref trading.OrderRef, next func() error) error) flaws {
	return flaws{cancel: change}
}

// restMutants get orders that rest wrong: their end, their list, what takes their place.
var restMutants = []mutant{
	{fault: "Cancel does nothing", says: `(?i)cancel`,
		flaws: canceling(func(*adapter, context.Context, trading.OrderRef, func() error) error { return nil })},
	{fault: "Cancel ends all open orders", says: `(?i)cancel|open|rest`,
		flaws: canceling(func(a *adapter, ctx context.Context, ref trading.OrderRef, next func() error) error {
			open, _ := a.OpenOrders(ctx)
			for _, r := range open {
				if r.ClientID != ref.ClientID {
					_ = a.submitCancel(ctx, r.ClientID)
				}
			}
			return next()
		})},
	{fault: "Cancel of an order that is done is an error", says: `(?i)cancel`,
		flaws: canceling(func(a *adapter, ctx context.Context, ref trading.OrderRef, next func() error) error {
			if r, err := a.Order(ctx, ref); err == nil && r.Status.Done() {
				return errors.New("the order cannot be canceled")
			}
			return next()
		})},
	{fault: "Cancel of an order that there never was is fine", says: `(?i)cancel|unknown`,
		flaws: canceling(func(_ *adapter, _ context.Context, _ trading.OrderRef, next func() error) error {
			if err := next(); !errors.Is(err, trading.ErrUnknownOrder) {
				return err
			}
			return nil
		})},
	{fault: "Cancel of which the reply was lost is fine", says: `(?i)cancel`,
		flaws: canceling(func(_ *adapter, _ context.Context, _ trading.OrderRef, next func() error) error {
			if err := next(); errors.Is(err, trading.ErrUnknownOrder) {
				return err
			}
			return nil
		})},
	{fault: "Cancel does not reach orders with a stop", says: `(?i)stop|cancel`,
		flaws: canceling(func(_ *adapter, _ context.Context, ref trading.OrderRef, next func() error) error {
			if ref.Type == trading.Stop || ref.Type == trading.StopLimit {
				return nil
			}
			return next()
		})},
	{fault: "open orders are told without those that have a stop", says: `(?i)open|stop`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			return slices.DeleteFunc(r, func(r trading.OrderReport) bool { return strings.HasPrefix(string(r.Type), "stop") })
		}}},
	{fault: "open orders are told without those that are filled in part", says: `(?i)open|part`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			return slices.DeleteFunc(r, func(r trading.OrderReport) bool { return r.Filled.IsPositive() })
		}}},
	{fault: "open orders are told without their symbol", says: `(?i)open|symbol`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			for i := range r {
				r[i].Symbol = ""
			}
			return r
		}}},
	{fault: "open orders are told without their type", says: `(?i)open|type`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			for i := range r {
				r[i].Type = ""
			}
			return r
		}}},
	{fault: "of a stop-limit the list of open orders says that it is a limit order", says: `(?i)open|type`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			for i := range r {
				if r[i].Type == trading.StopLimit {
					r[i].Type = trading.Limit
				}
			}
			return r
		}}},
	{fault: "of many open orders the first two are told", says: `(?i)open`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport { return r[:min(2, len(r))] }}},
	{fault: "the list of open orders says that nothing is filled", says: `(?i)open|fill`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			for i := range r {
				r[i].Filled = decimal.Zero
			}
			return r
		}}},
	{fault: "what replaces is sent once the old order is canceled", says: `(?i)replace`, flaws: flaws{
		replace: func(a *adapter, ctx context.Context, old trading.OrderRef, with trading.Approved, _ func() error) error {
			if err := a.submitCancel(ctx, old.ClientID); err != nil {
				return err
			}
			return a.submit(ctx, with)
		},
	}},
	{fault: "what is replaced stays", says: `(?i)replace`, flaws: flaws{
		replace: func(a *adapter, ctx context.Context, _ trading.OrderRef, with trading.Approved, _ func() error) error {
			return a.submit(ctx, with)
		},
	}},
	{fault: "an order that is done is replaced by a new one", says: `(?i)replace`, flaws: flaws{
		replace: func(a *adapter, ctx context.Context, _ trading.OrderRef, with trading.Approved, next func() error) error {
			if err := next(); !errors.Is(err, trading.ErrRejected) {
				return err
			}
			return a.submit(ctx, with.Gated(nil))
		},
	}},
	{fault: "a lost reply to a replacement is told as a rejection", says: `(?i)replace|reject`, flaws: flaws{
		replace: func(_ *adapter, _ context.Context, _ trading.OrderRef, _ trading.Approved, next func() error) error {
			if err := next(); err != nil {
				return fmt.Errorf("%w: %w", trading.ErrRejected, err)
			}
			return nil
		},
	}},
	{fault: "a pair is two orders that know nothing of each other", says: `(?i)pair`, flaws: flaws{
		pair: func(a *adapter, ctx context.Context, profit, loss trading.Approved, _ func() error) error {
			return errors.Join(a.submit(ctx, profit), a.submit(ctx, loss))
		},
	}},
	{fault: "of a pair the stop-loss is sent only", says: `(?i)pair`, flaws: flaws{
		pair: func(a *adapter, ctx context.Context, profit, loss trading.Approved, _ func() error) error {
			if err := profit.Begin(ctx); err != nil {
				return err
			}
			return a.submit(ctx, loss)
		},
	}},
}

// submitCancel cancels without a flaw.
func (a *adapter) submitCancel(ctx context.Context, clientID string) error {
	right := newAdapter(a.client, a.traits, flaws{})
	return right.Cancel(ctx, trading.OrderRef{ClientID: clientID, Symbol: ourSymbol})
}

// accountMutants get the account wrong: what is held, what moved, what can be traded, how far it is from the end.
var accountMutants = []mutant{
	{fault: "positions have no sign", says: `(?i)position|short|held`, flaws: flaws{held: func(h map[string]decimal.Decimal) {
		for symbol, quantity := range h {
			h[symbol] = quantity.Abs()
		}
	}}},
	{fault: "positions that are zero are told", says: `(?i)position|zero`, flaws: flaws{held: func(h map[string]decimal.Decimal) {
		h[ourSymbol] = h[ourSymbol].Add(decimal.Zero)
	}}},
	{fault: "positions are told under the venue's name", says: `(?i)position|symbol|held`, flaws: flaws{
		held: func(h map[string]decimal.Decimal) {
			if quantity, ok := h[ourSymbol]; ok {
				delete(h, ourSymbol)
				h[xSymbol] = quantity
			}
		},
	}},
	{fault: "positions are told to two places", says: `(?i)position|held`, flaws: flaws{held: func(h map[string]decimal.Decimal) {
		for symbol, quantity := range h {
			h[symbol] = quantity.RoundFloor(2)
		}
	}}},
	{fault: "cash that moves has one ID", says: `(?i)cash|\bid\b`, flaws: flaws{
		cash: func(_ *adapter, _ trading.Cursor, page []trading.CashEvent) []trading.CashEvent {
			for i := range page {
				page[i].ID = "cash"
			}
			return page
		},
	}},
	{fault: "cash that moves has a new ID each time", says: `(?i)cash|\bid\b`, flaws: flaws{
		cash: func(a *adapter, _ trading.Cursor, page []trading.CashEvent) []trading.CashEvent {
			n := a.once("cash", func() any { return new(int) }).(*int)
			a.mu.Lock()
			defer a.mu.Unlock()
			for i := range page {
				*n++
				page[i].ID = fmt.Sprint(*n)
			}
			return page
		},
	}},
	{fault: "cash that moves has no sign", says: `(?i)cash|sign|amount`, flaws: flaws{
		cash: func(_ *adapter, _ trading.Cursor, page []trading.CashEvent) []trading.CashEvent {
			for i := range page {
				page[i].Amount = page[i].Amount.Abs()
			}
			return page
		},
	}},
	{fault: "cash that moves is of a kind that is not known", says: `(?i)cash|kind`, flaws: flaws{
		cash: func(_ *adapter, _ trading.Cursor, page []trading.CashEvent) []trading.CashEvent {
			for i := range page {
				page[i].Kind = "FUNDING_FEE"
			}
			return page
		},
	}},
	{fault: "a tick is told that is ten times the venue's", says: `(?i)tick`, flaws: flaws{listed: func(i *trading.Instrument) {
		i.Tick = i.Tick.Mul(decimal.NewFromInt(10))
	}}},
	{fault: "a step is told as one unit", says: `(?i)step`, flaws: flaws{listed: func(i *trading.Instrument) {
		i.Step = decimal.NewFromInt(1)
	}}},
	{fault: "instruments are listed under the venue's name", says: `(?i)instrument|symbol`, flaws: flaws{
		listed: func(i *trading.Instrument) { i.Symbol = xSymbol },
	}},
	{fault: "margin is told where nothing is held", says: `(?i)margin`, flaws: flaws{
		margin: func(_ decimal.Decimal, _ *trading.Margin, ok *bool) { *ok = true },
	}},
	{fault: "the distance to a liquidation is told in percent", says: `(?i)margin|distance`, flaws: flaws{
		margin: func(_ decimal.Decimal, m *trading.Margin, _ *bool) {
			m.Distance = m.Distance.Mul(decimal.NewFromInt(100))
		},
	}},
	{fault: "the distance to a liquidation is signed", says: `(?i)margin|distance`, flaws: flaws{
		margin: func(held decimal.Decimal, m *trading.Margin, _ *bool) {
			if held.IsPositive() {
				m.Distance = m.Distance.Neg()
			}
		},
	}},
	{fault: "the liquidation of a short position is told below the price", says: `(?i)margin|liquidat`, flaws: flaws{
		margin: func(held decimal.Decimal, m *trading.Margin, _ *bool) {
			if held.IsNegative() {
				m.Liquidation.Decimal = m.Liquidation.Decimal.Mul(decimal.RequireFromString("0.8"))
			}
		},
	}},
	{fault: "margin is told of any symbol", says: `(?i)margin|symbol`, flaws: flaws{
		margin: func(held decimal.Decimal, _ *trading.Margin, ok *bool) { *ok = !held.IsZero() },
	}},
}

// pushing is a fault in what is passed on of the stream.
func pushing(change func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool)) flaws {
	return flaws{push: change}
}

// streamMutants get the stream of updates wrong.
var streamMutants = []mutant{
	{fault: "nothing is passed on of the stream", says: `(?i)update|news|woken`,
		flaws: pushing(func(_ xOrder, r trading.OrderReport) (trading.OrderReport, bool) { return r, false })},
	{fault: "a fill of a part is not passed on", says: `(?i)update|news|part`,
		flaws: pushing(func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool) {
			return r, w.Status != "PARTIALLY_FILLED"
		})},
	{fault: "a cancel is not passed on", says: `(?i)update|news|cancel`,
		flaws: pushing(func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool) { return r, w.Status != "CANCELED" })},
	{fault: "the stream says that nothing was filled", says: `(?i)update|news|fill`,
		flaws: pushing(func(_ xOrder, r trading.OrderReport) (trading.OrderReport, bool) {
			r.Filled = decimal.Zero
			return r, true
		})},
	{fault: "the stream names orders by the venue's number", says: `(?i)update|news|client id`,
		flaws: pushing(func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool) {
			r.ClientID = fmt.Sprint(w.OrderID)
			return r, true
		})},
	{fault: "the stream is not dialed again once it was cut", says: `(?i)stream|cut|update`, deaf: true},
	{fault: "nobody is told that the stream was cut", says: `(?i)stream|cut|missed`, unbroken: true},
}
