package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// reservingVenue refuses to sell what is reserved for what rests. A pair reserves once. It refuses pairs where it is told to.
type reservingVenue struct {
	*tradingtest.Venue

	mu       sync.Mutex // guards all below
	pairs    [][2]string
	loses    bool // take-profits beside a stop
	most     decimal.Decimal
	refusals []string
}

// reserved is for how much orders rest that close what is held.
func (v *reservingVenue) reserved(symbol string, held decimal.Decimal) (sum decimal.Decimal) {
	for _, o := range v.Resting() {
		second := slices.ContainsFunc(v.pairs, func(p [2]string) bool { return p[1] == o.ClientID })
		if o.Symbol == symbol && o.Side.Signed(held).IsNegative() && !second {
			sum = sum.Add(o.Quantity)
		}
	}
	return sum
}

func (v *reservingVenue) mayTake(o trading.Order) error {
	all, err := v.Positions(context.Background())
	if err != nil {
		return err
	}
	held := all[o.Symbol]
	reserved := v.reserved(o.Symbol, held)
	v.most = decimal.Max(v.most, reserved)
	if o.Side.Signed(held).IsNegative() && o.Quantity.Add(reserved).GreaterThan(held.Abs()) {
		v.refusals = append(v.refusals, fmt.Sprintf("%s %s: %s of %s is reserved", o.Side, o.Quantity, reserved, held))
		return fmt.Errorf("%w: %s", trading.ErrRejected, v.refusals[len(v.refusals)-1])
	}
	return nil
}

func (v *reservingVenue) Submit(ctx context.Context, a trading.Approved) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.mayTake(a.Order()); err != nil {
		return err
	}
	return v.Venue.Submit(ctx, a)
}

func (v *reservingVenue) SubmitPair(ctx context.Context, profit, loss trading.Approved) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.Taken(loss.Order().ClientID) > 0 {
		return v.Venue.SubmitPair(ctx, profit, loss) // which knows of it
	}
	if v.loses {
		return fmt.Errorf("%w: no pairs today", trading.ErrRejected)
	}
	if err := v.mayTake(loss.Order()); err != nil {
		return err
	}
	v.pairs = append(v.pairs, [2]string{profit.Order().ClientID, loss.Order().ClientID})
	return v.Venue.SubmitPair(ctx, profit, loss)
}

// pairRig is a rig at a venue that reserves what is held, and takes pairs.
func pairRig(t require.TestingT, change ...func(*engine.Config)) (*rig, *reservingVenue) {
	r := newRig(t, reserves, append([]func(*engine.Config){exits(bracket)}, change...)...)
	v := &reservingVenue{Venue: r.venue}
	r.broker = tradingtest.Misbehave(v)
	r.cfg.Broker, r.cfg.Pricer = r.broker, r.broker
	r.restart()
	return r, v
}

const (
	bothLegs = "sell 10 limit 110 reduce, sell 10 stop 95 reduce"
	oneStop  = "sell 10 stop 95 reduce"
)

// trails wants the stop two below the last price, and nothing below 101.
var trails = &wants{"later", func(h trading.Held) trading.Adjustment {
	if h.Price.LessThan(d("101")) {
		return trading.Adjustment{}
	}
	return trading.Adjustment{StopLoss: h.Price.Sub(d("2"))}
}}

// dearer wants the profit at 112 once the price is at 102.
var dearer = &wants{"dearer", func(h trading.Held) trading.Adjustment {
	if h.Price.LessThan(d("102")) {
		return trading.Adjustment{}
	}
	return trading.Adjustment{TakeProfit: d("112")}
}}

// closesFour closes four once the price is at 105.
var closesFour = &wants{"half", func(h trading.Held) trading.Adjustment {
	if h.Price.LessThan(d("105")) || h.Quantity.LessThan(d("10")) {
		return trading.Adjustment{}
	}
	return trading.Adjustment{Close: d("4")}
}}

