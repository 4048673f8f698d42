package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// window is how old a request may be when it is taken: what was under way for longer is refused, so that whoever sent
// it knows by then that it never will be.
const window = client.Flight / 2

var (
	errTooLate = errors.New("the request was under way for longer than " + window.String())
	errLedger  = errors.New("the ledger cannot be written")
)

// venue is a paper broker whose account is durable: no answer leaves before what it says is in the ledger. The ledger is
// a Journal, in which the venue keeps its clients' orders as an Engine keeps its own.
type venue struct {
	broker      *paper.Broker
	ledger      journal.Journal
	limits      risk.Limits
	instruments map[string]trading.Instrument
	clock       health.Clock
	run         string // names this process, in which updates are counted
	window      time.Duration

	mu     sync.Mutex          // held while an order is executed and written down
	book   *book.Book          // what the ledger says
	used   map[string]struct{} // client IDs, for ever: a Book, and with it the broker, forgets old orders
	broken error               // the account is ahead of the ledger: nothing is answered any more
}

// openVenue brings the account back from the ledger.
func openVenue(ctx context.Context, ledger journal.Journal, cash decimal.Decimal, instruments []trading.Instrument,
	quote func(string) (float64, bool), clock health.Clock,
) (*venue, error) {
	broker, err := paper.New(paper.Config{
		Instruments: instruments, Cash: cash, FeeRate: decimal.New(4, -4), Quote: quote, Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	if err := broker.Resume(ctx, ledger); err != nil {
		return nil, err
	}
	limits := risk.NoLimits()
	v := &venue{
		broker: broker, ledger: ledger, limits: limits, clock: clock, run: rand.Text(), window: window,
		instruments: make(map[string]trading.Instrument),
	}
	for _, i := range instruments {
		v.instruments[i.Symbol] = i
	}
	if v.book, err = book.Restore(cash, journal.Load(ctx, ledger)); err != nil {
		return nil, err
	}
	return v, v.readUsed(ctx)
}

// readUsed lists every client ID that is in the ledger.
func (v *venue) readUsed(ctx context.Context) error {
	v.used = make(map[string]struct{})
	for after := int64(0); ; {
		entries, err := v.ledger.Read(ctx, after, 1000)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			after = e.Seq
			if made, ok := e.Event.(journal.IntentMade); ok {
				v.used[made.Order.ClientID] = struct{}{}
			}
		}
	}
}

// take executes an order and writes it down. The error is the client's answer.
func (v *venue) take(ctx context.Context, o trading.Order, sentAt time.Time) error {
	ctx = context.WithoutCancel(ctx) // A client that hung up does not stop what was begun.
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.broken != nil:
		return v.broken
	case v.clock.Now().Sub(sentAt) > v.window:
		return errTooLate
	}
	if _, ok := v.used[o.ClientID]; ok {
		return fmt.Errorf("%w: %s", trading.ErrDuplicate, o.ClientID)
	}
	approved, err := v.approve(ctx, o)
	if err != nil {
		return fmt.Errorf("%w: %w", trading.ErrRejected, err)
	}
	answer := v.broker.Submit(ctx, approved)
	v.used[o.ClientID] = struct{}{}
	if err := v.write(ctx, approved.Order(), answer); err != nil {
		v.broken = fmt.Errorf("%w: %w", errLedger, err)
		return v.broken
	}
	return answer
}

// approve makes of what came over the wire what a Broker takes, unchanged.
func (v *venue) approve(ctx context.Context, o trading.Order) (trading.Approved, error) {
	i, ok := v.instruments[o.Symbol]
	if !ok {
		return trading.Approved{}, fmt.Errorf("%s is not traded here", o.Symbol)
	}
	if o.ClientID == "" {
		return trading.Approved{}, errors.New("an order needs a client_id")
	}
	held, err := v.broker.Positions(ctx)
	if err != nil {
		return trading.Approved{}, err
	}
	price, ok := v.broker.Price(o.Symbol)
	if !ok {
		return trading.Approved{}, errors.New("there is no price")
	}
	o.CreatedAt = v.clock.Now().UTC()
	approved, err := v.limits.Approve(o, trading.View{Instrument: i, Held: held[o.Symbol], Price: price})
	if err == nil && (!approved.Order().Quantity.Equal(o.Quantity) || o.ReduceOnly && !approved.Order().ReduceOnly) {
		err = fmt.Errorf("%s of it could be taken (reduce only: %t)", approved.Order().Quantity, approved.Order().ReduceOnly)
	}
	return approved, err
}

// write makes an order and what became of it durable, in one piece.
func (v *venue) write(ctx context.Context, o trading.Order, answer error) error {
	events := []journal.Event{journal.IntentMade{Order: o}, journal.Submitting{ClientID: o.ClientID}}
	if answer != nil {
		events = append(events, journal.Rejected{ClientID: o.ClientID, Reason: answer.Error()})
		return v.append(ctx, o.CreatedAt, events...)
	}
	events = append(events, journal.Acknowledged{ClientID: o.ClientID})
	fills, _, err := v.broker.Fills(ctx, trading.Cursor{Since: o.CreatedAt}, math.MaxInt)
	if err != nil {
		return err
	}
	for _, f := range fills {
		if f.ClientID == o.ClientID {
			events = append(events, journal.Filled{Fill: f})
		}
	}
	return v.append(ctx, o.CreatedAt, events...)
}

func (v *venue) append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if err := v.ledger.Append(ctx, at, events...); err != nil {
		return err
	}
	for _, e := range events {
		if err := v.book.Apply(at, e); err != nil {
			return err
		}
	}
	return nil
}

// settled runs a question while no order is between the account and the ledger. What the market has done to orders that
// rest is written down before the answer leaves.
func (v *venue) settled(ctx context.Context, question func() error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.broken != nil {
		return v.broken
	}
	answer := question()
	if err := v.catchUp(context.WithoutCancel(ctx)); err != nil {
		v.broken = fmt.Errorf("%w: %w", errLedger, err)
		return v.broken
	}
	return answer
}

// catchUp writes down the fills, the stops that were reached and the ends of orders that the ledger does not know.
func (v *venue) catchUp(ctx context.Context) error {
	fills, _, err := v.broker.Fills(ctx, trading.Cursor{Since: v.book.FillsSince(time.Time{})}, math.MaxInt)
	if err != nil {
		return err
	}
	var events []journal.Event
	for _, f := range fills {
		if !v.book.Known(f) {
			events = append(events, journal.Filled{Fill: f})
		}
	}
	for _, o := range v.book.Pending() {
		report, err := v.broker.Order(ctx, o.Ref())
		switch {
		case err != nil:
			return err
		case report.Status == trading.StatusCanceled:
			events = append(events, journal.Canceled{ClientID: o.ClientID, Reason: report.Reason})
		case report.Status == trading.StatusExpired:
			events = append(events, journal.Expired{ClientID: o.ClientID, Reason: report.Reason})
		case report.Triggered && !o.Triggered && !report.Status.Done():
			events = append(events, journal.Triggered{ClientID: o.ClientID})
		}
	}
	if len(events) == 0 {
		return nil
	}
	return v.append(ctx, v.clock.Now().UTC(), events...)
}
