package tradingtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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

// SetPrice sets what symbol trades at from now on, and fills the resting orders that waited for that.
func (v *Venue) SetPrice(symbol string, price decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.prices[symbol] = price
	for _, o := range slices.Clone(v.resting) {
		if o.Symbol == symbol && due(o, price) && v.leaveLocked(o.ClientID) {
			v.endPairLocked(o.ClientID)
			v.fillLocked(o, o.Quantity)
		}
	}
}

// due tells whether an order executes at price. A stop limit is taken for a stop.
func due(o trading.Order, price decimal.Decimal) bool {
	switch o.Type {
	case trading.Limit:
		return price.Cmp(o.LimitPrice)*int(o.Side) <= 0
	case trading.Stop, trading.StopLimit:
		return price.Cmp(o.StopPrice)*int(o.Side) >= 0
	}
	return true
}

// leaveLocked takes an order out of those that rest, and tells whether it was there.
func (v *Venue) leaveLocked(clientID string) bool {
	before := len(v.resting)
	v.resting = slices.DeleteFunc(v.resting, func(o trading.Order) bool { return o.ClientID == clientID })
	return len(v.resting) < before
}

// Cancel implements trading.Canceler.
func (v *Venue) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.orders[ref.ClientID]; !ok {
		return fmt.Errorf("venue: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	v.cancelLocked(ref.ClientID, "as asked for")
	return nil
}

// cancelLocked cancels an order if it rests, and the other one of its pair.
func (v *Venue) cancelLocked(clientID, reason string) {
	if report := v.orders[clientID]; v.leaveLocked(clientID) {
		report.Status, report.Reason = trading.StatusCanceled, reason
		v.reportLocked(report)
		v.endPairLocked(clientID)
	}
}

// endPairLocked cancels the other one of an order's pair.
func (v *Venue) endPairLocked(clientID string) {
	other := v.pairs[clientID]
	delete(v.pairs, clientID)
	delete(v.pairs, other)
	v.cancelLocked(other, "the other one of the pair ended")
}

// Resting returns the orders that wait for their price.
func (v *Venue) Resting() []trading.Order {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.resting)
}

// FillPart lets the next order fill only so much, and cancels the rest of it.
func (v *Venue) FillPart(quantity decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.part = quantity
}

// FillResting fills so much of an order that rests, at the price of now, and lets the rest of it wait on.
func (v *Venue) FillResting(clientID string, quantity decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	i := slices.IndexFunc(v.resting, func(o trading.Order) bool { return o.ClientID == clientID })
	if i < 0 || !quantity.IsPositive() {
		return
	}
	o := v.resting[i]
	if quantity.GreaterThanOrEqual(o.Quantity) && v.leaveLocked(clientID) {
		v.endPairLocked(clientID)
		v.fillLocked(o, o.Quantity)
		return
	}
	v.resting[i].Quantity = o.Quantity.Sub(quantity)
	report := v.orders[clientID]
	report.Filled = report.Filled.Add(quantity)
	v.executeLocked(trading.Fill{
		ID: fmt.Sprintf("%s-%d-%s", clientID, v.taken[clientID], report.Filled), ClientID: clientID,
		Symbol: o.Symbol, Side: o.Side, Quantity: quantity,
	})
	v.reportLocked(report)
}

// ChargeFees lets every fill from now on cost what fee says, in an asset by name, or in the quote currency where that is
// "". A fee in what is traded is taken from what is held.
func (v *Venue) ChargeFees(fee func(trading.Fill) (fee decimal.Decimal, asset string)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.fee = fee
}

