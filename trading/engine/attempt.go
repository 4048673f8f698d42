package engine

import (
	"context"
	"errors"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// The reasons for which an attempt does not begin, besides those of the gate.
var (
	errSecondBegin = errors.New("the broker adapter has called Begin before")
	errCallEnded   = errors.New("the call of Submit has returned")
	errNoBegin     = errors.New("the broker adapter did not call Begin")
)

// attempt is one call of Submit. What may happen to it:
//
//	           Begin                          Submit returns
//	waiting    begun, or refused by the gate  over: nothing was sent
//	begun      an error                       over: its answer counts
//	refused    the gate is asked again        over: nothing was sent
//	over       an error
//
// That nothing was sent is believed of an adapter that is known to call Begin; see gate.seenBegin.
type attempt struct {
	run   *run
	order trading.Order

	// All below is guarded by ledger.mu, and does not change any more once the attempt is over.
	began   bool
	over    bool
	refused error // what the gate said
}

// try notes that a call of Submit is about to be made. Whoever comes next knows of it.
func (g *gate) try(r *run, o trading.Order) *attempt {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	t := &attempt{order: o, run: r}
	g.calls[o.ClientID] = append(g.calls[o.ClientID], t)
	return t
}

// begin is what Approved.Begin asks: the one place that lets a submission begin. It looks, under the lock, at everything
// that can take away the right to trade. The gate was asked before the submission was journaled, too; whatever has
// happened since, a new run above all, is seen here, however long the adapter has taken. The lock is not held during the
// submission, which may hang.
func (g *gate) begin(ctx context.Context, t *attempt) error {
	opening := g.blocked(t.order.Symbol)
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	g.seenBegin = true
	switch {
	case t.over:
		return errCallEnded
	case t.began:
		return errSecondBegin
	}
	if t.refused = g.mayBeginLocked(ctx, t.run, t.order, opening); t.refused != nil {
		return t.refused
	}
	t.began = true
	g.lastNews[t.order.ClientID] = g.env.passed()
	return nil
}

// end notes that a call of Submit has returned.
func (g *gate) end(t *attempt) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	t.over = true
	id := t.order.ClientID
	for i, other := range g.calls[id] {
		if other == t {
			g.calls[id] = append(g.calls[id][:i], g.calls[id][i+1:]...)
		}
	}
	if len(g.calls[id]) == 0 {
		delete(g.calls, id)
	}
}

// callsBegin reports whether the Broker is known to call Begin.
func (g *gate) callsBegin() bool {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	return g.seenBegin
}

// inFlightLocked reports whether a call of Submit has not returned that may have sent the order, or may do so yet. One that
// has not begun and belongs to a run that was given up never will.
func (g *gate) inFlightLocked(clientID string) bool {
	for _, t := range g.calls[clientID] {
		if t.began || !g.seenBegin || g.ledger.runs.mayWrite(t.run) == nil {
			return true
		}
	}
	return false
}
