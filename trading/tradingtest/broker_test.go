package tradingtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

var gold = trading.Instrument{
	Symbol: "XAU/USD", Tick: decimal.RequireFromString("0.01"), Step: decimal.RequireFromString("0.1"),
}

// venueClock moves on a little each time it is read.
type venueClock struct{ now *time.Time }

func (c venueClock) Now() time.Time {
	*c.now = c.now.Add(time.Millisecond)
	return *c.now
}

func (venueClock) After(time.Duration) <-chan time.Time { return nil }

func goldVenue(traits trading.Traits) *tradingtest.Venue {
	now := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	v := tradingtest.NewVenue(venueClock{&now}, traits, gold)
	v.SetPrice(gold.Symbol, decimal.NewFromInt(2000))
	return v
}

func TestVenueAndItsWrapperKeepToTheContract(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{
		"refuses": {RefusesDuplicates: true}, "takes": {MaxFlight: time.Second, Replaces: trading.Atomic},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tradingtest.TestBroker(t, func(*testing.T) tradingtest.BrokerSubject {
				v := goldVenue(traits)
				return tradingtest.BrokerSubject{
					Broker: v, Instrument: gold, Price: decimal.NewFromInt(2000), Short: true,
					Reopen: func() trading.Broker { return tradingtest.Misbehave(v) }, MoveCash: moves(v), Lacks: venueLacks,
					Drive: tradingtest.Drive{SetPrice: func(p decimal.Decimal) { v.SetPrice(gold.Symbol, p) }},
				}
			})
		})
	}
	t.Run("wrapped", func(t *testing.T) {
		t.Parallel()
		tradingtest.TestBroker(t, func(*testing.T) tradingtest.BrokerSubject {
			m := tradingtest.Misbehave(goldVenue(trading.Traits{RefusesDuplicates: true}))
			m.Stream(true)
			return tradingtest.BrokerSubject{Broker: m, Instrument: gold, Price: decimal.NewFromInt(2000), Lacks: venueLacks}
		})
	})
}

// venueLacks is what a Venue leaves to real ones.
var venueLacks = []tradingtest.Ability{
	tradingtest.PostOnly, tradingtest.ForceIOC, tradingtest.ForceFOK, tradingtest.ForceDay, tradingtest.StopLimit,
}

// moves lets a venue's cash move, each time under another ID.
func moves(v *tradingtest.Venue) func() {
	n := 0
	return func() {
		n++
		v.MoveCash(trading.CashEvent{ID: fmt.Sprint("cash-", n), Kind: trading.CashFunding, Amount: decimal.New(-1, -2)})
	}
}

// feeRate is what the venue takes.
var feeRate = decimal.New(1, -3)

// crookedBroker has one fault.
type crookedBroker struct {
	*tradingtest.Venue
	fault string
	sent  map[string]bool // in this process
	used  map[string]bool
}

func crooked(v *tradingtest.Venue, fault string) crookedBroker {
	return crookedBroker{v, fault, make(map[string]bool), make(map[string]bool)}
}

func (c crookedBroker) Traits() trading.Traits {
	if c.fault == "changes its traits" && len(c.Ledger()) > 0 {
		return trading.Traits{}
	}
	if c.fault == "promises what cannot be" {
		return trading.Traits{RefusesDuplicates: true, Replaces: "at once"}
	}
	return trading.Traits{RefusesDuplicates: true}
}

