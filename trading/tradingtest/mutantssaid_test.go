package tradingtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// errRefused is what an adapter says that takes something for a refusal.
var errRefused = fmt.Errorf("%w: no answer", trading.ErrRejected)

// unclear reports whether an outcome leaves open what became of the order.
func unclear(right error) bool {
	return right != nil && !errors.Is(right, trading.ErrRejected) && !errors.Is(right, trading.ErrDuplicate)
}

// deafToContext is a transport whose requests do not end with their context.
type deafToContext struct{ next http.RoundTripper }

func (d deafToContext) RoundTrip(r *http.Request) (*http.Response, error) {
	return d.next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
}

// stubborn is a transport that sends a request again whose reply did not come.
type stubborn struct{ next http.RoundTripper }

func (s stubborn) RoundTrip(r *http.Request) (*http.Response, error) {
	reply, err := s.next.RoundTrip(r)
	if err == nil || r.GetBody == nil {
		return reply, err
	}
	again := r.Clone(r.Context())
	if again.Body, err = r.GetBody(); err != nil {
		return nil, err
	}
	return s.next.RoundTrip(again)
}

// outcomeMutants take an answer for another one.
var outcomeMutants = []mutant{
	{fault: "a transport error is told as a rejection", says: `(?i)reject`, flaws: judging(func(_ int, right error) error {
		if unclear(right) {
			return errRefused
		}
		return right
	})},
	{fault: "a transport error is told as a success", says: `(?i)nil|lost|reply|request`,
		flaws: judging(func(_ int, right error) error {
			if unclear(right) {
				return nil
			}
			return right
		})},
	{fault: "a duplicate is told as a rejection", says: `(?i)duplicate|used`, flaws: judging(func(_ int, right error) error {
		if errors.Is(right, trading.ErrDuplicate) {
			return errRefused
		}
		return right
	})},
	{fault: "a duplicate is told as a success", says: `(?i)duplicate|used`, flaws: judging(func(_ int, right error) error {
		if errors.Is(right, trading.ErrDuplicate) {
			return nil
		}
		return right
	})},
	{fault: "a rejection is told as what nobody knows", says: `(?i)reject`, flaws: judging(func(_ int, right error) error {
		if errors.Is(right, trading.ErrRejected) {
			return errors.New("no")
		}
		return right
	})},
	{fault: "a rejection is told as a success", says: `(?i)reject`, flaws: judging(func(_ int, right error) error {
		if errors.Is(right, trading.ErrRejected) {
			return nil
		}
		return right
	})},
	{fault: "an order whose reply was lost is sent again", says: `(?i)again|twice|doubled`, forgetful: true,
		transport: func(next http.RoundTripper) http.RoundTripper { return stubborn{next} }},
	{fault: "an order whose reply was lost is sent again, and refused as a duplicate", says: `(?i)again|twice`,
		transport: func(next http.RoundTripper) http.RoundTripper { return stubborn{next} }},
	{fault: "a call does not end with its context", says: `(?i)context`,
		transport: func(next http.RoundTripper) http.RoundTripper { return deafToContext{next} }},
	{fault: "a call that ended with its context is told as a rejection", says: `(?i)reject`,
		flaws: judging(func(_ int, right error) error {
			if errors.Is(right, context.DeadlineExceeded) {
				return errRefused
			}
			return right
		})},
	{fault: "an order of the past is refused, which a filled ID would be", says: `(?i)duplicate|used|promise`, forgetful: true,
		claims: func(t *trading.Traits) { t.RefusesDuplicates = true }},
	{fault: "an answer that cannot be read is told as a success", says: `(?i)cut|nil`,
		flaws: judging(func(_ int, right error) error {
			if errors.Is(right, io.ErrUnexpectedEOF) || right != nil && strings.Contains(right.Error(), "cannot be read") {
				return nil
			}
			return right
		})},
	{fault: "an answer that cannot be read is told as a rejection", says: `(?i)cut|reject`,
		flaws: judging(func(_ int, right error) error {
			if errors.Is(right, io.ErrUnexpectedEOF) || right != nil && strings.Contains(right.Error(), "cannot be read") {
				return errRefused
			}
			return right
		})},
}

