package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// reconciler brings the book and the Broker together. What it does, in this order:
//
//	news:      knowledge.go has what is asked for, and what need not be
//	fills:     fetchFills journals those that the book does not know
//	fates:     resolve settles what is known of each order that was sent and is not done; resolve.go has how
//	positions: compare looks, before anything is sent and then from time to time, for what the fills do not explain;
//	           difference.go has what is done about it, and foreign.go about orders that are not ours
//
// Nothing is sent before all of it has succeeded once, and again after every failure of a call to the Broker.
type reconciler struct {
	env    *env
	ledger *ledger
	gate   *gate

	// All below is guarded by ledger.mu.
	lastCompare time.Duration  // on the stopwatch: when positions were last found to be dealt with
	suspect     string         // differences that were found once, while orders were open
	differ      []difference   // what stands, by the policy, after the last comparison
	foreign     []foreignOrder // open at the Broker, and not ours, as of the last comparison
	stuck       []string       // client IDs of orders that need a person, as of the last round
	lookBack    time.Duration  // how much further back fills are asked for, as some are known to be missing
	liquidated  []liquidated   // by the venue, within the last hour
	converted   []convertedNow // all of this process
	behind      bool           // the Broker reported more filled, in this round, than its fills add up to
}

// mustResume says that a Broker which keeps its account in memory lacks what the Journal knows of: it would look as if all
// of that had gone.
func (c *reconciler) mustResume(context.Context, *run) error {
	b, ok := c.env.cfg.Broker.(interface{ Resumed() bool })
	if !ok || b.Resumed() {
		return nil
	}
	if view(c.ledger, func(b *book.Book) int { return b.Counts().Fills }) == 0 {
		return nil
	}
	return errors.New("engine: the journal knows of fills, and the broker keeps its account in memory and was not resumed: " +
		"call its Resume with the journal before the first step")
}

// fetchFills journals the fills that the book does not know. What cannot be is left out and told.
func (c *reconciler) fetchFills(ctx context.Context, r *run) error {
	c.ledger.mu.Lock()
	lookBack := c.lookBack
	c.ledger.mu.Unlock()
	return c.fetchFillsOf(ctx, r, lookBack)
}

// fetchSent looks for the fills of what was sent in this round.
func (c *reconciler) fetchSent(ctx context.Context, r *run) error {
	if !r.known.sent {
		return nil
	}
	return c.fetchFills(ctx, r)
}

// fetchFillsOf goes on from the last fill that was seen. Where none was, or some are known to be missing, it asks from a
// time on: that of the earliest news had all clocks gone right, or so much further back. Of what lies before that time
// only the fills of our own orders count: what else happened then was there before.
func (c *reconciler) fetchFillsOf(ctx context.Context, r *run, lookBack time.Duration) error {
	k := &r.known
	c.ledger.mu.Lock()
	since, began := c.ledger.book.FillsSince(c.ledger.opened), c.ledger.book.Began(c.ledger.opened)
	c.ledger.mu.Unlock()
	from := trading.Cursor{Since: since.Add(-lookBack)}
	if since.Before(began) { // by the overlap
		since = began
	}
	if k.walked && lookBack == 0 {
		from, since = k.fills, time.Time{}
	}
	end, err := c.walkFills(ctx, r, from, since)
	k.sent = false
	// A place that is only a time is none: what comes next may bear an earlier one.
	k.fills, k.walked = end, err == nil && end.Token != ""
	return err
}

// walkFills takes in page after page, up to the end of the list.
func (c *reconciler) walkFills(ctx context.Context, r *run, from trading.Cursor, since time.Time) (trading.Cursor, error) {
	var invalid error
	for {
		fills, next, err := c.fillPage(ctx, r, from)
		if err != nil {
			return from, errors.Join(invalid, err)
		}
		if err := c.adoptGuards(ctx, r, fills); err != nil {
			return from, errors.Join(invalid, err)
		}
		events, err := c.ledger.write(context.WithoutCancel(ctx), r, func(b *book.Book) ([]journal.Event, error) {
			news, wrong := newFills(b, since, fills)
			invalid = errors.Join(invalid, wrong)
			return news, nil
		})
		if err != nil {
			return from, err
		}
		c.logFills(events)
		if len(fills) == 0 || next.Equal(from) {
			return next, invalid
		}
		from = next
	}
}

// fillLimit is how many fills are asked for at a time.
const fillLimit = 500

func (c *reconciler) fillPage(ctx context.Context, r *run, from trading.Cursor) ([]trading.Fill, trading.Cursor, error) {
	health.Beat(ctx)
	limited, cancel := c.env.limited(ctx)
	defer cancel()
	fills, next, err := c.env.cfg.Broker.Fills(limited, from, fillLimit)
	if err != nil {
		return nil, next, c.ledger.markUnreconciled(r, fmt.Errorf("engine: ask the broker for fills: %w", err))
	}
	return fills, next, nil
}

func newFills(b *book.Book, since time.Time, fills []trading.Fill) (news []journal.Event, invalid error) {
	known := make(map[string]bool)
	for _, f := range fills {
		if b.Known(f) || known[f.ID] {
			continue
		}
		if _, known := b.Order(f.ClientID); !known && f.Time.Before(since) {
			continue
		}
		known[f.ID] = true
		if err := b.Check(journal.Filled{Fill: f}); err != nil {
			invalid = errors.Join(invalid, fmt.Errorf("engine: the broker tells of what cannot be: %w", err))
			continue
		}
		news = append(news, journal.Filled{Fill: f})
	}
	return news, invalid
}