// MoveCash lets the account's cash change without a fill. The event is dated now.
func (v *Venue) MoveCash(e trading.CashEvent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e.Time = v.clock.Now().UTC()
	v.moves = append(v.moves, e)
	v.pushLocked()
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

// Break lets the stream of updates be down, or up again. What happens meanwhile is in no update.
func (v *Venue) Break(down bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.broken = down
	v.updates.Break(down)
}

// Trade executes something that no client sent here, as when a person trades by hand on the same account.
func (v *Venue) Trade(id, symbol string, side trading.Side, quantity decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.executeLocked(trading.Fill{ID: id, ClientID: "by-hand-" + id, Symbol: symbol, Side: side, Quantity: quantity})
	v.pushLocked()
}

// Transfer changes what is held without a fill, as when coins are moved from or to the account.
func (v *Venue) Transfer(symbol string, quantity decimal.Decimal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.held[symbol] = v.held[symbol].Add(quantity)
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

// Forget drops what the Venue knows of an order; its fills stay.
func (v *Venue) Forget(clientID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.orders, clientID)
}

// Traits implements trading.Broker.
func (v *Venue) Traits() trading.Traits { return v.traits }

// Submit implements trading.Broker.
func (v *Venue) Submit(ctx context.Context, a trading.Approved) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o := a.Order()
	if err := a.Begin(ctx); err != nil {
		return fmt.Errorf("venue: order %s was not sent: %w", o.ClientID, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.mayTakeLocked(o); err != nil {
		return err
	}
	v.takeLocked(o)
	return nil
}

// mayTakeLocked says why an order cannot be taken.
func (v *Venue) mayTakeLocked(o trading.Order) error {
	if _, ok := v.orders[o.ClientID]; ok && v.traits.RefusesDuplicates {
		return fmt.Errorf("venue: %w: %s", trading.ErrDuplicate, o.ClientID)
	}
	if _, ok := v.prices[o.Symbol]; !ok {
		return fmt.Errorf("venue: %w: no price for %s", trading.ErrRejected, o.Symbol)
	}
	return nil
}

func (v *Venue) takeLocked(o trading.Order) {
	v.taken[o.ClientID]++
	if !due(o, v.prices[o.Symbol]) {
		v.orders[o.ClientID] = trading.OrderReport{ClientID: o.ClientID, Status: trading.StatusOpen}
		v.resting = append(v.resting, o)
		return
	}
	quantity := o.Quantity
	if v.part.IsPositive() {
		quantity = decimal.Min(v.part, quantity)
	}
	v.part = decimal.Zero
	v.fillLocked(o, quantity)
}

// Replace implements trading.Replacer.
func (v *Venue) Replace(ctx context.Context, old trading.OrderRef, with trading.Approved) error {
	o := with.Order()
	if err := with.Begin(ctx); err != nil {
		return fmt.Errorf("venue: order %s was not sent: %w", o.ClientID, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.mayTakeLocked(o); err != nil {
		return err
	}
	if v.orders[old.ClientID].Status != trading.StatusOpen {
		return fmt.Errorf("venue: %w: %s is not open", trading.ErrRejected, old.ClientID)
	}
	v.cancelLocked(old.ClientID, "replaced by "+o.ClientID)
	v.takeLocked(o)
	return nil
}

// beginBoth asks the second gate only where the first one is open.
func beginBoth(ctx context.Context, first, second trading.Approved) error {
	if err := first.Begin(ctx); err != nil {
		return err
	}
	return second.Begin(ctx)
}

// SubmitPair implements trading.Pairer.
func (v *Venue) SubmitPair(ctx context.Context, takeProfit, stopLoss trading.Approved) error {
	pair := []trading.Order{takeProfit.Order(), stopLoss.Order()}
	if err := beginBoth(ctx, takeProfit, stopLoss); err != nil {
		return fmt.Errorf("venue: the pair %s and %s was not sent: %w", pair[0].ClientID, pair[1].ClientID, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, o := range pair {
		if err := v.mayTakeLocked(o); err != nil {
			return err
		}
		if due(o, v.prices[o.Symbol]) {
			return fmt.Errorf("venue: %w: %s would fill at once", trading.ErrRejected, o.ClientID)
		}
	}
	v.pairs[pair[0].ClientID], v.pairs[pair[1].ClientID] = pair[1].ClientID, pair[0].ClientID
	for _, o := range pair {
		v.takeLocked(o)
	}
	return nil
}

// fillLocked fills so much of an order, less where it only reduces and there is less to reduce, and cancels the rest.
func (v *Venue) fillLocked(o trading.Order, quantity decimal.Decimal) {
	if held := o.Side.Signed(v.held[o.Symbol]); o.ReduceOnly {
		quantity = decimal.Min(quantity, decimal.Max(held.Neg(), decimal.Zero))
	}
	filled := v.orders[o.ClientID].Filled.Add(quantity)
	report := trading.OrderReport{ClientID: o.ClientID, Status: trading.StatusFilled, Filled: filled}
	if quantity.LessThan(o.Quantity) {
		report.Status, report.Reason = trading.StatusCanceled, "no more to be had"
	}
	if quantity.IsPositive() {
		v.executeLocked(trading.Fill{
			ID: o.ClientID + "-" + strconv.Itoa(v.taken[o.ClientID]), ClientID: o.ClientID, Symbol: o.Symbol, Side: o.Side,
			Quantity: quantity,
		})
	}
	v.reportLocked(report)
}

// reportLocked notes what became of an order, and tells those who wait for it.
func (v *Venue) reportLocked(report trading.OrderReport) {
	v.orders[report.ClientID] = report
	v.pushLocked(report)
}

func (v *Venue) pushLocked(reports ...trading.OrderReport) {
	if !v.broken {
		v.updates.Push(reports...)
	}
}

func (v *Venue) executeLocked(f trading.Fill) {
	f.Price, f.Time = v.prices[f.Symbol], v.clock.Now().UTC()
	if v.fee != nil {
		f.Fee, f.FeeAsset = v.fee(f)
	}
	v.fills = append(v.fills, f)
	v.held[f.Symbol] = v.held[f.Symbol].Add(f.Held())
}

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
