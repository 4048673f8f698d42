package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// How often every open order is asked for, although nothing says that it has changed.
const (
	listEvery  = 10 * time.Second // where the Broker lists its open orders; one that does not is asked for each, always
	checkEvery = time.Minute      // where it tells what happens: as a check, since a silent stream may be a broken one
)

// knowledge is what a run knows of the Broker, so that it asks for news only. It is used with the run's turn held, and
// begins anew with each run and after each call that failed.
//
//	                fills               orders that rest     orders in motion or of unknown fate
//	nothing known   from a time on      all                  each
//	no updates      from the cursor on  all, each listEvery  each
//	updates         after news          after news           after news; of unknown fate, each
//
// and everything each checkEvery. A Broker that does not list its orders, and tells no updates, is asked for each at each
// step.
type knowledge struct {
	started bool           // all was asked for once
	listed  time.Duration  // on the stopwatch: when it was last
	fills   trading.Cursor // behind the last fill that was seen; where walked
	walked  bool           // fills is a place
	seq     int64          // of the last updates
	current bool           // all was asked for after seq was read, or updates without a gap have told the rest
	cannot  bool           // list orders
	asked   bool           // open orders, in this round
	open    []trading.OrderReport
	ask     map[string]bool // client IDs of orders of which not all is here that the Broker has reported
	sent    bool            // something was sent since fills were asked for

	cash      trading.Cursor // behind the last cash event that was seen
	cashAt    time.Duration  // on the stopwatch: when cash events were last asked for
	cashAsked bool
	noCash    bool // the Broker tells of none
}

// forget begins anew.
func (k *knowledge) forget() { *k = knowledge{ask: make(map[string]bool)} }

// query is what a round asks the Broker for.
type query struct {
	seq     int64
	missed  bool // there are no updates, or not all
	reports map[string]trading.OrderReport
	fills   bool
	all     bool
	quiet   bool // updates tell of every order
}

// newQuery finds out what is to be asked for. It reads the updates first: what happens later is in the next ones.
func (c *reconciler) newQuery(r *run) query {
	c.ledger.mu.Lock()
	reconciled, behind := c.ledger.reconciled, c.lookBack > 0
	c.ledger.mu.Unlock()
	k := &r.known
	if !reconciled || k.ask == nil {
		k.forget()
	}
	q := query{missed: true, reports: make(map[string]trading.OrderReport)}
	if u, ok := c.env.cfg.Broker.(trading.Updater); ok {
		updates := u.Updates(k.seq)
		q.seq, q.missed = updates.Seq, updates.Missed
		for _, report := range updates.Orders {
			q.reports[report.ClientID] = report
		}
	}
	q.quiet = !q.missed && k.current
	q.all = !k.started || !q.missed && !k.current || c.env.passed()-k.listed >= c.interval(k, q)
	q.fills = q.all || !q.quiet || q.seq != k.seq || len(k.ask) > 0 || behind
	return q
}

// interval is how often every open order is asked for.
func (c *reconciler) interval(k *knowledge, q query) time.Duration {
	_, lists := c.env.cfg.Broker.(trading.OrderLister)
	switch {
	case q.quiet:
		return checkEvery
	case lists && !k.cannot:
		return listEvery
	}
	return 0
}

// catchUp learns what has happened at the Broker. stuck names the orders that only a person can decide on; err says that
// the Broker or the Journal did not answer.
func (c *reconciler) catchUp(ctx context.Context, r *run) (stuck, err error) {
	q := c.newQuery(r)
	r.known.asked, r.known.open = false, nil
	if q.fills {
		if err := c.fetchFills(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := c.fetchCash(ctx, r, !q.missed && q.seq != r.known.seq); err != nil {
		return nil, err
	}
	start := c.env.passed()
	if stuck, err = c.resolve(ctx, r, q); err != nil {
		return stuck, err
	}
	k := &r.known
	k.started, k.seq = true, q.seq
	k.current = q.all || k.current && !q.missed
	if q.all {
		k.listed = start
	}
	return stuck, nil
}

// resolve settles what is known of each order that was sent and is not done, and asks for those of which it is to be
// asked.
func (c *reconciler) resolve(ctx context.Context, r *run, q query) (stuck, err error) {
	defer c.extendLookBack()
	pending := c.ledger.pendingWhere(func(o book.OrderState) bool { return o.Status != trading.StatusIntended })
	if q.all && len(pending) > 0 {
		if err := c.list(ctx, r, q); err != nil {
			return nil, err
		}
	}
	var ids []string
	for _, o := range pending {
		if report, ok := q.reports[o.ClientID]; ok {
			err = c.settle(ctx, r, o, report)
		} else if q.all || c.mustAsk(r, q, o) {
			var left error
			left, err = c.fetchOrder(ctx, r, o)
			if left != nil {
				stuck, ids = errors.Join(stuck, left), append(ids, o.ClientID)
			}
		}
		if err != nil {
			return stuck, err
		}
	}
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.stuck = ids
	return stuck, nil
}

// mustAsk reports whether an order is asked for in any case.
func (c *reconciler) mustAsk(r *run, q query, o book.OrderState) bool {
	if c.gate.takeAsk(o.ClientID) || o.Status == trading.StatusUnknown || r.known.ask[o.ClientID] {
		return true
	}
	return !q.quiet && (o.CancelAsked || !o.Rests())
}

// list adds the reports of all open orders to what is known of them, where the Broker lists them.
func (c *reconciler) list(ctx context.Context, r *run, q query) error {
	open, err := c.openOrders(ctx, r)
	for _, report := range open {
		q.reports[report.ClientID] = report
	}
	return err
}

// openOrders asks for all open orders, at the most once in a round; nil where the Broker does not list them.
func (c *reconciler) openOrders(ctx context.Context, r *run) ([]trading.OrderReport, error) {
	l, ok := c.env.cfg.Broker.(trading.OrderLister)
	if !ok || r.known.cannot || r.known.asked {
		return r.known.open, nil
	}
	health.Beat(ctx)
	limited, cancel := c.env.limited(ctx)
	defer cancel()
	open, err := l.OpenOrders(limited)
	if errors.Is(err, errors.ErrUnsupported) {
		r.known.cannot = true
		return nil, nil
	}
	if err != nil {
		return nil, c.ledger.markUnreconciled(r, fmt.Errorf("engine: ask the broker for open orders: %w", err))
	}
	r.known.open, r.known.asked = open, true
	return open, nil
}

// note remembers whether something of a report is still to come, such as the fills that it counts.
func (k *knowledge) note(o book.OrderState, report trading.OrderReport) {
	if k.ask == nil {
		k.forget()
	}
	if !o.Status.Done() && (o.Filled.LessThan(report.Filled) || report.Status.Done()) {
		k.ask[o.ClientID] = true
	} else {
		delete(k.ask, o.ClientID)
	}
}
