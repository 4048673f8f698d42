package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The reasons for which the gate stays shut. Those of the run end a submission for now; the fate of another order, and
// units that a person has to name, let it wait; all others end the order.
var (
	errRunEnded      = errors.New("the run has ended")
	errNotReconciled = errors.New("the book and the broker are not known to agree any more")
	errReduceOnly    = errors.New("reduce only: nothing is opened until reduce-only is turned off")
	errUnknown       = errors.New("the fate of another order on the instrument is not known")
)

// endsRun reports whether the gate is shut for a run as a whole, and not for one order.
func endsRun(why error) bool { return errors.Is(why, errRunEnded) || errors.Is(why, errNotReconciled) }

// gate lets submissions begin, one by one, and knows which of them have not returned.
type gate struct {
	env    *env
	ledger *ledger

	// All below is guarded by ledger.mu.
	calls       map[string][]*attempt    // calls of Submit that have not returned, by client ID
	seenBegin   bool                     // the Broker has called Begin in this process
	lastNews    map[string]time.Duration // on the stopwatch: when an order was last sent or heard of, by client ID
	made        map[string]time.Duration // on the stopwatch: when an order was decided on in this process, until it is sent
	rejected    map[string]string        // refusals of orders that were sent more than once, by client ID
	asks        map[string]bool          // client IDs of orders to be asked for, whatever else is known of them
	results     results
	decisions   results
	pendingHalt string    // the reason of a halt that is not durable yet
	pendingFrom time.Time // since when
	reduceOnly  bool
	reduceSince time.Time      // of reduceOnly
	unpriced    []string       // instruments that are held and have no price, where the day's loss is limited
	costed      []string       // the same where it is not: they count at their cost
	known       book.PriceFunc // what is held was worth at the last look; nil before the first
}

func newGate(env *env, ledger *ledger) *gate {
	return &gate{
		env: env, ledger: ledger, calls: make(map[string][]*attempt), lastNews: make(map[string]time.Duration),
		rejected: make(map[string]string), asks: make(map[string]bool),
		made: make(map[string]time.Duration),
	}
}

// blocked says why nothing may be opened on symbol; nil if it may. It asks Allow, outside of all locks.
func (g *gate) blocked(symbol string) error {
	if err := g.env.delisted(symbol); err != nil {
		return err
	}
	if g.env.cfg.Allow != nil {
		if err := g.env.cfg.Allow(symbol); err != nil {
			return err
		}
	}
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	return g.blockedLocked()
}

// blockedLocked says what stands against opening anything at all.
func (g *gate) blockedLocked() error {
	switch halt := g.haltLocked(); {
	case halt.Active():
		return fmt.Errorf("halted: %s", halt.Reason)
	case g.reduceOnly:
		return errReduceOnly
	case len(g.unpriced) > 0:
		return fmt.Errorf("the day's loss is not known: no price for %s", g.unpriced[0])
	}
	return nil
}

// decisionHolds is how long an order may be sent at the price that it was decided at. What has waited for longer, as
// through a crash, is judged by the price of now as well.
const decisionHolds = 2 * time.Second

// recheck reports whether an intent, perhaps from before a crash, is still right, and has Risk approve it.
func (g *gate) recheck(o book.OrderState, opening error) (trading.Approved, error) {
	price, pricedAt, passed := decimal.Zero, time.Time{}, g.env.passed()
	g.ledger.mu.Lock()
	made, ok := g.made[o.ClientID]
	g.ledger.mu.Unlock()
	if !ok || passed-made > decisionHolds {
		price, _ = g.env.price(o.Symbol)
		pricedAt = g.env.pricedAt(o.Symbol)
	}
	liquidation := g.env.liquidation(o.Symbol)
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	held := g.ledger.book.Position(o.Symbol).Quantity
	in := inputs{
		now: g.env.now(), instrument: g.env.instrument(o.Symbol, held), opening: opening, price: price,
		pricedAt: pricedAt, prices: g.known, liquidation: liquidation,
	}
	return g.env.decider(g.ledger.book, "", g.ledger.identity).recheck(o, in)
}

// isInFlight reports whether a call of Submit has not returned.
func (g *gate) isInFlight(clientID string) bool {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	return g.inFlightLocked(clientID)
}

// mayBegin asks the gate without going through it; begin does that.
func (g *gate) mayBegin(ctx context.Context, r *run, o trading.Order, opening error) error {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	return g.mayBeginLocked(ctx, r, o, opening)
}