func (c crookedBroker) Submit(ctx context.Context, a trading.Approved) error {
	switch c.fault {
	case "never begins":
		a = a.Gated(nil)
	case "begins twice":
		_ = a.Begin(ctx)
	case "begins when it is there":
		err := c.Venue.Submit(ctx, a.Gated(nil))
		return errors.Join(err, a.Begin(ctx))
	case "sends all the same":
		_ = a.Begin(ctx)
		a = a.Gated(nil)
	case "calls what did not begin rejected":
		if err := a.Begin(ctx); err != nil {
			return fmt.Errorf("%w: %w", trading.ErrRejected, err)
		}
		a = a.Gated(nil)
	case "says nothing of what did not begin":
		if a.Begin(ctx) != nil {
			return nil //nolint:nilerr // the planted fault: nothing is said of what did not begin
		}
		a = a.Gated(nil)
	case "uses up what did not begin":
		if err := a.Begin(ctx); err != nil {
			c.used[a.Order().ClientID] = true
			return err
		}
		if c.used[a.Order().ClientID] {
			return trading.ErrDuplicate
		}
		a = a.Gated(nil)
	}
	c.sent[a.Order().ClientID] = true
	switch o := a.Order(); {
	case c.fault == "acknowledges what it drops":
		return a.Begin(ctx)
	case c.fault == "calls what was cut short rejected" && ctx.Err() != nil:
		return fmt.Errorf("%w: %w", trading.ErrRejected, ctx.Err())
	case c.fault == "takes limits for market orders" && o.Type == trading.Limit,
		c.fault == "triggers stops on the wrong side" && o.Type == trading.Stop:
		o.Type, o.LimitPrice, o.StopPrice = trading.Market, decimal.Zero, decimal.Zero
		return c.again(ctx, a, o)
	case c.fault == "forgets to reduce only" && o.ReduceOnly:
		return c.again(ctx, a, o)
	}
	switch {
	case c.fault == "never looks at ctx":
		ctx = context.WithoutCancel(ctx)
	case c.fault == "calls a duplicate rejected" && c.Taken(a.Order().ClientID) > 0:
		return trading.ErrRejected
	case c.fault == "takes duplicates":
		c.Forget(a.Order().ClientID)
	}
	return c.Venue.Submit(ctx, a)
}

// again sends another order in the place of one that was approved: one that may open something.
func (c crookedBroker) again(ctx context.Context, a trading.Approved, o trading.Order) error {
	if err := a.Begin(ctx); err != nil {
		return err
	}
	other, err := risk.NoLimits().Approve(o, trading.View{Instrument: gold, Price: decimal.NewFromInt(2000)})
	if err != nil {
		return err
	}
	return c.Venue.Submit(ctx, other)
}

func (c crookedBroker) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if c.fault == "cancels with any context" {
		ctx = context.WithoutCancel(ctx)
	}
	if c.fault == "cancels nothing" || c.fault == "cancels stops elsewhere" && ref.Type == trading.Stop {
		_, err := c.Venue.Order(ctx, ref)
		return err
	}
	err := c.Venue.Cancel(ctx, ref)
	if c.fault == "minds a second cancel" && err == nil && len(c.Resting()) == 0 {
		err = fmt.Errorf("it is done")
	}
	return err
}

func (c crookedBroker) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if c.fault == "answers with any context" {
		ctx = context.WithoutCancel(ctx)
	}
	report, err := c.Venue.Order(ctx, ref)
	switch {
	case c.fault == "does not know what it cannot ask for" && ctx.Err() != nil:
		err = fmt.Errorf("%w: %s", trading.ErrUnknownOrder, ref.ClientID)
	case c.fault == "calls what rests filled" && report.Status == trading.StatusOpen:
		report.Status = trading.StatusFilled
	case c.fault == "answers of another order" && err == nil:
		report.ClientID = "suite-0"
	case c.fault == "finds no stops" && ref.Type == trading.Stop, c.fault == "keeps in memory what it sent" && !c.sent[ref.ClientID]:
		err = fmt.Errorf("%w: %s", trading.ErrUnknownOrder, ref.ClientID)
	case c.fault == "has a word of its own for unknown" && err != nil:
		err = fmt.Errorf("404")
	case c.fault == "reports half":
		report.Filled = report.Filled.Div(decimal.NewFromInt(2))
	}
	return report, err
}

