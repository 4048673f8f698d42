package book

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/shopspring/decimal"
)

// fold adds an event that Check has let through and that was journaled at the given time.
func (b *Book) fold(at time.Time, e journal.Event) {
	if b.began.IsZero() {
		b.began = at
	}
	switch e := e.(type) {
	case journal.SignalSeen:
		b.foldSignal(e)
	case journal.IntentMade:
		b.foldIntent(at, e.Order)
	case journal.Submitting:
		b.move(at, e.ClientID, trading.StatusUnknown, "").sent()
	case journal.Acknowledged:
		b.foldAcknowledged(at, e.ClientID)
	case journal.Triggered:
		b.orders[e.ClientID].triggered(at)
	case journal.Rejected:
		b.move(at, e.ClientID, trading.StatusRejected, e.Reason)
		b.counts.Rejected++
	case journal.Unknown:
		b.move(at, e.ClientID, trading.StatusUnknown, e.Reason)
	case journal.NotReceived:
		b.move(at, e.ClientID, trading.StatusIntended, e.Reason).InFlight = e.InFlight
	case journal.SignalApproved:
		b.foldApproved(e)
	case journal.CloseAsked:
		b.foldCloseAsked(e)
	case journal.Amended:
		b.foldAmended(e)
	case journal.CancelAsked:
		b.orders[e.ClientID].cancelAsked(at, e.Reason)
	case journal.Cancelled:
		b.move(at, e.ClientID, endOf(e), e.Reason)
	case journal.Expired:
		b.move(at, e.ClientID, trading.StatusExpired, e.Reason)
	case journal.Filled:
		b.foldFill(at, e.Fill)
	case journal.Adopted:
		b.adopt(e)
	case journal.CashMoved:
		b.foldCash(e.Move)
	case journal.DayOpened:
		b.day = e
	case journal.Halted:
		b.foldHalted(at, e)
	case journal.Rearmed:
		b.halt = Halt{}
	}
	b.forget(at)
}

// foldHalted keeps the first reason: it is the one to look into, and what follows is often its consequence.
func (b *Book) foldHalted(at time.Time, e journal.Halted) {
	if !b.halt.Active() {
		b.halt = Halt{Reason: e.Reason, At: at}
	}
}

func (b *Book) foldSignal(e journal.SignalSeen) {
	b.cursor = Cursor{Store: e.Store, Seq: e.Seq}
	b.counts.Signals[e.Outcome]++
	line := follower{e.Strategy, e.Symbol}
	if e.Outcome != journal.OutcomeSuperseded {
		delete(b.offers, line)
	}
	//exhaustive:enforce
	switch e.Outcome {
	case journal.OutcomeActed:
		b.act(e)
	case journal.OutcomeWouldHave:
		b.offers[line] = e
	case journal.OutcomeSuperseded, journal.OutcomeExpired, journal.OutcomeRefused: // They only count.
	}
}

// act lets a signal set its target.
func (b *Book) act(e journal.SignalSeen) {
	b.acted[follower{e.Strategy, e.Symbol}] = e.BarTime
	delete(b.elsewhere, e.Symbol)
	b.targets[e.Symbol] = &Target{
		Symbol: e.Symbol, Strategy: e.Strategy, SignalID: e.SignalID,
		Quantity: e.Target, ValidUntil: e.ValidUntil, Deferred: e.Deferred, Ticket: e.Ticket,
	}
}

// foldApproved lets an offer set its target, for which an order is to be made.
func (b *Book) foldApproved(e journal.SignalApproved) {
	for line, offer := range b.offers {
		if offer.SignalID == e.SignalID {
			delete(b.offers, line)
			b.act(offer)
			t := b.targets[offer.Symbol]
			t.Deferred, t.Approved = true, true
		}
	}
}

// foldCloseAsked replaces a target by a smaller one, in the name of the strategy that owns the instrument.
func (b *Book) foldCloseAsked(e journal.CloseAsked) {
	next := &Target{Symbol: e.Symbol, SignalID: e.ID, Quantity: e.Quantity, Deferred: true, Approved: true}
	if t := b.targets[e.Symbol]; t != nil {
		next.Strategy = t.Strategy
		if t.Quantity.Sign()*e.Quantity.Sign() > 0 {
			next.Ticket = t.Ticket
		}
	}
	b.targets[e.Symbol] = next
	delete(b.elsewhere, e.Symbol)
}

// foldAmended changes how a target is reached. An order that rests for it gives way to one of the new shape.
func (b *Book) foldAmended(e journal.Amended) {
	t := b.targets[e.Symbol]
	t.Ticket = e.Ticket
	for _, o := range b.pending[e.Symbol] {
		if o.Rests() && o.Leg == "" {
			t.Deferred = true
		}
	}
}

