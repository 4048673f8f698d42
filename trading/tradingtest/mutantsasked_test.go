package tradingtest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// processes counts those that a mutant believes to live in.
var processes atomic.Int64

func noteFirst(a *adapter, _ context.Context, ap trading.Approved, next func() error) error { //nolint:revive // a mutant's shape
	note(a, ap.Order())
	return next()
}

func noteLast(a *adapter, ctx context.Context, ap trading.Approved, next func() error) error { //nolint:revive // a mutant's shape
	a.mu.Lock()
	a.known["last"] = ap.Order().ClientID
	a.mu.Unlock()
	return noteFirst(a, ctx, ap, next)
}

func noteCancel(a *adapter, _ context.Context, ref trading.OrderRef, next func() error) error { //nolint:revive // a mutant's shape
	err := next()
	if err == nil {
		a.once("canceled "+ref.ClientID, func() any { return true })
	}
	return err
}

// canceledHere reports whether this process has asked for the end of an order.
func (a *adapter) canceledHere(clientID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known["canceled "+clientID] != nil
}

// carrier is a transport that is a function.
type carrier func(r *http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// reply is an answer with a body.
func reply(r *http.Request, body string) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// deafTo is a transport that asks for one thing whatever becomes of the context meanwhile.
func deafTo(method, path string) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return carrier(func(r *http.Request) (*http.Response, error) {
			if r.Method == method && r.URL.Path == path && r.Context().Err() == nil {
				r = r.WithContext(context.WithoutCancel(r.Context()))
			}
			return next.RoundTrip(r)
		})
	}
}

// swallowing is a transport to which no answer, or a bad one, is an empty list.
func swallowing(path, empty string) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return carrier(func(r *http.Request) (*http.Response, error) {
			got, err := next.RoundTrip(r)
			if r.URL.Path == path && (err != nil && r.Context().Err() == nil || err == nil && got.StatusCode >= 500) {
				return reply(r, empty), nil
			}
			return got, err
		})
	}
}

// keeping is a transport that keeps an answer until it has sent something.
func keeping(path string) func(next http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		var mu sync.Mutex
		var kept []byte
		return carrier(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if r.Method != http.MethodGet {
				kept = nil
			}
			if r.URL.Path != path || r.Method != http.MethodGet || r.Context().Err() != nil {
				return next.RoundTrip(r)
			}
			if kept != nil {
				return reply(r, string(kept)), nil
			}
			got, err := next.RoundTrip(r)
			if err != nil {
				return got, err
			}
			body, err := io.ReadAll(got.Body)
			got.Body = io.NopCloser(bytes.NewReader(body))
			if err == nil && got.StatusCode == http.StatusOK {
				kept = body
			}
			return got, err
		})
	}
}

// again is a transport that sends once more what a server has not taken.
func again(next http.RoundTripper) http.RoundTripper {
	return carrier(func(r *http.Request) (*http.Response, error) {
		got, err := next.RoundTrip(r)
		if err != nil || got.StatusCode < 500 || r.GetBody == nil {
			return got, err
		}
		second := r.Clone(r.Context())
		if second.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
		return next.RoundTrip(second)
	})
}

