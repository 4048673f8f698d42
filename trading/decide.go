package trading

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// ClientID derives an order's client ID from the signal that it serves and the number of the attempt, from 1 on: a
// decision that is made again, in whichever process, gives the same ID, and a broker can tell that it is the same
// order. It has 26 characters of a to z, 0 to 9 and the hyphen, which all known venues take.
func ClientID(signalID string, attempt int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s#%d", len(signalID), signalID, attempt))
	return "v-" + hex.EncodeToString(sum[:12])
}

// desk is all that decisions depend on besides the signal. Decisions are pure: the same desk and signal give the same.
type desk struct {
	book  *Book
	risk  *Risk
	sizer Sizer
	auto  bool   // orders are placed; otherwise they are only worked out
	store string // identity of the signal store
}

// situation is what a decision on one instrument needs to know of the world.
type situation struct {
	now        time.Time
	instrument Instrument // without a Symbol: there is none
	price      decimal.Decimal
	opening    error // why nothing may be opened; nil if it may
}

// decision is what came of a signal, as events to be journaled together.
type decision struct {
	seen     SignalSeen
	replaced []Cancelled // intents that were never sent and that the new target does away with
	order    *Order
}

func (d decision) events() []Event {
	events := []Event{d.seen}
	for _, c := range d.replaced {
		events = append(events, c)
	}
	if d.order != nil {
		events = append(events, IntentMade{*d.order})
	}
	return events
}

// superseded records a signal that a newer one has replaced.
func (d desk) superseded(s signal.Signal) decision {
	return decision{seen: d.seen(s, OutcomeSuperseded, "")}
}

// stale tells whether a signal's bar is not newer than the last one acted on.
func (d desk) stale(s signal.Signal) bool {
	last, ok := d.book.Acted(s.Strategy, s.Symbol)
	return ok && !s.BarTime.After(last)
}

// decide makes of a signal what the situation allows. That newer signals stand behind it in a backlog is for the caller
// to find out.
func (d desk) decide(s signal.Signal, sit situation) decision {
	if d.stale(s) {
		return d.superseded(s)
	}
	target, err := d.target(s, sit)
	if err != nil {
		return decision{seen: d.seen(s, OutcomeRefused, err.Error())}
	}
	want := aim{symbol: s.Symbol, signalID: s.ID, quantity: target, validUntil: s.ValidUntil, attempt: 1}
	made := decision{seen: d.seen(s, OutcomeActed, "")}
	held := d.book.Position(s.Symbol).Quantity
	for _, o := range d.book.PendingOf(s.Symbol) {
		switch {
		case o.Status == StatusUnknown || o.InFlight: // What to send depends on what became of it.
			made.seen.Deferred = d.auto
		case o.Status == StatusIntended:
			made.replaced = append(made.replaced, Cancelled{o.ClientID, "never sent: signal " + s.ID + " replaced its target"})
		default:
			held = held.Add(o.Side.Signed(o.Remaining()))
		}
	}
	if made.seen.Deferred {
		made.seen.Target = target
		made.seen.Reason = "the fate of an earlier order is not known yet"
		return made
	}
	p := d.plan(want, held, sit)
	made.seen.Target, made.seen.Reason = p.target, p.reason
	switch {
	case p.outcome != OutcomeActed:
		return decision{seen: d.seen(s, p.outcome, p.reason)}
	case !d.auto:
		made.seen.Outcome, made.replaced = OutcomeWouldHave, nil
	default:
		made.order = p.order
	}
	return made
}

// target is what the signal asks to hold, before limits and permission.
func (d desk) target(s signal.Signal, sit situation) (decimal.Decimal, error) {
	standing, owned := d.book.Target(s.Symbol)
	switch {
	case owned && standing.Strategy != s.Strategy:
		return decimal.Zero, fmt.Errorf("strategy %s owns the instrument", standing.Strategy)
	case sit.instrument.Symbol == "":
		return decimal.Zero, fmt.Errorf("no such instrument is set up")
	case !sit.price.IsPositive():
		return decimal.Zero, fmt.Errorf("no price")
	case s.Direction == signal.Flat:
		return decimal.Zero, nil
	case s.Direction != signal.Long && s.Direction != signal.Short:
		return decimal.Zero, fmt.Errorf("%s says nothing that could be held", s.Direction)
	}
	target, err := d.sizer.Target(Sizing{
		Signal: s, Instrument: sit.instrument, Price: sit.price, Standing: standing.Quantity,
	})
	if err != nil {
		return decimal.Zero, fmt.Errorf("size: %w", err)
	}
	return target, nil
}

func (d desk) seen(s signal.Signal, outcome Outcome, reason string) SignalSeen {
	e := SignalSeen{
		Store: d.store, Seq: s.Seq, SignalID: s.ID, Strategy: s.Strategy, Symbol: s.Symbol, Direction: s.Direction,
		BarTime: s.BarTime.UTC(), Outcome: outcome, Reason: reason,
	}
	if s.Direction < signal.Short || s.Direction > signal.Long {
		e.Direction = signal.Flat // What is none has no name in a journal; the reason says what it was.
	}
	if outcome == OutcomeActed {
		e.ValidUntil = s.ValidUntil.UTC()
	}
	return e
}
