package tradingtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// BrokerSubject is a Broker to be tested, with an account that can carry orders of 100 steps of Instrument and holds
// nothing yet.
type BrokerSubject struct {
	Broker     trading.Broker
	Instrument trading.Instrument
	Price      decimal.Decimal  // about what the instrument trades at
	Now        func() time.Time // the time that the Broker lives in; nil means the machine's
	Advance    func()           // lets the market go on, so that market orders fill; nil if they fill at once
}

// TestBroker holds a Broker to everything that the interface promises. open returns a new subject; what it has to clean
// up it registers with t.Cleanup. Each case gets one of its own, and they run in parallel.
//
//	func TestMyBroker(t *testing.T) {
//		tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject { ... })
//	}
func TestBroker(t *testing.T, open func(t *testing.T) BrokerSubject) {
	for _, c := range brokerCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(brokerTest{t, prepared(open(t))})
		})
	}
}

// brokerCase is one promise. It takes a TB, so that the suite's own test can watch it fail.
type brokerCase struct {
	name string
	run  func(b brokerTest)
}

type brokerTest struct {
	testing.TB
	BrokerSubject
}

var brokerCases = []brokerCase{
	{"an order that was never sent is unknown", unknownOrder},
	{"an order fills in full, on its side, under its client id", orderFills},
	{"fills are ascending and are given from the time asked for on", fillsSince},
	{"what was filled is the position, and closing it leaves none", positionsAgree},
	{"a client id that was used is refused where that is promised, and changes nothing", duplicates},
	{"an order that rests can be cancelled, and one that is done cannot", cancels},
	{"many senders of one client id get one order where that is promised", concurrentDuplicates},
	{"who asks for news before it happens is woken by it", updates},
	{"a context that has ended ends the call", endedContext},
	{"traits do not change", constantTraits},
}

func prepared(s BrokerSubject) BrokerSubject {
	if s.Advance == nil {
		s.Advance = func() {}
	}
	if s.Now == nil {
		s.Now = func() time.Time { return time.Time{} } // an order from long ago is due at any price
	}
	return s
}

// approved has Risk approve a market order of so many steps; held is what the account holds before it.
func (b brokerTest) approved(id string, side trading.Side, steps, held int64) trading.Approved {
	b.Helper()
	return b.approve(trading.Order{ClientID: id, Side: side, Type: trading.Market}, steps, held)
}

func (b brokerTest) approve(o trading.Order, steps, held int64) trading.Approved {
	b.Helper()
	limits := risk.NoLimits()
	step := b.Instrument.Step
	o.Symbol, o.Quantity = b.Instrument.Symbol, step.Mul(decimal.NewFromInt(steps))
	o.SignalID, o.CreatedAt = "suite", b.Now()
	a, err := limits.Approve(o, trading.View{Instrument: b.Instrument, Held: step.Mul(decimal.NewFromInt(held)), Price: b.Price})
	if err != nil {
		b.Fatalf("approve: %v", err)
	}
	return a
}

func (b brokerTest) submit(a trading.Approved) {
	b.Helper()
	if err := b.Broker.Submit(b.Context(), a); err != nil {
		b.Fatalf("Submit %s: %v", a.Order().ClientID, err)
	}
	b.Advance()
}

func (b brokerTest) fills(since time.Time) []trading.Fill {
	b.Helper()
	fills, err := b.Broker.Fills(b.Context(), since)
	if err != nil {
		b.Fatalf("Fills: %v", err)
	}
	return fills
}

func filled(fills []trading.Fill) decimal.Decimal {
	sum := decimal.Zero
	for _, f := range fills {
		sum = sum.Add(f.Quantity)
	}
	return sum
}

func unknownOrder(b brokerTest) {
	if _, err := b.Broker.Order(b.Context(), "suite-never"); !errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Order of what was never sent: %v, want ErrUnknownOrder", err)
	}
	if fills := b.fills(time.Time{}); len(fills) != 0 {
		b.Errorf("%d fills before the first order", len(fills))
	}
}

func orderFills(b brokerTest) {
	a := b.approved("suite-1", trading.Buy, 100, 0)
	b.submit(a)
	report, err := b.Broker.Order(b.Context(), "suite-1")
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
	}
}

