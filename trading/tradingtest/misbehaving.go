package tradingtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// ErrLost is the error of a reply that was lost, or of a connection that is down.
var ErrLost = errors.New("tradingtest: connection lost")

// Fault is one way in which a submission goes wrong.
type Fault int

// The faults.
const (
	None        Fault = iota // nothing goes wrong
	LoseRequest              // the order never arrives, and the caller gets ErrLost
	LoseReply                // the order is accepted, and the caller gets ErrLost
	Late                     // the caller gets ErrLost, and the order arrives when Deliver is called
	Reject                   // the order is refused with trading.ErrRejected
	Hang                     // Submit ignores its context and hangs until Wake or Release; then the order arrives
	HangReply                // the order is accepted, and Submit hangs in the same way
	HangReject               // Submit hangs in the same way, and then the order is refused
	HangBegin                // Submit hangs in the same way before it calls Begin, as one that waits for a connection
	FailBegin                // Submit fails with ErrLost before it calls Begin: nothing is sent
)

// Misbehaving is a Broker that goes wrong on request. What it is not asked to break it passes on. Use Misbehave. It is
// safe for concurrent use.
type Misbehaving struct {
	inner trading.Broker

	mu          sync.Mutex // guards all below
	plan        []Fault
	late        []func(context.Context) error
	down        bool
	duplicate   bool
	hidden      bool
	removed     map[string]bool
	submits     int
	cancelCalls int
	deaf        bool
	stream      bool

	hangCancel bool          // the next one
	hangOrder  bool          // the next one
	hanging    chan struct{} // closed when a call hangs
	release    chan struct{} // closed by Wake and Release
	released   bool          // for good
}

// Misbehave wraps inner.
func Misbehave(inner trading.Broker) *Misbehaving {
	return &Misbehaving{
		inner: inner, removed: make(map[string]bool), hanging: make(chan struct{}), release: make(chan struct{}),
	}
}

var (
	_ trading.Broker           = (*Misbehaving)(nil)
	_ trading.Canceler         = (*Misbehaving)(nil)
	_ trading.OrderLister      = (*Misbehaving)(nil)
	_ trading.Positioner       = (*Misbehaving)(nil)
	_ trading.InstrumentLister = (*Misbehaving)(nil)
	_ trading.Replacer         = (*Misbehaving)(nil)
	_ trading.Pairer           = (*Misbehaving)(nil)
	_ trading.Pricer           = (*Misbehaving)(nil)
	_ trading.Updater          = (*Misbehaving)(nil)
	_ trading.CashReporter     = (*Misbehaving)(nil)
)

// Next plans the faults of the next submissions, one each, after those that are planned already.
func (m *Misbehaving) Next(faults ...Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan = append(m.plan, faults...)
}

// Disconnect lets every call fail with ErrLost, or work again.
func (m *Misbehaving) Disconnect(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

// Stream lets the updates of the Broker through, or stops them. As long as it was not called there are none, and they say
// that something was missed.
func (m *Misbehaving) Stream(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stream = on
}

// FailCancel lets every Cancel fail with ErrLost before it arrives, or work again.
func (m *Misbehaving) FailCancel(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaf = on
}

// DuplicateFills reports every fill twice, and old ones again and again, in a wrong order.
func (m *Misbehaving) DuplicateFills(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.duplicate = on
}

// HideFills keeps fills back, while orders and positions already show what was executed.
func (m *Misbehaving) HideFills(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hidden = on
}

// Forget lets Order answer that it knows nothing of clientID, or remember it again.
func (m *Misbehaving) Forget(clientID string, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removed[clientID] = on
}

// Submits tells how often a submission has begun.
func (m *Misbehaving) Submits() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.submits
}

// CancelCalls tells how often Cancel was called.
func (m *Misbehaving) CancelCalls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cancelCalls
}

