package engine_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// fickle is a Pricer that does not always know.
type fickle struct {
	trading.Pricer
	mu   sync.Mutex // guards gone
	gone map[string]bool
}

func (f *fickle) lose(symbol string, gone bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone[symbol] = gone
}

func (f *fickle) Price(symbol string) (decimal.Decimal, bool) {
	f.mu.Lock()
	gone := f.gone[symbol]
	f.mu.Unlock()
	if gone {
		return decimal.Zero, false
	}
	return f.Pricer.Price(symbol)
}

// dayLoss is what a test knows of the loss of a day, by itself: it adds up what is held at the prices that a step could
// see. Where it cannot know what a step has seen, as of one that failed or hung, all that it may have seen counts, and
// what leads to the smallest loss is held against the limit.
type dayLoss struct {
	limit  decimal.Decimal // zero where there is none
	day    string          // by the machine's clock; "" before the first step
	began  decimal.Decimal // the least that the account may have been worth when the day began
	last   []decimal.Decimal
	marks  []dayMark                    // each at the end of a step, or perhaps in one that failed
	seen   map[string][]decimal.Decimal // what the last price that was seen may be; zero stands for none
	before *book.Book                   // at the end of the step before: a step values the account before it acts
	down   bool                         // another process has begun, and no step of it came to its end
	since  int64                        // the journal's length when too much was lost; 0 where it was not, or is forgiven
	within string                       // what was lost
	slow   time.Duration                // by how much a clock without a monotonic reading was set back so far
}

// dayMark is what the account was worth at the end of a step, with a price for all that is held.
type dayMark struct {
	day   string // as the journal had it
	at    time.Time
	worth decimal.Decimal

	prices map[string]decimal.Decimal // of what was held
	slow   time.Duration              // dayLoss.slow of then
}

func (l *dayLoss) mark(b *book.Book, price book.PriceFunc, at time.Time, worth decimal.Decimal) {
	m := dayMark{b.Day().Day, at, worth, make(map[string]decimal.Decimal), l.slow}
	for h := range b.Holdings() {
		m.prices[h.Symbol], _ = price(h.Symbol)
	}
	l.marks = append(l.marks, m)
}

// between is the least and the most that the account may be worth, as far as the Engine can know.
func (l *dayLoss) between(b *book.Book, price book.PriceFunc) (low, high decimal.Decimal, priced bool) {
	low, high, priced = b.Cash(), b.Cash(), true
	for h := range b.Holdings() {
		prices := l.seen[h.Symbol]
		if now, ok := price(h.Symbol); ok {
			prices = []decimal.Decimal{now}
		} else {
			priced = false
		}
		least, most := worths(h.Position, prices)
		low, high = low.Add(least), high.Add(most)
	}
	return low, high, priced
}

// worths is what a position may be worth at one of the prices, or at its cost.
func worths(p trading.Position, prices []decimal.Decimal) (least, most decimal.Decimal) {
	all := make([]decimal.Decimal, 0, len(prices))
	for _, price := range prices {
		if price.IsPositive() {
			all = append(all, p.Quantity.Mul(price))
		}
	}
	if len(all) < len(prices) || len(all) == 0 {
		all = append(all, p.Cost)
	}
	return decimal.Min(all[0], all[1:]...), decimal.Max(all[0], all[1:]...)
}

// maybe takes note of what a step may have seen that did not come to its end.
func (l *dayLoss) maybe(b *book.Book, price book.PriceFunc, now time.Time) {
	low, _, priced := l.between(b, price)
	if priced { // It may have kept a mark before it failed.
		l.mark(b, price, now, low)
	}
	l.last, l.before = append(l.last, low), b
	for h := range b.Holdings() {
		if now, ok := price(h.Symbol); ok {
			if len(l.seen[h.Symbol]) == 0 {
				l.seen[h.Symbol] = append(l.seen[h.Symbol], decimal.Zero)
			}
			l.seen[h.Symbol] = append(l.seen[h.Symbol], now)
		}
	}
}

