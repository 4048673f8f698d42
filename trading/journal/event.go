package journal

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Event is one thing that happened, as the Journal keeps it. The set is sealed: the types below are all there are. A
// Book is the sum of its events.
//
// A new event is a type here and a line in the table of codec.go; the linter then names each switch that lacks it.
//
//sumtype:decl
type Event interface {
	kind() string  // its name in a Journal
	order() string // the client ID of the order that it is about; "" where it is about none
}

// SignalSeen says what was made of a signal. It carries the cursor: signals up to Seq have been dealt with.
type SignalSeen struct {
	Store     string           `json:"store"` // identity of the signal store that Seq counts in
	Seq       int64            `json:"seq"`
	SignalID  string           `json:"signal_id"`
	Strategy  string           `json:"strategy"`
	Symbol    string           `json:"symbol"`
	Direction signal.Direction `json:"direction"`
	BarTime   time.Time        `json:"bar_time"`
	Outcome   Outcome          `json:"outcome"`
	// Target is the signed quantity to hold from now on, with OutcomeActed; with OutcomeWouldHave what it would be, and with
	// OutcomeRefused what it is going to be if what stands against it is over in time; zero where it is refused for good.
	Target decimal.Decimal `json:"target"`
	// ValidUntil is until when the target may open anything, with OutcomeActed and OutcomeWouldHave.
	ValidUntil time.Time `json:"valid_until,omitzero"`
	// Ticket is how to open what the target opens, and what guards it then, with OutcomeActed and OutcomeWouldHave.
	Ticket trading.Ticket `json:"ticket,omitzero"`
	// Deferred says that the order for the target waits until the fate of an earlier one is known.
	Deferred bool   `json:"deferred,omitempty"`
	Reason   string `json:"reason,omitempty"` // why less was done than asked for, where the outcome does not say it
	// Limit is the name of the limit that refused it, cut it or has it wait; Reason has its figures.
	Limit  string `json:"limit,omitempty"`
	Config string `json:"config,omitempty"` // fingerprint of the configuration that decided
	// Stakes are what Target is made of, where several strategies share the account: the signal's own, zero or not, and those
	// of others that are not zero. Without them Target is all of this strategy's.
	Stakes []Stake `json:"stakes,omitempty"`
	// Price is what the instrument was worth, with Stakes: what one strategy sells and another one buys changes hands at it.
	Price decimal.Decimal `json:"price,omitzero"`
}

// Stake is what one strategy asks to hold of an instrument, as its part of the target of all.
type Stake struct {
	Strategy string          `json:"strategy"`
	Target   decimal.Decimal `json:"target"`
}

// Outcome is what was made of a signal.
type Outcome string

// The outcomes.
const (
	OutcomeActed      Outcome = "acted"      // it set the target
	OutcomeSuperseded Outcome = "superseded" // a newer one was there already
	OutcomeExpired    Outcome = "expired"    // it came too late to open anything
	OutcomeRefused    Outcome = "refused"    // risk, health or a halt stood against it; Reason says what
	OutcomeWouldHave  Outcome = "would_have" // orders are not placed automatically
)

// IntentMade says that an order was decided on and approved. From here on the order exists, sent or not.
type IntentMade struct {
	Order trading.Order `json:"order"`
}

// Submitting says that the order is about to be sent: whatever follows, it may have reached the Broker.
type Submitting struct {
	ClientID string `json:"client_id"`
}

// Acknowledged says that the Broker has the order.
type Acknowledged struct {
	ClientID string `json:"client_id"`
}

// Triggered says that the price has reached the order's stop: from here on it is a market order, or a limit order.
type Triggered struct {
	ClientID string `json:"client_id"`
}

// Rejected says that the Broker refused the order.
type Rejected struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
}

// Unknown says that the order was sent and its fate could not be learnt yet.
type Unknown struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
}

// NotReceived says that the Broker has not got an order that was sent: it may be sent again.
type NotReceived struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
	// InFlight says that the Broker may get it yet. Since it takes a client ID only once, sending again does no harm,
	// but to give the order up would: it could be executed after another one had taken its place.
	InFlight bool `json:"in_flight,omitempty"`
}

// SignalApproved says that a person let a signal set its target that would have done so by itself.
type SignalApproved struct {
	SignalID string `json:"signal_id"`
	By       string `json:"by"`
}

// CloseAsked says that no more than Quantity is to be held of an instrument, whatever a signal asked for before.
type CloseAsked struct {
	ID       string          `json:"id"` // what its orders' client IDs are derived from, in the place of a signal's ID
	Symbol   string          `json:"symbol"`
	Quantity decimal.Decimal `json:"quantity"`
	By       string          `json:"by"` // a person, or the policy that asked
	// Strategy is whose stake alone is closed, where several share the account; Quantity is then what the others ask for. ""
	// means that it is about what all of them hold.
	Strategy string `json:"strategy,omitempty"`
}