// beginMutants do not ask as they should whether an order may still be sent.
var beginMutants = []mutant{
	{fault: "Begin is never asked", says: `(?i)begin|begun`, flaws: flaws{
		begin: func(_ *adapter, _ context.Context, _ trading.Approved, send func() error) error { return send() },
	}},
	{fault: "Begin is asked when the request has left", says: `(?i)begin|begun`, flaws: flaws{
		begin: func(_ *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			return errors.Join(send(), ap.Begin(ctx))
		},
	}},
	{fault: "Begin is asked twice", says: `(?i)begin|begun`, flaws: flaws{
		begin: func(_ *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			if err := errors.Join(ap.Begin(ctx), ap.Begin(ctx)); err != nil {
				return err
			}
			return send()
		},
	}},
	{fault: "Begin's refusal is ignored", says: `(?i)begin|begun|sent`, flaws: flaws{
		begin: func(_ *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			_ = ap.Begin(ctx)
			return send()
		},
	}},
	{fault: "Begin's refusal is told as a rejection", says: `(?i)begin|begun|reject`, flaws: flaws{
		begin: func(_ *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			if err := ap.Begin(ctx); err != nil {
				return fmt.Errorf("%w: %w", trading.ErrRejected, err)
			}
			return send()
		},
	}},
	{fault: "Begin's refusal is told as a success", says: `(?i)begin|begun|nil`, flaws: flaws{
		begin: func(_ *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			if ap.Begin(ctx) != nil {
				return nil
			}
			return send()
		},
	}},
	{fault: "Begin's refusal is told without its reason", says: `(?i)begin|begun`, flaws: flaws{
		begin: func(_ *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			if ap.Begin(ctx) != nil {
				return errors.New("not sent")
			}
			return send()
		},
	}},
	{fault: "between Begin and the request something else is asked", says: `(?i)begin|begun`, flaws: flaws{
		begin: func(a *adapter, ctx context.Context, ap trading.Approved, send func() error) error {
			if err := ap.Begin(ctx); err != nil {
				return err
			}
			if _, err := a.position(ctx); err != nil {
				return err
			}
			return send()
		},
	}},
	{fault: "Begin is asked with a context of the adapter's own", says: `(?i)begin|begun|context`, flaws: flaws{
		begin: func(_ *adapter, _ context.Context, ap trading.Approved, send func() error) error {
			if err := ap.Begin(context.Background()); err != nil {
				return err
			}
			return send()
		},
	}},
	{fault: "Begin is not asked for what replaces", says: `(?i)begin|begun`, flaws: flaws{
		replace: func(a *adapter, ctx context.Context, old trading.OrderRef, with trading.Approved, _ func() error) error {
			return a.replace(ctx, old, with.Gated(nil))
		},
	}},
	{fault: "Begin is asked for one of a pair only", says: `(?i)begin|begun`, flaws: flaws{
		pair: func(a *adapter, ctx context.Context, profit, loss trading.Approved, _ func() error) error {
			return a.submitPair(ctx, profit, loss.Gated(nil))
		},
	}},
}

