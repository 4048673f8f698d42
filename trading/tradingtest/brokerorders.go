package tradingtest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// orderCases are about what an order is: its side, its size, its type and how long it may wait.
var orderCases = []brokerCase{
	{"orders of odd sizes fill to the last step, on their side", oddSizes},
	{"an order that sells is told as one, and so is one that sells what is not held", sells},
	{"ids as long as those of the Engine are told as they are", longIDs},
	{"a market order fills whatever it was decided at", marketFills},
	{"a stop-limit rests, is listed as one and is canceled like any", stopLimitRests},
	{"an order that only reduces opens nothing, of whatever type", reducesOfEachType},
	{"a limit order rests until its price is there, and fills at it", limitWaits},
	{"a stop rests until its price is there, and fills at what there is", stopWaits},
	{"a stop-limit rests until its stop is there, and then until its limit is", stopLimitWaits},
	{"an order that rests and only reduces opens nothing", restingReduces},
	{"an order that only reduces, where nothing is held, opens nothing", reducesNothing},
	{"a post-only order that would fill at once does not", postOnly},
	{"an ioc order is over at once, with what there was", ioc},
	{"a fok order fills at once in full, or not at all", fok},
	{"an order that is filled in part stays open with what is left", partFills},
	{"a day order expires with what was filled, and a gtc order does not", dayEnds},
	{"an order that was asked for before it changed is told as it is", changes},
}

// longID is an ID of the length and the letters of those that an Engine makes. They differ in the last letters.
func longID(n int) string { return fmt.Sprintf("v-%024x", n) }

// canRest skips a case where the Broker takes no orders that rest.
func (b brokerTest) canRest() trading.Canceler {
	b.Helper()
	c, ok := b.Broker.(trading.Canceler)
	if !ok {
		b.Skip("the broker cannot cancel, and takes no orders that may rest")
	}
	return c
}

// needs skips a case where the subject lacks an ability.
func (b brokerTest) needs(a Ability) {
	b.Helper()
	if b.lacks(a) {
		b.Skipf("the venue lacks %s", a)
	}
}

// drives skips a case where something cannot be done at the venue.
func (b brokerTest) drives(can bool, what string) {
	b.Helper()
	if !can {
		b.Skipf("the subject has no %s", what)
	}
}

// send approves and submits an order of so many steps.
func (b brokerTest) send(o trading.Order, steps, held int64) trading.Approved {
	b.Helper()
	a := b.approve(o, steps, held)
	b.submit(a)
	return a
}

// have buys so many steps.
func (b brokerTest) have(n int, steps int64) {
	b.Helper()
	b.send(trading.Order{ClientID: longID(n), Side: trading.Buy, Type: trading.Market}, steps, 0)
}

// price moves the market.
func (b brokerTest) price(p decimal.Decimal) {
	b.Drive.SetPrice(p)
	b.Advance()
}

// offer says how many steps there are.
func (b brokerTest) offer(steps int64) {
	b.Drive.Offer(b.steps(steps))
	b.Advance()
}

// ticks is a number of ticks.
func (b brokerTest) ticks(n int64) decimal.Decimal {
	return b.Instrument.Tick.Mul(decimal.NewFromInt(n))
}

// odd is a price near n times the market's, of which the last digit in ticks is not zero, five or next to them.
func (b brokerTest) odd(n float64) decimal.Decimal {
	tens := b.Instrument.Tick.Mul(decimal.NewFromInt(10))
	return b.times(n).Div(tens).Floor().Mul(tens).Add(b.ticks(3))
}

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

