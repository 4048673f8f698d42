package tradingtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// askedCases are about what is asked for: how long that may take, and to whom the answer belongs.
var askedCases = []brokerCase{
	{"all that asks ends with its context", asksEnd},
	{"what is not answered is no empty list", emptyUnanswered},
	{"an answer belongs to who has asked", answersOwned},
	{"fills are asked for from a time on in whatever zone", zonedSince},
	{"many open orders are told, each of them", manyOpen},
	{"orders that are sent at once are each what they were", together},
	{"a fill moves no cash besides, and cash is given from the time asked for on", cashApart},
	{"a price is that of the symbol, or none", prices},
}

// asks are the calls that change nothing, or nothing that a case still needs.
func (b brokerTest) asks() map[string]func(ctx context.Context) error {
	asks := map[string]func(ctx context.Context) error{
		"Fills": func(ctx context.Context) error {
			_, _, err := b.Broker.Fills(ctx, trading.Cursor{}, 10)
			return err
		},
	}
	if c, ok := b.Broker.(trading.Canceler); ok {
		rest := b.rest(longID(2)).Order().Ref()
		asks["Cancel"] = func(ctx context.Context) error { return c.Cancel(ctx, rest) }
		if r, ok := b.Broker.(trading.Replacer); ok {
			old, with := b.rest(longID(3)).Order().Ref(), b.resting(longID(4))
			asks["Replace"] = func(ctx context.Context) error { return r.Replace(ctx, old, with) }
		}
	}
	if l, ok := b.Broker.(trading.OrderLister); ok {
		asks["OpenOrders"] = func(ctx context.Context) error {
			_, err := l.OpenOrders(ctx)
			return err
		}
	}
	if p, ok := b.Broker.(trading.Positioner); ok {
		asks["Positions"] = func(ctx context.Context) error {
			_, err := p.Positions(ctx)
			return err
		}
	}
	b.addLists(asks)
	return asks
}

func (b brokerTest) addLists(asks map[string]func(ctx context.Context) error) {
	if r, ok := b.Broker.(trading.CashReporter); ok {
		asks["CashEvents"] = func(ctx context.Context) error {
			_, _, err := r.CashEvents(ctx, trading.Cursor{}, 10)
			return err
		}
	}
	if l, ok := b.Broker.(trading.InstrumentLister); ok {
		asks["Instruments"] = func(ctx context.Context) error {
			_, err := l.Instruments(ctx)
			return err
		}
	}
	if p, ok := b.Broker.(trading.Pairer); ok {
		sell := trading.Order{ClientID: longID(5), Side: trading.Sell, Type: trading.Limit, LimitPrice: b.times(2)}
		stop := trading.Order{ClientID: longID(6), Side: trading.Sell, Type: trading.Stop, StopPrice: b.times(0.4)}
		profit, loss := b.approve(sell, 10, 10), b.approve(stop, 10, 10)
		asks["SubmitPair"] = func(ctx context.Context) error { return p.SubmitPair(ctx, profit, loss) }
	}
}

// asksEnd leaves open what a call says that was canceled: what needs no waiting may be answered.
func asksEnd(b brokerTest) {
	b.lined()
	b.have(1, 10)
	for name, call := range b.asks() {
		b.Line.Fail(ReplyLate, -1)
		err := b.late(name, false, call)
		if errors.Is(err, trading.ErrRejected) || errors.Is(err, trading.ErrUnknownOrder) {
			b.Errorf("the context ended before the reply, and %s returns %v: nobody knows", name, err)
		}
	}
}

func emptyUnanswered(b brokerTest) {
	b.lined()
	if b.MoveCash != nil {
		b.MoveCash()
	}
	for _, f := range []LineFault{RequestLost, ReplyCut, ProxyPage} {
		b.Line.Fail(f, -1)
		if r, ok := b.Broker.(trading.CashReporter); ok && b.MoveCash != nil {
			if page, _, err := r.CashEvents(b.Context(), trading.Cursor{}, 10); err == nil && len(page) == 0 {
				b.Errorf("CashEvents has no answer (%s), and returns an empty page and nil: that says that there are no more", f)
			}
		}
		if l, ok := b.Broker.(trading.InstrumentLister); ok {
			if all, err := l.Instruments(b.Context()); err == nil && len(all) == 0 {
				b.Errorf("Instruments has no answer (%s), and returns none and nil: that says that none is traded", f)
			}
		}
		b.Line.Fail("", 0)
	}
}

// answersOwned spoils each answer, and asks again.
func answersOwned(b brokerTest) {
	u, hears := b.Broker.(trading.Updater)
	begin := int64(0)
	if hears {
		begin = u.Updates(0).Seq
	}
	b.have(1, 10)
	const owned = "an answer that was given is its caller's: %s were changed by who had asked, and are then %+v"
	first, _ := b.page(trading.Cursor{}, 100)
	kept := slices.Clone(first)
	clear(first)
	if again, _ := b.page(trading.Cursor{}, 100); len(again) == 0 || again[0].ID != kept[0].ID {
		b.Errorf(owned, "fills", again)
	}
	if p, ok := b.Broker.(trading.Positioner); ok {
		if held, err := p.Positions(b.Context()); err == nil {
			clear(held)
			b.holds(10, "after an answer was changed by who had asked")
		}
	}
	if hears {
		b.waitReport(u, begin, longID(1), trading.StatusFilled)
		clear(u.Updates(begin).Orders)
		if again := u.Updates(begin).Orders; len(again) == 0 || again[0].ClientID != longID(1) {
			b.Errorf(owned, "updates", again)
		}
	}
}

