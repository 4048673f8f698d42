package metrics

import (
	"sync"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// peak is the highest that the account has stood at the end of a day. It is found anew when a day ends or something is paid
// in or out, because the days of a year are not to be copied for each scrape.
type peak struct {
	mu   sync.Mutex      // guards all below
	of   string          // the trading day, and what was paid in by then; "" before the days are known
	most decimal.Decimal // less what was paid in by then
	paid decimal.Decimal // in all of the days
}

// drawdown tells how far the account is below its peak. What was paid in or out is neither profit nor loss.
func (c *collector) drawdown(s *scrape, a engine.Status) {
	if c.days == nil {
		return
	}
	c.peak.mu.Lock()
	defer c.peak.mu.Unlock()
	if of := a.Day.Day + " " + paidIn(a.Counts).String(); c.peak.of != of {
		days, ok := c.days.answer(s)
		if !ok {
			return
		}
		c.peak.of = of
		c.peak.most, c.peak.paid = highest(days, a.Capital, paidIn(a.Counts))
	} else {
		s.tell(sourceUp, 1, c.days.name)
	}
	now := a.Equity.Sub(c.peak.paid)
	below := decimal.Max(c.peak.most.Sub(now), decimal.Zero)
	s.amount(drawdown, below)
	if most := a.Equity.Add(below); most.IsPositive() {
		s.tell(drawdownPart, below.InexactFloat64()/most.InexactFloat64())
	}
}

func paidIn(n book.Counts) decimal.Decimal {
	return n.Moved[trading.CashDeposit].Add(n.Moved[trading.CashWithdrawal])
}

// highest returns the highest end of a day, and what was paid in on all of them. The first days are forgotten after a year
// and more; what the account began with counts where all that was paid in since is known.
func highest(days []book.Day, capital, paidIn decimal.Decimal) (most, paid decimal.Decimal) {
	for _, d := range days {
		paid = paid.Add(d.PaidIn)
		if d.Equity.Valid {
			most = decimal.Max(most, d.Equity.Decimal.Sub(paid))
		}
	}
	if paid.Equal(paidIn) {
		most = decimal.Max(most, capital)
	}
	return most, paid
}