// Amended says that a target is to be reached, or guarded, in another way from now on.
type Amended struct {
	Symbol string         `json:"symbol"`
	Ticket trading.Ticket `json:"ticket"`
	By     string         `json:"by"`
}

// CancelAsked says that the order is not wanted any more and that the Broker is about to be asked to cancel it. Until it
// says so the order may fill as before.
type CancelAsked struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
}

// Expired says that the order's time in force was over before all of it was filled.
type Expired struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
}

// Canceled says that what is not filled of the order is not going to be.
type Canceled struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
	Limit    string `json:"limit,omitempty"` // the name of the limit for which it was never sent; Reason has its figures
	// Complete says that the Broker counts the order as filled: what its fills lack is not to be had again.
	Complete bool `json:"complete,omitempty"`
}

// Filled says that the Broker executed the order or a part of it.
type Filled struct {
	Fill trading.Fill `json:"fill"`
}

// Adopted says that the account holds more or less of an instrument than its fills add up to, because of something that
// came from elsewhere, and that this is so from now on.
type Adopted struct {
	Symbol   string          `json:"symbol"`
	Quantity decimal.Decimal `json:"quantity"` // by which the position changes, signed
	Price    decimal.Decimal `json:"price"`    // at which that is reckoned
}

// Converted says that an instrument has become another quantity of itself, or of another one, without a trade: a split, or
// another name. What is held, and what is asked for, is in the new units from there on, and cost what it cost.
type Converted struct {
	Conversion trading.Conversion `json:"conversion"`
	Quantity   decimal.Decimal    `json:"quantity"`      // what is held since then, signed: a fraction may have been paid out
	Tick       decimal.Decimal    `json:"tick,omitzero"` // to which prices are rounded; zero for none
	By         string             `json:"by"`            // a person, or the venue
}

// CashMoved says that the account's cash changed without a fill.
type CashMoved struct {
	Move trading.CashEvent `json:"move"`
}

// DayOpened says what the account was worth when a trading day began, or when a person re-armed trading on that day.
type DayOpened struct {
	Day    string          `json:"day"` // 2006-01-02
	Equity decimal.Decimal `json:"equity"`
	// Before is what it was worth when the day before ended, where that is something else: what was lost in between, as
	// over a weekend, is lost in the new day.
	Before decimal.Decimal `json:"before,omitzero"`
	// Profits are what instruments had brought then, realized and not, after fees, where their losses are limited: those of
	// which it is something else than what is realized.
	Profits map[string]decimal.Decimal `json:"profits,omitempty"`
}

// Begin is what the loss of the day counts from.
func (e DayOpened) Begin() decimal.Decimal {
	if e.Before.IsZero() {
		return e.Equity
	}
	return e.Before
}

// Halted says that nothing may be opened any more until a person re-arms it.
type Halted struct {
	Reason string `json:"reason"`
	// Day is the trading day whose loss has reached its limit, if that is why. It is said once for each such day, also
	// where a halt stands already.
	Day string `json:"day,omitempty"`
	// Limit is the name of the limit on losses that has been reached, if one has.
	Limit string `json:"limit,omitempty"`
}

// Rearmed says that a person lifted the halt.
type Rearmed struct {
	By    string `json:"by"`
	Lifts string `json:"lifts,omitempty"` // all reasons that stood
}

// Locked says that nothing may be opened of an instrument until a time. A person's word takes the place of what stood before,
// and one that is over already lifts it; a limit never shortens what stands.
type Locked struct {
	Symbol string    `json:"symbol"`
	Until  time.Time `json:"until"`
	By     string    `json:"by"` // a person, or what else asked for it
	Reason string    `json:"reason,omitempty"`
	// Limit is the name of the limit on the losses of an instrument that has been reached, if one has, and Day the trading
	// day for which that is recorded, once.
	Limit string `json:"limit,omitempty"`
	Day   string `json:"day,omitempty"`
}

// Acted says what somebody did to the program, or tried: it is for who asks later, and changes nothing in the account. What
// came of it has events of its own.
type Acted struct {
	Actor  string    `json:"actor"`
	Verb   string    `json:"verb"`                      // such as halt or restart-service
	Object string    `json:"object,omitempty"`          // what it was done to, such as a symbol
	Key    string    `json:"idempotency_key,omitempty"` // the same of what was asked twice and done once
	Error  string    `json:"error,omitempty"`           // why it was not done; empty where it was
	Began  time.Time `json:"began,omitzero"`
	Ended  time.Time `json:"ended,omitzero"`
}
