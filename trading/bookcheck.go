package trading

import (
	"fmt"
	"time"
)

// Check tells why an event cannot be, as the Book stands; nil if it can.
//
// What it lets through per status of the order is the state diagram of an order:
//
//	             intended     unknown        open           done (filled, cancelled, expired, rejected)
//	submitting   -> unknown   -              -              -
//	acknowledged   (1)        -> open        no change      no change: the answer came late
//	rejected       (1)        -> rejected(2) -> rejected(2) -
//	unknown        -> unknown(4) no change   -> unknown     -
//	not_received   -          -> intended(3) -              -
//	triggered      -          no change(6)   no change(6)   -
//	cancel_asked   -          -              no change(5)   -
//	cancelled    -> cancelled -> cancelled   -> cancelled   -
//	expired        -          -> expired     -> expired     -
//	filled       -> open or filled, whatever came before: what was executed was executed
//
// (1) only once it has been sent; (2) not once a part of it was filled; (3) nor once the Broker is known to have had
// it; (4) while a sending of it is in flight: it is not wanted any more, and its fate must be known before it is given
// up; (5) once; (6) once, and only what has a stop.
func (b *Book) Check(event Event) error {
	switch e := event.(type) {
	case SignalSeen:
		return b.checkSignal(e)
	case IntentMade:
		return b.checkIntent(e.Order)
	case Submitting, Acknowledged, Triggered, Rejected, Unknown, NotReceived, CancelAsked, Cancelled, Expired:
		return b.checkOrder(event, OrderOf(event))
	case SignalApproved:
		return b.checkApproved(e)
	case CloseAsked:
		if e.ID == "" || e.Symbol == "" {
			return fmt.Errorf("trading: close_asked lacks its id %q or symbol %q", e.ID, e.Symbol)
		}
		return nil
	case Amended:
		if b.targets[e.Symbol] == nil {
			return fmt.Errorf("trading: amended by %q: %s has no target", e.By, e.Symbol)
		}
		return nil
	case Filled:
		return b.checkFill(e.Fill)
	case Adopted:
		if e.Symbol == "" || e.Quantity.IsZero() || e.Price.IsNegative() {
			return fmt.Errorf("trading: adopted %s of %q at %s says nothing that could be", e.Quantity, e.Symbol, e.Price)
		}
		return nil
	case DayOpened:
		return b.checkDay(e)
	case Halted:
		if e.Reason == "" {
			return fmt.Errorf("trading: halted without a reason")
		}
		return nil
	case Rearmed:
		if !b.halt.Active() {
			return fmt.Errorf("trading: rearmed by %q while nothing is halted", e.By)
		}
		return nil
	}
	return fmt.Errorf("trading: %T is no event of a book", event)
}

func (b *Book) checkOrder(e Event, clientID string) error {
	o := b.orders[clientID]
	if o == nil {
		return fmt.Errorf("trading: %s of an order %q that was never intended", KindOf(e), clientID)
	}
	if !o.may(e) {
		return fmt.Errorf("trading: %s of order %s, which is %s (sent %d times, %s of %s filled)",
			KindOf(e), clientID, o.Status, o.Sends, o.Filled, o.Quantity)
	}
	return nil
}

// may tells whether an event can happen to an order as it is; see Check.
func (o *OrderState) may(e Event) bool {
	switch e.(type) {
	case Submitting:
		return o.Status == StatusIntended
	case Acknowledged:
		return o.Sends > 0 || o.Status != StatusIntended
	case Rejected:
		return o.Sends > 0 && o.Filled.IsZero() && !o.Status.Done()
	case Unknown:
		return o.atBroker() || o.InFlight
	case NotReceived:
		return o.Status == StatusUnknown && !o.Acknowledged && o.Filled.IsZero()
	case Triggered:
		return o.atBroker() && o.StopPrice.IsPositive() && !o.Triggered
	case CancelAsked:
		return o.Status == StatusOpen && !o.CancelAsked
	case Cancelled:
		return !o.Status.Done() && (o.Status != StatusIntended || !o.InFlight)
	case Expired:
		return o.atBroker()
	}
	return false
}

