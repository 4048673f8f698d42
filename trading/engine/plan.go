package engine

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// maxAttempts is how many orders that open something one signal can lead to: the first and three retries. What closes is
// never given up.
const maxAttempts = 4

// retryAfter is how long the first retry waits; each further one waits twice as long as the one before, up to
// maxRetryPause.
const (
	retryAfter    = 2 * time.Second
	maxRetryPause = time.Minute
)

// goal is a quantity to hold and the next order for it.
type goal struct {
	symbol     string
	signalID   string
	quantity   decimal.Decimal
	ticket     trading.Ticket
	validUntil time.Time
	attempt    int
	closeOnly  bool // leave the part that opens to a later attempt
}

// plan is what can be done for a goal.
type plan struct {
	outcome journal.Outcome
	target  decimal.Decimal // what is left of the goal
	reason  string          // why it is less than was asked for
	limit   string          // the limit that makes it less, if one does
	waits   bool            // the limit stands for a time only
	order   *trading.Order  // nil if there is nothing to do
}

// plan works out the order that leads from held, which includes what open orders will bring, to the goal: all of it if
// something may be opened, otherwise the part that closes.
func (d decider) plan(a goal, held decimal.Decimal, in inputs) plan {
	p, blocked := reachable(a, held, in)
	gap := p.target.Sub(held)
	first := a.ticket.Rests() || d.traits.Reserves // the part that closes goes first
	if closing := clampToHeld(p.target, held).Sub(held); a.closeOnly || first && !closing.IsZero() {
		a.closeOnly, gap = true, closing // What rests could let the part that closes wait with it.
	}
	position := d.book.Position(a.symbol).Quantity
	switch {
	case gap.IsZero():
		if p.reason != "" {
			p.outcome = blocked
		}
		return p
	case p.target.IsZero() && gap.Equal(position.Neg()) && (smallest{in.instrument}).holds(gap, decimal.Zero, false):
		p.reason = fmt.Sprintf("%s is left, too little to be traded", position)
		return p
	}
	if p.target.Sign()*position.Sign() >= 0 && gap.Sign()*position.Sign() < 0 && gap.Abs().GreaterThan(position.Abs()) {
		gap = position.Neg() // What is open may never fill: a close is never more than what is held.
	}
	wanted := d.order(a, gap, in.now)
	if !a.closeOnly && trading.ClosingPart(wanted.Side, wanted.Quantity, held).LessThan(wanted.Quantity) {
		wanted = a.ticket.Shape(wanted)
	}
	price := wanted.WorstPrice(in.price)
	approved, err := d.risk.Approve(wanted, d.view(wanted, held, price, in))
	if err != nil {
		p.outcome, p.reason = journal.OutcomeRefused, err.Error()
		p.limit, p.waits = limitOf(err)
		return p
	}
	o := approved.Order()
	if !a.closeOnly && o.Quantity.LessThan(gap.Abs()) {
		p.target = held.Add(o.Side.Signed(o.Quantity))
		p.reason = "cut to the limits"
		if cut := approved.Cut(); cut != nil {
			p.limit, p.reason = cut.Limit, p.reason+": "+cut.Error()
		}
	}
	// Orders that are open may not fill first, so they do not count for the promise to the Broker that this one
	// only reduces.
	o.ReduceOnly = o.ReduceOnly && o.Quantity.LessThanOrEqual(trading.ClosingPart(o.Side, o.Quantity, position))
	p.order = &o
	return p
}

// reachable is what of a goal may be gone for: all of it if something may be opened, otherwise the part that closes.
// blocked is the outcome where nothing is left to do.
func reachable(a goal, held decimal.Decimal, in inputs) (p plan, blocked journal.Outcome) {
	p, blocked = plan{outcome: journal.OutcomeActed, target: a.quantity}, journal.OutcomeRefused
	switch {
	case in.now.After(a.validUntil):
		blocked, p.reason = journal.OutcomeExpired, "the part that opens came too late"
		p.target = clampToHeld(a.quantity, held)
	case in.opening != nil:
		p.reason = in.opening.Error()
		p.target = clampToHeld(a.quantity, held)
	}
	if p.target.Equal(a.quantity) {
		p.reason = ""
	}
	return p, blocked
}

func (d decider) order(a goal, gap decimal.Decimal, now time.Time) trading.Order {
	o := trading.Order{
		ClientID: entryID(d.journal, a.signalID, a.attempt), Symbol: a.symbol, Side: trading.Buy, Type: trading.Market,
		Quantity: gap.Abs(), SignalID: a.signalID, CreatedAt: now.UTC(), Config: d.config,
	}
	if gap.IsNegative() {
		o.Side = trading.Sell
	}
	return o
}

// clampToHeld is the quantity nearest to want that opens nothing: from zero to what is held.
func clampToHeld(want, held decimal.Decimal) decimal.Decimal {
	if held.IsNegative() {
		return decimal.Max(held, decimal.Min(want, decimal.Zero))
	}
	return decimal.Min(held, decimal.Max(want, decimal.Zero))
}

