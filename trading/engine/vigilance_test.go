package engine_test

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// What no trouble may lead to, besides orders that are lost or doubled:
//
//	a position that is beyond its target and nobody says so     seen, at the end of every step
//	one that is trimmed and the step does not say so            told, at the end of every step
//	a position that is beyond its target in the end             trimmed, once the venue works
//	a position that was to be closed and is still there         closed, once the venue works
//	a position without its stop-loss for longer than the bound  guarded, at the end of every step
//	an order that leads beyond a limit at the price of then     limited, for each that was sent in a step
//	a day that loses more than its limit while entries go on    halted, at the end of every step (dayloss_test.go)

// stepsToLearn is in how many steps an order that the venue has dropped is known to be gone.
const stepsToLearn = 3

// unguardedBound is that of the engine where nothing else is said.
const unguardedBound = 2 * time.Minute

// vigilance is what a test knows of how long the engine has put up with something.
type vigilance struct {
	naked   map[string]nakedness // by symbol
	beyond  map[string]string    // by symbol: what was held beyond which target and order, and not seen by one step
	refused bool                 // the venue has refused all for a while
	read    int64                // up to where the journal was looked through
	limited int64                // and for what was sent
	made    map[string]time.Time // when an order was decided on; zero where that was another process
	hidden  bool                 // the venue keeps fills back, and nobody knows whether a stop has gone or has filled
}

// nakedness is a position without its stop-loss, and since when steps have come to their end all the while.
type nakedness struct {
	target string
	since  time.Time
	steps  int  // in which the engine could have learned of it
	known  bool // the engine knows of it, or has had stepsToLearn of them
}

// blind forgets all, where a step did not come to its end or another engine took over.
func (v *vigilance) blind() { v.naked, v.beyond = make(map[string]nakedness), make(map[string]string) }

// kept is the book as the journal has it.
func (t *trouble) kept() *book.Book {
	b, err := book.Restore(t.cfg.Capital, journal.Load(context.Background(), t.journal))
	require.NoError(t.rt, err)
	return b
}

// look holds what is held against what is promised of it, at the end of a step that began at the given time.
func (t *trouble) look(began time.Time, err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	b := t.kept()
	t.fell(b, err)
	t.told(said)
	t.limited()
	for _, symbol := range []string{btc, eth} {
		h := b.Holding(symbol)
		t.seen(b, h, said)
		if err == nil {
			t.guarded(b, h, began)
		}
	}
	if err != nil {
		t.vigilance.blind()
	}
}

// seen holds a position against its target: what is more is on its way to be closed, or the step has said so. What a step
// learns in its last moment is for the next one.
func (t *trouble) seen(b *book.Book, h book.Holding, said string) {
	refused := h.Last.Status == trading.StatusRejected || h.Last.Status == trading.StatusCanceled
	closes := h.Last.Side.Signed(h.Quantity).IsNegative()
	again := refused && closes && h.Target.Attempts <= 1 // it is tried a second time before it is an error
	unseen := !h.Excess().IsZero() && !h.Target.Deferred && said == "" && !again &&
		!slices.ContainsFunc(b.PendingOf(h.Symbol), func(o book.OrderState) bool {
			return o.Leg == "" || o.Status != trading.StatusOpen // something is under way
		})
	before := t.vigilance.beyond[h.Symbol]
	delete(t.vigilance.beyond, h.Symbol)
	if !unseen {
		return
	}
	now := h.Target.SignalID + h.Target.Last
	require.NotEqual(t.rt, before, now, "%s of %s is held, the target is %s, and nobody says so",
		h.Quantity, h.Symbol, h.Target.Quantity)
	t.vigilance.beyond[h.Symbol] = now
}

// told looks for positions that the watch has asked to trim: the step that did so has ended with what was wrong.
func (t *trouble) told(said string) {
	for entry, err := range journal.Entries(context.Background(), t.journal, t.vigilance.read) {
		require.NoError(t.rt, err)
		asked, ok := entry.Event.(journal.CloseAsked)
		if ok && asked.By == "the watch over positions beyond their targets" {
			require.Contains(t.rt, said, "more than the target of", "%s is trimmed to %s", asked.Symbol, asked.Quantity)
		}
		t.vigilance.read = entry.Seq
	}
}

// decisionHolds is how long an order may be sent at the price of its decision.
const decisionHolds = 2 * time.Second

// limited holds what this step has sent against the limits, at the price of the decision; where that is from a while ago, or
// from another process, at the dearer of that and the price of now.
func (t *trouble) limited() {
	b, v := book.New(t.cfg.Capital), &t.vigilance
	for entry, err := range journal.Entries(context.Background(), t.journal, 0) {
		require.NoError(t.rt, err)
		isNew := entry.Seq > v.limited
		switch e := entry.Event.(type) {
		case journal.IntentMade:
			if isNew {
				v.made[e.Order.ClientID] = t.clock.right()
			}
		case journal.Submitting:
			if o, ok := b.Order(e.ClientID); ok && isNew && o.Leg == "" {
				t.within(b, o.Order)
			}
		default: // Nothing else is sent.
		}
		v.limited = max(v.limited, entry.Seq)
		require.NoError(t.rt, b.ApplyEntry(entry))
	}
}

// within holds an order that is being sent against the limits.
func (t *trouble) within(b *book.Book, o trading.Order) {
	limits, price := t.cfg.Risk.(risk.Limits), o.DecisionPrice
	waited := t.clock.right().Sub(t.vigilance.made[o.ClientID]) > decisionHolds && !t.clock.coarse
	if now, ok := t.cfg.Pricer.Price(o.Symbol); ok && waited {
		price = decimal.Max(price, o.WorstPrice(now))
	}
	after := heldBeside(b, o).Add(o.Side.Signed(o.Quantity))
	if after.Sign() != int(o.Side) {
		return
	}
	opened := decimal.Min(after.Abs(), o.Quantity)
	require.False(t.rt, opened.Mul(price).GreaterThan(limits.MaxOrder), "%s opens %s at %s", o.ClientID, opened, price)
	require.False(t.rt, after.Abs().Mul(price).GreaterThan(limits.MaxPosition), "%s leads to %s at %s", o.ClientID, after, price)
}