// logFills logs what is durable by now: no fill is ever logged that a crash could take back.
func (c *reconciler) logFills(events []journal.Event) {
	for _, event := range events {
		f := event.(journal.Filled).Fill
		o, known := c.ledger.order(f.ClientID)
		attrs := []any{"symbol", f.Symbol, "side", f.Side, "quantity", f.Quantity, "price", f.Price, "fee", f.Fee}
		if f.FeeAsset != "" {
			attrs = append(attrs, "fee_asset", f.FeeAsset)
		}
		if o.Leg != "" {
			attrs = append(attrs, "leg", o.Leg)
		}
		c.env.log.Info("Fill", append(attrs, "id", f.ID, "client_id", f.ClientID, "at", f.Time)...)
		switch {
		case f.Liquidation, f.Settlement:
			c.noteLiquidation(f)
		case !known:
			c.env.log.Warn("Fill of an order that is not ours", "symbol", f.Symbol, "id", f.ID, "client_id", f.ClientID)
		}
	}
}

// firstLookBack is how much further back fills are asked for when the first of them is missing.
const firstLookBack = time.Minute

// extendLookBack asks for fills from ever further back while the Broker reports more filled than its fills add up to: its clock
// may be far behind ours, so that a fill of now bears a time from before the order was made.
func (c *reconciler) extendLookBack() {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	if c.behind {
		c.lookBack = min(max(2*c.lookBack, firstLookBack), book.MaxLookBack)
	} else {
		c.lookBack = 0
	}
	c.behind = false
}

// noteBehind remembers that fills are missing which the Broker has.
func (c *reconciler) noteBehind() {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.behind = true
}

// compare compares positions if they are to be, and lets orders pass once they were found to be dealt with.
func (c *reconciler) compare(ctx context.Context, r *run) error {
	if !c.mustCompare() {
		return nil
	}
	if err := inTurn(ctx, r, c.comparePositions, c.compareOrders); err != nil {
		return err
	}
	c.ledger.mu.Lock()
	c.lastCompare = c.env.passed()
	c.ledger.mu.Unlock()
	if err := c.ledger.markReconciled(r); err != nil {
		return err
	}
	if !r.logged {
		r.logged = true
		c.logStart()
	}
	return nil
}

func (c *reconciler) logStart() {
	positions := 0
	for _, p := range view(c.ledger, (*book.Book).Positions) {
		if !p.Quantity.IsZero() {
			positions++
		}
	}
	orders := len(view(c.ledger, (*book.Book).Pending))
	attrs := []any{"positions", positions, "open_orders", orders}
	if halt := view(c.ledger, (*book.Book).Halted); halt.Active() {
		c.env.log.Warn("Trading engine started, but trading is halted", append(attrs, "reason", halt.Reason, "since", halt.At)...)
		return
	}
	c.env.log.Info("Trading engine started", attrs...)
}

// mustCompare reports whether positions are to be compared: before anything is sent, and then from time to time while no
// order is under way, as the two sides of one need not show its fill in the same moment. Those that rest are not under
// way until the Broker reports more of them filled than its fills add up to.
func (c *reconciler) mustCompare() bool {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	if !c.ledger.reconciled {
		return true
	}
	if c.env.passed()-c.lastCompare < c.env.cfg.Reconcile || c.lookBack > 0 {
		return false
	}
	for _, o := range c.ledger.book.Pending() {
		if !o.Rests() || o.Status != trading.StatusOpen || o.CancelAsked {
			return false
		}
	}
	return true
}

// comparePositions looks for differences and deals with them. The fills are read between two questions, so that one
// which came meanwhile is not taken for a difference; the second time from far back, as a clock that was set back may
// have dated one before what is known.
func (c *reconciler) comparePositions(ctx context.Context, r *run) error {
	positioner, ok := c.env.cfg.Broker.(trading.Positioner)
	if !ok {
		return nil
	}
	lookBack := time.Duration(0)
	for attempt := 0; ; attempt++ {
		limited, cancel := c.env.limited(ctx)
		held, err := positioner.Positions(limited)
		cancel()
		if err != nil {
			return c.ledger.markUnreconciled(r, fmt.Errorf("engine: ask the broker for positions: %w", err))
		}
		if err := c.fetchFillsOf(ctx, r, lookBack); err != nil {
			return err
		}
		found := c.differences(held)
		if len(found) > 0 && attempt == 0 {
			lookBack = book.MaxLookBack
			continue
		}
		if err := c.confirm(found); err != nil || len(found) == 0 {
			if err != nil {
				r.known.forget()
			}
			return err
		}
		if found, err = c.convert(ctx, r, held, found); err != nil || len(found) == 0 {
			return err
		}
		c.nameActions(ctx, found)
		return c.dealWith(ctx, r, c.match(held, found))
	}
}

// confirm makes sure that a difference is none that an order brings about which fills at this very moment: while any is
// open it has to be found twice, with a step between, in which orders and fills are asked for again.
func (c *reconciler) confirm(found []difference) error {
	text := fmt.Sprint(found)
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	if len(found) == 0 || !c.ledger.book.HasPending() || text == c.suspect {
		c.suspect, c.differ = "", nil
		clear(c.ledger.otherUnits)
		return nil
	}
	c.suspect = text
	return fmt.Errorf("engine: positions differ while orders are open, and are compared again: %s", text)
}