// again works out the next order for a target that the last one did not reach: it was deferred, refused by the Broker,
// or ended before it was filled. Nil if nothing is to be done, or not yet.
func (d decider) again(t book.Target, in inputs) *trading.Order {
	if !d.auto && !t.Approved || in.instrument.Symbol == "" {
		return nil
	}
	if !in.price.IsPositive() {
		in.opening = cmp.Or(in.opening, errNoPrice)
	}
	if t.Orphaned() {
		in.opening = errOrphan
	}
	x := d.book.Exposure(t.Symbol)
	if x.Unsettled || x.LegEnding && !d.besideLegs() {
		return nil
	}
	held := decimal.Sum(x.Held, x.Working, x.Resting)
	a := goal{
		symbol: t.Symbol, signalID: t.SignalID, quantity: t.Quantity, ticket: t.Ticket, validUntil: t.ValidUntil,
		attempt: t.Attempts + 1,
	}
	if !t.Deferred {
		last, ok := d.book.Order(t.Last)
		h := d.book.Holding(t.Symbol)
		if !ok || !incomplete(h, in.instrument, d.reenter) || paused(last.UpdatedAt, pause(t, last), in.now) {
			return nil
		}
		if cameBeside(h, in.instrument) {
			return nil // It is the watchdog's.
		}
		// What was refused as a whole, or ended at the venue, may pass in part: close first, and open with the next attempt.
		ended := last.Status == trading.StatusCanceled && !last.CancelAsked && last.Sends > 0
		a.closeOnly = last.Status == trading.StatusRejected || ended || spent(t)
	}
	a.closeOnly = a.closeOnly || x.LegEnding
	p := d.plan(a, held, in)
	if p.order == nil && a.closeOnly && !spent(t) && !x.LegEnding {
		a.closeOnly = false
		p = d.plan(a, held, in)
	}
	return p.order
}

// recheck reports whether an intent is still right, and has Risk approve it.
func (d decider) recheck(o book.OrderState, in inputs) (trading.Approved, error) {
	held := openExposure(d.book.ExposureBeside(o.Order))
	opens := o.Quantity.GreaterThan(trading.ClosingPart(o.Side, o.Quantity, held))
	target, _ := d.book.Target(o.Symbol)
	switch {
	case in.instrument.Symbol == "":
		return trading.Approved{}, fmt.Errorf("%s is not set up any more", o.Symbol)
	case !d.auto && !target.Approved:
		return trading.Approved{}, errors.New("orders are not placed automatically")
	case o.Leg == "" && target.SignalID != o.SignalID:
		return trading.Approved{}, errors.New("its target was replaced")
	case o.Leg != "":
		if why := unwanted(d.traits, d.book, o, in.now, in.opening); why != "" {
			return trading.Approved{}, errors.New(why)
		}
	case opens && d.beyond(target, o):
		return trading.Approved{}, errors.New("its target is another one now")
	case opens && in.now.After(target.ValidUntil):
		return trading.Approved{}, errors.New("its signal has expired")
	case opens && target.Orphaned():
		return trading.Approved{}, errOrphan
	case opens && in.opening != nil:
		return trading.Approved{}, in.opening
	}
	worst := decimal.Max(o.DecisionPrice, o.WorstPrice(in.price))
	if !in.price.IsPositive() {
		worst = o.DecisionPrice
	}
	if !o.Rests() { // The decision price of what rests is its own.
		in.reference = o.DecisionPrice
	}
	approved, err := d.risk.Approve(o.Order, d.view(o.Order, held, worst, in))
	if err != nil {
		return trading.Approved{}, err
	}
	return approved.Confirm(o.Order)
}

// beyond reports whether an order that waited would bring more than its target asks for by now: a leg that has filled
// meanwhile has taken its part of the target along.
func (d decider) beyond(t book.Target, o book.OrderState) bool {
	left := t.Side().Signed(t.Quantity.Sub(d.book.Position(o.Symbol).Quantity))
	return o.Leg == "" && o.Side == t.Side() && o.Remaining().GreaterThan(left)
}

// spent reports whether a target has had all its attempts to open something.
func spent(t book.Target) bool { return t.Attempts >= maxAttempts }

// incomplete reports whether the last order of a target leaves something to do for it. One that
// was filled leaves the rest only where it was the closing half of a flip: otherwise a position that a person changed by
// hand would be changed back.
func incomplete(h book.Holding, i trading.Instrument, reenter bool) bool {
	t, last, closes := h.Target, h.Last, !closeQuantity(h, i).IsZero()
	//exhaustive:enforce
	switch last.Status {
	case trading.StatusRejected, trading.StatusCanceled:
		return closes || !lastWord(last, reenter) && !spent(t) && !t.Quantity.IsZero()
	case trading.StatusFilled:
		leads := last.ReduceOnly && last.Side == t.Side() // such as half of a flip, or what one strategy leaves to another
		return !spent(t) && leads && (t.Attempts > 1 || t.Ticket.Rests() || !t.Quantity.IsZero() && h.Quantity.IsZero())
	case trading.StatusExpired:
		return closes
	case trading.StatusIntended, trading.StatusUnknown, trading.StatusOpen:
	}
	return false
}

// pause is how long to wait after an order's end before the next attempt.
func pause(t book.Target, last book.OrderState) time.Duration {
	switch {
	case last.Sends == 0 && !spent(t), last.Status == trading.StatusFilled: // It never troubled the Broker, or did its part.
		return 0
	case madeWay(t, last):
		return 0
	}
	return min(retryAfter<<max(min(t.Attempts-1, 10), 0), maxRetryPause)
}

// madeWay reports whether the last order for a target is that of the target before, which was taken back for this one.
func madeWay(t book.Target, last book.OrderState) bool { return t.Attempts == 0 && last.CancelAsked }