func (c crookedBroker) Fills(
	ctx context.Context, from trading.Cursor, limit int,
) ([]trading.Fill, trading.Cursor, error) {
	switch c.fault {
	case "fills with any context":
		ctx = context.WithoutCancel(ctx)
	case "since is exclusive":
		from.Since = from.Since.Add(1)
	case "knows no limit":
		limit = 1000
	case "knows no cursor":
		from.Token = ""
	}
	fills, next, err := c.Venue.Fills(ctx, from, limit)
	switch {
	case c.fault == "tells each fill under two ids" && len(fills) > 0 && limit > 1:
		twice := fills[0]
		twice.ID += "-again"
		fills = append(fills, twice)
	case c.fault == "loses the fills of before the answer":
		fills = slices.DeleteFunc(fills, func(f trading.Fill) bool { return f.ClientID == "suite-1" })
	case c.fault == "loses one between pages" && from.Token != "" && len(fills) > 0:
		fills = fills[1:]
	case c.fault == "ends with a short page" && len(fills) == 0 && from.Token != "":
		fills, next, err = c.Venue.Fills(ctx, trading.Cursor{}, limit)
		fills = fills[:min(1, len(fills))]
	case c.fault == "the last page is the end of all" && from.Token != "" && len(fills) == 0:
		next.Token, next.Since = "", from.Since.Add(time.Hour)
	}
	for i := range fills {
		switch c.fault {
		case "fills without client id":
			fills[i].ClientID = ""
		case "one id for all fills":
			fills[i].ID = "1"
		case "fees with the wrong sign":
			fills[i].Fee = fills[i].Fee.Neg()
		case "fills of one step each":
			fills[i].Quantity = gold.Step
		case "fills beyond the limit":
			fills[i].Price = fills[i].Price.Mul(decimal.NewFromFloat(1.1))
		case "times in the zone of the venue":
			fills[i].Time = fills[i].Time.In(time.FixedZone("venue", 3600))
		}
	}
	if c.fault == "newest first" && len(fills) > 1 {
		fills[0], fills[len(fills)-1] = fills[len(fills)-1], fills[0]
	}
	return fills, next, err
}

func (c crookedBroker) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	if c.fault == "tells positions with any context" {
		ctx = context.WithoutCancel(ctx)
	}
	held, err := c.Venue.Positions(ctx)
	if c.fault == "lists what is flat" && err == nil && held[gold.Symbol].IsZero() {
		held[gold.Symbol] = decimal.Zero
	}
	if c.fault == "positions without a sign" {
		for symbol, q := range held {
			held[symbol] = q.Abs()
		}
	}
	return held, err
}

func (c crookedBroker) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	if c.fault == "lists with any context" {
		ctx = context.WithoutCancel(ctx)
	}
	open, err := c.Venue.OpenOrders(ctx)
	switch c.fault {
	case "lists no limits":
		open = slices.DeleteFunc(open, func(r trading.OrderReport) bool { return !c.isStop(r.ClientID) })
	case "lists no stops":
		open = slices.DeleteFunc(open, func(r trading.OrderReport) bool { return c.isStop(r.ClientID) })
	case "lists no symbols":
		for i := range open {
			open[i].Symbol = ""
		}
	case "lists no types":
		for i := range open {
			open[i].Type = ""
		}
	case "lists what is done":
		for id := range c.sent {
			if report, err := c.Venue.Order(ctx, trading.OrderRef{ClientID: id}); err == nil && report.Status.Done() {
				open = append(open, report)
			}
		}
	}
	return open, err
}

func (c crookedBroker) isStop(id string) bool {
	return slices.ContainsFunc(c.Resting(), func(o trading.Order) bool { return o.ClientID == id && o.Type == trading.Stop })
}

func (c crookedBroker) Updates(after int64) trading.Updates {
	u := c.Venue.Updates(after)
	switch c.fault {
	case "tells the first state last":
		for i := range u.Orders {
			if u.Orders[i].ClientID == "suite-1" && len(u.Orders) > 1 {
				u.Orders = append(u.Orders, trading.OrderReport{ClientID: "suite-1", Status: trading.StatusOpen})
				break
			}
		}
	case "has no seq":
		u.Seq = 0
	case "tells all again and again":
		return trading.Updates{Orders: c.Venue.Updates(0).Orders, Seq: u.Seq}
	case "tells the latest only":
		u.Orders = u.Orders[max(len(u.Orders)-1, 0):]
	case "tells each twice":
		u.Orders = append(u.Orders, u.Orders...)
	case "always misses something":
		u.Missed = true
	}
	return u
}

