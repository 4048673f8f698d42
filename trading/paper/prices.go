package paper

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// market is an instrument and its price. Broker.mu guards it.
type market struct {
	trading.Instrument
	listed  bool            // it is traded here
	known   bool            // there is a price
	rough   float64         // the last one, nearly
	rounded bool            // now is the last one; otherwise it is to be made of rough
	now     decimal.Decimal // see last
	least   float64         // a price that is certainly one
	barTime time.Time       // of the bar that it is from
	barEnd  time.Time       // when that ended
	funded  time.Time       // funding up to then is paid
	supply                  // what can be had at it
}

func (m *market) set(price decimal.Decimal) {
	m.now, m.rough, m.known, m.rounded = price, rough.Float(price), true, true
}

// mark takes note of the price at which a bar closed. It is rounded to the tick only when it is asked for.
func (m *market) mark(price float64) { m.rough, m.known, m.rounded = price, true, false }

// refuses says why a price cannot be.
func (m *market) refuses(price float64) error {
	if price >= m.least {
		return nil
	}
	_, err := m.Price(price)
	return err
}

// last is the last known price.
func (m *market) last() (decimal.Decimal, bool) {
	if m.known && !m.rounded {
		m.now, _ = m.Price(m.rough) // mark comes after refuses
		m.rounded = true
	}
	return m.now, m.known
}

// markets are those of a Broker, by symbol, and those of what is held besides.
type markets map[string]*market

// listed returns the market of what is traded here.
func (s markets) listed(symbol string) (*market, bool) {
	m, ok := s[symbol]
	return m, ok && m.listed
}

// of returns the market of an instrument, also where it is not traded here any more and only held: that has a price, which
// is not rounded, for nobody knows its tick.
func (s markets) of(symbol string) *market {
	m, ok := s[symbol]
	if !ok {
		smallest := decimal.New(1, -18)
		m = &market{Instrument: trading.Instrument{Symbol: symbol, Tick: smallest, Step: smallest}}
		s[symbol] = m
	}
	return m
}

// last is the last known price.
func (s markets) last(symbol string) (decimal.Decimal, bool) {
	m, ok := s[symbol]
	if !ok {
		return decimal.Zero, false
	}
	return m.last()
}

// OnBar tells the Broker of a closed bar. It fills the orders that waited for it, unless there are quotes, and its close
// becomes the last known price. A bar that is older than the last one of its symbol changes nothing.
func (b *Broker) OnBar(bar signal.Bar) error {
	due := b.fundingsOf(bar)
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.markets.listed(bar.Symbol)
	if !ok {
		return fmt.Errorf("paper: bar of %s, which is not set up", bar.Symbol)
	}
	if err := bar.Validate(); err != nil {
		return fmt.Errorf("paper: bar of %s at %s: %w", bar.Symbol, bar.Time.UTC().Format(time.RFC3339), err)
	}
	if !m.barTime.IsZero() && !bar.Time.After(m.barTime) {
		return nil
	}
	if err := m.refuses(bar.Close); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if b.cfg.Quote != nil {
		due = nil // They are paid at quotes.
	}
	due = b.payFundings(m, due, bar.End())
	if b.cfg.Quote == nil {
		b.walkBar(m, bar)
		b.orders.archive(bar.End())
	}
	m.mark(bar.Close)
	m.barTime, m.barEnd = bar.Time, bar.End()
	if b.cfg.Funding != nil && b.cfg.Quote == nil {
		b.payFundings(m, due, bar.End().Add(1))
		m.funded = bar.End()
	}
	return nil
}

// Price implements trading.Pricer: the quote, or the close of the last bar.
func (b *Broker) Price(symbol string) (decimal.Decimal, bool) {
	if quote, quoted := b.quote(symbol); quoted {
		if i, ok := b.instrument(symbol); ok {
			if price, err := i.Price(quote); err == nil {
				return price, true
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.markets.last(symbol)
}

// PricedAt returns of when the Price is: now for a quote, or when the last bar ended; false where there is none.
func (b *Broker) PricedAt(symbol string) (time.Time, bool) {
	if _, quoted := b.quote(symbol); quoted {
		return b.cfg.Clock.Now(), true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.markets[symbol]
	if !ok || m.barEnd.IsZero() {
		return time.Time{}, false
	}
	return m.barEnd, true
}

// instrument returns what is traded here.
func (b *Broker) instrument(symbol string) (trading.Instrument, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.markets.listed(symbol)
	if !ok {
		return trading.Instrument{}, false
	}
	return m.Instrument, true
}

// quote asks for the price of now; it takes no lock, because Quote is not ours.
func (b *Broker) quote(symbol string) (float64, bool) {
	if b.cfg.Quote == nil {
		return 0, false
	}
	return b.cfg.Quote(symbol)
}

// workQuotes takes the orders that wait to the present quotes.
func (b *Broker) workQuotes() {
	if b.cfg.Quote == nil {
		return
	}
	b.mu.Lock()
	waiting := slices.Clone(b.orders.open)
	b.mu.Unlock()
	now := b.cfg.Clock.Now().UTC()
	for _, o := range waiting {
		quote, ok := b.cfg.Quote(o.Symbol)
		b.mu.Lock()
		_, err := b.markets[o.Symbol].Price(quote)
		switch {
		case o.status.Done(), o.guards == nil && !b.arrivesBy(o.since, now):
		case o.expired(now): // also where there is no quote, as at night
			o.end(trading.StatusExpired, "its day is over")
		case ok && err == nil:
			b.walkQuote(o, quote, now)
		}
		b.orders.archive(now)
		b.mu.Unlock()
	}
	b.fundAtQuotes(now)
	b.checkMargins(now)
}

// checkMargins looks at every position at its present quote.
func (b *Broker) checkMargins(now time.Time) {
	b.mu.Lock()
	held := b.account.symbols()
	b.mu.Unlock()
	for _, symbol := range held {
		if quote, ok := b.cfg.Quote(symbol); ok {
			b.callMargin(symbol, quote, now)
		}
	}
}

func (b *Broker) callMargin(symbol string, quote float64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.markets.of(symbol)
	if _, err := m.Price(quote); err != nil {
		return
	}
	w := b.walk(m, now)
	w.now = decimal.NewFromFloat(quote)
	w.marginCall(decimal.Zero)
	b.orders.archive(now)
}

// walkQuote takes one order to the present price.
func (b *Broker) walkQuote(o *order, price float64, at time.Time) {
	if o.expired(at) {
		o.end(trading.StatusExpired, "its day is over")
		return
	}
	w := b.walk(b.markets[o.Symbol], at)
	w.due = func(open *order) bool { return open == o }
	w.takeMarket(price, price)
	w.moveTo(decimal.NewFromFloat(price), true)
}

// takeAtOnce fills a market order at the last price.
func (b *Broker) takeAtOnce(o *order, last decimal.Decimal, at time.Time) {
	if o.Rests() {
		return
	}
	m := b.markets[o.Symbol]
	w := b.walk(m, at)
	if w.bounded() {
		m.count()
	}
	w.take(o, last)
}
