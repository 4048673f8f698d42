package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// shadowMode is the mode of a run that trades on paper beside a live account, and of its database.
const shadowMode = "shadow"

// shadow holds each order of a paper account against the live account of a venue, and tells what stands against it there.
// It follows the journal, and sends nothing.
type shadow struct {
	venue   looker
	journal journal.Journal
	clock   clock.Clock
	log     *slog.Logger
	record  func(context.Context, journal.Acted) error // an order that would have been refused

	held    func(before trading.Order) paperHeld // what the paper account held before an order
	seq     int64                                // of the last entry that was dealt with
	waiting []journal.Entry                      // read, and not dealt with yet
	found   liveAccount                          // what the venue said last
	at      time.Time                            // when

	mu    sync.Mutex // guards tally
	tally shadowTally
}

// shadowTally counts what a run has told.
type shadowTally struct{ taken, refused int }

const (
	shadowEvery  = time.Second      // between two looks at the journal
	shadowFresh  = 10 * time.Second // what the venue said counts for so long: it counts what it is asked
	shadowWithin = 15 * time.Second // for the venue to answer
	shadowPage   = 500
)

// openShadow adds the service that watches the orders of the paper account.
func (a *app) openShadow(ctx context.Context, cfg *vigil.Config, venue looker) error {
	if a.cfg.dryStart {
		return nil
	}
	seq, err := lastSeq(ctx, a.db.Journal())
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	a.shadow = &shadow{
		venue: venue, journal: a.db.Journal(), clock: a.clock, log: a.log, held: a.heldBefore,
		seq: seq, // What came before this run was told by that.
		record: func(ctx context.Context, act journal.Acted) error {
			a.events.Act(act)
			return a.trader.Record(ctx, act)
		},
	}
	cfg.Services = append(cfg.Services, vigil.Child{Name: "shadow", Service: a.shadow})
	return nil
}

// lastSeq is the number of a journal's last entry.
func lastSeq(ctx context.Context, j journal.Journal) (int64, error) {
	history, ok := j.(journal.History)
	if !ok {
		return 0, nil
	}
	last, err := history.Before(ctx, 0, nil, 1)
	if err != nil || len(last) == 0 {
		return 0, err
	}
	return last[0].Seq, nil
}

// heldBefore is what the paper account held before an order, which may have been filled since.
func (a *app) heldBefore(o trading.Order) paperHeld {
	held := make(paperHeld)
	account, _ := a.trader.Account()
	for _, p := range account.Positions {
		held[p.Symbol] = paperPosition{p.Quantity, p.AveragePrice()}
	}
	for _, state := range a.trader.Orders() {
		if state.Order.ClientID == o.ClientID {
			p := held[o.Symbol]
			held[o.Symbol] = paperPosition{p.quantity.Sub(o.Side.Signed(state.Filled)), o.DecisionPrice}
		}
	}
	return held
}

// paperHeld are the positions of the paper account, by symbol.
type paperHeld map[string]paperPosition

type paperPosition struct{ quantity, price decimal.Decimal }

// Serve implements supervisor.Service.
func (s *shadow) Serve(ctx context.Context) error {
	for {
		health.Idle(ctx, s.clock.Now().Add(shadowEvery))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.clock.After(shadowEvery):
		}
		err := s.step(ctx)
		if ctx.Err() == nil {
			health.Observe(ctx, err)
		}
	}
}

// step deals with what the journal has got. An order that the venue cannot be asked about waits for the next step.
func (s *shadow) step(ctx context.Context) error {
	if len(s.waiting) == 0 {
		read, err := s.journal.Read(ctx, s.seq, shadowPage)
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		s.waiting = read
	}
	for len(s.waiting) > 0 {
		next := s.waiting[0]
		if made, ok := next.Event.(journal.IntentMade); ok {
			if err := s.judge(ctx, made.Order); err != nil {
				return err
			}
		}
		s.seq, s.waiting = next.Seq, s.waiting[1:]
	}
	return nil
}

// judge tells what the live account would have said of one order.
func (s *shadow) judge(ctx context.Context, o trading.Order) error {
	if s.at.IsZero() || s.clock.Since(s.at) > shadowFresh {
		limited, cancel := s.clock.WithTimeout(ctx, shadowWithin)
		defer cancel()
		found, err := s.venue.look(limited)
		if err != nil {
			return fmt.Errorf("look at the live account: %w", err)
		}
		s.found, s.at = found, s.clock.Now()
	}
	against := s.found.against(o, s.held(o))
	s.count(len(against) > 0)
	attrs := []any{"symbol", o.Symbol, "side", o.Side, "type", o.Type, "quantity", o.Quantity, "client_id", o.ClientID}
	if len(against) == 0 {
		s.log.Info("The live account would have taken this order, as far as can be known", attrs...)
		return nil
	}
	why := strings.Join(against, "; ")
	s.log.Warn("The live account would have refused this order", append(attrs, "because", why)...)
	now := s.clock.Now().UTC()
	err := s.record(ctx, journal.Acted{
		Actor: shadowMode, Verb: "order",
		Object: fmt.Sprintf("%s at the live account: %s %s %s", o.ClientID, o.Side, o.Quantity, o.Symbol),
		Error:  "it would have been refused: " + why, Began: now, Ended: now,
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("What the live account would have refused is not in the journal", "client_id", o.ClientID, "error", err)
	}
	return nil
}

func (s *shadow) count(refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused {
		s.tally.refused++
		return
	}
	s.tally.taken++
}

func (s *shadow) told() shadowTally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally
}