func TestBothLegsRestAsAPair(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		exits   []trading.Exit
		story   func(r *rig, v *reservingVenue)
		held    string
		resting string
	}{
		"both rest":                  {nil, func(*rig, *reservingVenue) {}, "10", bothLegs},
		"the venue takes the profit": {nil, func(r *rig, _ *reservingVenue) { r.moves("110") }, "0", ""},
		"the venue stops the loss":   {nil, func(r *rig, _ *reservingVenue) { r.moves("95") }, "0", ""},
		"what happens while nobody looks is found": {nil, func(r *rig, _ *reservingVenue) {
			r.venue.SetPrice(btc, d("111"))
			r.venue.SetPrice(btc, d("94"))
			r.restart()
		}, "0", ""},
		"a stop that moves takes its mate along": {[]trading.Exit{trails}, func(r *rig, _ *reservingVenue) { r.moves("102") },
			"10", "sell 10 limit 110 reduce, sell 10 stop 100 reduce"},
		"a profit that moves takes the stop along": {[]trading.Exit{dearer}, func(r *rig, _ *reservingVenue) { r.moves("102") },
			"10", "sell 10 limit 112 reduce, sell 10 stop 95 reduce"},
		"a position that shrinks has a smaller pair": {[]trading.Exit{closesFour}, func(r *rig, _ *reservingVenue) { r.moves("105") },
			"6", "sell 6 limit 110 reduce, sell 6 stop 95 reduce"},
		"a signal that turns": {nil, func(r *rig, _ *reservingVenue) {
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()))
		}, "-10", "buy 10 limit 90 reduce, buy 10 stop 105 reduce"},
		"a signal that ends it": {nil, func(r *rig, _ *reservingVenue) {
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
		}, "0", ""},
		"a person cancels one at the venue": {nil, func(r *rig, v *reservingVenue) {
			for _, o := range v.Resting() {
				if o.Leg == trading.TakeProfit {
					require.NoError(r.t, v.Cancel(context.Background(), o.Ref()))
				}
			}
		}, "10", oneStop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, v := pairRig(t, exits(bracket, c.exits...))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, bothLegs, r.resting(), "after the step that opened")
			c.story(r, v)
			r.settle()
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			require.Empty(t, v.refusals)
			require.LessOrEqual(t, r.broker.CancelCalls(), 1, "one cancel ends both")
			if name != "a person cancels one at the venue" {
				require.Zero(t, r.log.count("WARN Order ended by the broker"))
			}
			require.Zero(t, r.log.count("WARN The venue does not take"))
			made := len(r.ordersMade())
			r.restart()
			r.settle()
			require.Equal(t, c.resting, r.resting())
			require.Len(t, r.ordersMade(), made, "a new engine over the same journal makes no other orders")
			require.Equal(t, "ok", r.once())
		})
	}
}

// once says that every order at the venue was taken once, and is in the journal.
func (r *rig) once() string {
	for _, id := range r.venue.ClientIDs() {
		if n := r.venue.Taken(id); n != 1 {
			return fmt.Sprintf("%s was taken %d times", id, n)
		}
		if _, known := r.book().Order(id); !known {
			return id + " is not in the journal"
		}
	}
	return "ok"
}

// count is how many events of a kind are in the journal.
func (r *rig) count(kind string) (n int) {
	for _, entry := range r.entries() {
		if journal.KindOf(entry.Event) == kind {
			n++
		}
	}
	return n
}

// book is what the journal adds up to.
func (r *rig) book() *book.Book {
	b, err := book.Restore(r.cfg.Capital, journal.Load(context.Background(), r.journal))
	require.NoError(r.t, err)
	return b
}

// What is held grows: another pair guards what the first one does not, which stays.
func TestPositionThatGrowsHasAnotherPair(t *testing.T) {
	t.Parallel()
	r, v := pairRig(t)
	r.venue.FillPart(d("4"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "sell 4 limit 110 reduce, sell 4 stop 95 reduce", r.resting())
	first := r.venue.Resting()[0].ClientID
	r.settle()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, map[string]string{"sell limit at 110 0": "10", "sell stop at 0 95": "10"}, r.restsInAll())
	require.Equal(t, first, r.venue.Resting()[0].ClientID, "the first one stays")
	require.Empty(t, v.refusals)
	r.moves("110")
	require.Equal(t, "0", r.held(btc))
	require.Empty(t, r.resting())
}