// guarded measures how long a position has been without its stop-loss while every step came to its end.
func (t *trouble) guarded(b *book.Book, h book.Holding, began time.Time) {
	if t.clock.coarse {
		return // One that is set back costs what had passed, and it takes that for no time.
	}
	lacking := h.Target.Guarded(h.Quantity)
	for _, o := range t.venue.Resting() {
		if o.Symbol == h.Symbol && o.Leg == trading.StopLoss {
			lacking = lacking.Sub(o.Quantity)
		}
	}
	asked := slices.ContainsFunc(b.PendingOf(h.Symbol), func(o book.OrderState) bool { return o.Leg == "" })
	if !h.Target.Ticket.StopLoss.IsPositive() || lacking.LessThanOrEqual(d("0.05")) || h.Target.Deferred || asked ||
		t.vigilance.hidden {
		delete(t.vigilance.naked, h.Symbol)
		return
	}
	before, seen := t.vigilance.naked[h.Symbol]
	if anew := !seen || before.target != h.Target.SignalID; anew || !before.known {
		// A stop that has gone at the end of a step is missed in the next one, and believed to be gone in the one after
		// that. There may be hours between two of them.
		n := nakedness{target: h.Target.SignalID, since: t.clock.right()}
		if !anew {
			n.steps = before.steps + 1
		}
		n.known = n.steps >= stepsToLearn || b.Legs(h.Symbol, trading.StopLoss).Guarding.LessThan(h.Target.Guarded(h.Quantity))
		t.vigilance.naked[h.Symbol] = n
		return
	}
	require.Less(t.rt, began.Sub(before.since), unguardedBound, "%s of %s has no stop-loss", lacking, h.Symbol)
}

// outlast goes on for longer than the engine waits for anything.
func (t *trouble) outlast() {
	for range 100 {
		_ = t.step()
		t.clock.Add(12 * time.Second)
	}
}

// trimmed looks at whether no more is held than is to be, but for what came from elsewhere and what is a person's.
func (t *trouble) trimmed() {
	if t.cfg.HaltOnExcess {
		return // That is a person's as well.
	}
	b := t.kept()
	for _, symbol := range []string{btc, eth} {
		doubt := slices.ContainsFunc(b.PendingOf(symbol), func(o book.OrderState) bool { return o.Status != trading.StatusOpen })
		if h := b.Holding(symbol); !doubt {
			require.True(t.rt, h.Excess().Abs().LessThan(d("0.05")), "%s of %s is held, and the target is %s",
				h.Quantity, symbol, h.Target.Quantity)
		}
	}
}

// closed looks at whether nothing is held any more.
func (t *trouble) closed() {
	for _, p := range t.engine.Status().Positions {
		require.True(t.rt, p.Quantity.Abs().LessThan(d("0.05")), "%s of %s was to be closed", p.Quantity, p.Symbol)
	}
}

// refuseAll lets the venue refuse whatever it is sent for a while, once.
func (t *trouble) refuseAll() {
	if t.vigilance.refused {
		return
	}
	t.vigilance.refused = true
	faults := make([]tradingtest.Fault, t.draw(4, 10, "refused"))
	for i := range faults {
		faults[i] = tradingtest.Reject
	}
	t.broker.Next(faults...)
}

// refuseLegs lets the venue refuse the bracket of what is opened, for longer than a position may be without one.
func (t *trouble) refuseLegs() {
	if t.vigilance.refused || t.cfg.Ticket == nil {
		return
	}
	t.vigilance.refused = true
	t.signals.put(says(btc, signal.Long, t.now()))
	t.broker.Next(append([]tradingtest.Fault{tradingtest.None}, slices.Repeat([]tradingtest.Fault{tradingtest.Reject}, 14)...)...)
	for range t.draw(10, 20, "rounds") {
		t.round()
		t.broker.Deliver(t.rt.Context())
		t.clock.Add(12 * time.Second)
	}
}

// executeLate lets the venue execute orders that it is said to have refused.
func (t *trouble) executeLate() {
	if t.hangs || len(t.zombies) > 0 {
		return // What hangs may be one of these.
	}
	b := t.kept()
	for range t.draw(1, 3, "orders") {
		orders := slices.DeleteFunc(b.Orders(), func(o book.OrderState) bool {
			return o.Status != trading.StatusRejected || t.venue.Taken(o.ClientID) > 0 || o.Rests()
		})
		if len(orders) == 0 {
			return
		}
		t.executes(orders[t.draw(0, len(orders)-1, "order")].Order)
	}
}

// refuseClose lets the venue refuse a close several times, and then execute some of these orders all the same: more is sold
// than was held, while the last order waits to be tried again.
func (t *trouble) refuseClose() {
	if t.vigilance.refused {
		return
	}
	t.vigilance.refused = true
	t.signals.put(says(btc, signal.Long, t.now()))
	t.round()
	_ = t.engine.Flatten(t.rt.Context(), btc, "bob")
	t.broker.Next(slices.Repeat([]tradingtest.Fault{tradingtest.Reject}, t.draw(2, 5, "refused"))...)
	for range t.draw(3, 12, "rounds") {
		t.round()
		t.broker.Deliver(t.rt.Context()) // within its bound
		t.clock.Add(time.Duration(t.draw(1, 9, "seconds")) * time.Second)
	}
	t.executeLate()
}