// oddSizes buys and sells amounts that are no round numbers, as large as the account allows.
func oddSizes(b brokerTest) {
	held, largest := int64(0), b.Steps*87/100|1
	for i, size := range []int64{1, -1, 37, -37, largest, -largest} {
		o := trading.Order{ClientID: longID(i), Side: trading.Buy, Type: trading.Market}
		if size < 0 {
			o.Side, size = trading.Sell, -size
		}
		a := b.send(o, size, held)
		b.stands(a, "of an odd size", size, trading.StatusFilled)
		held += int64(o.Side) * size
		b.holds(held, "after "+words(a.Order()))
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

func sells(b brokerTest) {
	b.have(1, 37)
	a := b.send(trading.Order{ClientID: longID(2), Side: trading.Sell, Type: trading.Market}, 17, 37)
	b.stands(a, "a sell of what is held", 17, trading.StatusFilled)
	b.holds(20, "after a sell")
	if !b.Short {
		return
	}
	b.goesShort()
	b.holds(-13, "after a sell that goes short")
	a = b.send(trading.Order{ClientID: longID(4), Side: trading.Buy, Type: trading.Market}, 13, -13)
	b.stands(a, "a buy of what was sold short", 13, trading.StatusFilled)
	b.holds(0, "after the short position was closed")
}

// goesShort sells the 20 that are held, and 13 more: in one order, where the venue has such.
func (b brokerTest) goesShort() {
	if b.lacks(Flips) {
		if !b.Broker.Traits().Reserves {
			b.Errorf("Setup.Lacks has Flips and Traits.Reserves is false: an engine would send orders that turn a position")
		}
		b.send(trading.Order{ClientID: longID(5), Side: trading.Sell, Type: trading.Market}, 20, 20)
		b.send(trading.Order{ClientID: longID(3), Side: trading.Sell, Type: trading.Market}, 13, 0)
		return
	}
	a := b.send(trading.Order{ClientID: longID(3), Side: trading.Sell, Type: trading.Market}, 33, 20)
	b.stands(a, "a sell that goes beyond what is held, to a short position", 33, trading.StatusFilled)
}

func longIDs(b brokerTest) {
	for i := range 3 {
		id := longID(i)
		o := trading.Order{ClientID: id, Side: trading.Buy, Type: trading.Market}
		a := b.approve(o, 7, int64(i)*7)
		if err := b.Broker.Submit(b.Context(), a); err != nil {
			b.Fatalf("Submit of an order with the client id %s: %v", id, err)
		}
		b.Advance()
		b.stands(a, "an order with a client id of "+fmt.Sprint(len(id))+" letters", 7, trading.StatusFilled)
	}
}

// marketFills buys what was decided on when it was cheaper, and sells what was dearer: a market order has no price.
func marketFills(b brokerTest) {
	for i, o := range []trading.Order{{Side: trading.Buy}, {Side: trading.Sell}} {
		o.ClientID, o.Type = longID(i), trading.Market
		decided := b
		decided.Price = b.times(0.9 + 0.2*float64(i))
		a := decided.approve(o, 7, int64(7*i))
		b.submit(a)
		b.stands(a, "a market order that was decided on at "+decided.Price.String(), 7, trading.StatusFilled)
	}
}

func stopLimitRests(b brokerTest) {
	c := b.canRest()
	b.needs(StopLimit)
	a := b.send(trading.Order{
		ClientID: longID(1), Side: trading.Buy, Type: trading.StopLimit, StopPrice: b.times(2), LimitPrice: b.times(2.1),
	}, 10, 10)
	b.untriggered(a, "a stop-limit far from the price")
	b.areOpen(a)
	b.canceled(c, a.Order().Ref(), trading.StatusCanceled)
}

// reducesOfEachType closes more than is held, by orders whose price is there. A venue may refuse them.
func reducesOfEachType(b brokerTest) {
	b.canRest()
	b.needs(ReduceOnly)
	for i, o := range []trading.Order{
		{Type: trading.Market}, {Type: trading.Limit, LimitPrice: b.times(0.95)}, {Type: trading.Stop, StopPrice: b.times(1.05)},
	} {
		b.have(i, 20)
		o.ClientID, o.Side = longID(10+i), trading.Sell
		a := b.approve(o, 50, 50)
		_ = b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.soldAtMost(a, 20)
		b.closeRest(20*int64(i+1), i)
	}
	if !b.Short {
		return
	}
	b.send(trading.Order{ClientID: longID(20), Side: trading.Sell, Type: trading.Market}, 20, 0)
	a := b.approve(trading.Order{ClientID: longID(21), Side: trading.Buy, Type: trading.Market}, 50, -50)
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.soldAtMost(a, 20)
}

func limitWaits(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, LimitPrice: b.odd(0.97)}, {Side: trading.Sell, LimitPrice: b.odd(1.03)},
	} {
		b.price(b.Price)
		away := b.ticks(int64(o.Side))
		o.ClientID, o.Type = longID(10+i), trading.Limit
		a := b.send(o, 10, 20)
		b.stands(a, "a limit order far from the price", 0, trading.StatusOpen)
		b.price(o.LimitPrice.Add(away))
		b.stands(a, "a limit order, and the price is a tick before its limit", 0, trading.StatusOpen)
		b.price(o.LimitPrice)
		b.stands(a, "a limit order, and the price is at its limit", 10, trading.StatusFilled)
	}
}