// crash forgets what only the process knew: what is left are the prices of its last mark, where it has one of what is held.
func (l *dayLoss) crash() {
	l.seen, l.down = make(map[string][]decimal.Decimal), true
	for m := range lastMarks(l.marks) {
		for symbol, price := range m.prices {
			if len(l.seen[symbol]) == 0 {
				l.seen[symbol] = append(l.seen[symbol], decimal.Zero)
			}
			l.seen[symbol] = append(l.seen[symbol], price)
		}
	}
}

// lastMarks are those of which any may be the last one that was kept: it is at most a minute older than the last step that
// could keep one, by the Engine's stopwatch.
func lastMarks(marks []dayMark) iter.Seq[dayMark] {
	return func(yield func(dayMark) bool) {
		for _, m := range slices.Backward(marks) {
			last := marks[len(marks)-1]
			if !yield(m) || last.at.Sub(m.at) > time.Minute+last.slow-m.slow {
				return
			}
		}
	}
}

// rearmed lets the loss count anew from now, where that is less.
func (l *dayLoss) rearmed(b *book.Book, price book.PriceFunc) {
	low, _, _ := l.between(b, price)
	l.began = decimal.Min(l.began, low)
}

// step is a step that came to its end. It reports what has been lost since the day began, and where that was with
// another process, since the day before as well.
func (l *dayLoss) step(b *book.Book, price book.PriceFunc, now time.Time, today string) (lost decimal.Decimal) {
	known, _, _ := l.between(b, func(string) (decimal.Decimal, bool) { return decimal.Zero, false }) // when the day ended
	low, high, priced := l.between(b, price)
	if l.before != nil {
		_, most, _ := l.between(l.before, price)
		high = decimal.Max(high, most)
	}
	if l.day == "" {
		l.day, l.began = today, low
	}
	lost = l.began.Sub(high)
	if today > l.day {
		overnight := l.began
		begins := l.begins(known, low)
		l.began = decimal.Min(begins[0], begins[1:]...)
		lost = l.began.Sub(high)
		if l.down { // It may have been lost in either day.
			lost = decimal.Max(lost, overnight.Sub(high))
		}
		l.day = today
	}
	l.look(b, price)
	l.down, l.last = false, []decimal.Decimal{low}
	if priced {
		l.mark(b, price, now, low)
	}
	return lost
}

// look takes note of the prices that the step has seen: of what it held already, and perhaps of what it has opened.
func (l *dayLoss) look(b *book.Book, price book.PriceFunc) {
	for h := range b.Holdings() {
		p, ok := price(h.Symbol)
		switch held := l.before != nil && !l.before.Position(h.Symbol).Quantity.IsZero(); {
		case ok && held:
			l.seen[h.Symbol] = []decimal.Decimal{p}
		case ok:
			l.seen[h.Symbol] = []decimal.Decimal{decimal.Zero, p}
		}
	}
	maps.DeleteFunc(l.seen, func(symbol string, _ []decimal.Decimal) bool { return b.Position(symbol).Quantity.IsZero() })
	l.before = b
}

// begins is what a day may begin with: what the last one ended with, as the process knows it or as its last mark has it.
func (l *dayLoss) begins(known, now decimal.Decimal) (all []decimal.Decimal) {
	if !l.down {
		return append(l.last, known)
	}
	marks := slices.DeleteFunc(slices.Clone(l.marks), func(m dayMark) bool { return m.day != l.day })
	for m := range lastMarks(marks) {
		all = append(all, m.worth)
	}
	if len(marks) == 0 { // There is no mark, and the day may begin with what the first step finds.
		all = append(all, now)
	}
	return append(all, l.last...) // and a step that failed may have opened it
}

// fell holds the loss of the day against its limit, at the end of a step: where it has reached it the account is halted,
// and nothing is opened before a person has lifted that.
func (t *trouble) fell(b *book.Book, err error) {
	l := &t.loss
	if !l.limit.IsPositive() {
		return
	}
	t.openedNothing()
	if err != nil {
		l.maybe(b, t.cfg.Pricer.Price, t.clock.right())
		return
	}
	now := t.clock.Now().UTC()
	lost := l.step(b, t.cfg.Pricer.Price, t.clock.right(), now.Format(time.DateOnly))
	if lost.LessThan(l.limit) {
		return
	}
	l.within = fmt.Sprintf("%s lost on %s, the limit is %s", lost, l.day, l.limit)
	require.True(t.rt, b.Halted().Active(), "%s, and trading goes on", l.within)
	if l.since == 0 {
		l.since = t.journaled()
	}
}

