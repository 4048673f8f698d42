package tradingtest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// stands demands of an order a state, and so many steps filled, in what Order says and in fills.
func (b brokerTest) stands(a trading.Approved, why string, steps int64, want ...trading.OrderStatus) trading.OrderReport {
	b.Helper()
	o := a.Order()
	report, err := b.Broker.Order(b.Context(), o.Ref())
	if err != nil {
		b.Fatalf("%s: Order of %s: %v", why, words(o), err)
	}
	known := false
	for _, s := range want {
		known = known || report.Status == s
	}
	if !known || !report.Filled.Equal(b.steps(steps)) || report.ClientID != o.ClientID {
		b.Errorf("%s: of %s Order says status %q, filled %s, client id %q; want status %q and %s filled: %s",
			why, words(o), report.Status, report.Filled, report.ClientID, want, b.steps(steps), report.Reason)
	}
	b.executed(o, why, b.steps(steps))
	return report
}

// executed demands of the fills of an order that they add up to so much, and are of that order.
func (b brokerTest) executed(o trading.Order, why string, want decimal.Decimal) []trading.Fill {
	b.Helper()
	var own []trading.Fill
	for _, f := range b.fills(time.Time{}) {
		if f.ClientID == o.ClientID {
			own = append(own, f)
			b.isOf(f, o)
		}
	}
	if got := filled(own); !got.Equal(want) {
		b.Errorf("%s: the fills of %s, of which the ids differ, add up to a quantity of %s, want %s", why, words(o), got, want)
	}
	return own
}

// isOf demands that a fill is one of the order.
func (b brokerTest) isOf(f trading.Fill, o trading.Order) {
	b.Helper()
	if f.Side != o.Side {
		b.Errorf("a fill of %s has the side %s", words(o), f.Side)
	}
	if f.Symbol != o.Symbol {
		b.Errorf("a fill of %s has the symbol %q", words(o), f.Symbol)
	}
	if f.ID == "" || f.ID == f.ClientID {
		b.Errorf("a fill of %s has the id %q, want one of its own: the venue's of this execution", words(o), f.ID)
	}
	if !f.Quantity.IsPositive() {
		b.Errorf("a fill of %s has the quantity %s, want one above zero", words(o), f.Quantity)
	}
	if o.Type == trading.Market && f.Fee.IsNegative() && !b.FeeRate.IsNegative() {
		b.Errorf("a fill of %s has a fee of %s: what is paid is above zero, and this was paid", words(o), f.Fee)
	}
	worse := f.Price.Sub(o.LimitPrice).Mul(decimal.NewFromInt(int64(o.Side)))
	if o.LimitPrice.IsPositive() && worse.IsPositive() {
		b.Errorf("a fill of %s has the price %s, which is worse than its limit", words(o), f.Price)
	}
	if off := f.Price.Sub(b.Price).Abs(); off.GreaterThan(b.Price.Div(decimal.NewFromInt(4))) {
		b.Errorf("a fill of %s has the price %s, and the market is near %s", words(o), f.Price, b.Price)
	}
	if now := b.Now(); !now.IsZero() && f.Time.Sub(now).Abs() > 24*time.Hour {
		b.Errorf("a fill of %s has the time %s, and it is %s", words(o), f.Time, now)
	}
}

// holds demands a position, where the Broker tells it.
func (b brokerTest) holds(steps int64, when string) {
	b.Helper()
	p, ok := b.Broker.(trading.Positioner)
	if !ok {
		return
	}
	held, err := p.Positions(b.Context())
	if err != nil {
		b.Fatalf("Positions: %v", err)
	}
	if got := held[b.Instrument.Symbol]; !got.Equal(b.steps(steps)) {
		b.Errorf("%s the position is %s, want %s: %v", when, got, b.steps(steps), held)
	}
}

// untriggered demands that an order with a stop waits.
func (b brokerTest) untriggered(a trading.Approved, why string) {
	b.Helper()
	if r := b.stands(a, why, 0, trading.StatusOpen); r.Triggered {
		b.Errorf("%s: %s is told as triggered", why, words(a.Order()))
	}
}

// listed demands that an order is among the open ones, with so many steps filled.
func (b brokerTest) listed(a trading.Approved, steps int64) {
	b.Helper()
	l, ok := b.Broker.(trading.OrderLister)
	if !ok {
		return
	}
	open, err := l.OpenOrders(b.Context())
	if err != nil {
		b.Fatalf("OpenOrders: %v", err)
	}
	for _, r := range open {
		if r.ClientID == a.Order().ClientID {
			if !r.Filled.Equal(b.steps(steps)) {
				b.Errorf("OpenOrders says that of %s, filled in part, %s is filled, want %s",
					words(a.Order()), r.Filled, b.steps(steps))
			}
			return
		}
	}
	b.Errorf("OpenOrders does not have %s, which is filled in part", words(a.Order()))
}

// waitFilled waits until an Updater tells that so many steps of an order are filled, and returns the Seq of that.
func (b brokerTest) waitFilled(u trading.Updater, after int64, a trading.Approved, steps int64) int64 {
	b.Helper()
	for {
		news := u.Updated()
		got := u.Updates(after)
		for _, r := range got.Orders {
			if r.ClientID == a.Order().ClientID && r.Filled.Equal(b.steps(steps)) {
				return got.Seq
			}
		}
		b.await(news, fmt.Sprintf("updates tell that %s of %s is filled", b.steps(steps), words(a.Order())))
	}
}

// areOpen demands that OpenOrders has each of the orders.
func (b brokerTest) areOpen(orders ...trading.Approved) {
	b.Helper()
	l, ok := b.Broker.(trading.OrderLister)
	if !ok {
		return
	}
	open, err := l.OpenOrders(b.Context())
	if err != nil {
		b.Fatalf("OpenOrders: %v", err)
	}
	types := make(map[string]trading.OrderType)
	for _, r := range open {
		types[r.ClientID] = r.Type
	}
	var missing []string
	for _, a := range orders {
		o := a.Order()
		switch got, ok := types[o.ClientID]; {
		case !ok:
			missing = append(missing, words(o))
		case got != o.Type:
			b.Errorf("OpenOrders says that the type of %s is %q", words(o), got)
		}
	}
	if len(missing) > 0 {
		b.Errorf("OpenOrders has %d orders, and not %s", len(open), strings.Join(missing, "; "))
	}
}

// consistent holds what Submit returned, of an order that the venue may refuse, against what Order says of it.
func (b brokerTest) consistent(a trading.Approved, err error) {
	b.Helper()
	report, unknown := b.Broker.Order(b.Context(), a.Order().Ref())
	switch {
	case err == nil && unknown != nil:
		b.Errorf("Submit of %s returns nil, and Order: %v. If it was rejected, want ErrRejected", words(a.Order()), unknown)
	case errors.Is(err, trading.ErrRejected) && unknown == nil && report.Status != trading.StatusRejected:
		b.Errorf("Submit of %s returns %v, and Order says %q: it was not rejected", words(a.Order()), err, report.Status)
	case err != nil && !errors.Is(err, trading.ErrRejected) && unknown != nil:
		b.Errorf("Submit of %s, which the venue does not take, returns %v, want ErrRejected", words(a.Order()), err)
	}
}
