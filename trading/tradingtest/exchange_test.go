package tradingtest_test

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// exchange is a venue with a matching core, in its own words and not in ours: an adapter has to translate. It trades one
// instrument, at one price, and has so much to give there as its depth says.
type exchange struct {
	forgetful bool // a client ID is taken again once its order is done, as at many venues

	mu     sync.Mutex // guards all below
	now    time.Time  // goes on by a millisecond with all that happens
	still  bool       // what happens is of one instant
	price  decimal.Decimal
	depth  decimal.NullDecimal // what is left at the price; null for no end
	orders []*xOrder           // in the order in which they came
	trades []xTrade
	moves  []xMove
	held   decimal.Decimal
	fees   string // what fees are paid in
	ears   map[*ear]bool
}

// What fees are of a notional: a resting order is paid for being there.
var (
	takerRate = decimal.RequireFromString("0.0005")
	makerRate = decimal.RequireFromString("-0.0001")
)

// xOrder is an order as the exchange writes it.
type xOrder struct {
	OrderID   int64           `json:"orderId"`
	Client    string          `json:"clientOrderId"`
	Symbol    string          `json:"symbol"`
	Side      string          `json:"side"` // BUY, SELL
	Type      string          `json:"type"` // MARKET, LIMIT, STOP, STOP_LIMIT
	Quantity  decimal.Decimal `json:"origQty"`
	Price     decimal.Decimal `json:"price"`
	StopPrice decimal.Decimal `json:"stopPrice"`
	Force     string          `json:"timeInForce"` // GTC, IOC, FOK, DAY
	PostOnly  bool            `json:"postOnly"`
	Reduce    bool            `json:"reduceOnly"`
	Profit    decimal.Decimal `json:"takeProfit"` // tied to the entry, as is Loss
	Loss      decimal.Decimal `json:"stopLoss"`
	Executed  decimal.Decimal `json:"executedQty"`
	Status    string          `json:"status"` // NEW, PARTIALLY_FILLED, FILLED, CANCELED, EXPIRED
	Triggered bool            `json:"triggered"`
	Text      string          `json:"text"`

	pair    *xOrder
	guards  bool // made by the exchange for what an entry has filled
	resting bool
}

// xTrade is an execution as the exchange writes it. A fee that is paid is below zero there.
type xTrade struct {
	ID          int64           `json:"id"`
	OrderID     int64           `json:"orderId"`
	Client      string          `json:"clientOrderId"`
	Symbol      string          `json:"symbol"`
	Side        string          `json:"side"`
	Price       decimal.Decimal `json:"price"`
	Quantity    decimal.Decimal `json:"qty"`
	Fee         decimal.Decimal `json:"fee"`
	FeeAsset    string          `json:"feeAsset"`
	Time        time.Time       `json:"time"`
	Liquidation bool            `json:"liquidation"`
}

// xMove is cash that moves without an execution.
type xMove struct {
	ID     int64           `json:"id"`
	Kind   string          `json:"kind"` // FUNDING, DEPOSIT, WITHDRAWAL
	Amount decimal.Decimal `json:"amount"`
	Asset  string          `json:"asset"`
	Time   time.Time       `json:"time"`
}

// xPosition is what is held at the exchange.
type xPosition struct {
	Quantity    decimal.Decimal `json:"positionAmt"`
	Mark        decimal.Decimal `json:"markPrice"`
	Liquidation decimal.Decimal `json:"liquidationPrice"` // zero for none
}

// xFilters are the steps of an instrument.
type xFilters struct {
	Symbol string `json:"symbol"`
	Tick   string `json:"tickSize"`
	Step   string `json:"stepSize"`
}

// xError is how the exchange says no.
type xError struct {
	Code int    `json:"code"`
	Text string `json:"msg"`
}

// The refusals of the exchange, and what it does not know.
var (
	errUsed    = errors.New("client order id is not unique")
	errNoOrder = errors.New("order does not exist")
)

// refusal is why the exchange does not take an order.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	xSymbol = "ETHUSDT"
	xTick   = "0.01"
	xStep   = "0.001"
	xPrice  = "1834.57"
)

func newExchange() *exchange {
	return &exchange{
		now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), price: decimal.RequireFromString(xPrice), fees: "USDT",
		ears: make(map[*ear]bool),
	}
}

func (x *exchange) Now() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.tickLocked()
}

func (x *exchange) tickLocked() time.Time {
	if !x.still {
		x.now = x.now.Add(time.Millisecond)
	}
	return x.now
}

