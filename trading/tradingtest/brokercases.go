package tradingtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

func unknownOrder(b brokerTest) {
	if _, err := b.order("suite-never"); !errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Order of what was never sent: %v, want ErrUnknownOrder", err)
	}
	if fills := b.fills(time.Time{}); len(fills) != 0 {
		b.Errorf("%d fills before the first order", len(fills))
	}
}

func orderFills(b brokerTest) {
	a := b.approved("suite-1", trading.Buy, 100, 0)
	b.submit(a)
	report, err := b.order("suite-1")
	if err != nil {
		b.Fatalf("Order: %v", err)
	}
	if report.ClientID != "suite-1" || report.Status != trading.StatusFilled || !report.Filled.Equal(a.Order().Quantity) {
		b.Errorf("Order reports %+v, want all of %s filled", report, a.Order().Quantity)
	}
	fills := b.fills(time.Time{})
	if got := filled(fills); !got.Equal(a.Order().Quantity) {
		b.Errorf("fills add up to %s, want %s", got, a.Order().Quantity)
	}
	for _, f := range fills {
		switch {
		case f.ID == "", f.ClientID != "suite-1", f.Symbol != b.Instrument.Symbol, f.Side != trading.Buy:
			b.Errorf("fill %+v is not of the order", f)
		case !f.Price.IsPositive(), !f.Quantity.IsPositive(), f.Time.IsZero(), f.Time.Location() != time.UTC:
			b.Errorf("fill %+v lacks a price, a quantity or a time in UTC", f)
		}
		if want := f.Price.Mul(f.Quantity).Mul(b.FeeRate); b.FeeRate.IsPositive() && !f.QuoteFee().Round(6).Equal(want.Round(6)) {
			b.Errorf("fill %+v costs a fee of %s, want %s: what is paid is above zero", f, f.QuoteFee(), want)
		}
	}
}

func positionsAgree(b brokerTest) {
	p, ok := b.Broker.(trading.Positioner)
	if !ok {
		b.Skip("the broker does not tell positions")
	}
	type step struct {
		id   string
		side trading.Side
		size int64
		was  int64
	}
	steps := []step{{"suite-1", trading.Buy, 60, 0}, {"suite-2", trading.Sell, 20, 60}, {"suite-3", trading.Sell, 40, 40}}
	if b.Short {
		steps = append(steps, step{"suite-4", trading.Sell, 30, 0}, step{"suite-5", trading.Buy, 30, -30})
	}
	for _, step := range steps {
		b.submit(b.approved(step.id, step.side, step.size, step.was))
		held, err := p.Positions(b.Context())
		if err != nil {
			b.Fatalf("Positions: %v", err)
		}
		want := b.Instrument.Step.Mul(decimal.NewFromInt(step.was + int64(step.side)*step.size))
		got, listed := held[b.Instrument.Symbol]
		if !got.Equal(want) || listed == want.IsZero() {
			b.Errorf("after %s the position is %s (listed: %t), want %s", step.id, got, listed, want)
		}
	}
}

func duplicates(b brokerTest) {
	if !b.Broker.Traits().RefusesDuplicates {
		b.Skip("the broker takes a client id as often as it is sent")
	}
	a := b.approved("suite-1", trading.Buy, 50, 0)
	b.submit(a)
	err := b.Broker.Submit(b.Context(), a)
	if err == nil {
		b.Error("a client id was taken twice")
	}
	if errors.Is(err, trading.ErrRejected) {
		b.Errorf("a second sending is refused as %v, which reads as if the order had been", err)
	}
	b.Advance()
	if got := filled(b.fills(time.Time{})); !got.Equal(a.Order().Quantity) {
		b.Errorf("%s filled, want %s", got, a.Order().Quantity)
	}
	report, err := b.order("suite-1")
	if err != nil || report.Status != trading.StatusFilled {
		b.Errorf("Order reports %+v, %v, want filled as before", report, err)
	}
}

func cancel(b brokerTest) {
	c, ok := b.Broker.(trading.Canceler)
	if !ok {
		b.Skip("the broker cannot cancel")
	}
	if err := c.Cancel(b.Context(), b.ref("suite-never", trading.Market)); !errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Cancel of what was never sent: %v, want ErrUnknownOrder", err)
	}
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	b.rest("suite-2")
	for _, want := range []struct {
		ref    trading.OrderRef
		status trading.OrderStatus
	}{
		{b.ref("suite-1", trading.Market), trading.StatusFilled},
		{b.ref("suite-2", trading.Limit), trading.StatusCanceled},
		{b.ref("suite-2", trading.Limit), trading.StatusCanceled},
	} {
		b.canceled(c, want.ref, want.status)
	}
	if got, want := filled(b.fills(time.Time{})), b.Instrument.Step.Mul(decimal.NewFromInt(10)); !got.Equal(want) {
		b.Errorf("%s filled, want %s: what was canceled must not", got, want)
	}
}