// mayCancel is the gate for cancels: the run must be the current one.
func (g *gate) mayCancel(ctx context.Context, r *run) error {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	return g.ledger.mayActLocked(ctx, r)
}

func (g *gate) mayBeginLocked(ctx context.Context, r *run, o trading.Order, opening error) error {
	if err := g.ledger.mayActLocked(ctx, r); err != nil {
		return err
	}
	if g.ledger.otherUnits[o.Symbol] {
		return ErrOtherUnits
	}
	x := g.ledger.book.ExposureBeside(o)
	if x.InDoubt {
		return errUnknown
	}
	if opening == nil {
		opening = g.blockedLocked()
	}
	if opening == nil {
		opening = g.env.paused(g.ledger.book, o.Symbol)
	}
	if opening != nil && o.Quantity.GreaterThan(trading.ClosingPart(o.Side, o.Quantity, openExposure(x))) {
		return opening
	}
	return nil
}

// onEventLocked takes note of when an order was made and heard of, which matters until it is done. A person who re-arms has
// the positions compared before anything is opened: what halted may have been that they differ.
func (g *gate) onEventLocked(event journal.Event) {
	switch event := event.(type) {
	case journal.IntentMade:
		g.made[event.Order.ClientID] = g.env.passed()
	case journal.Submitting:
		delete(g.made, event.ClientID)
	case journal.Rearmed:
		g.ledger.reconciled = false
	case journal.Acknowledged, journal.Triggered, journal.CancelAsked:
		g.lastNews[journal.OrderOf(event)] = g.env.passed()
	case journal.Rejected, journal.Canceled, journal.Expired:
		g.noteLostGuard(event)
		delete(g.lastNews, journal.OrderOf(event))
		delete(g.made, journal.OrderOf(event))
	case journal.Filled:
		if o, ok := g.ledger.book.Order(event.Fill.ClientID); ok && o.Status.Done() {
			delete(g.lastNews, o.ClientID)
		}
	default: // No other event is news from the Broker of an order that it has.
	}
}

// noteLostGuard has positions compared before anything is sent, where a guard of what is held has ended that was not to: a
// venue ends what rests when an instrument is split or renamed, and what would be done about a position without its guard would
// be done in the units of before.
func (g *gate) noteLostGuard(event journal.Event) {
	o, ok := g.ledger.book.Order(journal.OrderOf(event))
	lost := ok && o.Leg != "" && o.Acknowledged && !endedAsExpected(g.ledger.book, o)
	if lost && !g.ledger.book.Position(o.Symbol).Quantity.IsZero() {
		g.ledger.reconciled = false
	}
}

// newsOf returns when an order was last sent or heard of in this process, or else when the Journal was opened, and whether
// a call of Submit has not returned.
func (g *gate) newsOf(clientID string) (at time.Duration, inFlight bool) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	at, ok := g.lastNews[clientID]
	if !ok {
		at = g.ledger.openedAt
	}
	return at, g.inFlightLocked(clientID)
}

// ask lets an order be asked for in the next round.
func (g *gate) ask(clientID string) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	g.asks[clientID] = true
}

// takeAsk reports whether an order is to be asked for, once.
func (g *gate) takeAsk(clientID string) bool {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	ask := g.asks[clientID]
	delete(g.asks, clientID)
	return ask
}

// noteAnswer takes note of how the Broker answered an order; "" says that it took it.
func (g *gate) noteAnswer(bad string) {
	now := g.env.passed()
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	g.results.note(bad, bad != "", now)
}

func (g *gate) noteReject(clientID, reason string) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	g.rejected[clientID] = reason
}

func (g *gate) wasRefused(clientID string) bool {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	_, refused := g.rejected[clientID]
	return refused
}

func (g *gate) takeReject(clientID string) (reason string, ok bool) {
	g.ledger.mu.Lock()
	defer g.ledger.mu.Unlock()
	reason, ok = g.rejected[clientID]
	delete(g.rejected, clientID)
	return reason, ok
}

// openExposure is what is held once every open order has filled, also one that is being canceled. The legs of a bracket
// do not count: at most one of the two is going to fill, and perhaps neither.
func openExposure(x book.Exposure) decimal.Decimal {
	return decimal.Sum(x.Held, x.Working, x.Resting, x.Ending)
}
