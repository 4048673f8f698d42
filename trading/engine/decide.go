package engine

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// How a signal becomes an order, from the Store to the intent, in the order in which to read it:
//
//	follow.go   reads the signals after the cursor, and journals what is made of each
//	decide.go   decides on one signal: its target, how to open it, which orders have to go
//	plan.go     works out the order that leads to the target, and the next one if that does not
//	bracket.go  works out the orders that guard what is held
//	targets.go  comes back to targets and orders in every round: retries, brackets, what is not wanted any more
//
// decide.go, plan.go and bracket.go are pure: they ask nobody but Risk, the Sizer and the TicketPolicy. From the intent on
// read submit.go, which sends it through the gate (gate.go).

// entryID derives an order's client ID from the identity of the journal, the signal that the order serves and the
// number of the attempt, from 1 on: a decision that is made again, in whichever process, gives the same ID, and a
// broker can tell that it is the same order; and no other journal gives it, so that a broker does not take an order for
// one of another life. It has 26 characters of a to z, 0 to 9 and the hyphen.
func entryID(identity, signalID string, attempt int) string {
	return clientID(identity, signalID, strconv.Itoa(attempt))
}

func clientID(identity, signalID, what string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s#%s", len(identity), identity, len(signalID), signalID, what))
	return idPrefix + hex.EncodeToString(sum[:idBytes])
}

// What a client ID is made of.
const (
	idPrefix = "v-"
	idBytes  = 12
)

// isClientID reports whether an ID looks like one of clientID.
func isClientID(id string) bool {
	digits, ok := strings.CutPrefix(id, idPrefix)
	_, err := hex.DecodeString(digits)
	return ok && err == nil && len(digits) == 2*idBytes
}

// decider is all that decisions depend on besides the signal and the inputs. Decisions are pure: the same three give the
// same.
type decider struct {
	book    *book.Book
	risk    Risk
	shares  map[string]decimal.Decimal // Config.Shares
	sizer   trading.Sizer
	ticket  trading.TicketPolicy // nil for market orders without a bracket
	auto    bool                 // orders are placed; otherwise they are only worked out
	store   string               // identity of the signal store
	journal string               // identity of the journal
	config  string               // fingerprint of the configuration
	refill  bool                 // Config.RefillTaken
	reenter bool                 // Config.ReenterCanceled
	gap     bool                 // an order that guards has to go before the next one is taken
	pairs   bool                 // both legs of a bracket are sent as one
	exits   bool                 // Config.Exits has any
	traits  trading.Traits       // of the Broker
}

// inputs are what a decision on one instrument needs to know of the world.
type inputs struct {
	now        time.Time
	instrument trading.Instrument // without a Symbol: there is none
	price      decimal.Decimal
	pricedAt   time.Time       // of when it is; zero for unknown
	opening    error           // why nothing may be opened; nil if it may
	reference  decimal.Decimal // what the instrument was worth to the signal; zero for unknown
	prices     book.PriceFunc  // of all that is held

	liquidation decimal.Decimal // where the venue closes what is held; zero for none or unknown
	otherUnits  bool            // the venue seems to hold it in other units: what guards it stays
}

// decision is what came of a signal, as events to be journaled together.
type decision struct {
	seen     journal.SignalSeen
	replaced []journal.Event // Canceled for intents that were never sent, CancelAsked for orders that rest
	order    *trading.Order
}

func (d decision) events() []journal.Event {
	events := append([]journal.Event{d.seen}, d.replaced...)
	if d.order != nil {
		events = append(events, journal.IntentMade{Order: *d.order})
	}
	return events
}

// superseded records a signal that a newer one has replaced.
func (d decider) superseded(s signal.Signal) decision {
	return decision{seen: d.seen(s, journal.OutcomeSuperseded, "")}
}

// stale reports whether a signal's bar is not newer than the last one acted on.
func (d decider) stale(s signal.Signal) bool {
	last, ok := d.book.Acted(s.Strategy, s.Symbol)
	return ok && !s.BarTime.After(last)
}

// errNoPrice stands against everything but a close, which is a market order that only reduces and needs none.
var errNoPrice = errors.New("no price")

// decide makes of a signal what the inputs allow. That newer signals stand behind it in a backlog is for the caller
// to find out.
func (d decider) decide(s signal.Signal, in inputs) decision {
	if d.stale(s) {
		return d.superseded(s)
	}
	if !in.price.IsPositive() {
		in.opening = cmp.Or(in.opening, errNoPrice)
	}
	if d.shares == nil && d.book.Orphan(s.Symbol) != "" {
		in.opening = errOrphan // It is not going to pass: the signal does not wait for that.
	}
	all := d.stakesOf(s, in)
	own, err := d.target(s, in, all)
	if err != nil {
		return decision{seen: d.seen(s, journal.OutcomeRefused, err.Error())}
	}
	target := all.ask(own)
	if all.shared { // What exits have closed of stakes leaves parts of a step.
		target = in.instrument.Quantity(target)
	}
	ticket, kept, err := d.ticketFor(s, in, target, all)
	switch {
	case err != nil && !all.asksLess():
		return decision{seen: d.seen(s, journal.OutcomeRefused, err.Error())}
	case err != nil || all.asksLess() && !in.price.IsPositive():
		in.opening, s.ValidUntil = cmp.Or(err, in.opening), time.Time{} // What is opened would lack its ticket.
	}
	made := d.act(s, in, goal{quantity: target, ticket: ticket}, kept, all.asksLess())
	all.mark(&made.seen, in.price)
	return made
}