func (b *Book) checkSignal(e SignalSeen) error {
	switch {
	case e.Store == "" || e.SignalID == "" || e.Symbol == "":
		return fmt.Errorf("trading: signal_seen lacks its store %q, id %q or symbol %q", e.Store, e.SignalID, e.Symbol)
	case b.cursor.Store != "" && b.cursor.Store != e.Store:
		return fmt.Errorf("trading: signal %s is of store %s, and the book follows %s", e.SignalID, e.Store, b.cursor.Store)
	case e.Seq <= b.cursor.Seq:
		return fmt.Errorf("trading: signal %s has seq %d, and the cursor is at %d", e.SignalID, e.Seq, b.cursor.Seq)
	}
	switch e.Outcome {
	case OutcomeActed:
	case OutcomeSuperseded, OutcomeExpired, OutcomeRefused, OutcomeWouldHave:
		return nil
	default:
		return fmt.Errorf("trading: signal %s has an unknown outcome %q", e.SignalID, e.Outcome)
	}
	if err := b.checkOwner(e); err != nil {
		return err
	}
	if last, ok := b.Acted(e.Strategy, e.Symbol); ok && !e.BarTime.After(last) {
		return fmt.Errorf("trading: signal %s acted on bar %s after that of %s", e.SignalID, e.BarTime, last)
	}
	return nil
}

func (b *Book) checkOwner(e SignalSeen) error {
	if t := b.targets[e.Symbol]; t != nil && t.Strategy != "" && t.Strategy != e.Strategy {
		return fmt.Errorf("trading: signal %s of %s acted on %s, which %s owns", e.SignalID, e.Strategy, e.Symbol, t.Strategy)
	}
	return nil
}

func (b *Book) checkApproved(e SignalApproved) error {
	for _, offer := range b.offers {
		if offer.SignalID == e.SignalID {
			return b.checkOwner(offer)
		}
	}
	return fmt.Errorf("trading: signal %q is none that waits for approval", e.SignalID)
}

func (b *Book) checkIntent(o Order) error {
	switch {
	case o.ClientID == "" || o.Symbol == "":
		return fmt.Errorf("trading: intent lacks its client id %q or symbol %q", o.ClientID, o.Symbol)
	case b.orders[o.ClientID] != nil:
		return fmt.Errorf("trading: client id %s has been used before", o.ClientID)
	case o.Side != Buy && o.Side != Sell:
		return fmt.Errorf("trading: order %s: %s is no side", o.ClientID, o.Side)
	case !o.Quantity.IsPositive():
		return fmt.Errorf("trading: order %s: quantity %s is not above zero", o.ClientID, o.Quantity)
	}
	return o.Validate()
}

func (b *Book) checkFill(f Fill) error {
	switch {
	case f.ID == "" || f.Symbol == "":
		return fmt.Errorf("trading: fill lacks its id %q or symbol %q", f.ID, f.Symbol)
	case f.Side != Buy && f.Side != Sell:
		return fmt.Errorf("trading: fill %s: %s is no side", f.ID, f.Side)
	case !f.Quantity.IsPositive():
		return fmt.Errorf("trading: fill %s: quantity %s is not above zero", f.ID, f.Quantity)
	case f.Price.IsNegative():
		return fmt.Errorf("trading: fill %s: price %s is negative", f.ID, f.Price)
	}
	if b.Forgotten(f) {
		return fmt.Errorf("trading: fill %s is of %s, and the book does not remember back to then", f.ID, f.Time)
	}
	if o := b.orders[f.ClientID]; o != nil && (o.Symbol != f.Symbol || o.Side != f.Side) {
		return fmt.Errorf("trading: fill %s: %s %s, and order %s is to %s %s",
			f.ID, f.Side, f.Symbol, o.ClientID, o.Side, o.Symbol)
	}
	return nil
}

func (b *Book) checkDay(e DayOpened) error {
	if _, err := time.Parse(time.DateOnly, e.Day); err != nil {
		return fmt.Errorf("trading: day_opened: %q is no day: %w", e.Day, err)
	}
	if e.Day < b.day.Day {
		return fmt.Errorf("trading: day_opened: %s is before %s", e.Day, b.day.Day)
	}
	return nil
}