// Deliver sends what was Late, and returns what the Broker said to each.
func (m *Misbehaving) Deliver(ctx context.Context) []error {
	m.mu.Lock()
	late := m.late
	m.late = nil
	m.mu.Unlock()
	var errs []error
	for _, deliver := range late {
		errs = append(errs, deliver(ctx))
	}
	return errs
}

func (m *Misbehaving) nextFault() Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	fault := None
	if len(m.plan) > 0 {
		fault, m.plan = m.plan[0], m.plan[1:]
	}
	if m.down {
		fault = LoseRequest
	}
	return fault
}

// Submit implements trading.Broker.
func (m *Misbehaving) Submit(ctx context.Context, a trading.Approved) error {
	return m.send(ctx, a.Begin, func(ctx context.Context) error { return m.inner.Submit(ctx, a.Gated(nil)) })
}

// Replace implements trading.Replacer.
func (m *Misbehaving) Replace(ctx context.Context, old trading.OrderRef, with trading.Approved) error {
	r, ok := m.inner.(trading.Replacer)
	if !ok {
		return unsupported("Replace")
	}
	return m.send(ctx, with.Begin, func(ctx context.Context) error { return r.Replace(ctx, old, with.Gated(nil)) })
}

// SubmitPair implements trading.Pairer.
func (m *Misbehaving) SubmitPair(ctx context.Context, takeProfit, stopLoss trading.Approved) error {
	p, ok := m.inner.(trading.Pairer)
	if !ok {
		return unsupported("SubmitPair")
	}
	begin := func(ctx context.Context) error { return beginBoth(ctx, takeProfit, stopLoss) }
	return m.send(ctx, begin, func(ctx context.Context) error {
		return p.SubmitPair(ctx, takeProfit.Gated(nil), stopLoss.Gated(nil))
	})
}

func (m *Misbehaving) count(calls *int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*calls++
}

// send begins, and then delivers as well as the next fault lets it.
func (m *Misbehaving) send(ctx context.Context, begin, deliver func(context.Context) error) error {
	fault := m.nextFault()
	switch fault {
	case FailBegin:
		return ErrLost
	case HangBegin:
		m.hang()
		ctx = context.WithoutCancel(ctx)
	}
	if err := begin(ctx); err != nil {
		return err
	}
	m.count(&m.submits)
	switch fault {
	case LoseRequest:
		return ErrLost
	case Late:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.late = append(m.late, deliver)
		return ErrLost
	case LoseReply:
		_ = deliver(ctx) // whatever it said is what got lost
		return ErrLost
	case Reject:
		return fmt.Errorf("%w: as asked for", trading.ErrRejected)
	case Hang:
		m.hang()
		return deliver(context.WithoutCancel(ctx))
	case HangReject:
		m.hang()
		return fmt.Errorf("%w: as asked for, late", trading.ErrRejected)
	case HangReply:
		err := deliver(ctx)
		m.hang()
		return err
	}
	return deliver(ctx)
}

// Cancel implements trading.Canceler.
func (m *Misbehaving) Cancel(ctx context.Context, ref trading.OrderRef) error {
	m.count(&m.cancelCalls)
	m.mu.Lock()
	down := m.down || m.deaf
	m.mu.Unlock()
	if down {
		return ErrLost
	}
	if m.takes(&m.hangCancel) {
		m.hang()
		ctx = context.WithoutCancel(ctx)
	}
	if c, ok := m.inner.(trading.Canceler); ok {
		return c.Cancel(ctx, ref)
	}
	return unsupported("Cancel")
}

func unsupported(what string) error {
	return fmt.Errorf("tradingtest: the broker has no %s: %w", what, errors.ErrUnsupported)
}