func (o *xOrder) sign() decimal.Decimal {
	if o.Side == "SELL" {
		return decimal.NewFromInt(-1)
	}
	return decimal.NewFromInt(1)
}

func (o *xOrder) done() bool { return o.Status != "NEW" && o.Status != "PARTIALLY_FILLED" }

func (o *xOrder) left() decimal.Decimal { return o.Quantity.Sub(o.Executed) }

// place takes an order, or says why not.
func (x *exchange) place(o xOrder) (xOrder, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.refuseLocked(&o); err != nil {
		return o, err
	}
	return *x.takeLocked(o), nil
}

func (x *exchange) takeLocked(o xOrder) *xOrder {
	o.OrderID, o.Status, o.Executed = 9000+int64(len(x.orders)), "NEW", decimal.Zero
	taken := &o
	x.orders = append(x.orders, taken)
	x.tickLocked()
	x.matchLocked(taken)
	x.tellLocked(taken)
	return taken
}

// refuseLocked says why an order is not taken.
func (x *exchange) refuseLocked(o *xOrder) error {
	if before := x.findLocked(o.Client); before != nil && !(x.forgetful && before.done()) {
		return errUsed
	}
	step, tick := decimal.RequireFromString(xStep), decimal.RequireFromString(xTick)
	switch {
	case o.Symbol != xSymbol:
		return refusal("invalid symbol")
	case !o.Quantity.IsPositive() || !o.Quantity.Mod(step).IsZero():
		return refusal("invalid quantity")
	case !o.Price.Mod(tick).IsZero() || !o.StopPrice.Mod(tick).IsZero():
		return refusal("price is not a multiple of the tick")
	case (o.Type == "LIMIT" || o.Type == "STOP_LIMIT") != o.Price.IsPositive():
		return refusal("price sent where none is wanted, or none where one is")
	case (o.Type == "STOP" || o.Type == "STOP_LIMIT") != o.StopPrice.IsPositive():
		return refusal("stop price sent where none is wanted, or none where one is")
	case o.PostOnly && o.Type == "LIMIT" && x.crossesLocked(o):
		return refusal("post only order would execute at once")
	case o.Reduce && !x.reducibleLocked(o).IsPositive():
		return refusal("reduce only order is rejected")
	}
	return nil
}

// reducibleLocked is how much an order can take off what is held.
func (x *exchange) reducibleLocked(o *xOrder) decimal.Decimal {
	return decimal.Max(decimal.Zero, x.held.Mul(o.sign()).Neg())
}

// crossesLocked reports whether an order executes at the price of now.
func (x *exchange) crossesLocked(o *xOrder) bool {
	switch o.Type {
	case "LIMIT":
		return x.price.Sub(o.Price).Mul(o.sign()).Sign() <= 0
	case "STOP", "STOP_LIMIT":
		if !o.Triggered && x.price.Sub(o.StopPrice).Mul(o.sign()).Sign() < 0 {
			return false
		}
		return o.Type == "STOP" || x.price.Sub(o.Price).Mul(o.sign()).Sign() <= 0
	}
	return true
}

// matchLocked lets an order have what there is for it.
func (x *exchange) matchLocked(o *xOrder) {
	if o.StopPrice.IsPositive() && x.price.Sub(o.StopPrice).Mul(o.sign()).Sign() >= 0 {
		o.Triggered = true
	}
	if x.crossesLocked(o) {
		x.executeLocked(o)
	}
	waits := o.StopPrice.IsPositive() && !o.Triggered
	switch {
	case o.done():
	case o.Type == "MARKET" || o.Type == "STOP" && o.Triggered || !waits && (o.Force == "IOC" || o.Force == "FOK"):
		x.endLocked(o, "EXPIRED", "nothing more to be had at once")
	default:
		o.resting = true
	}
}

// executeLocked fills as much of an order as it may have.
func (x *exchange) executeLocked(o *xOrder) {
	quantity := o.left()
	if o.Reduce {
		quantity = decimal.Min(quantity, x.reducibleLocked(o))
	}
	if x.depth.Valid {
		quantity = decimal.Min(quantity, x.depth.Decimal)
	}
	if o.Force == "FOK" && quantity.LessThan(o.left()) || !quantity.IsPositive() {
		return
	}
	if x.depth.Valid {
		x.depth.Decimal = x.depth.Decimal.Sub(quantity)
	}
	rate := takerRate
	if o.resting && o.Type == "LIMIT" {
		rate = makerRate
	}
	x.tradeLocked(o, quantity, rate)
	o.Executed, o.Status = o.Executed.Add(quantity), "PARTIALLY_FILLED"
	if o.left().IsZero() {
		o.Status, o.resting = "FILLED", false
		x.endPairLocked(o)
	}
	x.guardLocked(o, quantity)
}

