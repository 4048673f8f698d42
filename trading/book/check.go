package book

import (
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Check says why an event cannot be, as the Book stands; nil if it can.
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
func (b *Book) Check(event journal.Event) error {
	switch e := event.(type) {
	case journal.SignalSeen:
		return b.checkSignal(e)
	case journal.IntentMade:
		return b.checkIntent(e.Order)
	case journal.Submitting, journal.Acknowledged, journal.Triggered, journal.Rejected, journal.Unknown,
		journal.NotReceived, journal.CancelAsked, journal.Cancelled, journal.Expired:
		return b.checkOrder(event, journal.OrderOf(event))
	case journal.SignalApproved:
		return b.checkApproved(e)
	case journal.CloseAsked:
		if e.ID == "" || e.Symbol == "" {
			return fmt.Errorf("book: close_asked lacks its id %q or symbol %q", e.ID, e.Symbol)
		}
		return nil
	case journal.Amended:
		if b.targets[e.Symbol] == nil {
			return fmt.Errorf("book: amended by %q: %s has no target", e.By, e.Symbol)
		}
		return nil
	case journal.Filled:
		return b.checkFill(e.Fill)
	case journal.Adopted:
		if e.Symbol == "" || e.Quantity.IsZero() || e.Price.IsNegative() {
			return fmt.Errorf("book: adopted %s of %q at %s says nothing that could be", e.Quantity, e.Symbol, e.Price)
		}
		return nil
	case journal.CashMoved:
		return e.Move.Validate()
	case journal.DayOpened:
		return b.checkDay(e)
	case journal.Halted:
		if e.Reason == "" {
			return fmt.Errorf("book: halted without a reason")
		}
		return nil
	case journal.Rearmed:
		if !b.halt.Active() {
			return fmt.Errorf("book: rearmed by %q while nothing is halted", e.By)
		}
		return nil
	}
	return fmt.Errorf("book: %T is no event of a book", event)
}

func (b *Book) checkOrder(e journal.Event, clientID string) error {
	o := b.orders[clientID]
	if o == nil {
		return fmt.Errorf("book: %s of an order %q that was never intended", journal.KindOf(e), clientID)
	}
	if !o.may(e) {
		return fmt.Errorf("book: %s of order %s, which is %s (sent %d times, %s of %s filled)",
			journal.KindOf(e), clientID, o.Status, o.Sends, o.Filled, o.Quantity)
	}
	return nil
}

// may reports whether an event can happen to an order as it is; see Check.
func (o *OrderState) may(e journal.Event) bool {
	switch e.(type) {
	case journal.Submitting:
		return o.Status == trading.StatusIntended
	case journal.Acknowledged:
		return o.Sends > 0 || o.Status != trading.StatusIntended
	case journal.Rejected:
		return o.Sends > 0 && o.Filled.IsZero() && !o.Status.Done()
	case journal.Unknown:
		return o.atBroker() || o.InFlight
	case journal.NotReceived:
		return o.Status == trading.StatusUnknown && !o.Acknowledged && o.Filled.IsZero()
	case journal.Triggered:
		return o.atBroker() && o.StopPrice.IsPositive() && !o.Triggered
	case journal.CancelAsked:
		return o.Status == trading.StatusOpen && !o.CancelAsked
	case journal.Cancelled:
		return !o.Status.Done() && (o.Status != trading.StatusIntended || !o.InFlight)
	case journal.Expired:
		return o.atBroker()
	default: // Check looks at all that says more of an order than its client ID, or is about none.
		return false
	}
}

func (b *Book) checkSignal(e journal.SignalSeen) error {
	switch {
	case e.Store == "" || e.SignalID == "" || e.Symbol == "":
		return fmt.Errorf("book: signal_seen lacks its store %q, id %q or symbol %q", e.Store, e.SignalID, e.Symbol)
	case b.cursor.Store != "" && b.cursor.Store != e.Store:
		return fmt.Errorf("book: signal %s is of store %s, and the book follows %s", e.SignalID, e.Store, b.cursor.Store)
	case e.Seq <= b.cursor.Seq:
		return fmt.Errorf("book: signal %s has seq %d, and the cursor is at %d", e.SignalID, e.Seq, b.cursor.Seq)
	}
	//exhaustive:enforce
	switch e.Outcome {
	case journal.OutcomeActed:
	case journal.OutcomeSuperseded, journal.OutcomeExpired, journal.OutcomeRefused, journal.OutcomeWouldHave:
		return nil
	default:
		return fmt.Errorf("book: signal %s has an unknown outcome %q", e.SignalID, e.Outcome)
	}
	if err := b.checkOwner(e); err != nil {
		return err
	}
	if last, ok := b.Acted(e.Strategy, e.Symbol); ok && !e.BarTime.After(last) {
		return fmt.Errorf("book: signal %s acted on bar %s after that of %s", e.SignalID, e.BarTime, last)
	}
	return nil
}

func (b *Book) checkOwner(e journal.SignalSeen) error {
	if t := b.targets[e.Symbol]; t != nil && t.Strategy != "" && t.Strategy != e.Strategy {
		return fmt.Errorf("book: signal %s of %s acted on %s, which %s owns", e.SignalID, e.Strategy, e.Symbol, t.Strategy)
	}
	return nil
}

func (b *Book) checkApproved(e journal.SignalApproved) error {
	for _, offer := range b.offers {
		if offer.SignalID == e.SignalID {
			return b.checkOwner(offer)
		}
	}
	return fmt.Errorf("book: signal %q is none that waits for approval", e.SignalID)
}

func (b *Book) checkIntent(o trading.Order) error {
	switch {
	case o.ClientID == "" || o.Symbol == "":
		return fmt.Errorf("book: intent lacks its client id %q or symbol %q", o.ClientID, o.Symbol)
	case b.orders[o.ClientID] != nil:
		return fmt.Errorf("book: client id %s has been used before", o.ClientID)
	case o.Side != trading.Buy && o.Side != trading.Sell:
		return fmt.Errorf("book: order %s: %s is no side", o.ClientID, o.Side)
	case !o.Quantity.IsPositive():
		return fmt.Errorf("book: order %s: quantity %s is not above zero", o.ClientID, o.Quantity)
	}
	return o.Validate()
}

func (b *Book) checkFill(f trading.Fill) error {
	switch {
	case f.ID == "" || f.Symbol == "":
		return fmt.Errorf("book: fill lacks its id %q or symbol %q", f.ID, f.Symbol)
	case f.Side != trading.Buy && f.Side != trading.Sell:
		return fmt.Errorf("book: fill %s: %s is no side", f.ID, f.Side)
	case !f.Quantity.IsPositive():
		return fmt.Errorf("book: fill %s: quantity %s is not above zero", f.ID, f.Quantity)
	case f.Price.IsNegative():
		return fmt.Errorf("book: fill %s: price %s is negative", f.ID, f.Price)
	}
	if b.forgotten(f) {
		return fmt.Errorf("book: fill %s is of %s, and the book does not remember back to then", f.ID, f.Time)
	}
	if o := b.orders[f.ClientID]; o != nil && (o.Symbol != f.Symbol || o.Side != f.Side) {
		return fmt.Errorf("book: fill %s: %s %s, and order %s is to %s %s",
			f.ID, f.Side, f.Symbol, o.ClientID, o.Side, o.Symbol)
	}
	return nil
}

func (b *Book) checkDay(e journal.DayOpened) error {
	if _, err := time.Parse(time.DateOnly, e.Day); err != nil {
		return fmt.Errorf("book: day_opened: %q is no day: %w", e.Day, err)
	}
	if e.Day < b.day.Day {
		return fmt.Errorf("book: day_opened: %s is before %s", e.Day, b.day.Day)
	}
	return nil
}
