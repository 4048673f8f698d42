package book

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// fold adds an event that Check has let through and that was journaled at the given time.
func (b *Book) fold(at time.Time, e journal.Event) { //nolint:funlen // a case for each event
	if b.began.IsZero() {
		b.began = at
	}
	switch e := e.(type) {
	case journal.SignalSeen:
		b.foldSignal(e)
	case journal.IntentMade:
		b.orders.addIntended(at, &e.Order)
		b.targets.count(&e.Order)
	case journal.Submitting:
		o := b.orders.change(e.ClientID)
		b.orders.move(at, o, trading.StatusUnknown, "")
		o.sent()
	case journal.Acknowledged:
		b.orders.acknowledge(at, e.ClientID)
	case journal.Triggered:
		b.orders.change(e.ClientID).triggered(at)
	case journal.Rejected:
		b.orders.reject(at, e.ClientID, e.Reason)
	case journal.Unknown:
		b.orders.move(at, b.orders.change(e.ClientID), trading.StatusUnknown, e.Reason)
	case journal.NotReceived:
		o := b.orders.change(e.ClientID)
		b.orders.move(at, o, trading.StatusIntended, e.Reason)
		o.InFlight = e.InFlight
	case journal.SignalApproved:
		b.foldApproved(at, e)
	case journal.CloseAsked:
		b.foldClose(at, e)
	case journal.Amended:
		b.targets.amend(e, b.orders.pending[e.Symbol])
	case journal.CancelAsked:
		b.orders.change(e.ClientID).cancelAsked(at, e.Reason)
	case journal.Canceled:
		b.orders.move(at, b.orders.change(e.ClientID), endOf(e), e.Reason)
	case journal.Expired:
		b.orders.move(at, b.orders.change(e.ClientID), trading.StatusExpired, e.Reason)
	case journal.Filled:
		b.foldFill(at, &e.Fill)
	case journal.Adopted:
		b.days.at(at, &b.account)
		b.adopt(at, e)
	case journal.Converted:
		b.convert(at, e)
	case journal.CashMoved:
		b.days.at(at, &b.account)
		b.account.move(e.Move)
	case journal.DayOpened:
		b.foldDay(at, e)
	case journal.Halted:
		b.foldHalted(at, e)
	case journal.Rearmed:
		b.halt, b.account.breached = Halt{}, false
		b.losses.rearmed()
	case journal.SettingsChanged:
		b.foldSettings(e)
	case journal.Locked:
		b.locks.lock(at, e)
		b.lost(e)
	case journal.Acted: // What came of it has events of its own.
	}
	// No event adds more than one fill or ends more than one order, so that it is enough to drop one of each.
	b.fills.forget()
	b.orders.forget(at, b.targets)
}

func (b *Book) foldSignal(e journal.SignalSeen) {
	if e.Outcome != journal.OutcomeActed {
		b.signals.see(e, b.targets)
		return
	}
	orphan, works := b.orphanOf(e), b.working(e)
	b.share(e)
	b.signals.see(e, b.targets)
	b.targets[e.Symbol].Orphan, b.targets[e.Symbol].Last = orphan, works
	b.external.settled(e.Symbol)
}

// working is the order that works for the target that a signal replaces, and is the new one's too, where that asks for no other:
// if it ends before it is filled, what is missing is asked for again. "" for none.
func (b *Book) working(e journal.SignalSeen) string {
	was, ok := b.targets[e.Symbol]
	if !ok || e.Deferred {
		return ""
	}
	if last := b.orders.find(was.Last); last == nil || !last.atBroker() {
		return ""
	}
	return was.Last
}

func (b *Book) foldApproved(at time.Time, e journal.SignalApproved) {
	offer, ok := b.signals.offer(e.SignalID)
	if !ok {
		return // Check has let none of those through.
	}
	offer = b.beside(offer, at)
	orphan := b.orphanOf(offer)
	b.share(offer)
	b.signals.approve(offer, b.targets).Orphan = orphan
	b.external.settled(offer.Symbol)
}

// foldHalted keeps the first reason apart: it is the one to look into, and what follows is often its consequence.
func (b *Book) foldHalted(at time.Time, e journal.Halted) {
	if e.Day != "" && e.Day == b.day.Day {
		b.account.breached = true
	}
	b.losses.halted(e)
	switch with := b.halt.With(e.Reason); {
	case !b.halt.Active():
		b.halt = Halt{Reason: e.Reason, At: at, Seq: b.seq}
	case with != b.halt:
		b.halt = with
		b.halt.Seq = b.seq // Whoever has seen the halt without this reason has not seen what to lift.
	}
}

// foldDay lets the next day say what the account was worth when the one before ended.
func (b *Book) foldDay(at time.Time, e journal.DayOpened) {
	b.days.at(at, &b.account)
	if before := b.account.day.Day; before < e.Day {
		b.days.ended(before, e.Begin())
	}
	b.openedInstruments(e)
	e.Profits = nil
	b.account.day, b.account.breached = e, false
	b.losses.opened(at, e)
}

func (b *Book) foldFill(at time.Time, f *trading.Fill) {
	if !b.fills.count(f) {
		return
	}
	b.days.at(at, &b.account)
	b.days.fill(f)
	before, after := b.positions.add(f)
	b.account.applyFill(f, before, after)
	o := b.orders.change(f.ClientID)
	b.trades.moved(at, before, after, o != nil && o.Leg == trading.StopLoss)
	b.external.moved(f.Symbol, o != nil, before.Quantity, after.Quantity)
	b.lives.changed(filledAt(f, at), before, after)
	if o == nil {
		b.fills.foreign++
		b.stakes.fill(f, false)
		return
	}
	if o.Leg != "" {
		from := b.targets.quantity(f.Symbol)
		b.targets.guardFilled(f, o, after.Quantity)
		b.stakes.guarded(f.Symbol, from, b.targets[f.Symbol])
	}
	b.stakes.fill(f, true)
	b.orders.fill(at, o, f)
}

// adopt changes a position as a trade without a fee would, so that the account still adds up.
func (b *Book) adopt(at time.Time, e journal.Adopted) {
	f := trading.Fill{Symbol: e.Symbol, Side: trading.Buy, Quantity: e.Quantity.Abs(), Price: e.Price}
	if e.Quantity.IsNegative() {
		f.Side = trading.Sell
	}
	before, after := b.positions.add(&f)
	b.account.applyFill(&f, before, after)
	b.trades.moved(at, before, after, false)
	b.external.moved(e.Symbol, false, before.Quantity, after.Quantity)
	b.stakes.fill(&f, false)
	b.lives.changed(at, before, after)
}
