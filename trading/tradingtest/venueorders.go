package tradingtest

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

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

func (v *Venue) executeLocked(f trading.Fill) {
	f.Price, f.Time = v.prices[f.Symbol], v.clock.Now().UTC()
	if v.fee != nil {
		f.Fee, f.FeeAsset = v.fee(f)
	}
	v.fills = append(v.fills, f)
	v.held[f.Symbol] = v.held[f.Symbol].Add(f.Held())
}

// leaveLocked takes an order out of those that rest, and tells whether it was there.
func (v *Venue) leaveLocked(clientID string) bool {
	before := len(v.resting)
	v.resting = slices.DeleteFunc(v.resting, func(o trading.Order) bool { return o.ClientID == clientID })
	return len(v.resting) < before
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