func concurrentDuplicates(b brokerTest) {
	if !b.Broker.Traits().RefusesDuplicates {
		b.Skip("the broker takes a client id as often as it is sent")
	}
	a := b.approved("suite-1", trading.Buy, 10, 0)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() { _ = b.Broker.Submit(b.Context(), a) })
	}
	running.Wait()
	b.Advance()
	if got := filled(b.fills(time.Time{})); !got.Equal(a.Order().Quantity) {
		b.Errorf("%s filled, want %s", got, a.Order().Quantity)
	}
}

// resting is a buy far below the price.
func (b brokerTest) resting(id string) trading.Approved {
	b.Helper()
	return b.approve(trading.Order{ClientID: id, Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5)}, 10, 10)
}

// rest sends a buy far below the price.
func (b brokerTest) rest(id string) trading.Approved {
	b.Helper()
	a := b.resting(id)
	b.submit(a)
	return a
}

// restStop sends a buy that waits for a price far above.
func (b brokerTest) restStop(id string) trading.Approved {
	b.Helper()
	a := b.approve(trading.Order{ClientID: id, Side: trading.Buy, Type: trading.Stop, StopPrice: b.times(2)}, 10, 10)
	b.submit(a)
	return a
}

// canceled cancels an order, and says what is to become of it.
func (b brokerTest) canceled(c trading.Canceler, ref trading.OrderRef, want trading.OrderStatus) {
	b.Helper()
	if err := c.Cancel(b.Context(), ref); err != nil {
		b.Errorf("Cancel %s%s: %v", ref.ClientID, b.sender, err)
	}
	b.Advance()
	report, err := b.Broker.Order(b.Context(), ref)
	if err != nil || report.Status != want {
		b.Errorf("after its cancel %s%s is %+v, %v, want %s", ref.ClientID, b.sender, report, err, want)
	}
}

func stopRests(b brokerTest) {
	c, ok := b.Broker.(trading.Canceler)
	if !ok {
		b.Skip("the broker cannot cancel")
	}
	a := b.restStop("suite-1")
	report, err := b.Broker.Order(b.Context(), a.Order().Ref())
	if err != nil || report.Status != trading.StatusOpen {
		b.Fatalf("Order reports %+v, %v, want open", report, err)
	}
	if report.Triggered {
		b.Errorf("%s is told as triggered, and its price is far away", words(a.Order()))
	}
	b.canceled(c, a.Order().Ref(), trading.StatusCanceled)
}

// reopened asks a Broker without a memory for orders of each kind.
func reopened(b brokerTest) {
	if b.Reopen == nil {
		b.Skip("the subject cannot be opened again")
	}
	sent := []trading.Approved{b.approved("suite-1", trading.Buy, 10, 0)}
	b.submit(sent[0])
	if _, ok := b.Broker.(trading.Canceler); ok {
		sent = append(sent, b.rest("suite-2"), b.restStop("suite-3"))
	}
	b.Broker, b.sender = b.Reopen(), formerSender
	for i, want := range []trading.OrderStatus{trading.StatusFilled, trading.StatusOpen, trading.StatusOpen}[:len(sent)] {
		report, err := b.Broker.Order(b.Context(), sent[i].Order().Ref())
		if err != nil || report.Status != want {
			b.Errorf("Order %s%s reports %+v, %v, want %s", sent[i].Order().ClientID, b.sender, report, err, want)
		}
		if i > 0 {
			b.canceled(b.Broker.(trading.Canceler), sent[i].Order().Ref(), trading.StatusCanceled)
		}
	}
	for _, f := range b.fills(time.Time{}) {
		if f.ClientID != "suite-1" {
			b.Errorf("fill %+v is not of the order", f)
		}
	}
}

func endedContext(b brokerTest) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	if err := b.Broker.Submit(ctx, b.approved("suite-1", trading.Buy, 10, 0)); err == nil || errors.Is(err, trading.ErrRejected) {
		b.Errorf("Submit with a context that had ended: %v, want the context's error, which says that nobody knows", err)
	}
	if _, err := b.Broker.Order(ctx, b.ref("suite-1", trading.Market)); err == nil || errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Order with a context that had ended: %v, want the context's error", err)
	}
	if _, _, err := b.Broker.Fills(ctx, trading.Cursor{}, 1); err == nil {
		b.Error("Fills succeeded with a context that had ended")
	}
	if c, ok := b.Broker.(trading.Canceler); ok {
		a := b.rest("suite-2")
		if err := c.Cancel(ctx, a.Order().Ref()); err == nil || errors.Is(err, trading.ErrUnknownOrder) {
			b.Errorf("Cancel with a context that had ended: %v, want the context's error", err)
		}
	}
	if p, ok := b.Broker.(trading.Positioner); ok {
		if _, err := p.Positions(ctx); err == nil {
			b.Error("Positions succeeded with a context that had ended")
		}
	}
	if l, ok := b.Broker.(trading.OrderLister); ok {
		if _, err := l.OpenOrders(ctx); err == nil {
			b.Error("OpenOrders succeeded with a context that had ended")
		}
	}
}

func constantTraits(b brokerTest) {
	before := b.Broker.Traits()
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	if after := b.Broker.Traits(); after != before {
		b.Errorf("traits were %+v and are %+v", before, after)
	}
	if err := before.Validate(); err != nil {
		b.Error(err)
	}
}
