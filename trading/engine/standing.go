package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// How soon health hears of what keeps trading from going on, from the end of the step in which it began:
//
//	halted, reduce_only, day_loss, unknown   at once; never healthy until a person, or a price, has come
//	failing                                  at the second step in a row that failed; unhealthy after failedAfter
//	signals                                  at the badOrders-th in a row that sizer, ticket or limits refused
//	orders                                   at the badOrders-th in a row that was refused or lost; unhealthy at the tenth
const (
	failedAfter = 30 * time.Second
	badOrders   = 3
	worstOrders = 10
	// ordersHold is how long orders that went wrong are held against a Broker that has not been sent any since.
	ordersHold = 15 * time.Minute
)

// What ends them.
const (
	remedyFailing = "see whether the broker and the store answer: each step tries again"
	remedyOrders  = "read the venue's words, and mend the account, the keys or the sizes: the next order that passes ends it"
	remedyReduce  = "turn reduce-only off: SetReduceOnly, or the act reduce-only of who serves the API"
	remedyPrice   = "see why its source gives no price: the first one ends it"
)

// failures are the steps that failed in a row. It is used with the run's turn held.
type failures struct {
	steps int
	since time.Duration // on the stopwatch
}

// step takes note of how a step ended, and returns what is to be told of that.
func (f *failures) step(err error, now time.Duration) (found []problem) {
	if err == nil {
		*f = failures{}
		return nil
	}
	if f.steps++; f.steps == 1 {
		f.since = now
	}
	if f.steps < 2 {
		return nil
	}
	verdict := health.Degraded
	if now-f.since >= failedAfter {
		verdict = health.Unhealthy
	}
	return []problem{condition("failing", verdict, "trading steps fail: "+err.Error(), remedyFailing, false)}
}

// results are how the latest were taken: orders by the Broker, or signals by the sizer, the ticket and the limits.
type results struct {
	bad  int // in a row, refused or lost
	last string
	at   time.Duration // on the stopwatch
}

// note takes note of an answer, and of the reason where it was a bad one.
func (a *results) note(reason string, bad bool, now time.Duration) {
	if !bad {
		*a = results{}
		return
	}
	a.bad, a.last, a.at = a.bad+1, reason, now
}

func (a results) orders(now time.Duration) []problem {
	if !a.current(now) {
		return nil
	}
	verdict := health.Degraded
	if a.bad >= worstOrders {
		verdict = health.Unhealthy
	}
	text := fmt.Sprintf("the last %d orders were refused or lost, the latest: %s", a.bad, a.last)
	return []problem{condition("orders", verdict, text, remedyOrders, false)}
}

func (a results) current(now time.Duration) bool {
	return a.bad >= badOrders && now-a.at <= ordersHold
}

// noteDecision takes note of what became of a signal. One that was refused because nothing may be opened at all says
// nothing of the settings: what stands against it is in health already.
func (g *gate) noteDecision(ctx context.Context, seen journal.SignalSeen, opening error) {
	switch seen.Outcome {
	case journal.OutcomeRefused, journal.OutcomeExpired:
		health.Count(ctx, "signals_"+string(seen.Outcome), 1)
	default: // The others lead to something, or were overtaken.
	}
	if opening != nil {
		return
	}
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	g.decisions.note(seen.Reason, seen.Outcome == journal.OutcomeRefused, g.env.passed())
}

// rejectedSignals tells of signals of which each was refused: limits may be right to do so, so that it does not turn.
func (a results) rejectedSignals(now time.Duration) []problem {
	if !a.current(now) {
		return nil
	}
	text := fmt.Sprintf("the last %d signals were refused, the latest: %s", a.bad, a.last)
	return []problem{condition("signals", health.Degraded, text, "look at sizes, limits and tickets", false)}
}

// standingLocked is what stands until a person, or a price, comes.
func (g *gate) standingLocked() (found []problem) {
	if halt := g.haltLocked(); halt.Active() {
		halted := closed("halted", "trading is halted: "+halt.Reason, "re-arm it once that is dealt with")
		halted.Began = halt.At
		found = append(found, halted)
	}
	if g.reduceOnly {
		mode := closed("reduce_only", "only what reduces a position is sent", remedyReduce)
		mode.Began = g.reduceSince
		found = append(found, mode)
	}
	if len(g.unpriced) > 0 {
		found = append(found, condition("day_loss", g.silence(g.unpriced),
			"the day's loss is not known, and nothing is opened: no price for "+g.unpriced[0], remedyPrice, false))
	}
	if len(g.costed) > 0 && g.env.cfg.Pricer != nil {
		found = append(found, condition("unpriced", g.silence(g.costed),
			"held without a price, and counted at cost: "+strings.Join(g.costed, ", "), remedyPrice, false))
	}
	return found
}

// silence is what it means that nobody gives a price: nothing while the markets are closed.
func (g *gate) silence(symbols []string) health.Verdict {
	hours, now := g.env.cfg.Hours, g.env.now()
	for _, symbol := range symbols {
		if hours == nil {
			return health.Degraded
		}
		if open, _ := hours.Open(symbol, now); open {
			return health.Degraded
		}
	}
	return health.Healthy
}

// closed is a condition in which nothing is opened until a person acts.
func closed(key, text, remedy string) problem {
	p := condition(key, health.Degraded, text, remedy, true)
	p.Closed = true
	return p
}

// condition is a trouble that is no error of the step.
func condition(key string, verdict health.Verdict, text, remedy string, person bool) problem {
	return problem{Condition: health.Condition{Key: key, Verdict: verdict, Text: text, Remedy: remedy, Person: person}}
}