func (x *exchange) tradeLocked(o *xOrder, quantity, rate decimal.Decimal) {
	x.held = x.held.Add(quantity.Mul(o.sign()))
	x.trades = append(x.trades, xTrade{
		ID: 70_001 + int64(len(x.trades)), OrderID: o.OrderID, Client: o.Client, Symbol: o.Symbol, Side: o.Side, Price: x.price,
		Quantity: quantity, Fee: quantity.Mul(x.price).Mul(rate).Neg(), FeeAsset: x.fees, Time: x.tickLocked(),
	})
}

// guardLocked places the two orders that guard what an entry has filled, one pair for the whole of it.
func (x *exchange) guardLocked(entry *xOrder, quantity decimal.Decimal) {
	if !entry.Profit.IsPositive() && !entry.Loss.IsPositive() {
		return
	}
	if loss, profit := x.findLocked(entry.Client+"-sl"), x.findLocked(entry.Client+"-tp"); loss != nil || profit != nil {
		for _, o := range []*xOrder{loss, profit} {
			if o != nil {
				o.Quantity = o.Quantity.Add(quantity)
			}
		}
		return
	}
	out := map[string]string{"BUY": "SELL", "SELL": "BUY"}[entry.Side]
	base := xOrder{Symbol: entry.Symbol, Side: out, Quantity: quantity, Force: "GTC", Reduce: true, guards: true}
	var legs []*xOrder
	if entry.Profit.IsPositive() {
		leg := base
		leg.Client, leg.Type, leg.Price = entry.Client+"-tp", "LIMIT", entry.Profit
		legs = append(legs, x.takeLocked(leg))
	}
	if entry.Loss.IsPositive() {
		leg := base
		leg.Client, leg.Type, leg.StopPrice = entry.Client+"-sl", "STOP", entry.Loss
		legs = append(legs, x.takeLocked(leg))
	}
	if len(legs) == 2 {
		legs[0].pair, legs[1].pair = legs[1], legs[0]
	}
}

// endLocked ends what is left of an order, and the other one of its pair.
func (x *exchange) endLocked(o *xOrder, status, text string) {
	if o.done() {
		return
	}
	o.Status, o.Text, o.resting = status, text, false
	x.tickLocked()
	x.endPairLocked(o)
}

func (x *exchange) endPairLocked(o *xOrder) {
	if other := o.pair; other != nil {
		o.pair, other.pair = nil, nil
		x.endLocked(other, "CANCELED", "the other one of the pair has ended")
		x.tellLocked(other)
	}
}

// findLocked finds an order by its client ID, the latest first.
func (x *exchange) findLocked(client string) *xOrder {
	for _, o := range slices.Backward(x.orders) {
		if o.Client == client {
			return o
		}
	}
	return nil
}

func (x *exchange) order(client string) (xOrder, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if o := x.findLocked(client); o != nil {
		return *o, nil
	}
	return xOrder{}, errNoOrder
}

func (x *exchange) cancel(client string) (xOrder, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := x.findLocked(client)
	if o == nil {
		return xOrder{}, errNoOrder
	}
	if !o.done() {
		x.endLocked(o, "CANCELED", "canceled by the client")
		x.tellLocked(o)
	}
	return *o, nil
}

// replace puts an order in the place of another one in one act.
func (x *exchange) replace(old string, with xOrder) (xOrder, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	o := x.findLocked(old)
	if o == nil || o.done() {
		return with, refusal("the order to be replaced is not open")
	}
	if err := x.refuseLocked(&with); err != nil {
		return with, err
	}
	x.endLocked(o, "CANCELED", "replaced")
	x.tellLocked(o)
	return *x.takeLocked(with), nil
}

// placePair takes both orders, of which one ends the other, or none.
func (x *exchange) placePair(first, second xOrder) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, o := range []*xOrder{&first, &second} {
		if err := x.refuseLocked(o); err != nil {
			return err
		}
		if x.crossesLocked(o) {
			return refusal("one of the pair would execute at once")
		}
	}
	a, b := x.takeLocked(first), x.takeLocked(second)
	a.pair, b.pair = b, a
	return nil
}

