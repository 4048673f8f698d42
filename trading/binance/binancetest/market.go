package binancetest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// market is one symbol: its prices, which the test moves, and its bars, which the prices make.
type market struct {
	spec       Symbol
	last, mark decimal.Decimal
	pinned     bool // the mark price is the test's; otherwise it is the last price
	quote      Quote
	leverage   int
	rate       decimal.Decimal // of the next funding
	funding    time.Time       // when it is due

	minute  time.Time // the open bar's
	bars    []bar     // minutes in which was traded, by rising time
	updates int64     // of the quote
}

// Quote is the best of the book. A nil quantity is as much as anybody wants.
type Quote struct {
	Bid, Ask       decimal.Decimal
	BidQty, AskQty *decimal.Decimal
}

func newMarket(s Symbol, leverage int, now time.Time) *market {
	m := &market{spec: s, leverage: min(leverage, s.Brackets[0].Leverage), rate: dec("0.0001"), minute: now.Truncate(time.Minute)}
	m.move(s.Price)
	m.bars = []bar{{at: m.minute, open: s.Price, high: s.Price, low: s.Price, close: s.Price}}
	m.funding = m.nextFunding(now)
	return m
}

func (m *market) fundingEvery() time.Duration {
	if m.spec.FundingHours == 0 {
		return 8 * time.Hour
	}
	return time.Duration(m.spec.FundingHours) * time.Hour
}

func (m *market) nextFunding(now time.Time) time.Time {
	return now.Truncate(m.fundingEvery()).Add(m.fundingEvery())
}

// move sets the prices: the bid is the price, the ask a tick above.
func (m *market) move(price decimal.Decimal) {
	m.last = price
	m.quote = Quote{Bid: price, Ask: price.Add(m.spec.Tick)}
	m.updates++
	if !m.pinned {
		m.mark = price
	}
}

// traded keeps a trade of others in the open bar.
func (m *market) traded(price decimal.Decimal, qty *decimal.Decimal) {
	m.last = price
	if !m.pinned {
		m.mark = price
	}

	volume := m.spec.Step
	if qty != nil {
		volume = *qty
	}
	if n := len(m.bars); n == 0 || m.bars[n-1].at.Before(m.minute) {
		m.bars = append(m.bars, bar{at: m.minute, open: price, high: price, low: price})
	}
	b := &m.bars[len(m.bars)-1]
	b.high, b.low, b.close = decimal.Max(b.high, price), decimal.Min(b.low, price), price
	b.volume, b.quote, b.trades = b.volume.Add(volume), b.quote.Add(volume.Mul(price)), b.trades+1
}

// best is the price at which a new order trades at once.
func (m *market) best(o *order) decimal.Decimal {
	if o.buys() {
		return m.quote.Ask
	}
	return m.quote.Bid
}

func (m *market) side(o *order) *decimal.Decimal {
	if o.buys() {
		return m.quote.AskQty
	}
	return m.quote.BidQty
}

// depth is how much of an order trades at the best price.
func (m *market) depth(o *order) decimal.Decimal {
	if qty := m.side(o); qty != nil {
		return *qty
	}
	return o.left()
}

func (m *market) has(o *order, qty decimal.Decimal) bool { return m.depth(o).GreaterThanOrEqual(qty) }

// eat takes what was traded from the book. Where a quote is used up, nothing is there until the test moves it.
func (m *market) eat(o *order, qty decimal.Decimal) {
	if side := m.side(o); side != nil {
		left := side.Sub(qty)
		if o.buys() {
			m.quote.AskQty = &left
		} else {
			m.quote.BidQty = &left
		}
	}
	price := m.best(o)
	m.traded(price, &qty)
}

// priceOf is what an order is reckoned at: its limit, or the mark price.
func (m *market) priceOf(o *order) decimal.Decimal {
	if o.typ == "LIMIT" {
		return o.price
	}
	return m.mark
}

func (m *market) worth(o *order) decimal.Decimal { return o.qty.Mul(m.priceOf(o)) }

// floor cuts a quantity to whole steps.
func (m *market) floor(qty decimal.Decimal) decimal.Decimal {
	return qty.Div(m.spec.Step).Floor().Mul(m.spec.Step)
}

// maxNotional is the largest position at the leverage that is set.
func (m *market) maxNotional() decimal.Decimal {
	most := decimal.Zero
	for _, b := range m.spec.Brackets {
		if b.Leverage >= m.leverage {
			most = b.Cap
		}
	}
	return most
}

// close ends the open minute, and tells the streams of the bars that end with it.
func (m *market) close(e *engine, now time.Time) {
	if now.Before(m.minute.Add(time.Minute)) {
		return
	}
	ended := m.minute
	m.minute = now.Truncate(time.Minute)
	if !e.watched() {
		return
	}
	for _, i := range intervals {
		if i.begin(ended) != i.begin(m.minute) {
			e.feed(m.spec.Name, "kline_"+i.name, func() obj { return m.klineEvent(i, i.begin(ended), now, true) })
		}
	}
}

// barAt is the bar of an interval that began at a time, made from its minutes. A minute without a trade keeps the price
// of the one before.
func (m *market) barAt(i interval, begin time.Time) (bar, bool) {
	end := i.next(begin)
	from, _ := slices.BinarySearchFunc(m.bars, begin, func(b bar, t time.Time) int { return b.at.Compare(t) })
	b := bar{at: begin}
	for _, minute := range m.bars[from:] {
		if !minute.at.Before(end) {
			break
		}
		b = b.join(minute)
	}
	switch {
	case !b.close.IsZero():
		return b, true
	case from == 0:
		return b, false
	default:
		before := m.bars[from-1].close
		b.open, b.high, b.low, b.close = before, before, before, before
		return b, true
	}
}