func stopWaits(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, StopPrice: b.odd(1.03)}, {Side: trading.Sell, StopPrice: b.odd(0.97)},
	} {
		for j, gap := range []int64{0, 50} {
			b.price(b.Price)
			toward := b.ticks(int64(o.Side))
			o.ClientID, o.Type = longID(10+2*i+j), trading.Stop
			a := b.send(o, 10, 20)
			b.untriggered(a, "a stop far from the price")
			b.price(o.StopPrice.Sub(toward))
			b.untriggered(a, "a stop, and the price is a tick before it")
			b.price(o.StopPrice.Add(toward.Mul(decimal.NewFromInt(gap))))
			b.stands(a, fmt.Sprintf("a stop, and the price is %d ticks beyond it", gap), 10, trading.StatusFilled)
		}
	}
}

// untriggered demands that an order with a stop waits.
func (b brokerTest) untriggered(a trading.Approved, why string) {
	b.Helper()
	if r := b.stands(a, why, 0, trading.StatusOpen); r.Triggered {
		b.Errorf("%s: %s is told as triggered", why, words(a.Order()))
	}
}

func stopLimitWaits(b brokerTest) {
	b.canRest()
	b.needs(StopLimit)
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	b.have(0, 20)
	for i, o := range []trading.Order{
		{Side: trading.Buy, StopPrice: b.odd(1.02), LimitPrice: b.odd(1.03)},
		{Side: trading.Sell, StopPrice: b.odd(0.98), LimitPrice: b.odd(0.97)},
	} {
		b.price(b.Price)
		toward := b.ticks(int64(o.Side))
		o.ClientID, o.Type = longID(10+i), trading.StopLimit
		a := b.send(o, 10, 20)
		b.untriggered(a, "a stop-limit far from the price")
		b.areOpen(a)
		b.price(o.StopPrice.Sub(toward))
		b.untriggered(a, "a stop-limit, and the price is a tick before its stop")
		b.price(o.LimitPrice.Add(toward.Mul(decimal.NewFromInt(50))))
		b.stands(a, "a stop-limit, and the price has passed both its stop and its limit", 0, trading.StatusOpen)
		b.price(o.LimitPrice.Add(toward))
		b.stands(a, "a stop-limit that was triggered, and the price is a tick beyond its limit", 0, trading.StatusOpen)
		b.price(o.LimitPrice)
		b.stands(a, "a stop-limit that was triggered, and the price is at its limit", 10, trading.StatusFilled)
	}
}

// restingReduces sends orders that close more than is held, and lets their price come.
func restingReduces(b brokerTest) {
	b.canRest()
	b.needs(ReduceOnly)
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i, o := range []trading.Order{
		{Type: trading.Limit, LimitPrice: b.odd(1.03)}, {Type: trading.Stop, StopPrice: b.odd(0.97)},
	} {
		b.price(b.Price)
		b.have(i, 20)
		o.ClientID, o.Side = longID(10+i), trading.Sell
		a := b.approve(o, 50, 50)
		_ = b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.price(o.LimitPrice.Add(o.StopPrice))
		b.soldAtMost(a, 20)
		b.closeRest(20*int64(i+1), i)
	}
}

// soldAtMost demands that an order which only reduces has sold, or bought back, no more than was held.
func (b brokerTest) soldAtMost(a trading.Approved, steps int64) {
	b.Helper()
	sum := decimal.Zero
	for _, f := range b.fills(time.Time{}) {
		if f.ClientID == a.Order().ClientID {
			sum = sum.Add(f.Quantity)
		}
	}
	if sum.GreaterThan(b.steps(steps)) {
		b.Errorf("%s was held, and %s has filled %s: it is reduce-only", b.steps(steps), words(a.Order()), sum)
	}
}

