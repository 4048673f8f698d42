package risk

import (
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Rule is one limit on what an order opens.
type Rule interface {
	// Name is what refusals call it by: one word, such as MaxGross.
	Name() string
	// Validate says what of its own settings cannot be.
	Validate() error
	// Room says how much of what an order opens is allowed: at most opening, which is above zero, and why it is less. It is
	// asked often, must not block, and for the same arguments must give the same answer.
	Room(o trading.Order, v trading.View, opening decimal.Decimal) (allowed decimal.Decimal, cut *trading.LimitError)
}

// Rules are Limits, and whatever else is limited. Of those that Limits does not have zero means no limit. Amounts are in the
// quote currency; what is held counts at the price that is known for it, or else at its cost, and an order that is not done
// as if it were filled at the worst price that is known for it.
type Rules struct {
	Limits

	// Of the account:
	MaxGross     decimal.Decimal `json:",omitzero"`  // all that is held, long or short, added up
	MaxNet       decimal.Decimal `json:",omitzero"`  // what is held long less what is held short, or the reverse
	MaxLeverage  decimal.Decimal `json:",omitzero"`  // all that is held, by what the account is worth: 1 borrows nothing
	CashOnly     bool            `json:",omitempty"` // what is bought is paid from cash that no other order needs, fees aside
	MaxPositions int             `json:",omitempty"` // instruments that are held at a time
	MaxOrders    int             `json:",omitempty"` // orders that are not done, the legs of brackets among them

	// Of an order:
	SignalCollar    decimal.Decimal `json:",omitzero"`  // by which fraction the price may have moved since the decision
	OrderCollar     decimal.Decimal `json:",omitzero"`  // by which fraction its own prices may differ from the last one
	MaxPriceAge     time.Duration   `json:",omitempty"` // how old the last price may be, by which it is judged
	LiquidationRoom decimal.Decimal `json:",omitzero"`  // by more than which fraction the price has to be away from liquidation
	DuplicateWindow time.Duration   `json:",omitempty"` // how long another signal may not open the same quantity on the same side
	NoShort         bool            `json:",omitempty"` // nothing is sold that is not held
	Restricted      []string        `json:",omitempty"` // symbols of which nothing may be opened
	Hours           signal.Hours    `json:"-"`          // nothing is opened while a market is closed; nil means always open

	// Of how many orders are made, closes among them, which pass all the same:
	MaxPerSecond int `json:",omitempty"`
	MaxPerMinute int `json:",omitempty"` // 256 at the most

	// Protections, which keep what opens from being opened until they end by themselves. They go by the last 256 trades that
	// were closed.
	CoolDown            time.Duration `json:",omitempty"` // after a stop-loss has filled, in its instrument
	StopGuard           Pause         `json:",omitzero"`  // after so many stop-losses that lost
	InstrumentStopGuard Pause         `json:",omitzero"`  // the same, counted and paused by instrument
	LosingStreak        Pause         `json:",omitzero"`  // after so many trades in a row that lost
	LosingInstrument    Pause         `json:",omitzero"`  // of an instrument, whose trades, so many or more, lost together

	// Losses, from which trading is halted as it is by MaxDailyLoss. Parts are fractions: of what the account was worth when
	// the day or the week began, or at its peak. What was paid in or out counts as neither profit nor loss.
	MaxDailyLossPart  decimal.Decimal `json:",omitzero"`
	MaxWeeklyLoss     decimal.Decimal `json:",omitzero"` // weeks begin on Monday
	MaxWeeklyLossPart decimal.Decimal `json:",omitzero"`
	MaxDrawdown       decimal.Decimal `json:",omitzero"` // from the most that a day began with, or that was seen since the start
	MaxDrawdownPart   decimal.Decimal `json:",omitzero"`
	// What one instrument may lose in a day, after fees and with what is not realized, until it is locked for the rest of the
	// day. The part is of what the account was worth when the day began.
	MaxInstrumentLoss     decimal.Decimal `json:",omitzero"`
	MaxInstrumentLossPart decimal.Decimal `json:",omitzero"`
	Flatten               bool            `json:",omitempty"` // what is held is closed then, too

	Also []Rule `json:",omitempty"` // of a program's own
}

var _ = []Rule{
	(*gross)(nil), (*net)(nil), (*leverage)(nil), (*cashOnly)(nil), (*positions)(nil), (*orders)(nil), (*signalCollar)(nil),
	(*orderCollar)(nil), (*duplicates)(nil), (*priceAge)(nil), (*liquidationRoom)(nil),
	(*noShort)(nil), (*restricted)(nil), (*hours)(nil), (*perSecond)(nil),
	(*perMinute)(nil), (*coolDown)(nil), (*stopGuard)(nil), (*instrumentStopGuard)(nil), (*losingStreak)(nil),
	(*losingInstrument)(nil),
}

// each calls yield with every rule that is set, up to the first that it returns false for. The rules are views of r, so
// that a check makes none.
func (r *Rules) each(yield func(Rule) bool) {
	for rule := range r.protections {
		if !yield(rule) {
			return
		}
	}
	for _, rule := range [...]struct {
		set bool
		Rule
	}{
		{len(r.Restricted) > 0, (*restricted)(r)},
		{r.NoShort, (*noShort)(r)},
		{r.Hours != nil, (*hours)(r)},
		{!r.SignalCollar.IsZero(), (*signalCollar)(r)},
		{!r.OrderCollar.IsZero(), (*orderCollar)(r)},
		{!r.LiquidationRoom.IsZero(), (*liquidationRoom)(r)},
		{r.DuplicateWindow != 0, (*duplicates)(r)},
		{r.MaxPositions != 0, (*positions)(r)},
		{r.MaxOrders != 0, (*orders)(r)},
		{r.CashOnly, (*cashOnly)(r)},
		{!r.MaxGross.IsZero(), (*gross)(r)},
		{!r.MaxNet.IsZero(), (*net)(r)},
		{!r.MaxLeverage.IsZero(), (*leverage)(r)},
		// What only takes time is asked last: an order that is refused for good does not wait for it.
		{r.MaxPriceAge != 0, (*priceAge)(r)},
		{r.MaxPerSecond != 0, (*perSecond)(r)},
		{r.MaxPerMinute != 0, (*perMinute)(r)},
	} {
		if rule.set && !yield(rule.Rule) {
			return
		}
	}
	for _, rule := range r.Also {
		if !yield(rule) {
			return
		}
	}
}

// Validate says which of the rules cannot be.
func (r *Rules) Validate() error {
	all := []error{r.Limits.Validate(), r.validateLosses()}
	for rule := range r.each {
		if err := rule.Validate(); err != nil {
			all = append(all, fmt.Errorf("risk: Rules.%s %w", rule.Name(), err))
		}
	}
	return errors.Join(all...)
}

// Approve makes of o what all rules allow; see trading.Approve. An error wraps trading.ErrLimit where nothing is left.
func (r *Rules) Approve(o trading.Order, v trading.View) (trading.Approved, error) {
	return trading.Approve(o, v, r.room)
}

// room lets one rule after the other cut what opens. The last that does is the one that is named: what it leaves is what
// is left.
func (r *Rules) room(
	o trading.Order, v trading.View, opening decimal.Decimal,
) (allowed decimal.Decimal, cut *trading.LimitError) {
	if len(r.Also) == 0 && r.far(&o, &v, opening) {
		return opening, nil
	}
	allowed, cut = r.Limits.room(o, v, opening)
	for rule := range r.each {
		if !allowed.IsPositive() {
			break
		}
		if less, why := rule.Room(o, v, allowed); why != nil {
			allowed, cut = less, why
		}
	}
	return allowed, cut
}

// errNegative says of a rule that it is below zero.
var errNegative = errors.New("is negative")

func notNegative(d decimal.Decimal) error {
	if d.IsNegative() {
		return errNegative
	}
	return nil
}

func countable(n int) error {
	if n < 0 {
		return errNegative
	}
	return nil
}
