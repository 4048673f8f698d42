package tradingtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Clock is the time that a Venue lives in. Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// Venue is a counterparty for tests: it fills every order at the price that it was set to, market orders at once and the
// others when SetPrice gets there, and its ledger is the truth that a journal can be held against. Unlike the paper
// broker it takes a client ID as often as it is sent, unless its Traits say otherwise, so that an order that was doubled
// shows as two. Use NewVenue. It is safe for concurrent use.
type Venue struct {
	clock  Clock
	traits trading.Traits

	mu          sync.Mutex // guards all below
	prices      map[string]decimal.Decimal
	orders      map[string]trading.OrderReport
	resting     []trading.Order
	pairs       map[string]string // the other one of two orders of which only one may fill, by client ID
	traded      []trading.Instrument
	taken       map[string]int // how often a client ID was accepted
	fills       []trading.Fill
	moves       []trading.CashEvent
	conversions []trading.Conversion
	held        map[string]decimal.Decimal
	part        decimal.Decimal // of the next order's quantity; zero for all of it
	fee         func(trading.Fill) (fee decimal.Decimal, asset string)

	broken  bool // the stream of updates
	updates trading.UpdateLog
}

// NewVenue returns a Venue without prices; an order for what has no price is rejected. The instruments are what it lists.
func NewVenue(clock Clock, traits trading.Traits, instruments ...trading.Instrument) *Venue {
	return &Venue{
		clock: clock, traits: traits, traded: instruments,
		prices: make(map[string]decimal.Decimal), orders: make(map[string]trading.OrderReport),
		taken: make(map[string]int), held: make(map[string]decimal.Decimal), pairs: make(map[string]string),
	}
}

var (
	_ trading.Broker           = (*Venue)(nil)
	_ trading.Canceler         = (*Venue)(nil)
	_ trading.OrderLister      = (*Venue)(nil)
	_ trading.Positioner       = (*Venue)(nil)
	_ trading.InstrumentLister = (*Venue)(nil)
	_ trading.Pricer           = (*Venue)(nil)
	_ trading.Updater          = (*Venue)(nil)
	_ trading.Replacer         = (*Venue)(nil)
	_ trading.Pairer           = (*Venue)(nil)
	_ trading.CashReporter     = (*Venue)(nil)
)

// Resting returns the orders that wait for their price.
func (v *Venue) Resting() []trading.Order {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.resting)
}

// CashEvents implements trading.CashReporter.
func (v *Venue) CashEvents(ctx context.Context, from trading.Cursor, limit int) ([]trading.CashEvent, trading.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, from, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	page, next := trading.CashPage(v.moves, from, limit)
	return page, next, nil
}

// Taken tells how often an order of this client ID was accepted: more than once is an order that was doubled.
func (v *Venue) Taken(clientID string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.taken[clientID]
}

// ClientIDs returns the client IDs of all orders that were accepted, sorted.
func (v *Venue) ClientIDs() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var ids []string
	for id := range v.taken {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Ledger returns all fills there ever were.
func (v *Venue) Ledger() []trading.Fill {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.fills)
}

// Traits implements trading.Broker.
func (v *Venue) Traits() trading.Traits { return v.traits }

// Order implements trading.Broker.
func (v *Venue) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return trading.OrderReport{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	report, ok := v.orders[ref.ClientID]
	if !ok {
		return report, fmt.Errorf("venue: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	return report, nil
}

// OpenOrders implements trading.OrderLister.
func (v *Venue) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var open []trading.OrderReport
	for _, o := range v.resting {
		if report, ok := v.orders[o.ClientID]; ok {
			report.Symbol, report.Type = o.Symbol, o.Type
			open = append(open, report)
		}
	}
	return open, nil
}

// Fills implements trading.Broker.
func (v *Venue) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	if err := ctx.Err(); err != nil {
		return nil, from, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	page, next := trading.FillPage(v.fills, from, limit)
	return page, next, nil
}

// Instruments implements trading.InstrumentLister.
func (v *Venue) Instruments(context.Context) ([]trading.Instrument, error) {
	return slices.Clone(v.traded), nil
}

// Positions implements trading.Positioner.
func (v *Venue) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	held := make(map[string]decimal.Decimal)
	for symbol, quantity := range v.held {
		if !quantity.IsZero() {
			held[symbol] = quantity
		}
	}
	return held, nil
}

// Price implements trading.Pricer.
func (v *Venue) Price(symbol string) (decimal.Decimal, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	price, ok := v.prices[symbol]
	return price, ok
}

// Updated implements trading.Updater.
func (v *Venue) Updated() <-chan struct{} { return v.updates.Updated() }

// Updates implements trading.Updater.
func (v *Venue) Updates(after int64) trading.Updates { return v.updates.Updates(after) }