// closeRest sells what the case still holds, of what it has bought.
func (b brokerTest) closeRest(bought int64, n int) {
	b.Helper()
	sold := decimal.Zero
	for _, f := range b.fills(time.Time{}) {
		if f.Side == trading.Sell {
			sold = sold.Add(f.Quantity)
		}
	}
	left := b.steps(bought).Sub(sold).Div(b.Instrument.Step).IntPart()
	if left <= 0 {
		return
	}
	a := b.approve(trading.Order{ClientID: longID(900 + n), Side: trading.Sell, Type: trading.Market}, left, left)
	_ = b.Broker.Submit(b.Context(), a)
	b.Advance()
}

// reducesNothing closes where nothing is held: to refuse it is as good as to end it unfilled.
func reducesNothing(b brokerTest) {
	b.needs(ReduceOnly)
	a := b.approved(longID(1), trading.Sell, 10, 10)
	err := b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.consistent(a, err)
	b.soldAtMost(a, 0)
	b.holds(0, "after an order that only reduces, where nothing is held,")
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

func postOnly(b brokerTest) {
	b.canRest()
	b.needs(PostOnly)
	b.have(0, 10)
	for i, o := range []trading.Order{
		{Side: trading.Buy, LimitPrice: b.times(1.05)}, {Side: trading.Sell, LimitPrice: b.times(0.95)},
	} {
		o.ClientID, o.Type, o.PostOnly = longID(1+i), trading.Limit, true
		a := b.approve(o, 10, 10)
		err := b.Broker.Submit(b.Context(), a)
		b.Advance()
		b.consistent(a, err)
		b.executed(a.Order(), "a post-only order that would fill at once", decimal.Zero)
		if report, err := b.Broker.Order(b.Context(), a.Order().Ref()); err == nil && !report.Status.Done() {
			b.Errorf("%s would have filled at once, and is %q", words(a.Order()), report.Status)
		}
	}
	a := b.send(trading.Order{
		ClientID: longID(9), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5), PostOnly: true,
	}, 10, 10)
	b.stands(a, "a post-only order far from the price", 0, trading.StatusOpen)
}

// over are the states of an order that has ended with less than all of it filled.
var over = []trading.OrderStatus{trading.StatusCanceled, trading.StatusExpired}

func ioc(b brokerTest) {
	b.canRest()
	b.needs(ForceIOC)
	away := trading.Order{Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5), TimeInForce: trading.IOC}
	away.ClientID = longID(1)
	b.stands(b.send(away, 10, 0), "an ioc order far from the price", 0, over...)
	near := away
	near.ClientID, near.LimitPrice = longID(2), b.times(1.05)
	b.stands(b.send(near, 10, 0), "an ioc order whose limit the price is on the good side of", 10, trading.StatusFilled)
	dear := trading.Order{
		ClientID: longID(4), Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(2), TimeInForce: trading.IOC,
	}
	b.stands(b.send(dear, 10, 10), "an ioc order that sells, far from the price", 0, over...)
	b.drives(b.Drive.Offer != nil, "Drive.Offer")
	b.offer(4)
	near.ClientID = longID(3)
	b.stands(b.send(near, 10, 10), "an ioc order for more than there is, filled in part", 4, over...)
}

func fok(b brokerTest) {
	b.canRest()
	b.needs(ForceFOK)
	near := trading.Order{
		ClientID: longID(1), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.05), TimeInForce: trading.FOK,
	}
	b.stands(b.send(near, 10, 0), "a fok order whose limit the price is on the good side of", 10, trading.StatusFilled)
	away := near
	away.ClientID, away.LimitPrice = longID(2), b.times(0.5)
	b.killed(away, 0)
	away.ClientID, away.LimitPrice, away.Side = longID(5), b.times(2), trading.Sell
	b.killed(away, 10)
	b.drives(b.Drive.Offer != nil, "Drive.Offer")
	b.offer(4)
	near.ClientID = longID(3)
	b.killed(near, 0)
	b.offer(10)
	near.ClientID = longID(4)
	b.stands(b.send(near, 10, 10), "a fok order for all that there is", 10, trading.StatusFilled)
}

