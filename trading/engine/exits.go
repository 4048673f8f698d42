package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// byExit begins the word on which an Exit changes something; its name and its reason follow.
const byExit = "exit "

// exits asks the exits about each position that our orders have opened, in each step. What they want is journaled, as a
// ticket that is amended or a close that is asked for, and then done like any other: it needs no memory of its own, and a
// process that is killed at any moment decides the same again.
type exits struct {
	env    *env
	ledger *ledger
}

// adjust lets the exits see what is held, once brackets that count from what was paid stand where they are to.
func (e *Engine) adjust(ctx context.Context, r *run) error {
	if len(e.env.exits) == 0 {
		return nil
	}
	if err := e.follower.anchor(ctx, r); err != nil {
		return err
	}
	for _, h := range view(e.ledger, e.exits.held) {
		if err := e.exits.adjust(ctx, r, h); err != nil {
			return err
		}
	}
	return nil
}

// held are the positions that exits are asked about, by symbol. While the fate of an order is not known nothing else is sent for
// its instrument: a stop that is on its way would have to be waited for, where it is only to be sent again.
func (x *exits) held(b *book.Book) (all []book.Holding) {
	for h := range b.Holdings() {
		if x.env.mayAdjust(h) && !b.Exposure(h.Symbol).InDoubt && !x.ledger.otherUnits[h.Symbol] {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b book.Holding) int { return cmp.Compare(a.Symbol, b.Symbol) })
	return all
}

// mayAdjust reports whether exits are asked about a position: one that a target asks for, and whose orders are placed.
func (e *env) mayAdjust(h book.Holding) bool {
	return h.Target.Guarded(h.Quantity).IsPositive() && (e.cfg.AutoExecute || h.Target.Approved)
}

// adjust asks all exits about a position, and journals what they come to. They are asked outside of all locks: where the
// position has changed meanwhile the next step asks them again.
func (x *exits) adjust(ctx context.Context, r *run, h book.Holding) error {
	p := proposal{held: x.seen(h), step: decimal.NewFromFloat(max(x.env.cfg.GuardStep, 0)), ticket: h.Target.Ticket}
	p.rest = x.env.replaces() == trading.Beside
	p.settled = !p.rest || view(x.ledger, func(b *book.Book) bool { return profitSettled(b, h.Symbol) })
	x.sayWatched(p.held)
	for i, exit := range x.env.exits {
		name, want, err := ask(exit, p.held)
		if err != nil {
			r.tell(x.failed(i, h.Symbol, err))
			continue
		}
		p.take(name, want)
		if len(want.Rungs) > 0 && !p.rest && x.env.logOnce("exit rungs at market") {
			x.env.log.Info("Parts of the profit are closed at market: the venue lets no two orders rest beside each other",
				"exit", name, "replaces", x.env.replaces())
		}
	}
	if p.isNothing() {
		return nil
	}
	events, err := x.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		now := b.Holding(h.Symbol)
		if now.Target != h.Target || !now.Quantity.Equal(h.Quantity) {
			return nil, nil
		}
		return p.events(b, h), nil
	})
	if err == nil && len(events) > 0 {
		x.log(p, h)
	}
	return err
}

// profitSettled reports whether no leg that takes profit is to go, or under way.
func profitSettled(b *book.Book, symbol string) bool {
	x := b.Exposure(symbol)
	return !x.Unsettled && !x.LegEnding && x.TakeProfit.Equal(b.Legs(symbol, trading.TakeProfit).Wanted)
}

// seen is a position as exits see it.
func (x *exits) seen(h book.Holding) trading.Held {
	held := trading.Held{
		Instrument: x.env.instrument(h.Symbol, h.Quantity),
		Quantity:   h.Target.Side().Signed(h.Target.Guarded(h.Quantity)), Most: h.Most,
		Paid: h.AveragePrice(), Opened: h.Opened, Ticket: h.Target.Ticket, Now: x.env.now(),
	}
	held.Price, _ = x.env.price(h.Symbol)
	if x.env.cfg.Bars != nil {
		held.Bars = x.env.cfg.Bars(h.Symbol)
	}
	return held
}

// ask asks an exit. The error says how it ended if it did not answer.
func ask(exit trading.Exit, h trading.Held) (name string, want trading.Adjustment, err error) {
	_, err = foreign.Go(func() (struct{}, error) {
		name, want = exit.Name(), exit.Adjust(h)
		return struct{}{}, nil
	}).Result()
	return name, want, err
}

// failed tells of an exit that did not answer.
func (x *exits) failed(n int, symbol string, err error) problem {
	exit := x.env.exits[n]
	text := fmt.Sprintf("an exit of type %T says nothing on %s, which keeps the guard that it has: %s", exit, symbol, err)
	if x.env.logOnce("exit " + symbol + text) {
		x.env.log.Error("Exit failed", "exit", fmt.Sprintf("%T", exit), "symbol", symbol, "error", err,
			"stack", foreign.Stack(err))
	}
	return condition(fmt.Sprintf("exit/%d/%s", n+1, symbol), health.Degraded, text, "mend the exit, or run without it", false)
}

func (x *exits) log(p proposal, h book.Holding) {
	if p.close.IsPositive() {
		x.env.log.Info("Position is closed by an exit", "symbol", h.Symbol, "held", h.Quantity, "close", p.close, "by", p.closeBy)
	}
	if p.amends() {
		was, is := h.Target.Ticket, p.ticket
		attrs := []any{"symbol", h.Symbol, "stop_loss", is.StopLoss, "was_stop_loss", was.StopLoss,
			"take_profit", is.TakeProfit, "was_take_profit", was.TakeProfit}
		if rungs := is.RungsOf(trading.TakeProfit); len(rungs) > 0 {
			attrs = append(attrs, "rungs", rungs)
		}
		x.env.log.Info("Guard moved by an exit", append(attrs, "by", p.by())...)
	}
}