func zonedSince(b brokerTest) {
	b.have(1, 10)
	all := b.fills(time.Time{})
	if len(all) == 0 {
		b.Fatal("no fills")
	}
	last := all[len(all)-1]
	for _, zone := range []*time.Location{time.FixedZone("east", 5*3600+1800), time.FixedZone("west", -8*3600)} {
		if got := b.fills(last.Time.In(zone)); len(got) == 0 || got[len(got)-1].ID != last.ID {
			b.Errorf("a fill of the time asked for, which was in another zone (%s), is not among %d", zone, len(got))
		}
		if got := b.fills(last.Time.Add(time.Minute).In(zone)); len(got) > 0 {
			b.Errorf("fills since a minute after the last one, asked for in another zone (%s), are %d, want none", zone, len(got))
		}
	}
}

// manyOrders are more than what venues tell at once, such as 50.
const manyOrders = 55

func manyOpen(b brokerTest) {
	b.canRest()
	if _, ok := b.Broker.(trading.OrderLister); !ok {
		b.Skip("the broker does not list its orders")
	}
	orders := make([]trading.Approved, 0, manyOrders)
	for i := range manyOrders {
		o := trading.Order{ClientID: longID(i), Side: trading.Buy, Type: trading.Limit, LimitPrice: b.times(0.5)}
		orders = append(orders, b.send(o, 2, 0))
	}
	b.areOpen(orders...)
}

// together sends orders of which each leaves once all have begun. Who sends one after the other is waited for a little.
func together(b brokerTest) {
	const senders = 4
	var begun atomic.Int64
	var sent sync.WaitGroup
	all := make(chan struct{})
	patience, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() {
		select {
		case <-machine.After(b.Patience / 20):
			cancel()
		case <-all:
		}
	}()
	orders, errs := make([]trading.Approved, senders), make([]error, senders)
	for i := range orders {
		orders[i] = b.approved(longID(i), trading.Buy, int64(2+3*i), 0)
		sent.Go(func() {
			errs[i] = b.Broker.Submit(b.Context(), orders[i].Gated(func(context.Context) error {
				if begun.Add(1) == senders {
					close(all)
				}
				select {
				case <-all:
				case <-patience.Done():
				}
				return nil
			}))
		})
	}
	sent.Wait()
	b.Advance()
	for i, a := range orders {
		if errs[i] != nil {
			b.Errorf("%d orders are sent at once, and Submit of %s returns %v", senders, words(a.Order()), errs[i])
			continue
		}
		b.stands(a, fmt.Sprintf("one of %d orders that were sent at once", senders), int64(2+3*i), trading.StatusFilled)
	}
}

func cashApart(b brokerTest) {
	r, ok := b.Broker.(trading.CashReporter)
	if !ok {
		b.Skip("the broker tells of no cash")
	}
	events := func(since time.Time) []trading.CashEvent {
		b.Helper()
		page, _, err := r.CashEvents(b.Context(), trading.Cursor{Since: since}, 100)
		if errors.Is(err, errors.ErrUnsupported) {
			b.Skip("the broker tells of no cash")
		}
		if err != nil {
			b.Fatalf("CashEvents since %s: %v", since, err)
		}
		return page
	}
	before := events(time.Time{})
	b.have(1, 10)
	if after := events(time.Time{}); len(after) != len(before) {
		b.Errorf("a fill tells of the cash that it moves, and beside it the %d cash events became %+v", len(before), after)
	}
	if b.MoveCash == nil {
		return
	}
	b.MoveCash()
	all := events(time.Time{})
	if len(all) == 0 {
		b.Fatal("cash moved, and there is no cash event")
	}
	if late := events(all[len(all)-1].Time.AddDate(0, 0, 3)); len(late) > 0 {
		b.Errorf("cash events since three days after the last one are %+v, want none", late)
	}
}

func prices(b brokerTest) {
	p, ok := b.Broker.(trading.Pricer)
	if !ok {
		b.Skip("the broker tells no prices")
	}
	b.have(1, 10)
	if price, ok := p.Price("NO/SUCH"); ok {
		b.Errorf("Price of NO/SUCH, which there is not, is %s", price)
	}
	if price, ok := p.Price(b.Instrument.Symbol); ok && price.Sub(b.Price).Abs().GreaterThan(b.Price.Div(decimal.NewFromInt(4))) {
		b.Errorf("Price of %s is %s, and the market is near %s", b.Instrument.Symbol, price, b.Price)
	}
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	market := b.odd(1.04)
	b.price(market)
	for range 20 {
		price, ok := p.Price(b.Instrument.Symbol)
		if !ok || price.Sub(market).Abs().LessThanOrEqual(b.ticks(5)) {
			return
		}
		<-machine.After(b.Patience / 20)
	}
	b.Errorf("the market has moved to %s, and within %s the Price has not", market, b.Patience)
}