// journaled is the length of the journal.
func (t *trouble) journaled() (last int64) {
	for entry, err := range journal.Entries(context.Background(), t.journal, 0) {
		require.NoError(t.rt, err)
		last = entry.Seq
	}
	return last
}

// openedNothing looks for entries that were decided on or sent after too much was lost.
func (t *trouble) openedNothing() {
	if t.loss.since == 0 {
		return
	}
	b := book.New(t.cfg.Capital)
	for entry, err := range journal.Entries(context.Background(), t.journal, 0) {
		require.NoError(t.rt, err)
		if _, lifted := entry.Event.(journal.Rearmed); lifted && entry.Seq > t.loss.since {
			t.loss.since = 0
			return
		}
		if o, sent := sends(b, entry.Event); sent && entry.Seq > t.loss.since {
			after := heldBeside(b, o).Add(o.Side.Signed(o.Quantity))
			require.NotEqual(t.rt, int(o.Side), after.Sign(), "%s opens: %s", o.ClientID, t.loss.within)
		}
		require.NoError(t.rt, b.Apply(entry.At, entry.Event))
	}
}

// sends is the order that an event decides on or sends.
func sends(b *book.Book, event journal.Event) (trading.Order, bool) {
	switch e := event.(type) {
	case journal.IntentMade:
		return e.Order, e.Order.Leg == ""
	case journal.Submitting:
		o, ok := b.Order(e.ClientID)
		return o.Order, ok && o.Leg == ""
	default:
		return trading.Order{}, false
	}
}

// heldBeside is what is held once all other orders but the legs of brackets have filled.
func heldBeside(b *book.Book, o trading.Order) decimal.Decimal {
	held := b.Position(o.Symbol).Quantity
	for _, other := range b.PendingOf(o.Symbol) {
		if other.Leg == "" && other.ClientID != o.ClientID {
			held = held.Add(other.Side.Signed(other.Remaining()))
		}
	}
	return held
}

// drawDayLoss limits the loss of a day, or does not, and lets prices be missing.
func (t *trouble) drawDayLoss() {
	pricer := &fickle{Pricer: t.broker, gone: map[string]bool{}}
	t.pricer, t.cfg.Pricer = pricer, pricer
	if t.yes("day's loss is limited") {
		t.loss.limit = d("200")
		t.cfg.Risk = limits(&t.cfg, func(l *risk.Limits) { l.MaxDailyLoss = t.loss.limit })
	}
}

// missing lets nobody know a price for a while.
func (t *trouble) missing() {
	t.pricer.lose(t.symbol(), t.yes("missing"))
}

// fall lets what is held gain and lose, while the process runs or is down, within the day or over midnight, with a price
// for all of it or not.
func (t *trouble) fall() {
	if t.yes("re-armed") {
		t.liftHalt()
	}
	if t.yes("held") {
		t.signals.put(says(btc, signal.Long, t.now()), says(eth, signal.Long, t.now()))
		t.round()
	}
	if t.yes("moved before") {
		t.setPrices()
		t.round()
	}
	if t.yes("price is gone") {
		t.missing()
	}
	if t.yes("down") {
		t.crash()
	}
	if t.yes("over midnight") {
		t.broker.Deliver(t.rt.Context()) // nothing is under way for longer than the broker's bound
		now := t.clock.Now().UTC()
		t.clock.Add(now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now))
	}
	t.setPrices()
}

func (t *trouble) setPrices() {
	t.venue.SetPrice(btc, d(fmt.Sprint(t.draw(50, 200, "price"))))
	t.venue.SetPrice(eth, d(fmt.Sprint(t.draw(5, 20, "price"))))
}