// killed demands that a fok order is over with nothing filled. Venues call that rejected, too.
func (b brokerTest) killed(o trading.Order, held int64) {
	b.Helper()
	a := b.approve(o, 10, held)
	err := b.Broker.Submit(b.Context(), a)
	b.Advance()
	b.consistent(a, err)
	b.executed(a.Order(), "a fok order that cannot be had in full", decimal.Zero)
	if err == nil {
		b.stands(a, "a fok order that cannot be had in full", 0, append(over, trading.StatusRejected)...)
	}
}

// partial sends a limit order for ten steps where there are four.
func (b brokerTest) partial(n int, force trading.TimeInForce) trading.Approved {
	b.Helper()
	b.canRest()
	b.drives(b.Drive.Offer != nil, "Drive.Offer")
	b.offer(4)
	a := b.send(trading.Order{
		ClientID: longID(n), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(1.05), TimeInForce: force,
	}, 10, 0)
	b.stands(a, "an order that is filled in part", 4, trading.StatusOpen)
	return a
}

func partFills(b brokerTest) {
	u, hears := b.Broker.(trading.Updater)
	a := b.partial(1, "")
	after := int64(0)
	if hears {
		after = b.waitFilled(u, 0, a, 4)
	}
	b.listed(a, 4)
	b.offer(3)
	b.stands(a, "an order that is filled in part a second time", 7, trading.StatusOpen)
	if own := b.executed(a.Order(), "an order that is filled in two parts", b.steps(7)); len(own) < 2 {
		b.Errorf("%s was filled in two parts, and %d fills have ids that differ", words(a.Order()), len(own))
	}
	b.listed(a, 7)
	if hears {
		b.waitFilled(u, after, a, 7)
	}
	b.canceled(b.Broker.(trading.Canceler), a.Order().Ref(), trading.StatusCanceled)
	b.stands(a, "an order that was canceled with a part filled", 7, trading.StatusCanceled)
	b.offer(3)
	last := b.partial(2, trading.GTC)
	b.offer(6)
	b.stands(last, "an order that is filled in full, part by part", 10, trading.StatusFilled)
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

func dayEnds(b brokerTest) {
	b.canRest()
	b.needs(ForceDay)
	b.drives(b.Drive.EndDay != nil, "Drive.EndDay")
	rest := func(n int, force trading.TimeInForce) trading.Approved {
		return b.send(trading.Order{
			ClientID: longID(n), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5), TimeInForce: force,
		}, 10, 0)
	}
	day, gtc, zero := rest(1, trading.Day), rest(2, trading.GTC), rest(3, "")
	stop := b.send(trading.Order{
		ClientID: longID(5), Side: trading.Buy, Type: trading.Stop, StopPrice: b.times(2), TimeInForce: trading.Day,
	}, 10, 0)
	var part trading.Approved
	if b.Drive.Offer != nil {
		part = b.partial(4, trading.Day)
	}
	b.Drive.EndDay()
	b.Advance()
	b.stands(day, "a day order, and the day is over", 0, trading.StatusExpired)
	b.stands(stop, "a day order with a stop, and the day is over", 0, trading.StatusExpired)
	b.stands(gtc, "a gtc order, and the day is over", 0, trading.StatusOpen)
	b.stands(zero, "an order without a time in force, which is a gtc order, and the day is over", 0, trading.StatusOpen)
	if b.Drive.Offer != nil {
		b.stands(part, "a day order that expired with a part filled", 4, trading.StatusExpired)
	}
}

// changes asks for an order, changes it and asks again.
func changes(b brokerTest) {
	c := b.canRest()
	var orders []trading.Approved
	for i := range 5 {
		orders = append(orders, b.send(trading.Order{
			ClientID: longID(i), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5 + 0.01*float64(i)),
		}, 2, 0))
		b.stands(orders[i], "an order that rests", 0, trading.StatusOpen)
	}
	b.areOpen(orders...)
	b.canceled(c, orders[2].Order().Ref(), trading.StatusCanceled)
	for i, a := range orders {
		want := trading.StatusOpen
		if i == 2 {
			want = trading.StatusCanceled
		}
		b.stands(a, "one order was canceled and the others were not: this one", 0, want)
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
