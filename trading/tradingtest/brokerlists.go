package tradingtest

import (
	"errors"
	"slices"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// trades sends a few orders that fill.
func (b brokerTest) trades() {
	b.Helper()
	for i, id := range []string{"suite-1", "suite-2", "suite-3"} {
		b.submit(b.approved(id, trading.Buy, 30, int64(i)*30))
	}
}

func fillsSince(b brokerTest) {
	b.trades()
	all, _ := b.walk(trading.Cursor{}, 100)
	if len(all) == 0 {
		b.Fatal("no fills")
	}
	for i, f := range all[1:] {
		if f.Time.Before(all[i].Time) && !slices.ContainsFunc(all[:i+1], func(g trading.Fill) bool { return g.ID == f.ID }) {
			b.Errorf("fills are not ascending: fill %s at %s comes after one at %s", f.ID, f.Time, all[i].Time)
		}
	}
	all = once(all)
	if got, want := filled(all), b.steps(90); !got.Equal(want) {
		b.Errorf("the fills that differ in their ids add up to %s, want %s", got, want)
	}
	last := all[len(all)-1]
	some := b.fills(last.Time)
	if len(some) == 0 || some[len(some)-1].ID != last.ID {
		b.Errorf("the fill at %s is not among those from then on", last.Time)
	}
	if rest := b.fills(last.Time.Add(1)); len(rest) != 0 {
		b.Errorf("asked for fills from a time on that is after the last one, the broker gives %d", len(rest))
	}
}

func fillPages(b brokerTest) {
	b.trades()
	all := b.fills(time.Time{})
	for _, limit := range []int{1, 2} {
		paged, _ := b.walk(trading.Cursor{}, limit)
		if got := once(paged); len(got) != len(all) || !filled(got).Equal(filled(all)) {
			b.Errorf("pages of %d give %d fills, and one of 100 gives %d", limit, len(got), len(all))
		}
	}
}

func fillNews(b brokerTest) {
	b.trades()
	_, end := b.walk(trading.Cursor{}, 100)
	if page, _ := b.page(end, 100); len(page) > 0 {
		b.Errorf("%d fills after the last one", len(page))
	}
	b.submit(b.approved("suite-4", trading.Sell, 90, 90))
	news, _ := b.walk(end, 100)
	if got := filled(news); len(news) == 0 || news[len(news)-1].ClientID != "suite-4" || !got.Equal(b.steps(90)) {
		b.Errorf("after the last page %s was filled, and the fills behind it are %+v", b.steps(90), news)
	}
}

func openOrders(b brokerTest) {
	l, ok := b.Broker.(trading.OrderLister)
	if !ok {
		b.Skip("the broker does not list its orders")
	}
	want := func(orders ...trading.Approved) {
		b.Helper()
		var ids []string
		sent := make(map[string]trading.Order)
		for _, a := range orders {
			ids, sent[a.Order().ClientID] = append(ids, a.Order().ClientID), a.Order()
		}
		open, err := l.OpenOrders(b.Context())
		if err != nil {
			b.Fatalf("OpenOrders: %v", err)
		}
		var got []string
		for _, r := range open {
			got = append(got, r.ClientID)
			if r.Status != trading.StatusOpen || !r.Filled.IsZero() {
				b.Errorf("OpenOrders has %+v, want it open and not filled", r)
			}
			if o := sent[r.ClientID]; r.Symbol != o.Symbol || r.Type != o.Type {
				b.Errorf("OpenOrders has %q of type %q for %s, want %q and %q: who does not know it cancels it by them",
					r.Symbol, r.Type, r.ClientID, o.Symbol, o.Type)
			}
		}
		if slices.Sort(got); !slices.Equal(got, ids) {
			b.Errorf("OpenOrders has %q, want %q", got, ids)
		}
	}
	want()
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	want()
	c, ok := b.Broker.(trading.Canceler)
	if !ok {
		return
	}
	limit, stop := b.rest("suite-2"), b.restStop("suite-3")
	want(limit, stop)
	b.canceled(c, limit.Order().Ref(), trading.StatusCanceled)
	want(stop)
	b.canceled(c, stop.Order().Ref(), trading.StatusCanceled)
	want()
}

func woken(b brokerTest) {
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
	b.await(news, "the broker has news of an order that filled")
}

// waitReport waits until an Updater tells of an order that it has come to a state, and returns the Seq of that.
func (b brokerTest) waitReport(u trading.Updater, after int64, id string, status trading.OrderStatus) int64 {
	b.Helper()
	for {
		news := u.Updated()
		got := u.Updates(after)
		if got.Missed {
			b.Fatalf("Updates after %d: something was missed", after)
		}
		for _, r := range got.Orders {
			if r.ClientID == id && r.Status == status {
				return got.Seq
			}
		}
		b.await(news, "the broker has news: order "+id+" "+string(status))
	}
}

func updates(b brokerTest) {
	u, ok := b.Broker.(trading.Updater)
	if !ok {
		b.Skip("the broker has no news")
	}
	before := u.Updates(0).Seq
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	after := b.waitReport(u, before, "suite-1", trading.StatusFilled)
	if after <= before {
		b.Fatalf("an order filled, and the Seq was %d and is %d", before, after)
	}
	if again := u.Updates(after); again.Seq != after || len(again.Orders) > 0 || again.Missed {
		b.Errorf("nothing has happened since, and the updates are %+v", again)
	}
	if c, ok := b.Broker.(trading.Canceler); ok {
		limit := b.rest("suite-2")
		b.canceled(c, limit.Order().Ref(), trading.StatusCanceled)
		b.waitReport(u, after, "suite-2", trading.StatusCanceled)
	}
	all := u.Updates(before)
	ids := make(map[string]bool)
	for _, r := range all.Orders {
		if ids[r.ClientID] {
			b.Errorf("order %s is told twice", r.ClientID)
		}
		ids[r.ClientID] = true
	}
	if !ids["suite-1"] {
		b.Errorf("a reader who comes late is not told of suite-1: %+v", all)
	}
}

func instruments(b brokerTest) {
	l, ok := b.Broker.(trading.InstrumentLister)
	if !ok {
		b.Skip("the broker does not list its instruments")
	}
	all, err := l.Instruments(b.Context())
	if err != nil {
		b.Fatalf("Instruments: %v", err)
	}
	seen, found := make(map[string]bool), false
	for _, i := range all {
		if err := i.Validate(); err != nil {
			b.Error(err)
		}
		if seen[i.Symbol] {
			b.Errorf("%s is listed twice", i.Symbol)
		}
		seen[i.Symbol] = true
		if i.Symbol == b.Instrument.Symbol {
			found = i.Tick.Equal(b.Instrument.Tick) && i.Step.Equal(b.Instrument.Step)
		}
	}
	if !found {
		b.Errorf("%s with its tick and step is not among %d instruments", b.Instrument.Symbol, len(all))
	}
}

func cashMoves(b brokerTest) {
	r, ok := b.Broker.(trading.CashReporter)
	if !ok {
		b.Skip("the broker tells of no cash")
	}
	walk := func(from trading.Cursor, limit int) (all []trading.CashEvent, end trading.Cursor) {
		b.Helper()
		for range maxPages {
			page, next, err := r.CashEvents(b.Context(), from, limit)
			if errors.Is(err, errors.ErrUnsupported) {
				b.Skip("the broker tells of no cash")
			}
			if err != nil {
				b.Fatalf("CashEvents from %+v: %v", from, err)
			}
			if len(page) == 0 {
				return all, next
			}
			if len(page) > limit {
				b.Errorf("a page of at most %d has %d cash events", limit, len(page))
			}
			all, from = append(all, page...), next
		}
		b.Fatalf("no empty page among the first %d, of which one must say that there are no more", maxPages)
		return nil, from
	}
	b.submit(b.approved("suite-1", trading.Buy, 10, 0))
	before, end := walk(trading.Cursor{}, 10)
	if b.MoveCash == nil {
		b.Skip("the subject cannot move cash")
	}
	b.MoveCash()
	b.MoveCash()
	news, _ := walk(end, 1)
	all, end := walk(trading.Cursor{}, 10)
	ids := make(map[string]bool)
	for _, e := range all {
		ids[e.ID] = true
		if err := e.Validate(); err != nil || e.Time.IsZero() || e.Time.Location() != time.UTC {
			b.Errorf("%+v lacks something, or its time in UTC: %v", e, err)
		}
	}
	if len(news) != 2 || len(all) != len(before)+2 || len(ids) != len(all) {
		b.Errorf("cash moved twice, and of %d events, %d in all, %d differ in their ids", len(news), len(all), len(ids))
	}
	if again, _ := walk(end, 10); len(again) > 0 {
		b.Errorf("%d cash events after the last one", len(again))
	}
}

// machine is the time that passes outside of the suite's own goroutine.
var machine = clock.New()

// await waits until a channel is closed.
func (b brokerTest) await(news <-chan struct{}, what string) {
	b.Helper()
	select {
	case <-news:
	case <-machine.After(b.Patience):
		b.Fatalf("within %s nobody was woken by what should be: %s", b.Patience, what)
	}
}