func fillsSince(b brokerTest) {
	for i, id := range []string{"suite-1", "suite-2", "suite-3"} {
		b.submit(b.approved(id, trading.Buy, 30, int64(i)*30))
	}
	all := b.fills(time.Time{})
	seen := make(map[string]bool)
	for i, f := range all {
		if seen[f.ID] {
			b.Errorf("two fills have the id %s", f.ID)
		}
		seen[f.ID] = true
		if i > 0 && f.Time.Before(all[i-1].Time) {
			b.Errorf("fill %s at %s comes after one at %s", f.ID, f.Time, all[i-1].Time)
		}
	}
	if len(all) == 0 {
		b.Fatal("no fills")
	}
	last := all[len(all)-1]
	some := b.fills(last.Time)
	if len(some) == 0 || some[len(some)-1].ID != last.ID {
		b.Errorf("the fill at %s is not among those from then on", last.Time)
	}
	if rest := b.fills(last.Time.Add(1)); len(rest) != 0 {
		b.Errorf("%d fills after the last one", len(rest))
	}
}

func positionsAgree(b brokerTest) {
	p, ok := b.Broker.(trading.Positioner)
	if !ok {
		b.Skip("the broker does not tell positions")
	}
	for _, step := range []struct {
		id   string
		side trading.Side
		size int64
		was  int64
	}{{"suite-1", trading.Buy, 60, 0}, {"suite-2", trading.Sell, 20, 60}, {"suite-3", trading.Sell, 40, 40}} {
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
	report, err := b.Broker.Order(b.Context(), "suite-1")
	if err != nil || report.Status != trading.StatusFilled {
		b.Errorf("Order reports %+v, %v, want filled as before", report, err)
	}
}

func cancels(b brokerTest) {
	c, ok := b.Broker.(trading.Canceller)
	if !ok {
		b.Skip("the broker cannot cancel")
	}
	if err := c.Cancel(b.Context(), "suite-never"); !errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Cancel of what was never sent: %v, want ErrUnknownOrder", err)
	}
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	half := b.Price.Div(decimal.NewFromInt(2)).Div(b.Instrument.Tick).Floor().Mul(b.Instrument.Tick)
	b.submit(b.approve(trading.Order{ClientID: "suite-2", Side: trading.Buy, Type: trading.Limit, LimitPrice: half}, 10, 10))
	for _, want := range []struct {
		id     string
		status trading.OrderStatus
	}{{"suite-1", trading.StatusFilled}, {"suite-2", trading.StatusCancelled}, {"suite-2", trading.StatusCancelled}} {
		if err := c.Cancel(b.Context(), want.id); err != nil {
			b.Errorf("Cancel %s: %v", want.id, err)
		}
		b.Advance()
		report, err := b.Broker.Order(b.Context(), want.id)
		if err != nil || report.Status != want.status {
			b.Errorf("after its cancel %s is %+v, %v, want %s", want.id, report, err, want.status)
		}
	}
	if got, want := filled(b.fills(time.Time{})), b.Instrument.Step.Mul(decimal.NewFromInt(10)); !got.Equal(want) {
		b.Errorf("%s filled, want %s: what was cancelled must not", got, want)
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

func updates(b brokerTest) {
	u, ok := b.Broker.(trading.Updater)
	if !ok {
		b.Skip("the broker has no news")
	}
	news := u.Updated()
	select {
	case <-news:
		b.Error("there is news before the first order")
	default:
	}
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	<-news // a broker that never says so hangs here, and the test's time limit names this line
}

func endedContext(b brokerTest) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	if err := b.Broker.Submit(ctx, b.approved("suite-1", trading.Buy, 10, 0)); err == nil {
		b.Error("Submit succeeded with a context that had ended")
	}
	if _, err := b.Broker.Order(ctx, "suite-1"); err == nil || errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Order with a context that had ended: %v, want the context's error", err)
	}
	if _, err := b.Broker.Fills(ctx, time.Time{}); err == nil {
		b.Error("Fills succeeded with a context that had ended")
	}
}

func constantTraits(b brokerTest) {
	before := b.Broker.Traits()
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	if after := b.Broker.Traits(); after != before {
		b.Errorf("traits were %+v and are %+v", before, after)
	}
	if before.MaxFlight < 0 {
		b.Errorf("MaxFlight %s is negative", before.MaxFlight)
	}
}