// askedMutants go wrong where something is asked for.
var askedMutants = []mutant{
	{fault: "Cancel goes on when its context has ended", says: `context`, transport: deafTo(http.MethodDelete, "/order")},
	{fault: "Fills go on when their context has ended", says: `context`, transport: deafTo(http.MethodGet, "/trades")},
	{fault: "OpenOrders go on when their context has ended", says: `context`, transport: deafTo(http.MethodGet, "/open")},
	{fault: "Positions go on when their context has ended", says: `context`, transport: deafTo(http.MethodGet, "/position")},
	{fault: "CashEvents go on when their context has ended", says: `context`, transport: deafTo(http.MethodGet, "/moves")},
	{fault: "Instruments go on when their context has ended", says: `context`, transport: deafTo(http.MethodGet, "/symbols")},
	{fault: "Replace goes on when its context has ended", says: `context`, transport: deafTo(http.MethodPut, "/order")},
	{fault: "SubmitPair goes on when its context has ended", says: `context`, transport: deafTo(http.MethodPost, "/pair")},
	{fault: "fills that cannot be asked for are none", says: `Fills`, transport: swallowing("/trades", "[]")},
	{fault: "cash events that cannot be asked for are none", says: `CashEvents`, transport: swallowing("/moves", "[]")},
	{fault: "instruments that cannot be asked for are none", says: `Instruments`, transport: swallowing("/symbols", "[]")},
	{fault: "positions that cannot be asked for are none", says: `Positions`, transport: swallowing("/position", "{}")},
	{fault: "positions are kept until an order is sent", says: `position`, transport: keeping("/position")},
	{fault: "open orders are kept until one is sent", says: `OpenOrders`, transport: keeping("/open")},
	{fault: "an order is sent again that a proxy has answered", says: `again`, forgetful: true, transport: again},
	{fault: "an order is known that nobody has sent", says: `ErrUnknownOrder`, flaws: flaws{
		order: func(_ *adapter, _ trading.OrderRef, _ xOrder, _ *trading.OrderReport, err error) error {
			if err != nil && strings.Contains(err.Error(), trading.ErrUnknownOrder.Error()) {
				return nil
			}
			return err
		},
	}},
	{fault: "the time asked for is taken by the clock on its wall", says: `zone|since|time asked`, flaws: flaws{
		fills: func(_ *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
			s := from.Since
			from.Since = time.Date(s.Year(), s.Month(), s.Day(), s.Hour(), s.Minute(), s.Second(), s.Nanosecond(), time.UTC)
			return from, limit
		},
	}},
	{fault: "a page of fills is kept by who has given it", says: `given`, flaws: flaws{
		page: func(a *adapter, from trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			key := fmt.Sprint("page ", from, len(page), next)
			return a.once(key, func() any { return page }).([]trading.Fill), next
		},
	}},
	{fault: "of many open orders the first fifty are told", says: `OpenOrders`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport { return r[:min(50, len(r))] }}},
	{fault: "of many open orders the first five are told", says: `OpenOrders`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport { return r[:min(5, len(r))] }}},
	{fault: "open orders are told under the venue's symbol", says: `OpenOrders`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			for i := range r {
				r[i].Symbol = xSymbol
			}
			return r
		}}},
	{fault: "open orders that are filled in part are told as without a status", says: `(?i)OpenOrders|status`,
		flaws: flaws{open: func(r []trading.OrderReport) []trading.OrderReport {
			for i := range r {
				if r[i].Filled.IsPositive() {
					r[i].Status = ""
				}
			}
			return r
		}}},
	{fault: "what was traded moves cash, too", says: `cash`, flaws: flaws{
		cash: func(a *adapter, from trading.Cursor, page []trading.CashEvent) []trading.CashEvent {
			if from.Token != "" {
				return page
			}
			fills, _, err := newAdapter(a.client, a.traits, flaws{}).Fills(context.Background(), trading.Cursor{Since: from.Since}, 100)
			for _, f := range fills {
				if err == nil && !f.Fee.IsZero() {
					page = append(page, trading.CashEvent{
						ID: "fee " + f.ID, Kind: trading.CashFee, Amount: f.Fee.Neg(), Asset: f.FeeAsset, Time: f.Time,
					})
				}
			}
			return page
		},
	}},
	{fault: "cash that moves is told to one place", says: `cash`, flaws: flaws{
		cash: func(_ *adapter, _ trading.Cursor, page []trading.CashEvent) []trading.CashEvent {
			for i := range page {
				page[i].Amount = page[i].Amount.Round(1)
			}
			return page
		},
	}},
	{fault: "the time from which cash is asked for is not passed on", says: `(?i)cash`, transport: func(next http.RoundTripper) http.RoundTripper {
		return carrier(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/moves" {
				q := r.URL.Query()
				if q.Has("since") {
					q.Set("since", time.Time{}.Format(time.RFC3339Nano))
				}
				r = r.Clone(r.Context())
				r.URL.RawQuery = q.Encode()
			}
			return next.RoundTrip(r)
		})
	}},
	{fault: "an instrument is listed under two names", says: `listed`, transport: func(next http.RoundTripper) http.RoundTripper {
		return carrier(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/symbols" && r.Context().Err() == nil {
				one := fmt.Sprintf(`{"symbol":%q,"tickSize":%q,"stepSize":%q}`, xSymbol, xTick, xStep)
				return reply(r, "["+one+","+one+"]"), nil
			}
			return next.RoundTrip(r)
		})
	}},
	{fault: "two orders at once are sent as one of them", says: `(?i)at once`, flaws: flaws{
		submit: func(a *adapter, ctx context.Context, ap trading.Approved, _ func() error) error {
			slot := a.once("slot", func() any { return new(atomic.Value) }).(*atomic.Value)
			slot.Store(ap)
			if err := ap.Begin(ctx); err != nil {
				return err
			}
			return a.submit(ctx, slot.Load().(trading.Approved).Gated(nil))
		},
	}},
	{fault: "Begin is asked under a lock that Order needs", says: `(?i)lock`, flaws: flaws{
		begin: locked, find: func(a *adapter, _ *trading.OrderRef) { a.wait() },
	}},
	{fault: "Begin is asked under a lock that Fills need", says: `(?i)lock`, flaws: flaws{
		begin: locked, fills: func(a *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
			a.wait()
			return from, limit
		},
	}},
}

func (a *adapter) lock() *sync.Mutex {
	return a.once("lock", func() any { return new(sync.Mutex) }).(*sync.Mutex)
}

// wait waits for who holds the lock.
func (a *adapter) wait() {
	lock := a.lock()
	lock.Lock()
	defer lock.Unlock()
}

// locked asks Begin under the lock.
func locked(a *adapter, ctx context.Context, ap trading.Approved, send func() error) error { //nolint:revive // a mutant's shape
	lock := a.lock()
	lock.Lock()
	err := ap.Begin(ctx)
	lock.Unlock()
	if err != nil {
		return err
	}
	return send()
}
