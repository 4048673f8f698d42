package metrics

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The states of trading, in the words of /health.
const (
	notStarted      = "not_started"
	running         = "running"
	halted          = "halted"
	reduceOnlyState = "reduce_only"
)

var (
	tradingStates = []string{notStarted, running, halted, reduceOnlyState}
	statuses      = []trading.OrderStatus{trading.StatusIntended, trading.StatusUnknown, trading.StatusOpen}
	cashKinds     = []trading.CashKind{
		trading.CashFee, trading.CashFunding, trading.CashInsurance, trading.CashDeposit, trading.CashWithdrawal,
	}
	outcomes = []journal.Outcome{
		journal.OutcomeActed, journal.OutcomeSuperseded, journal.OutcomeExpired, journal.OutcomeRefused, journal.OutcomeWouldHave,
	}
)

// trading tells of the account.
func (c *collector) trading(s *scrape) {
	if err, ok := c.room.answer(s); ok {
		s.tell(hasRoom, truth(err == nil))
	}
	account, ok := c.account.answer(s)
	if !ok {
		return
	}
	s.oneOf(tradingState, tradingStates, stateOf(account))
	if !account.ok {
		return
	}
	s.attention(account.Status)
	s.money(account.Status)
	s.counts(account.Counts)
	c.drawdown(s, account.Status)
	told := make(labels)
	for _, p := range account.Positions {
		s.group(told, p.Symbol, func(label string) {
			s.amount(quantity, p.Quantity, label)
			s.amount(cost, p.Cost, label)
		})
	}
}

func stateOf(a maybeAccount) string {
	switch {
	case !a.ok:
		return notStarted
	case a.Halt.Active():
		return halted
	case a.ReduceOnly:
		return reduceOnlyState
	}
	return running
}

// attention tells what a person should look at.
func (s *scrape) attention(a engine.Status) {
	s.at(haltedSince, a.Halt.At)
	s.tell(reconciled, truth(a.Reconciled))
	s.tell(reduceOnly, truth(a.ReduceOnly))
	s.tell(stepFailed, truth(a.Error != ""))
	s.tell(unknownOrders, float64(len(a.NeedPerson)))
	s.tell(differences, float64(len(a.Differences)))
	s.tell(unguarded, float64(len(a.Unguarded)))
	s.tell(orphaned, float64(len(a.Orphaned)))
	s.tell(unpriced, float64(len(a.Unpriced)))
	s.tell(refusedInARow, float64(a.Refusals))
	s.tell(rejectedInARow, float64(a.Rejections))
	s.tell(offers, float64(len(a.Offers)))
	byStatus := make(map[trading.OrderStatus]int)
	for _, o := range a.Orders {
		byStatus[o.Status]++
	}
	for _, status := range statuses {
		s.tell(pending, float64(byStatus[status]), string(status))
	}
}

// amount tells money or a quantity, which is exact in the trader alone.
func (s *scrape) amount(f *family, d decimal.Decimal, labels ...string) {
	s.tell(f, d.InexactFloat64(), labels...)
}

func (s *scrape) money(a engine.Status) {
	s.amount(equity, a.Equity)
	s.amount(cash, a.Cash)
	s.amount(capital, a.Capital)
	s.amount(unrealized, a.Unrealized)
	s.amount(netExposure, a.Equity.Sub(a.Cash))
	gross := decimal.Zero
	for _, p := range a.Positions {
		gross = gross.Add(p.Cost.Abs())
	}
	s.amount(grossCost, gross)
	s.tell(positions, float64(len(a.Positions)))
	if a.Day.Day != "" {
		s.amount(dayBegin, a.Day.Begin())
		s.amount(dayProfit, a.Equity.Sub(a.Day.Begin()))
	}
}

// counts tells what came of the account since its journal began.
func (s *scrape) counts(n book.Counts) {
	s.amount(realized, n.Realized)
	s.amount(fees, n.Fees)
	for _, kind := range cashKinds {
		s.amount(moved, n.Moved[kind], string(kind))
	}
	for _, outcome := range outcomes {
		s.tell(signalOutcomes, float64(n.Signals[outcome]), string(outcome))
	}
	s.tell(orders, float64(n.Orders))
	s.tell(rejected, float64(n.Rejected))
	s.tell(fills, float64(n.Fills))
	s.tell(foreignFills, float64(n.ForeignFills))
}