// setPrice moves the market, and what rests gets what it waited for.
func (x *exchange) setPrice(price decimal.Decimal) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.price = price
	x.sweepLocked()
}

// offer is all that there is at the price from now on.
func (x *exchange) offer(quantity decimal.Decimal) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.depth = decimal.NewNullDecimal(quantity)
	x.sweepLocked()
}

func (x *exchange) sweepLocked() {
	x.tickLocked()
	x.still = true
	defer func() { x.still = false }()
	for _, o := range slices.Clone(x.orders) {
		if before := *o; o.resting {
			x.matchLocked(o)
			if !before.Executed.Equal(o.Executed) || before.Status != o.Status || before.Triggered != o.Triggered {
				x.tellLocked(o)
			}
		}
	}
}

// endDay ends the orders that are for one day.
func (x *exchange) endDay() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, o := range slices.Clone(x.orders) {
		if o.Force == "DAY" && !o.done() {
			x.endLocked(o, "EXPIRED", "the day is over")
			x.tellLocked(o)
		}
	}
}

// byHand executes something that no adapter has sent.
func (x *exchange) byHand(side string, quantity decimal.Decimal, liquidation bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	client := "web_" + strconv.Itoa(len(x.orders))
	if liquidation {
		client = "autoclose-" + strconv.Itoa(len(x.orders))
	}
	o := &xOrder{
		OrderID: 9000 + int64(len(x.orders)), Client: client, Symbol: xSymbol, Side: side, Type: "MARKET", Force: "GTC",
		Quantity: quantity, Executed: quantity, Status: "FILLED",
	}
	x.orders = append(x.orders, o)
	x.tradeLocked(o, quantity, takerRate)
	x.trades[len(x.trades)-1].Liquidation = liquidation
	x.tellLocked(o)
}

// move lets cash move.
func (x *exchange) move(kind, amount string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.moves = append(x.moves, xMove{
		ID: 500 + int64(len(x.moves)), Kind: kind, Amount: decimal.RequireFromString(amount), Asset: "USDT", Time: x.tickLocked(),
	})
	x.tellLocked(nil)
}

func (x *exchange) payFeesIn(asset string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fees = asset
}

func (x *exchange) open() []xOrder {
	x.mu.Lock()
	defer x.mu.Unlock()
	var open []xOrder
	for _, o := range x.orders {
		if !o.done() {
			open = append(open, *o)
		}
	}
	return open
}

// xPage is the most rows that the exchange gives at once.
const xPage = 5

// page are the rows from a number, or where that is 0 from a time on, oldest first.
func page[T any](rows []T, from int64, since time.Time, limit int, place func(T) (int64, time.Time)) []T {
	first := slices.IndexFunc(rows, func(row T) bool {
		id, at := place(row)
		return from > 0 && id >= from || from == 0 && !at.Before(since)
	})
	if first < 0 {
		return nil
	}
	return rows[first:min(len(rows), first+min(cmp.Or(limit, xPage), xPage))]
}

func (x *exchange) tradesFrom(from int64, since time.Time, limit int) []xTrade {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(page(x.trades, from, since, limit, func(t xTrade) (int64, time.Time) { return t.ID, t.Time }))
}

func (x *exchange) movesFrom(from int64, since time.Time, limit int) []xMove {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(page(x.moves, from, since, limit, func(m xMove) (int64, time.Time) { return m.ID, m.Time }))
}

// position is what is held, and at which price the exchange would close it.
func (x *exchange) position() (held, mark, liquidation decimal.Decimal) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.held.IsZero() {
		return x.held, x.price, decimal.Zero
	}
	far := decimal.RequireFromString("0.9")
	if x.held.IsNegative() {
		far = decimal.RequireFromString("1.1")
	}
	return x.held, x.price, x.price.Mul(far)
}

// ear is somebody who listens to the exchange.
type ear struct{ news chan any }

// listen returns an ear with room for all that a test lets happen.
func (x *exchange) listen() *ear {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := &ear{news: make(chan any, 1000)}
	x.ears[e] = true
	return e
}

func (x *exchange) hangUp(e *ear) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.ears, e)
}

// tellLocked tells all who listen of an order, or of something else.
func (x *exchange) tellLocked(o *xOrder) {
	for e := range maps.Keys(x.ears) {
		if o == nil {
			e.news <- xOrder{}
		} else {
			e.news <- *o
		}
	}
}
