package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// tellByVenue is for how long health says what the venue has done by itself; the journal says it for good.
const tellByVenue = time.Hour

// liquidated is what the venue has closed by itself: since the account could not carry it, or to settle the contract.
type liquidated struct {
	fill  trading.Fill
	known time.Duration // on the stopwatch
}

// noteLiquidation remembers such a fill.
func (c *reconciler) noteLiquidation(f trading.Fill) {
	what := "Liquidated by the venue"
	if f.Settlement {
		what = "Settled by the venue"
	}
	c.env.log.Error(what, "symbol", f.Symbol, "side", f.Side, "quantity", f.Quantity, "price", f.Price,
		"fee", f.Fee, "id", f.ID, "at", f.Time)
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.liquidated = append(c.liquidated, liquidated{f, c.env.passed()})
}

// liquidationsLocked tells of those of the last hour, the latest one of each instrument.
func (c *reconciler) liquidationsLocked(now time.Duration) (found []problem) {
	c.liquidated = slices.DeleteFunc(c.liquidated, func(l liquidated) bool { return now-l.known > tellByVenue })
	told := make(map[string]bool)
	for _, l := range slices.Backward(c.liquidated) {
		f := l.fill
		if told[f.Symbol] {
			continue
		}
		told[f.Symbol] = true
		found = append(found, problem{Condition: closedByVenue(f)})
	}
	return found
}

func closedByVenue(f trading.Fill) health.Condition {
	what := fmt.Sprintf("%s of %s at %s, %s", f.Quantity, f.Symbol, f.Price, f.Time.Format(time.RFC3339))
	if f.Settlement {
		return health.Condition{
			Key: "settled/" + f.Symbol, Verdict: health.Degraded, Person: true, Text: "the venue settled " + what,
			Remedy: "read what the venue says of it, and take it from the symbols if it is traded no more",
		}
	}
	return health.Condition{
		Key: "liquidated/" + f.Symbol, Verdict: health.Degraded, Text: "the venue liquidated " + what,
		Remedy: "see why the limits let it come to that: less leverage, or a stop that comes before the liquidation",
	}
}