func (c crookedBroker) Replace(ctx context.Context, old trading.OrderRef, with trading.Approved) error {
	switch c.fault {
	case "replaces without a gate":
		with = with.Gated(nil)
	case "cancels before it places":
		_ = c.Venue.Cancel(ctx, old)
		return c.Venue.Submit(ctx, with)
	case "leaves the old one":
		return c.Venue.Submit(ctx, with)
	}
	return c.Venue.Replace(ctx, old, with)
}

func (c crookedBroker) SubmitPair(ctx context.Context, takeProfit, stopLoss trading.Approved) error {
	switch c.fault {
	case "asks for one of a pair":
		stopLoss = stopLoss.Gated(nil)
	case "sends a pair one by one":
		return errors.Join(c.Venue.Submit(ctx, takeProfit), c.Venue.Submit(ctx, stopLoss))
	}
	return c.Venue.SubmitPair(ctx, takeProfit, stopLoss)
}

func (c crookedBroker) CashEvents(
	ctx context.Context, from trading.Cursor, limit int,
) ([]trading.CashEvent, trading.Cursor, error) {
	switch c.fault {
	case "knows no limit of cash":
		limit = 100
	case "tells of cash again":
		from.Token = ""
	}
	page, next, err := c.Venue.CashEvents(ctx, from, limit)
	for i := range page {
		if c.fault == "one id for all cash" {
			page[i].ID = "c"
		}
	}
	return page, next, err
}

func (c crookedBroker) Instruments(ctx context.Context) ([]trading.Instrument, error) {
	all, err := c.Venue.Instruments(ctx)
	switch c.fault {
	case "lists none":
		all = nil
	case "lists one twice":
		all = append(all, all...)
	case "takes the precision for the tick":
		all[0].Tick = decimal.New(1, -8)
	}
	return all, err
}

// brokerWatcher keeps to itself what a case has to say.
type brokerWatcher struct {
	testing.TB
	said []string
}

func (w *brokerWatcher) Helper() {}

func (w *brokerWatcher) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *brokerWatcher) Error(args ...any) { w.said = append(w.said, fmt.Sprint(args...)) }

func (w *brokerWatcher) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *brokerWatcher) Fatal(args ...any) {
	w.Error(args...)
	runtime.Goexit()
}

