package book

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Cursor is a place in a signal store: signals up to Seq have been dealt with. A Seq means nothing in another store.
type Cursor struct {
	Store string `json:"store"` // the store's identity; empty before the first signal
	Seq   int64  `json:"seq"`
}

// follower is one strategy on one symbol: the line along which signals replace each other.
type follower struct{ strategy, symbol string }

func compareFollowers(x, y follower) int {
	return cmp.Or(cmp.Compare(x.symbol, y.symbol), cmp.Compare(x.strategy, y.strategy))
}

// signals are how far they were followed, and what of them still matters.
type signals struct {
	cursor   Cursor
	acted    map[follower]time.Time          // the bar last acted on
	offers   map[follower]journal.SignalSeen // what the latest signal would have done
	outcomes map[journal.Outcome]int
}

func newSignals() signals {
	return signals{
		acted: make(map[follower]time.Time), offers: make(map[follower]journal.SignalSeen),
		outcomes: make(map[journal.Outcome]int),
	}
}

// Cursor is where to go on reading signals.
func (s *signals) Cursor() Cursor { return s.cursor }

// Acted returns the bar of the last signal of a strategy on a symbol that set a target.
func (s *signals) Acted(strategy, symbol string) (time.Time, bool) {
	at, ok := s.acted[follower{strategy, symbol}]
	return at, ok
}

// Offers returns the latest signal of each strategy and symbol that would have set a target, and that a person may
// approve.
func (s *signals) Offers() []journal.SignalSeen { return s.offered(journal.OutcomeWouldHave) }

// Blocked returns the latest signal of each strategy and symbol that would have set a target had nothing stood against it.
func (s *signals) Blocked() []journal.SignalSeen { return s.offered(journal.OutcomeRefused) }

func (s *signals) offered(outcomes ...journal.Outcome) []journal.SignalSeen {
	var all []journal.SignalSeen
	for f, offer := range s.offers { // none, most of the time
		if slices.Contains(outcomes, offer.Outcome) {
			all = append(all, s.offers[f])
		}
	}
	slices.SortFunc(all, func(x, y journal.SignalSeen) int {
		return compareFollowers(follower{x.Strategy, x.Symbol}, follower{y.Strategy, y.Symbol})
	})
	return all
}

func (s *signals) check(e journal.SignalSeen, owner func(journal.SignalSeen) error) error {
	switch {
	case e.Store == "" || e.SignalID == "" || e.Symbol == "":
		return fmt.Errorf("book: signal_seen lacks its store %q, id %q or symbol %q", e.Store, e.SignalID, e.Symbol)
	case s.cursor.Store != "" && s.cursor.Store != e.Store:
		return fmt.Errorf("book: signal %s is of store %s, and the book follows %s", e.SignalID, e.Store, s.cursor.Store)
	case e.Seq <= s.cursor.Seq:
		return fmt.Errorf("book: signal %s has seq %d, and the cursor is at %d", e.SignalID, e.Seq, s.cursor.Seq)
	}
	//exhaustive:enforce
	switch e.Outcome {
	case journal.OutcomeActed:
	case journal.OutcomeSuperseded, journal.OutcomeExpired, journal.OutcomeRefused, journal.OutcomeWouldHave:
		return nil
	default:
		return fmt.Errorf("book: signal %s has an unknown outcome %q", e.SignalID, e.Outcome)
	}
	if err := owner(e); err != nil {
		return err
	}
	if last, ok := s.Acted(e.Strategy, e.Symbol); ok && !e.BarTime.After(last) {
		return fmt.Errorf("book: signal %s acted on bar %s after that of %s", e.SignalID, e.BarTime, last)
	}
	return nil
}

func (s *signals) checkApproved(e journal.SignalApproved, owner func(journal.SignalSeen) error) error {
	if offer, ok := s.offer(e.SignalID); ok {
		return owner(offer) // that of several strategies is made anew
	}
	return fmt.Errorf("book: signal %q is none that waits for approval", e.SignalID)
}

// see takes note of a signal, and lets it set its target if it was acted on.
func (s *signals) see(e journal.SignalSeen, standing targets) {
	s.cursor = Cursor{Store: e.Store, Seq: e.Seq}
	s.outcomes[e.Outcome]++
	line := follower{e.Strategy, e.Symbol}
	if e.Outcome != journal.OutcomeSuperseded {
		delete(s.offers, line)
	}
	//exhaustive:enforce
	switch e.Outcome {
	case journal.OutcomeActed:
		s.act(e, standing)
	case journal.OutcomeWouldHave:
		s.offers[line] = e
	case journal.OutcomeRefused:
		if !e.Target.IsZero() {
			s.offers[line] = e
		}
	case journal.OutcomeSuperseded, journal.OutcomeExpired: // They only count.
	}
}

func (s *signals) act(e journal.SignalSeen, standing targets) *Target {
	s.acted[follower{e.Strategy, e.Symbol}] = e.BarTime
	return standing.set(e)
}

// offer returns the offer with a signal's ID.
func (s *signals) offer(signalID string) (journal.SignalSeen, bool) {
	for _, offer := range s.offers {
		if offer.SignalID == signalID {
			return offer, true
		}
	}
	return journal.SignalSeen{}, false
}

// approve lets an offer set its target, for which an order is to be made.
func (s *signals) approve(offer journal.SignalSeen, standing targets) *Target {
	delete(s.offers, follower{offer.Strategy, offer.Symbol})
	t := s.act(offer, standing)
	t.Deferred, t.Approved = true, true
	return t
}
