package tradingtest

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// powerCases are about what a Broker may do besides, and about what a process that has just begun knows.
var powerCases = []brokerCase{
	{"margin is told of what is held, and of nothing else", margin},
	{"a guard that the venue ties to an entry rests from the fill on, at its prices, and only reduces", guards},
	{"of a pair the one that fills ends the other", pairFills},
	{"what another process has sent and filled is told in full", former},
	{"where duplicates are refused, so is an id whose order is over, and whatever it was", usedIDs},
	{"what replaces is another order only once", replacesRejected},
}

func margin(b brokerTest) {
	m, ok := b.Broker.(trading.MarginReporter)
	if !ok {
		b.Skip("the broker tells of no margin")
	}
	none := func(when string) {
		b.Helper()
		if got, ok := m.Margin(b.Instrument.Symbol); ok {
			b.Errorf("Margin tells of %+v %s", got, when)
		}
	}
	none("before anything is held")
	b.have(1, 20)
	b.isMargin(m, 1)
	if got, ok := m.Margin("NO/SUCH"); ok {
		b.Errorf("Margin of the symbol NO/SUCH, of which nothing is held, tells of %+v", got)
	}
	b.send(trading.Order{ClientID: longID(2), Side: trading.Sell, Type: trading.Market}, 20, 20)
	none("when nothing is held any more")
	if b.Short {
		b.send(trading.Order{ClientID: longID(3), Side: trading.Sell, Type: trading.Market}, 20, 0)
		b.isMargin(m, -1)
	}
}

// isMargin demands that what Margin says goes together. An account of which margin means nothing tells of none.
func (b brokerTest) isMargin(m trading.MarginReporter, side int) {
	b.Helper()
	got, ok := m.Margin(b.Instrument.Symbol)
	if !ok || !got.Liquidation.Valid {
		return
	}
	beyond := got.Liquidation.Decimal.Sub(b.Price).Sign()
	if beyond == side {
		b.Errorf("Margin says that a position of side %d at %s is liquidated at %s, which is on its good side",
			side, b.Price, got.Liquidation.Decimal)
	}
	far := got.Liquidation.Decimal.Sub(b.Price).Abs().Div(b.Price)
	if off := got.Distance.Sub(far).Abs(); off.GreaterThan(decimal.New(5, -2)) {
		b.Errorf("Margin says that the distance from %s to the liquidation at %s is %s, want about %s: a fraction, not signed",
			b.Price, got.Liquidation.Decimal, got.Distance, far.Round(4))
	}
}

// guards buys with a guard, and lets each leg's price come.
func guards(b brokerTest) {
	if !b.Guards {
		b.Skip("the venue ties no guards to an entry")
	}
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i, leg := range []trading.Leg{trading.TakeProfit, trading.StopLoss, trading.TakeProfit} {
		b.price(b.Price)
		o := trading.Order{
			ClientID: longID(i), Side: trading.Buy, Type: trading.Market,
			Guard: trading.Guard{TakeProfit: b.odd(1.03), StopLoss: b.odd(0.97)},
		}
		if i == 2 {
			o.Type, o.LimitPrice = trading.Limit, b.times(1.01)
		}
		a := b.send(o, 10, 0)
		for _, l := range []trading.Leg{trading.TakeProfit, trading.StopLoss} {
			if r, err := b.leg(a, l); err != nil || r.Status != trading.StatusOpen {
				b.Fatalf("the guard of a filled entry is to be closed at %s as %s, and of the order %s Order says %q, %v",
					o.Guard.LegPrice(l), l, a.Order().GuardID(l), r.Status, err)
			}
		}
		b.price(o.Guard.LegPrice(leg))
		if r, err := b.leg(a, leg); err != nil || r.Status != trading.StatusFilled || !r.Filled.Equal(b.steps(10)) {
			b.Errorf("the price has come to the %s of a guard, and of its order %s Order says %q, %v",
				leg, a.Order().GuardID(leg), r.Status, err)
		}
		other := map[trading.Leg]trading.Leg{trading.TakeProfit: trading.StopLoss, trading.StopLoss: trading.TakeProfit}[leg]
		if r, err := b.leg(a, other); err != nil || !r.Status.Done() || r.Filled.IsPositive() {
			b.Errorf("one leg of a guard has filled, and of the other one, the %s, Order says %q, %v", other, r.Status, err)
		}
		b.holds(0, "after the "+string(leg)+" of a guard")
	}
}

// leg asks for the order by which a venue guards what an entry has filled.
func (b brokerTest) leg(entry trading.Approved, l trading.Leg) (trading.OrderReport, error) {
	o := entry.Order()
	ref := trading.OrderRef{ClientID: o.GuardID(l), Symbol: o.Symbol, Type: trading.Limit, SentAt: o.CreatedAt}
	if l == trading.StopLoss {
		ref.Type = trading.Stop
	}
	return b.Broker.Order(b.Context(), ref)
}

