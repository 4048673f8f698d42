package tradingtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Drive is what a test can do at the venue behind a Broker, at a fake of it above all. Each is optional: what nobody can do
// there the suite leaves out. Advance follows each of them.
type Drive struct {
	// SetPrice moves the market of the instrument. What rests and waited for that executes, and so does what comes next, at
	// that price or within five ticks of it.
	SetPrice func(price decimal.Decimal)
	// Offer is all that can be had at the price from now on. What rests and waits for no other price takes of it. Before the
	// first call there is enough for all.
	Offer func(quantity decimal.Decimal)
	// EndDay ends the trading day.
	EndDay func()
	// PayFeesIn says in which asset fees are paid from now on.
	PayFeesIn func(asset string)
	// MakerRate is what an order that rested pays of its notional, below zero if it is paid for that; null if nobody knows.
	MakerRate decimal.NullDecimal
	// Trade executes an order of so much that another has sent to the account, as by hand.
	Trade func(side trading.Side, quantity decimal.Decimal)
	// Liquidate lets the venue close what is held, by an order of its own.
	Liquidate func()
}

// Ability is something that venues have, and not all of them.
type Ability string

// The abilities that a subject may lack.
const (
	PostOnly  Ability = "post-only"
	ForceIOC  Ability = "ioc"
	ForceFOK  Ability = "fok"
	ForceDay  Ability = "day"
	StopLimit Ability = "stop-limit orders"
	// ReduceOnly: a venue without it is a Pairer, if it has pairs.
	ReduceOnly Ability = "reduce-only"
	// Flips are orders that turn a long position into a short one, or the other way round.
	Flips Ability = "orders that turn a position"
)

// lacks reports whether the subject says that its venue does not have something.
func (s BrokerSubject) lacks(a Ability) bool { return slices.Contains(s.Lacks, a) }

// leftOut says what the suite does not look at, and what it would need for that.
func (s BrokerSubject) leftOut() []string {
	var out []string
	for _, a := range s.Lacks {
		out = append(out, fmt.Sprintf("%s: the subject says that its venue lacks it", a))
	}
	for _, need := range []struct {
		missing    bool
		name, what string
	}{
		{s.Drive.SetPrice == nil, "Drive.SetPrice", "that limits and stops execute at their price and not before"},
		{s.Drive.Offer == nil, "Drive.Offer", "fills of a part"},
		{s.Drive.EndDay == nil, "Drive.EndDay", "what expires with a day"},
		{s.Drive.PayFeesIn == nil, "Drive.PayFeesIn", "fees in another asset"},
		{!s.Drive.MakerRate.Valid, "Drive.MakerRate", "fees of orders that rested"},
		{s.Drive.Trade == nil, "Drive.Trade", "trades by hand on the account"},
		{s.Drive.Liquidate == nil, "Drive.Liquidate", "liquidations"},
		{s.Line == nil, "Line", "requests and replies that are lost, cut, late or repeated"},
		{s.Reopen == nil, "Reopen", "orders that a former process has sent"},
		{!s.Short, "Short", "positions below nothing"},
		{!s.Guards, "Guards", "guards that the venue ties to an entry"},
		{s.FeeRate.IsZero(), "FeeRate", "what a market order pays"},
		{s.MoveCash == nil, "MoveCash", "cash that moves without a fill"},
	} {
		if need.missing {
			out = append(out, fmt.Sprintf("%s: without it the suite does not see %s", need.name, need.what))
		}
	}
	return append(out, s.lacksPowers()...)
}

// lacksPowers names the optional interfaces that the Broker does not have.
func (s BrokerSubject) lacksPowers() []string {
	var out []string
	miss := func(has bool, name string) {
		if !has {
			out = append(out, "trading."+name+": the broker is none")
		}
	}
	_, has := s.Broker.(trading.Canceler)
	miss(has, "Canceler")
	_, has = s.Broker.(trading.OrderLister)
	miss(has, "OrderLister")
	_, has = s.Broker.(trading.Positioner)
	miss(has, "Positioner")
	_, has = s.Broker.(trading.Updater)
	miss(has, "Updater")
	_, has = s.Broker.(trading.Replacer)
	miss(has, "Replacer")
	_, has = s.Broker.(trading.Pairer)
	miss(has, "Pairer")
	_, has = s.Broker.(trading.CashReporter)
	miss(has, "CashReporter")
	_, has = s.Broker.(trading.MarginReporter)
	miss(has, "MarginReporter")
	_, has = s.Broker.(trading.Pricer)
	miss(has, "Pricer")
	return out
}

// words describe an order, so that a failure names what was sent.
func words(o trading.Order) string {
	said := []string{o.ClientID + ":", o.Side.String(), o.Quantity.String(), string(o.Type)}
	if o.LimitPrice.IsPositive() {
		said = append(said, "limit "+o.LimitPrice.String())
	}
	if o.StopPrice.IsPositive() {
		said = append(said, "stop "+o.StopPrice.String())
	}
	if o.TimeInForce != "" {
		said = append(said, string(o.TimeInForce))
	}
	if o.PostOnly {
		said = append(said, "post-only")
	}
	if o.ReduceOnly {
		said = append(said, "reduce-only")
	}
	return strings.Join(said, " ")
}