// The stop of a pair that the venue refuses rests in the same step, and the take-profit is watched from there on.
func TestRefusedPairLeavesTheStopAlone(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*rig, *reservingVenue){
		"by the venue":           func(_ *rig, v *reservingVenue) { v.loses = true },
		"by a broker without it": func(r *rig, _ *reservingVenue) { r.cfg.Broker = noPairer{r.broker} },
		"by one below, after Begin": func(r *rig, v *reservingVenue) {
			r.broker = tradingtest.Misbehave(noPairs{v})
			r.cfg.Broker, r.cfg.Pricer = r.broker, r.broker
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, v := pairRig(t)
			refuse(r, v)
			r.restart()
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, oneStop, r.resting(), "at once")
			made := len(r.ordersMade())
			r.settle()
			r.restart()
			r.settle()
			require.Equal(t, oneStop, r.resting())
			require.Len(t, r.ordersMade(), made, "it is not tried again")
			require.Equal(t, 1, r.log.count("WARN The venue does not take the take-profit beside the stop"))
			r.moves("110")
			r.settle()
			require.Equal(t, "0", r.held(btc), "it is watched")
			require.Equal(t, []string{"keep 0 by exit take-profit: 110 has reached 110, which does not rest beside the stop"},
				r.decided())
		})
	}
}

// noPairer is a Broker that only seems to take pairs, as a wrapper can.
type noPairer struct{ *tradingtest.Misbehaving }

func (noPairer) SubmitPair(context.Context, trading.Approved, trading.Approved) error {
	return errors.ErrUnsupported
}

// noPairs is the same below one that calls Begin.
type noPairs struct{ *reservingVenue }

func (noPairs) SubmitPair(context.Context, trading.Approved, trading.Approved) error {
	return errors.ErrUnsupported
}

// Whatever becomes of the request for a pair, both rest in the end, once, or the stop does.
func TestPairWhoseFateIsUnknown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   tradingtest.Fault
		resting string
	}{
		"the reply is lost":           {tradingtest.LoseReply, bothLegs},
		"the request is lost":         {tradingtest.LoseRequest, bothLegs},
		"it comes late":               {tradingtest.Late, bothLegs},
		"it fails before it is begun": {tradingtest.FailBegin, bothLegs},
		"it is refused":               {tradingtest.Reject, oneStop},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarted %t", name, restarts), func(t *testing.T) {
				t.Parallel()
				r, v := pairRig(t)
				r.broker.Next(tradingtest.None, c.fault)
				r.signals.put(says(btc, signal.Long, r.now()))
				_ = r.step()
				if restarts {
					r.restart()
				}
				if c.fault == tradingtest.Late {
					_ = r.step()
					r.broker.Deliver(context.Background())
				}
				r.settle()
				require.Equal(t, c.resting, r.resting())
				require.Empty(t, v.refusals)
				require.Equal(t, "ok", r.once())
				r.moves("95")
				r.settle()
				require.Equal(t, "0", r.held(btc))
				r.agree()
			})
		}
	}
}

// The journal fails at any of the writes around a pair, before or after it has written, as a kill does.
func TestPairAcrossAnyCrash(t *testing.T) {
	t.Parallel()
	for failAt := 1; failAt < 30; failAt++ {
		for _, wrote := range []bool{false, true} {
			r, v := pairRig(t, exits(bracket, trails))
			r.journal.failAt, r.journal.wrote = failAt, wrote
			r.signals.put(says(btc, signal.Long, r.now()))
			for range 3 {
				_ = r.step()
			}
			r.venue.SetPrice(btc, d("102"))
			for range 3 {
				_ = r.step()
			}
			r.restart()
			r.settle()
			require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 100 reduce", r.resting(), "%d %t", failAt, wrote)
			require.Empty(t, v.refusals, "%d %t", failAt, wrote)
			require.Equal(t, "ok", r.once())
		}
	}
}

// The venue tells of one order of a pair before it tells of the other: that one is neither sent alone nor given up.
func TestPairOfWhichOneIsToldLater(t *testing.T) {
	t.Parallel()
	for _, later := range []trading.Leg{trading.TakeProfit, trading.StopLoss} {
		t.Run(string(later), func(t *testing.T) {
			t.Parallel()
			r, v := pairRig(t)
			r.broker.Next(tradingtest.None, tradingtest.LoseReply)
			r.signals.put(says(btc, signal.Long, r.now()))
			_ = r.step()
			for _, o := range r.venue.Resting() {
				r.broker.Forget(o.ClientID, o.Leg == later)
			}
			for range 4 {
				_ = r.step()
			}
			for _, o := range r.venue.Resting() {
				r.broker.Forget(o.ClientID, false)
			}
			r.settle()
			require.Equal(t, bothLegs, r.resting())
			require.Empty(t, v.refusals)
			require.Len(t, r.ordersMade(), 3)
			require.Equal(t, 2, r.broker.Submits())
			require.LessOrEqual(t, r.count("not_received"), 1)
			for _, o := range r.book().Pending() {
				require.Equal(t, trading.StatusOpen, o.Status)
			}
		})
	}
}