// act makes of a signal what leads to the target that it sets, or that its strategy leaves to others.
func (d decider) act(s signal.Signal, in inputs, want goal, kept, leaves bool) decision {
	target, ticket := want.quantity, want.ticket
	made := decision{seen: d.seen(s, journal.OutcomeActed, "")}
	made.seen.Ticket = ticket
	held, deferred := d.clear(&made, s, target, kept, in.otherUnits)
	want.symbol, want.signalID, want.validUntil, want.attempt = s.Symbol, s.ID, s.ValidUntil, 1
	if deferred == reasonUnknown && d.auto {
		made.seen.Target, made.seen.Deferred, made.seen.Reason = target, true, deferred
		return made
	}
	p := d.plan(want, held, in)
	if leaves && p.order != nil {
		p.target = target // What is to be opened for the others comes after what closes.
	}
	made.seen.Target, made.seen.Reason, made.seen.Limit = p.target, p.reason, p.limit
	switch {
	case (p.waits || leaves && p.outcome != journal.OutcomeActed) && d.auto:
		made.seen.Target, made.seen.Deferred = target, true
	case p.outcome != journal.OutcomeActed:
		refused := decision{seen: d.seen(s, p.outcome, p.reason)}
		refused.seen.Limit = p.limit
		if p.outcome == journal.OutcomeRefused && d.auto && isTemporary(in.opening, p.reason) {
			refused.seen.Target, refused.seen.Ticket, refused.seen.ValidUntil = target, ticket, s.ValidUntil.UTC()
		}
		return refused
	case !d.auto:
		made.seen.Outcome, made.replaced = journal.OutcomeWouldHave, nil
	case deferred != "":
		made.seen.Target, made.seen.Deferred, made.seen.Reason = target, true, deferred
	default:
		made.order = p.order
	}
	return made
}

// The reasons for which the order for a target waits.
const (
	reasonUnknown = "the fate of an earlier order is not known yet"
	reasonEnding  = "an earlier order is being canceled"
)

// clear does away with the orders that a new target leaves no room for, and returns what is held once those that stay
// have filled. deferred says why the order for the target has to wait.
func (d decider) clear(
	made *decision, s signal.Signal, target decimal.Decimal, kept, otherUnits bool,
) (held decimal.Decimal, deferred string) {
	x := d.book.Exposure(s.Symbol)
	held = x.Held.Add(x.Working)
	if kept {
		held = held.Add(x.Resting)
	}
	closes := target.Equal(clampToHeld(target, x.Held))
	why := "signal " + s.ID + " replaced its target"
	for _, o := range d.book.PendingOf(s.Symbol) {
		switch {
		case o.Status == trading.StatusUnknown || o.InFlight: // What to send depends on what became of it.
		case o.Status == trading.StatusIntended:
			made.replaced = append(made.replaced, journal.Canceled{ClientID: o.ClientID, Reason: "never sent: " + why})
		case o.Leg != "" && otherUnits: // Nothing could close yet what the leg guards.
			deferred = reasonEnding
		case o.CancelAsked:
			deferred = cmp.Or(d.waitsFor(o, closes), deferred)
		case o.Rests() && !kept:
			made.replaced = append(made.replaced, journal.CancelAsked{ClientID: o.ClientID, Reason: why})
			deferred = cmp.Or(d.waitsFor(o, closes), deferred)
		case opposes(o, target.Sub(held)):
			made.replaced = append(made.replaced, journal.CancelAsked{ClientID: o.ClientID, Reason: why})
			if opens := !o.Side.Signed(x.Held).IsNegative(); !opens || !target.Equal(clampToHeld(target, x.Held)) {
				deferred = reasonEnding
				break
			}
			held = held.Sub(o.Side.Signed(o.Remaining())) // No more is closed than is held, and that need not wait.
		}
	}
	if x.InDoubt {
		deferred = reasonUnknown
	}
	return held, deferred
}

// waitsFor is why the order for a target waits for one that is being canceled; "" where it need not. What closes waits for no leg
// that may rest beside it, as both only reduce: the venue may be long in canceling it, or cancel nothing at all for a while.
func (d decider) waitsFor(ending book.OrderState, closes bool) string {
	if ending.Leg != "" && closes && d.besideLegs() {
		return ""
	}
	return reasonEnding
}

// besideLegs reports whether an order that closes may be sent while the legs of a bracket rest.
func (d decider) besideLegs() bool { return d.traits.Replaces == trading.Beside && !d.traits.Reserves }