// The suite must see each fault that is planted here, in the case that is about it.
func TestBrokerSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for fault, inCase := range map[string]string{
		"acknowledges what it drops":           "an order fills in full, on its side, under its client id",
		"tells each fill under two ids":        "an order fills in full, on its side, under its client id",
		"loses the fills of before the answer": "an order fills in full, on its side, under its client id",
		"fees with the wrong sign":             "an order fills in full, on its side, under its client id",
		"fills of one step each":               "an order fills in full, on its side, under its client id",
		"answers of another order":             "an order fills in full, on its side, under its client id",
		"takes limits for market orders":       "an order that rests can be canceled, and one that is done cannot",
		"fills beyond the limit":               "an order with a limit fills at its price or a better one",
		"forgets to reduce only":               "an order that only reduces opens nothing",
		"triggers stops on the wrong side":     "an order with a stop rests, is found and is canceled like any",
		"calls what rests filled":              "an order with a stop rests, is found and is canceled like any",
		"lists no limits":                      "open orders are told in one answer, and no others",
		"tells the first state last":           "updates tell the latest of each order that has changed",
		"calls what was cut short rejected":    "a context that has ended ends the call",
		"does not know what it cannot ask for": "a context that has ended ends the call",
		"answers with any context":             "a context that has ended ends the call",
		"fills with any context":               "a context that has ended ends the call",
		"cancels with any context":             "a context that has ended ends the call",
		"tells positions with any context":     "a context that has ended ends the call",
		"lists with any context":               "a context that has ended ends the call",
		"has a word of its own for unknown":    "an order that was never sent is unknown",
		"fills without client id":              "an order fills in full, on its side, under its client id",
		"reports half":                         "an order fills in full, on its side, under its client id",
		"times in the zone of the venue":       "an order fills in full, on its side, under its client id",
		"since is exclusive":                   "fills are ascending and are given from the time asked for on",
		"one id for all fills":                 "fills are ascending and are given from the time asked for on",
		"newest first":                         "fills are ascending and are given from the time asked for on",
		"lists what is flat":                   "what was filled is the position, and closing it leaves none",
		"positions without a sign":             "what was filled is the position, and closing it leaves none",
		"takes duplicates":                     "a client id that was used is refused where that is promised, and changes nothing",
		"calls a duplicate rejected":           "a client id that was used is refused where that is promised, and changes nothing",
		"cancels nothing":                      "an order that rests can be canceled, and one that is done cannot",
		"minds a second cancel":                "an order that rests can be canceled, and one that is done cannot",
		"never looks at ctx":                   "a context that has ended ends the call",
		"changes its traits":                   "traits do not change, and go together",
		"promises what cannot be":              "traits do not change, and go together",
		"never begins":                         "an order is begun once, and is not there before",
		"begins twice":                         "an order is begun once, and is not there before",
		"begins when it is there":              "an order is begun once, and is not there before",
		"sends all the same":                   "an order that may not begin is not sent",
		"calls what did not begin rejected":    "an order that may not begin is not sent",
		"says nothing of what did not begin":   "an order that may not begin is not sent",
		"uses up what did not begin":           "an order that may not begin is not sent",
		"knows no limit":                       "fills come in pages, and none is lost between them",
		"loses one between pages":              "fills come in pages, and none is lost between them",
		"knows no cursor":                      "after the last page there is nothing until something fills",
		"ends with a short page":               "after the last page there is nothing until something fills",
		"the last page is the end of all":      "after the last page there is nothing until something fills",
		"cancels stops elsewhere":              "an order with a stop rests, is found and is canceled like any",
		"finds no stops":                       "an order with a stop rests, is found and is canceled like any",
		"lists no stops":                       "open orders are told in one answer, and no others",
		"lists no symbols":                     "open orders are told in one answer, and no others",
		"lists no types":                       "open orders are told in one answer, and no others",
		"lists what is done":                   "open orders are told in one answer, and no others",
		"keeps in memory what it sent":         "an order is found by its reference in another process",
		"replaces without a gate":              "an order is replaced by another one, or nothing changes",
		"cancels before it places":             "an order is replaced by another one, or nothing changes",
		"leaves the old one":                   "an order is replaced by another one, or nothing changes",
		"asks for one of a pair":               "of a pair both rest, and the end of one ends the other",
		"sends a pair one by one":              "of a pair both rest, and the end of one ends the other",
		"has no seq":                           "updates tell the latest of each order that has changed",
		"tells all again and again":            "updates tell the latest of each order that has changed",
		"tells the latest only":                "updates tell the latest of each order that has changed",
		"tells each twice":                     "updates tell the latest of each order that has changed",
		"always misses something":              "updates tell the latest of each order that has changed",
		"knows no limit of cash":               "cash that moves without a fill is told once, and stays told",
		"tells of cash again":                  "cash that moves without a fill is told once, and stays told",
		"one id for all cash":                  "cash that moves without a fill is told once, and stays told",
		"lists none":                           "instruments are listed as they are traded",
		"lists one twice":                      "instruments are listed as they are traded",
		"takes the precision for the tick":     "instruments are listed as they are traded",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, tradingtest.BrokerCases(), inCase)
			for _, broken := range []bool{true, false} {
				venue, planted := goldVenue(trading.Traits{RefusesDuplicates: true}), ""
				venue.ChargeFees(func(f trading.Fill) (decimal.Decimal, string) { return f.Price.Mul(f.Quantity).Mul(feeRate), "" })
				if broken {
					planted = fault
				}
				watched := &brokerWatcher{TB: t}
				ended := make(chan struct{})
				go func() { // FailNow ends the goroutine
					defer close(ended)
					tradingtest.RunBrokerCase(watched, inCase, tradingtest.BrokerSubject{
						Broker: crooked(venue, planted), Instrument: gold, Price: decimal.NewFromInt(2000), Short: true,
						FeeRate:  feeRate,
						Reopen:   func() trading.Broker { return crooked(venue, planted) },
						MoveCash: moves(venue),
					})
				}()
				<-ended
				require.Equal(t, broken, len(watched.said) > 0, watched.said)
			}
		})
	}
}
