package tradingtest

import (
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
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

// Forget drops what the Venue knows of an order; its fills stay.
func (v *Venue) Forget(clientID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.orders, clientID)
}
