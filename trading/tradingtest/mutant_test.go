package tradingtest_test

import (
	"context"
	"net/http"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// mutant is an adapter with one fault, as authors of adapters make them. They are written from what venues do and from what
// was reported of other systems, and not from the suite's cases.
type mutant struct {
	fault string
	says  string // an expression that what the suite says of it has to match: it names the fault
	flaws flaws

	forgetful bool // at a venue that takes a client ID again once its order is done
	claims    func(t *trading.Traits)
	transport func(next http.RoundTripper) http.RoundTripper // between the adapter and the line
	deaf      bool                                           // the stream is not dialed again once it has ended
	unbroken  bool                                           // nobody is told that the stream was down
}

// mutants are all of them.
func mutants() []mutant {
	var all []mutant
	for _, some := range [][]mutant{
		sentMutants, someMutants, priceMutants, outcomeMutants, beginMutants, reportMutants, memoryMutants, fillMutants, pageMutants,
		restMutants, accountMutants, streamMutants, partMutants, askedMutants, shortMutants, replaceMutants, newsMutants, priceTellers,
	} {
		all = append(all, some...)
	}
	return all
}

// sending is a fault in how an order is written to the venue.
func sending(change func(o trading.Order, w *xOrder)) flaws { return flaws{sent: change} }

// telling is a fault in how a fill is told.
func telling(change func(w xTrade, f *trading.Fill)) flaws {
	return flaws{fill: func(_ *adapter, w xTrade, f *trading.Fill) { change(w, f) }}
}

// reporting is a fault in what Order says of an order that there is.
func reporting(change func(w xOrder, r *trading.OrderReport)) flaws {
	return flaws{order: func(_ *adapter, _ trading.OrderRef, w xOrder, r *trading.OrderReport, err error) error {
		if err == nil {
			change(w, r)
		}
		return err
	}}
}

// judging is a fault in what an answer is taken for.
func judging(change func(status int, right error) error) flaws {
	return flaws{outcome: func(o trading.Order, status int, err error) error { return change(status, outcome(o, status, err)) }}
}

// once keeps what first returns the first time under a name.
func (a *adapter) once(name string, first func() any) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if kept, ok := a.known[name]; ok {
		return kept
	}
	kept := first()
	a.known[name] = kept
	return kept
}

// sentHere reports whether this process has sent an order.
func (a *adapter) sentHere(clientID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok := a.known["sent "+clientID]
	return ok
}

// noting is Submit with a memory of what it has sent.
func noting(a *adapter, _ context.Context, ap trading.Approved, next func() error) error { //nolint:revive // a mutant's shape
	a.once("sent "+ap.Order().ClientID, func() any { return true })
	return next()
}