// opposes reports whether an order that was to be executed at once, and still works, leads away from a target that lies so far
// from all that is under way. It has to go before anything is sent against it: it may end before it is filled, and what was
// sent to undo it would then open a position on the other side.
func opposes(o book.OrderState, gap decimal.Decimal) bool {
	works := o.Leg == "" && !o.Rests() && o.Status == trading.StatusOpen && !o.CancelAsked
	return works && o.Side.Signed(gap).IsNegative()
}

// ticketFor asks how to open what the target opens. One that does no more than confirm what is held, or on its way, keeps
// the standing ticket, and with it the bracket and the entry that rests, unless that is larger than the target.
func (d decider) ticketFor(s signal.Signal, in inputs, target decimal.Decimal, all stakes) (
	ticket trading.Ticket, kept bool, err error,
) {
	standing, _ := d.book.Target(s.Symbol)
	held := d.book.Position(s.Symbol).Quantity
	under := standing.Guarded(held).IsPositive() || slices.ContainsFunc(d.book.PendingOf(s.Symbol), func(o book.OrderState) bool {
		return o.Leg == "" && !o.CancelAsked && o.Side == standing.Side()
	})
	confirmed := target.Sign() == standing.Quantity.Sign() && !target.Abs().GreaterThan(standing.Quantity.Abs())
	if under && confirmed && !target.IsZero() && !d.exceeded(s.Symbol, target) {
		return standing.Ticket, true, nil
	}
	nothing := d.ticket == nil && !standing.Ticket.StopLoss.IsPositive()
	if nothing || target.IsZero() || !in.price.IsPositive() {
		return trading.Ticket{}, false, nil
	}
	side := book.Target{Quantity: target}.Side()
	if d.ticket != nil {
		ticket, err = d.ticket.Ticket(d.sizing(s, in, standing.Quantity), side)
	}
	if d.exits || all.shared {
		ticket = keepStop(ticket, side, standing, held)
	}
	if err == nil {
		err = ticket.Validate(side, in.instrument, in.price)
	}
	if err != nil {
		return trading.Ticket{}, false, fmt.Errorf("ticket: %w", err)
	}
	return ticket, false, nil
}

// exceeded reports whether more is resting than a target leaves room for. What only rests cannot be sold: its order has
// to be canceled, and replaced by a smaller one.
func (d decider) exceeded(symbol string, target decimal.Decimal) bool {
	x := d.book.Exposure(symbol)
	wanted := decimal.Sum(x.Held, x.Intended, x.Unknown, x.Working, x.Resting)
	return x.Rests && wanted.Abs().GreaterThan(target.Abs())
}

// What refuses a signal in the same words wherever its strategy shares the account and wherever not.
var errNoInstrument = errors.New("no such instrument is set up")

func errTaken(taken decimal.Decimal) error {
	return fmt.Errorf(
		"%s of what the target asked for was taken by something else, and is not bought again by a signal that confirms it",
		taken)
}

// target is what the signal asks to hold, before limits and permission.
func (d decider) target(s signal.Signal, in inputs, all stakes) (decimal.Decimal, error) {
	if all.shared {
		return d.ownTarget(s, in, all)
	}
	h := d.book.Holding(s.Symbol)
	standing := h.Target
	owner := d.book.Owner(s.Symbol, s.BarTime)
	switch {
	case owner != "" && owner != s.Strategy && d.book.Orphan(s.Symbol) == "":
		return decimal.Zero, fmt.Errorf("strategy %s owns the instrument", owner)
	case in.instrument.Symbol == "":
		return decimal.Zero, errNoInstrument
	case s.Direction == signal.Flat:
		return decimal.Zero, nil
	case s.Direction != signal.Long && s.Direction != signal.Short:
		return decimal.Zero, fmt.Errorf("%s says nothing that could be held", s.Direction)
	case !in.price.IsPositive():
		// How much to hold cannot be said. That nothing is to be held of the other side can: plan leaves that part only.
		if held := d.book.Position(s.Symbol).Quantity; held.Sign()*int(s.Direction) < 0 {
			return held.Neg(), nil
		}
		return decimal.Zero, errNoPrice
	}
	target, err := d.sizer.Target(d.sizing(s, in, standing.Quantity))
	if err != nil {
		return decimal.Zero, fmt.Errorf("size: %w", err)
	}
	if h.Taken.IsPositive() && !d.refill && standing.Strategy == s.Strategy &&
		target.Sign() == standing.Quantity.Sign() {
		return decimal.Zero, errTaken(h.Taken)
	}
	return target, nil
}

func (d decider) seen(s signal.Signal, outcome journal.Outcome, reason string) journal.SignalSeen {
	e := journal.SignalSeen{
		Store: d.store, Seq: s.Seq, SignalID: s.ID, Strategy: s.Strategy, Symbol: s.Symbol, Direction: s.Direction,
		BarTime: s.BarTime.UTC(), Outcome: outcome, Reason: reason, Config: d.config,
	}
	if s.Direction < signal.Short || s.Direction > signal.Long {
		e.Direction = signal.Flat // What is none has no name in a journal; the reason says what it was.
	}
	if outcome == journal.OutcomeActed {
		e.ValidUntil = s.ValidUntil.UTC()
	}
	return e
}
