package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// ForeignPolicy says what an Engine does about orders at the Broker, if it is an OrderLister, that the Journal does not
// know and whose instrument the Engine trades: those of a person, or of another program on the same account.
type ForeignPolicy string

// The policies.
const (
	// KeepForeign says so once and lets them rest. What they fill counts, as a trade by hand does.
	KeepForeign ForeignPolicy = "keep"
	// CancelForeign cancels them. It needs a Broker that is a Canceler.
	CancelForeign ForeignPolicy = "cancel"
	// HaltOnForeign halts trading and says which they are: a person looks into it.
	HaltOnForeign ForeignPolicy = "halt"
)

func (p ForeignPolicy) valid() bool {
	//exhaustive:enforce
	switch p {
	case "", KeepForeign, CancelForeign, HaltOnForeign:
		return true
	}
	return false
}

// foreignOrder is an open order at the Broker that the book does not know.
type foreignOrder struct {
	trading.OrderReport

	// stray: it bears a client ID of ours. It is from a stretch of the Journal that was lost, as by a restore, or of another
	// trader on the same account.
	stray bool
	tried bool // to cancel it, since it was found
}

func (o foreignOrder) String() string {
	kind := o.Type
	if kind == "" {
		kind = trading.Market
	}
	return fmt.Sprintf("%s, %s %s", o.ClientID, kind, o.Symbol)
}

// compareOrders looks for open orders that the book does not know, and deals with them by policy.
func (c *reconciler) compareOrders(ctx context.Context, r *run) error {
	open, err := c.openOrders(ctx, r)
	if err != nil {
		return err
	}
	found := c.foreignOrders(open)
	for _, o := range found {
		if c.env.logOnce("foreign " + o.ClientID) {
			c.env.log.Warn("Order that is not ours", "symbol", o.Symbol, "client_id", o.ClientID, "type", o.Type,
				"like_ours", o.stray, "policy", c.env.cfg.ForeignOrders)
		}
	}
	c.ledger.mu.Lock()
	c.foreign = found
	c.ledger.mu.Unlock()
	if len(found) == 0 || c.env.cfg.ForeignOrders != HaltOnForeign {
		return nil
	}
	return c.gate.haltFor(ctx, r, "orders that are not ours: "+texts(found))
}

// foreignOrders are those of the open orders that the book does not know: strays, and what is of an instrument of ours.
func (c *reconciler) foreignOrders(open []trading.OrderReport) (found []foreignOrder) {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	symbols := c.env.symbols(c.ledger.book)
	for _, report := range open {
		id := report.ClientID
		if entry, _ := (trading.Fill{ClientID: id}).Guards(); entry != "" {
			id = entry // by the Guard of an order of ours
		}
		_, known := c.ledger.book.Order(id)
		_, trades := slices.BinarySearch(symbols, report.Symbol)
		if stray := isClientID(id); !known && (stray || trades) {
			found = append(found, foreignOrder{OrderReport: report, stray: stray})
		}
	}
	slices.SortFunc(found, func(x, y foreignOrder) int { return strings.Compare(x.ClientID, y.ClientID) })
	return found
}

// cancelForeign cancels the orders that are not ours, where that is the policy. One that the Broker does not cancel is
// tried again after the next comparison, and keeps nothing else back.
func (s *sender) cancelForeign(ctx context.Context, r *run) error {
	canceler, ok := s.env.cfg.Broker.(trading.Canceler)
	if s.env.cfg.ForeignOrders != CancelForeign || !ok {
		return nil
	}
	for _, o := range s.reconciler.takeForeign() {
		health.Beat(ctx)
		if err := s.gate.mayCancel(ctx, r); err != nil {
			return fmt.Errorf("engine: order %s, which is not ours, not canceled: %w", o.ClientID, err)
		}
		limited, cancel := s.env.limited(ctx)
		err := canceler.Cancel(limited, trading.OrderRef{ClientID: o.ClientID, Symbol: o.Symbol, Type: o.Type})
		cancel()
		if err != nil && !errors.Is(err, trading.ErrUnknownOrder) {
			s.env.log.Error("Order that is not ours is not canceled", "symbol", o.Symbol, "client_id", o.ClientID, "error", err)
			continue
		}
		s.env.log.Warn("Order canceled that is not ours", "symbol", o.Symbol, "client_id", o.ClientID)
		s.reconciler.forgetForeign(o.ClientID)
	}
	return nil
}

// takeForeign returns the orders that are to be canceled, each once for a comparison.
func (c *reconciler) takeForeign() (found []foreignOrder) {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	for i := range c.foreign {
		if !c.foreign[i].tried {
			c.foreign[i].tried = true
			found = append(found, c.foreign[i])
		}
	}
	return found
}

func (c *reconciler) forgetForeign(clientID string) {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.foreign = slices.DeleteFunc(c.foreign, func(o foreignOrder) bool { return o.ClientID == clientID })
}

// maxNamed is how many orders a text names; of the others it has the number.
const maxNamed = 5

func texts(found []foreignOrder) string {
	var names []string
	for _, o := range found[:min(len(found), maxNamed)] {
		names = append(names, o.String())
	}
	if more := len(found) - maxNamed; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, "; ")
}

// foreignProblems tell of the orders that are not ours: of those that bear a client ID of ours a person has to decide.
func (e *env) foreignProblems(found []foreignOrder) (problems []problem) {
	strays, others := splitStrays(found)
	if len(strays) > 0 {
		problems = append(problems, condition("stray_orders", health.Unhealthy,
			"open at the broker under client IDs like ours, and in no journal: "+texts(strays),
			"find out which trader or which lost journal they are of, then cancel them at the venue", true))
	}
	if len(others) > 0 {
		verdict, person := health.Degraded, true
		if policy := e.cfg.ForeignOrders; policy == "" || policy == KeepForeign {
			verdict, person = health.Healthy, false
		}
		problems = append(problems, condition("foreign_orders", verdict,
			"open at the broker, and not ours: "+texts(others), "cancel them at the venue, or let them be", person))
	}
	return problems
}

func splitStrays(found []foreignOrder) (strays, others []foreignOrder) {
	for _, o := range found {
		if o.stray {
			strays = append(strays, o)
		} else {
			others = append(others, o)
		}
	}
	return strays, others
}