func pairFills(b brokerTest) {
	p, ok := b.Broker.(trading.Pairer)
	if !ok {
		b.Skip("the broker takes no pairs")
	}
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i := range 2 {
		b.price(b.Price)
		b.have(10+i, 10)
		profit := b.approve(trading.Order{
			ClientID: longID(20 + i), Side: trading.Sell, Type: trading.Limit, LimitPrice: b.odd(1.03),
		}, 10, 10)
		loss := b.approve(trading.Order{
			ClientID: longID(30 + i), Side: trading.Sell, Type: trading.Stop, StopPrice: b.odd(0.97),
		}, 10, 10)
		if err := p.SubmitPair(b.Context(), profit, loss); errors.Is(err, errors.ErrUnsupported) {
			b.Skip("the broker takes no pairs")
		} else if err != nil {
			b.Fatalf("SubmitPair: %v", err)
		}
		b.Advance()
		first, second := profit, loss
		if i == 1 {
			first, second = loss, profit
		}
		b.price(first.Order().LimitPrice.Add(first.Order().StopPrice))
		b.stands(first, "one of a pair, and its price has come", 10, trading.StatusFilled)
		b.stands(second, "one of a pair, and the other one has filled", 0, trading.StatusCanceled, trading.StatusExpired)
	}
}

// former asks a Broker without a memory for what another one has sent.
func former(b brokerTest) {
	if b.Reopen == nil {
		b.Skip("the subject cannot be opened again")
	}
	_, rests := b.Broker.(trading.Canceler)
	buy := b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Market}, 37, 0)
	sell := b.send(trading.Order{ClientID: longID(2), Side: trading.Sell, Type: trading.Market}, 17, 37)
	before := b.fills(time.Time{})
	b.Broker, b.sender = b.Reopen(), formerSender
	b.stands(buy, "an order that a former process has sent", 37, trading.StatusFilled)
	b.stands(sell, "an order that a former process has sent", 17, trading.StatusFilled)
	b.samePages(before, b.fills(time.Time{}), 100)
	if !rests {
		return
	}
	limit := b.send(trading.Order{ClientID: longID(3), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5)}, 10, 20)
	stop := b.send(trading.Order{ClientID: longID(4), Side: trading.Sell, Type: trading.Stop, StopPrice: b.times(0.5)}, 10, 20)
	b.Broker = b.Reopen()
	c := b.Broker.(trading.Canceler)
	b.areOpen(limit, stop)
	for _, a := range []trading.Approved{limit, stop} {
		b.stands(a, "an order that a former process has sent", 0, trading.StatusOpen)
		b.canceled(c, a.Order().Ref(), trading.StatusCanceled)
	}
	if err := c.Cancel(b.Context(), b.ref(longID(99), trading.Limit)); !errors.Is(err, trading.ErrUnknownOrder) {
		b.Errorf("Cancel of what no process has sent: %v, want ErrUnknownOrder", err)
	}
}

// usedIDs sends IDs again whose orders are over.
func usedIDs(b brokerTest) {
	if !b.Broker.Traits().RefusesDuplicates {
		b.Skip("the broker takes a client id as often as it is sent")
	}
	sent := []trading.Approved{b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Market}, 10, 0)}
	if c, ok := b.Broker.(trading.Canceler); ok {
		sent = append(sent, b.rest(longID(2)))
		b.canceled(c, sent[1].Order().Ref(), trading.StatusCanceled)
	}
	for _, a := range sent {
		for _, held := range []int64{10, 20} { // the same order, and another one
			again := b.approve(trading.Order{ClientID: a.Order().ClientID, Side: trading.Buy, Type: trading.Market}, held, held)
			if err := b.Broker.Submit(b.Context(), again); err == nil || errors.Is(err, trading.ErrRejected) {
				b.Errorf("a client id was used before, by %s, and Submit returns %v, want ErrDuplicate", words(a.Order()), err)
			}
			b.Advance()
		}
	}
	if got := filled(b.fills(time.Time{})); !got.Equal(b.steps(10)) {
		b.Errorf("%s is filled, want %s: an id that was used before was taken again, and Traits promise that it is refused",
			got, b.steps(10))
	}
}

// replacesRejected lets the venue refuse what is to replace: the old order stays.
func replacesRejected(b brokerTest) {
	r, ok := b.Broker.(trading.Replacer)
	if !ok || !b.Broker.Traits().RefusesDuplicates {
		b.Skip("the broker does not replace orders, or there is nothing that it is sure to refuse")
	}
	used := b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Market}, 10, 0)
	old := b.rest(longID(2))
	err := r.Replace(b.Context(), old.Order().Ref(), b.resting(used.Order().ClientID))
	if errors.Is(err, errors.ErrUnsupported) {
		b.Skip("the broker does not replace orders")
	}
	if err == nil {
		b.Error("Replace took a client id that was used before")
	}
	b.Advance()
	b.stands(old, "an order that was to be replaced, and what was to replace it was refused", 0, trading.StatusOpen)
}