// printShadow writes what the live account would have said, for the summary.
func (a *app) printShadow(w io.Writer) {
	if a.shadow == nil {
		return
	}
	told := a.shadow.told()
	fmt.Fprintf(w, "Beside the live account at %s, where nothing was sent\n", a.cfg.venueName())
	fmt.Fprintf(w, "  %-18s %d, as far as can be known\n", "would be taken", told.taken)
	fmt.Fprintf(w, "  %-18s %d\n", "would be refused", told.refused)
}

// liveAccount is what a venue says of an account, and of what is traded there.
type liveAccount struct {
	stands      error // against trading there at all
	instruments map[string]trading.Instrument
	available   map[string]decimal.Decimal // for new positions, by currency
	leverage    map[string]int             // by symbol; 1 where it is not there
	noShort     bool                       // nothing can be sold that is not held
}

// against is what can be known to stand against an order, for an account that holds what the one on paper does.
// What the live account holds besides has taken its share of what is available.
func (l liveAccount) against(o trading.Order, held paperHeld) (all []string) {
	if l.stands != nil {
		all = append(all, oneLine(l.stands))
	}
	i, traded := l.instruments[o.Symbol]
	if !traded {
		return append(all, o.Symbol+" is not traded there now")
	}
	all = append(all, filters(i, o)...)
	closing := trading.ClosingPart(o.Side, o.Quantity, held[o.Symbol].quantity)
	opening := o.Quantity.Sub(closing)
	if o.ReduceOnly || !opening.IsPositive() {
		return all
	}
	price := o.WorstPrice(o.DecisionPrice)
	if worth := o.Quantity.Mul(price); worth.LessThan(i.MinNotional) {
		all = append(all, fmt.Sprintf("it is worth %s, and the least is %s", worth, i.MinNotional))
	}
	if l.noShort && o.Side == trading.Sell {
		all = append(all, fmt.Sprintf("the account may not sell %s more than it holds", opening))
	}
	currency := currencyOf(o.Symbol)
	needs, free := l.margin(o.Symbol, opening.Mul(price)), l.available[currency].Sub(l.taken(currency, held))
	if needs.GreaterThan(free) {
		all = append(all, fmt.Sprintf("it needs %s %s, and %s is available beside what is held on paper",
			needs.Round(2), currency, free.Round(2)))
	}
	return all
}

// filters are what an instrument's steps have against an order.
func filters(i trading.Instrument, o trading.Order) (all []string) {
	if !i.OnTick(o.LimitPrice) || !i.OnTick(o.StopPrice) {
		all = append(all, fmt.Sprintf("limit %s or stop %s is no whole number of ticks of %s", o.LimitPrice, o.StopPrice, i.Tick))
	}
	if !i.Quantity(o.Quantity).Equal(o.Quantity) {
		all = append(all, fmt.Sprintf("%s is no whole number of steps of %s", o.Quantity, i.Step))
	}
	if o.Quantity.LessThan(i.MinQuantity) {
		all = append(all, fmt.Sprintf("%s is below the smallest quantity, %s", o.Quantity, i.MinQuantity))
	}
	return all
}

// margin is what the account has to have for so much.
func (l liveAccount) margin(symbol string, worth decimal.Decimal) decimal.Decimal {
	return worth.Div(decimal.NewFromInt(int64(max(1, l.leverage[symbol]))))
}

// taken is what the positions on paper would have taken of the live account.
func (l liveAccount) taken(currency string, held paperHeld) (sum decimal.Decimal) {
	for symbol, p := range held {
		if currencyOf(symbol) == currency {
			sum = sum.Add(l.margin(symbol, p.quantity.Abs().Mul(p.price)))
		}
	}
	return sum
}

// currencyOf is what an instrument is paid in: what it settles in, or what it is quoted in.
func currencyOf(symbol string) string {
	if _, settles, ok := strings.Cut(symbol, ":"); ok {
		return settles
	}
	if _, quote, ok := strings.Cut(symbol, "/"); ok {
		return quote
	}
	return dollars // a share
}

// looker asks a venue how an account is there. It changes nothing.
type looker interface {
	look(ctx context.Context) (liveAccount, error)
}

func bySymbol(all []trading.Instrument) map[string]trading.Instrument {
	by := make(map[string]trading.Instrument, len(all))
	for _, i := range all {
		by[i.Symbol] = i
	}
	return by
}

// errSends says that something else than a question was on its way to a venue that is only looked at.
var errSends = errors.New("--shadow asks a venue and sends nothing")