func (b *Book) foldIntent(at time.Time, o trading.Order) {
	b.counts.Orders++
	state := &OrderState{Order: o, Status: trading.StatusIntended, UpdatedAt: at, number: b.counts.Orders}
	b.orders[o.ClientID] = state
	b.addPending(state)
	switch t := b.targets[o.Symbol]; {
	case t == nil || t.SignalID != o.SignalID:
	case o.Leg != "":
		t.Legs++
	default:
		t.Attempts++
		t.Last = o.ClientID
		t.Deferred = false
	}
}

func (o *OrderState) sent() { o.Sends, o.InFlight = o.Sends+1, true }

func (o *OrderState) triggered(at time.Time) { o.Triggered, o.UpdatedAt = true, at }

func (o *OrderState) cancelAsked(at time.Time, reason string) {
	o.CancelAsked, o.Reason, o.UpdatedAt = true, reason, at
}

func (b *Book) foldAcknowledged(at time.Time, clientID string) {
	o := b.orders[clientID]
	o.Acknowledged, o.InFlight = true, false
	if o.Status == trading.StatusUnknown || o.Status == trading.StatusIntended {
		b.move(at, clientID, trading.StatusOpen, "")
	}
}

func (b *Book) foldFill(at time.Time, f trading.Fill) {
	if b.hasFill(f.ID) {
		return
	}
	b.fills[f.ID] = struct{}{}
	b.seen = append(b.seen, seenFill{f.ID, f.Time})
	before := b.positions[f.Symbol]
	after := before.After(f)
	b.positions[f.Symbol] = after
	b.pay(f)
	b.counts.Fills++
	if !after.Realised.Equal(before.Realised) {
		b.counts.Realised = b.counts.Realised.Add(after.Realised.Sub(before.Realised))
	}
	if f.Time.After(b.lastFill) {
		b.lastFill = f.Time
	}
	b.cameByFill(f)
	b.foldFillOfOrder(at, f)
}

// adopt changes a position as a trade without a fee would, so that the account still adds up.
func (b *Book) adopt(e journal.Adopted) {
	f := trading.Fill{Symbol: e.Symbol, Side: trading.Buy, Quantity: e.Quantity.Abs(), Price: e.Price}
	if e.Quantity.IsNegative() {
		f.Side = trading.Sell
	}
	before := b.positions[e.Symbol]
	after := before.After(f)
	b.positions[e.Symbol] = after
	b.elsewhere.came(e.Symbol, e.Quantity, after.Quantity)
	b.counts.Realised = b.counts.Realised.Add(after.Realised.Sub(before.Realised))
	b.pay(f)
}

// pay takes what a fill cost out of the cash, or puts in what it brought.
func (b *Book) pay(f trading.Fill) {
	b.cash = f.CashAfter(b.cash)
	if f.Fee.IsZero() {
		return
	}
	b.counts.Fees = b.counts.Fees.Add(f.QuoteFee())
	if asset := f.OtherAsset(); asset != "" {
		b.countOther(asset, f.Fee.Neg())
	}
}

// foldFillOfOrder lets a fill speak for its order: it was executed, whatever else had been heard of it.
func (b *Book) foldFillOfOrder(at time.Time, f trading.Fill) {
	o := b.orders[f.ClientID]
	if o == nil {
		b.counts.ForeignFills++
		return
	}
	if o.Leg != "" {
		b.guardFilled(f)
	}
	if o.Filled.IsZero() {
		o.Filled = f.Quantity // most orders fill at once: spare the sum
	} else {
		o.Filled = o.Filled.Add(f.Quantity)
	}
	o.Acknowledged, o.InFlight = true, false
	switch {
	case o.Filled.GreaterThanOrEqual(o.Quantity):
		b.move(at, o.ClientID, trading.StatusFilled, "")
	case o.Status == trading.StatusCancelled, o.Status == trading.StatusExpired, o.Status == trading.StatusFilled:
		// The fill overtook the end; the rest stays ended.
	default:
		b.move(at, o.ClientID, trading.StatusOpen, "")
	}
}

// guardFilled lets a leg that filled bring the target down to what is left: what the bracket has closed is not opened
// again.
func (b *Book) guardFilled(f trading.Fill) {
	t := b.targets[f.Symbol]
	if t == nil || t.Quantity.Sign() != -int(f.Side) {
		return
	}
	left := decimal.Max(t.Quantity.Abs().Sub(f.Quantity), decimal.Zero)
	t.Quantity = f.Side.Signed(decimal.Min(left, t.Guarded(b.positions[f.Symbol].Quantity))).Neg()
}

// move gives an order its new status and keeps the list of pending ones.
func (b *Book) move(at time.Time, clientID string, status trading.OrderStatus, reason string) *OrderState {
	o := b.orders[clientID]
	o.Status, o.Reason, o.UpdatedAt = status, reason, at
	if status.Done() {
		o.InFlight = false
		b.done = append(b.done, clientID)
		b.dropPending(o)
	} else {
		b.addPending(o) // also one that was thought done: a fill proved otherwise
	}
	return o
}