// reportMutants say the wrong thing of an order.
var reportMutants = []mutant{
	{fault: "what was filled is told by half", says: `(?i)fill`, flaws: reporting(func(_ xOrder, r *trading.OrderReport) {
		r.Filled = r.Filled.Div(decimal.NewFromInt(2))
	})},
	{fault: "what was filled is told once an order is done", says: `(?i)fill`,
		flaws: reporting(func(_ xOrder, r *trading.OrderReport) {
			if !r.Status.Done() {
				r.Filled = decimal.Zero
			}
		})},
	{fault: "what is left is told as filled", says: `(?i)fill`, flaws: reporting(func(w xOrder, r *trading.OrderReport) {
		r.Filled = w.left()
	})},
	{fault: "an order that is filled in part is told as filled", says: `(?i)part|open`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			if w.Status == "PARTIALLY_FILLED" {
				r.Status = trading.StatusFilled
			}
		})},
	{fault: "an order that is filled in part has no status", says: `(?i)status|part`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			if w.Status == "PARTIALLY_FILLED" {
				r.Status = ""
			}
		})},
	{fault: "an order that expired with a part filled is told as without", says: `(?i)part|expire|fill`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			if w.Status == "EXPIRED" {
				r.Filled = decimal.Zero
			}
		})},
	{fault: "an order that was canceled with a part filled is told as without", says: `(?i)part|cancel|fill`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			if w.Status == "CANCELED" {
				r.Filled = decimal.Zero
			}
		})},
	{fault: "an order that was canceled with a part filled is told as filled", says: `(?i)part|cancel|fill`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			if w.Status == "CANCELED" && w.Executed.IsPositive() {
				r.Status = trading.StatusFilled
			}
		})},
	{fault: "an order that expired is told as open", says: `(?i)expire|open|done`,
		flaws: reporting(func(_ xOrder, r *trading.OrderReport) {
			if r.Status == trading.StatusExpired {
				r.Status = trading.StatusOpen
			}
		})},
	{fault: "an order that expired is told as rejected", says: `(?i)reject`,
		flaws: reporting(func(_ xOrder, r *trading.OrderReport) {
			if r.Status == trading.StatusExpired {
				r.Status = trading.StatusRejected
			}
		})},
	{fault: "an order that was canceled is told as rejected", says: `(?i)reject`,
		flaws: reporting(func(_ xOrder, r *trading.OrderReport) {
			if r.Status == trading.StatusCanceled {
				r.Status = trading.StatusRejected
			}
		})},
	{fault: "an open order has the venue's word for it", says: `(?i)status`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			if r.Status == trading.StatusOpen {
				r.Status = trading.OrderStatus(w.Status)
			}
		})},
	{fault: "an order with a stop is told as triggered before it is", says: `(?i)trigger`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) { r.Triggered = w.StopPrice.IsPositive() })},
	{fault: "an order is told under the venue's number", says: `(?i)client id`,
		flaws: reporting(func(w xOrder, r *trading.OrderReport) {
			r.ClientID = fmt.Sprint(w.OrderID)
		})},
	{fault: "an order that is not known is told as canceled", says: `(?i)unknown|never`, flaws: flaws{
		order: func(_ *adapter, ref trading.OrderRef, _ xOrder, r *trading.OrderReport, err error) error {
			if errors.Is(err, trading.ErrUnknownOrder) {
				*r = trading.OrderReport{ClientID: ref.ClientID, Status: trading.StatusCanceled}
				return nil
			}
			return err
		},
	}},
	{fault: "an answer that did not come is told as an unknown order", says: `(?i)unknown`, flaws: flaws{
		order: func(_ *adapter, _ trading.OrderRef, _ xOrder, _ *trading.OrderReport, err error) error {
			if err != nil {
				return trading.ErrUnknownOrder
			}
			return nil
		},
	}},
	{fault: "an answer that did not come is told as an open order", says: `(?i)answer|error|nil`, flaws: flaws{
		order: func(_ *adapter, ref trading.OrderRef, _ xOrder, r *trading.OrderReport, err error) error {
			if err != nil && !errors.Is(err, trading.ErrUnknownOrder) {
				*r = trading.OrderReport{ClientID: ref.ClientID, Status: trading.StatusOpen}
				return nil
			}
			return err
		},
	}},
	{fault: "what Order said first it says for ever", says: `(?i)open|fill|cancel`, flaws: flaws{
		order: func(a *adapter, ref trading.OrderRef, _ xOrder, r *trading.OrderReport, err error) error {
			if err == nil {
				*r = a.once("report "+ref.ClientID, func() any { return *r }).(trading.OrderReport)
			}
			return err
		},
	}},
}

// memoryMutants need a memory that a process which has just begun does not have.
var memoryMutants = []mutant{
	{fault: "an order is found by the process that sent it only", says: `(?i)process|reference|reopen`, flaws: flaws{
		submit: noting,
		order: func(a *adapter, ref trading.OrderRef, _ xOrder, _ *trading.OrderReport, err error) error {
			if !a.sentHere(ref.ClientID) {
				return trading.ErrUnknownOrder
			}
			return err
		},
	}},
	{fault: "an order with a stop is found by the process that sent it only", says: `(?i)process|reference|reopen`, flaws: flaws{
		submit: noting,
		order: func(a *adapter, ref trading.OrderRef, _ xOrder, _ *trading.OrderReport, err error) error {
			if !a.sentHere(ref.ClientID) && (ref.Type == trading.Stop || ref.Type == trading.StopLimit) {
				return trading.ErrUnknownOrder
			}
			return err
		},
	}},
	{fault: "an order is canceled by the process that sent it only", says: `(?i)process|reference|reopen`, flaws: flaws{
		submit: noting,
		cancel: func(a *adapter, _ context.Context, ref trading.OrderRef, next func() error) error {
			if !a.sentHere(ref.ClientID) {
				return trading.ErrUnknownOrder
			}
			return next()
		},
	}},
	{fault: "fills are told of orders only that this process has sent", says: `(?i)process|reopen|fill`, flaws: flaws{
		submit: noting,
		page: func(a *adapter, _ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			var ours []trading.Fill
			for _, f := range page {
				if a.sentHere(f.ClientID) {
					ours = append(ours, f)
				}
			}
			return ours, next
		},
	}},
	{fault: "a fill has the client ID of an order that this process has sent, or the venue's number",
		says: `(?i)process|reopen|client id`, flaws: flaws{
			submit: noting,
			fill: func(a *adapter, w xTrade, f *trading.Fill) {
				if !a.sentHere(f.ClientID) {
					f.ClientID = fmt.Sprint(w.OrderID)
				}
			},
		}},
}