// Order implements trading.Broker.
func (m *Misbehaving) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if m.takes(&m.hangOrder) {
		m.hang()
		ctx = context.WithoutCancel(ctx)
	}
	m.mu.Lock()
	down, removed := m.down, m.removed[ref.ClientID]
	m.mu.Unlock()
	switch {
	case down:
		return trading.OrderReport{}, ErrLost
	case removed:
		return trading.OrderReport{}, fmt.Errorf("%w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	return m.inner.Order(ctx, ref)
}

// OpenOrders implements trading.OrderLister. What was forgotten is not in the list.
func (m *Misbehaving) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	l, ok := m.inner.(trading.OrderLister)
	if !ok {
		return nil, unsupported("OpenOrders")
	}
	m.mu.Lock()
	down, removed := m.down, maps.Clone(m.removed)
	m.mu.Unlock()
	if down {
		return nil, ErrLost
	}
	open, err := l.OpenOrders(ctx)
	return slices.DeleteFunc(open, func(r trading.OrderReport) bool { return removed[r.ClientID] }), err
}

// Fills implements trading.Broker.
func (m *Misbehaving) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	m.mu.Lock()
	down, hidden, duplicate := m.down, m.hidden, m.duplicate
	m.mu.Unlock()
	switch {
	case down:
		return nil, from, ErrLost
	case hidden:
		return nil, from, nil
	}
	page, next, err := m.inner.Fills(ctx, from, limit)
	if err != nil || !duplicate || len(page) == 0 {
		return page, next, err
	}
	old, _, err := m.inner.Fills(ctx, trading.Cursor{}, math.MaxInt)
	slices.Reverse(old)
	return slices.Concat(old, page, page), next, err
}

// Positions implements trading.Positioner, if the Broker does; otherwise it knows of none.
func (m *Misbehaving) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	m.mu.Lock()
	down := m.down
	m.mu.Unlock()
	if down {
		return nil, ErrLost
	}
	if p, ok := m.inner.(trading.Positioner); ok {
		return p.Positions(ctx)
	}
	return nil, nil
}

// Instruments implements trading.InstrumentLister.
func (m *Misbehaving) Instruments(ctx context.Context) ([]trading.Instrument, error) {
	l, ok := m.inner.(trading.InstrumentLister)
	if !ok {
		return nil, unsupported("Instruments")
	}
	m.mu.Lock()
	down := m.down
	m.mu.Unlock()
	if down {
		return nil, ErrLost
	}
	return l.Instruments(ctx)
}

// CashEvents implements trading.CashReporter.
func (m *Misbehaving) CashEvents(
	ctx context.Context, from trading.Cursor, limit int,
) ([]trading.CashEvent, trading.Cursor, error) {
	c, ok := m.inner.(trading.CashReporter)
	if !ok {
		return nil, from, unsupported("CashEvents")
	}
	m.mu.Lock()
	down, duplicate := m.down, m.duplicate
	m.mu.Unlock()
	if down {
		return nil, from, ErrLost
	}
	page, next, err := c.CashEvents(ctx, from, limit)
	if duplicate {
		page = append(page, page...)
	}
	return page, next, err
}

// Price implements trading.Pricer, if the Broker does.
func (m *Misbehaving) Price(symbol string) (decimal.Decimal, bool) {
	if p, ok := m.inner.(trading.Pricer); ok {
		return p.Price(symbol)
	}
	return decimal.Decimal{}, false
}

// Updated implements trading.Updater, if the Broker does; otherwise, and while there is no stream, nothing wakes.
func (m *Misbehaving) Updated() <-chan struct{} {
	if u, ok := m.inner.(trading.Updater); ok && m.streams() {
		return u.Updated()
	}
	return nil
}

// Updates implements trading.Updater.
func (m *Misbehaving) Updates(after int64) trading.Updates {
	u, ok := m.inner.(trading.Updater)
	switch {
	case !ok:
		return trading.Updates{Missed: true}
	case !m.streams():
		return trading.Updates{Seq: u.Updates(after).Seq, Missed: true}
	}
	return u.Updates(after)
}

func (m *Misbehaving) streams() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stream && !m.down
}

// Traits implements trading.Broker.
func (m *Misbehaving) Traits() trading.Traits { return m.inner.Traits() }