// Where a take-profit rests, a price that has reached it is the venue's business.
func TestTakeProfitThatRestsIsNotWatched(t *testing.T) {
	t.Parallel()
	r, _ := pairRig(t)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.cfg.Pricer = onePrice("112")
	r.restart()
	r.settle()
	require.Equal(t, bothLegs, r.resting())
	require.Empty(t, r.decided())
}

// onePrice is a price of everything.
type onePrice string

func (p onePrice) Price(string) (decimal.Decimal, bool) { return d(string(p)), true }

// A stop that rests alone, as an earlier version has left it, stays; its take-profit is watched, and rests from its next move on.
func TestStopThatRestsAloneStays(t *testing.T) {
	t.Parallel()
	r, v := pairRig(t, exits(bracket, trails))
	at := r.cfg.Broker
	withoutPairs(&r.cfg)
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, oneStop, r.resting())
	stop := r.venue.Resting()[0].ClientID
	r.cfg.Broker = at
	r.restart()
	r.settle()
	require.Equal(t, stop, r.venue.Resting()[0].ClientID)
	require.Equal(t, oneStop, r.resting())
	require.Equal(t, 2, r.log.count("INFO Take-profit does not rest at the venue"), "by each engine once")
	r.moves("102")
	r.settle()
	require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 100 reduce", r.resting())
	require.Empty(t, v.refusals)
}

// A pair whose other order has ended alone, which no venue should do: the stop stays, and a take-profit makes room for one.
func TestOrderOfAPairThatIsAlone(t *testing.T) {
	t.Parallel()
	for _, gone := range []trading.Leg{trading.TakeProfit, trading.StopLoss} {
		t.Run(string(gone), func(t *testing.T) {
			t.Parallel()
			r, _ := pairRig(t)
			apart := &apartVenue{reservingVenue: &reservingVenue{Venue: r.venue}}
			r.broker = tradingtest.Misbehave(apart)
			r.cfg.Broker, r.cfg.Pricer = r.broker, r.broker
			r.restart()
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, bothLegs, r.resting())
			for _, o := range r.venue.Resting() {
				if o.Leg == gone {
					require.NoError(t, r.venue.Cancel(context.Background(), o.Ref()))
				}
			}
			apart.stuck = true
			for range 20 {
				_ = r.step()
				r.clock.Add(time.Second)
			}
			apart.stuck = false
			r.settle()
			require.Empty(t, apart.refusals, "what is reserved is not asked for")
			require.Equal(t, "10", r.held(btc))
			want := oneStop
			if gone == trading.StopLoss {
				want = bothLegs
			}
			require.Equal(t, want, r.resting())
		})
	}
}

// apartVenue forgets that two orders are a pair. Where it is stuck, cancels stay pending.
type apartVenue struct {
	*reservingVenue

	stuck bool // not used by two at once
}

func (v *apartVenue) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if v.stuck {
		return nil
	}
	return v.Venue.Cancel(ctx, ref)
}

func (v *apartVenue) SubmitPair(ctx context.Context, profit, loss trading.Approved) error {
	if err := v.mayTake(loss.Order()); err != nil {
		return err
	}
	if err := v.Venue.Submit(ctx, profit); err != nil {
		return err
	}
	return v.Venue.Submit(ctx, loss)
}

// A dry run tells of both orders of a pair.
func TestDryRunTellsOfAPair(t *testing.T) {
	t.Parallel()
	r, _ := pairRig(t)
	r.broker.Next(tradingtest.None, tradingtest.FailBegin)
	r.signals.put(says(btc, signal.Long, r.now()))
	_ = r.step()
	require.Equal(t, "10", r.held(btc))
	require.Equal(t, 2, r.count("not_received"), "each is tried once in a step")
	require.Empty(t, r.resting())
	report, err := engine.DryRun(context.Background(), r.cfg)
	require.NoError(t, err)
	var legs []trading.Leg
	for _, o := range report.Send {
		legs = append(legs, o.Leg)
	}
	require.Equal(t, []trading.Leg{trading.TakeProfit, trading.StopLoss}, legs)
	require.Empty(t, r.resting())
}
