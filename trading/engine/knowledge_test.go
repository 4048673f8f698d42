package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// counting counts the questions for a Broker, each of which is a request where the Broker is a venue.
type counting struct {
	*tradingtest.Misbehaving
	listless bool // it cannot list orders

	mu    sync.Mutex // guards calls
	calls map[string]int
	from  trading.Cursor // of the latest question for fills
}

func (c *counting) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = make(map[string]int)
	}
	c.calls[what]++
}

// counted returns what was asked since the last time, and begins anew.
func (c *counting) counted() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, what := range slices.Sorted(maps.Keys(c.calls)) {
		all = append(all, fmt.Sprint(c.calls[what], " ", what))
	}
	c.calls = nil
	return strings.Join(all, ", ")
}

func (c *counting) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	c.count("order")
	return c.Misbehaving.Order(ctx, ref)
}

func (c *counting) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	if c.listless {
		return nil, errors.ErrUnsupported
	}
	c.count("open orders")
	return c.Misbehaving.OpenOrders(ctx)
}

func (c *counting) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	c.count("fills")
	c.mu.Lock()
	c.from = from
	c.mu.Unlock()
	return c.Misbehaving.Fills(ctx, from, limit)
}

func (c *counting) CashEvents(
	ctx context.Context, from trading.Cursor, limit int,
) ([]trading.CashEvent, trading.Cursor, error) {
	c.count("cash")
	return c.Misbehaving.CashEvents(ctx, from, limit)
}

func (c *counting) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	c.count("positions")
	return c.Misbehaving.Positions(ctx)
}

// Twenty guarded positions at rest for five minutes, and a step each second. What is counted are requests to a venue.
func TestKnowledgeOfTwentyGuardedPositionsCostsFewCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		streams, listless bool
		calls             string
	}{
		"it tells what happens":      {true, false, "5 cash, 6 fills, 5 open orders, 1 positions"},
		"it lists its orders":        {false, false, "5 cash, 301 fills, 30 open orders, 1 positions"},
		"it tells, and lists none":   {true, true, "5 cash, 6 fills, 200 order, 1 positions"},
		"it does neither of the two": {false, true, "5 cash, 301 fills, 12000 order, 1 positions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := bubbleRig(t, bounded)
				b := &counting{Misbehaving: r.broker, listless: c.listless}
				r.broker.Stream(c.streams)
				r.cfg.Broker, r.cfg.Ticket = b, bracket
				r.cfg.Instruments = nil
				for n := range 20 {
					symbol := fmt.Sprintf("C%02d/USDT", n)
					r.venue.SetPrice(symbol, d("100"))
					r.cfg.Instruments = append(r.cfg.Instruments, instrument(symbol))
					r.signals.put(says(symbol, signal.Long, time.Now()))
				}
				r.restart()
				ctx, cancel := context.WithCancel(t.Context())
				ended := serving(ctx, r.engine)
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Len(t, r.venue.Resting(), 40)
				b.counted()
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				require.Equal(t, c.calls, b.counted())
				cancel()
				require.Equal(t, context.Canceled, <-ended)
			})
		})
	}
}

// A stop that rests for a month costs no look back over a month.
func TestKnowledgeOfAnOldStopAsksFromTheLastFillOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, bounded)
	b := &counting{Misbehaving: r.broker}
	r.cfg.Broker, r.cfg.Ticket = b, bracket
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(3)
	for range 30 {
		r.clock.Add(24 * time.Hour)
		r.stepFor(2)
	}
	require.Len(t, r.venue.Resting(), 2)
	b.counted()
	r.stepFor(1)
	require.Equal(t, "1 fills", b.counted())
	require.Equal(t, r.venue.Ledger()[0].ID, b.from.Token)
}

// telling is a rig with a guarded position at a venue that tells what happens.
func telling(t *testing.T) (*rig, *counting) {
	r := newRig(t, bounded)
	b := &counting{Misbehaving: r.broker}
	r.broker.Stream(true)
	r.cfg.Broker, r.cfg.Ticket = b, bracket
	r.restart()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.stepFor(3)
	require.Len(t, r.venue.Resting(), 2)
	b.counted()
	r.stepFor(3)
	require.Empty(t, b.counted(), "nothing has happened")
	return r, b
}

func TestKnowledgeOfAFillCostsNoQuestionForItsOrder(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	r.venue.SetPrice(btc, d("111"))
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, "1 cash, 2 fills, 1 order", b.counted(), "the order is the other leg, of which is asked whether it is canceled")
	r.stepFor(2)
	require.Empty(t, r.resting())
	require.Equal(t, "1 cash, 1 fills", b.counted(), "the cancel is news, too")
	r.agree()
}

func TestKnowledgeOfWhatAPersonCanceledIsPushed(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	stop := r.engine.Status().Orders[0]
	require.NoError(t, r.venue.Cancel(t.Context(), stop.Ref()))
	r.mustStep()
	now := r.engine.Status().Orders
	require.NotContains(t, fmt.Sprint(now), stop.ClientID)
	require.Equal(t, "1 cash, 2 fills, 1 open orders, 1 positions", b.counted(), "what ends a guard may have changed what is held")
}

// What is reported before its fills are shown is asked for until they are.
func TestKnowledgeOfAReportWithoutItsFillsIsIncomplete(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	r.broker.HideFills(true)
	r.venue.SetPrice(btc, d("111"))
	r.stepFor(2)
	require.Equal(t, "10", r.held(btc), "only fills count")
	b.counted()
	r.stepFor(2)
	require.NotEmpty(t, b.counted())
	r.broker.HideFills(false)
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	r.stepFor(2)
	r.agree()
}

// An order that ends before its fills are shown ends when they are.
func TestKnowledgeOfAnEndWaitsForTheFills(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	r.broker.HideFills(true)
	r.venue.FillPart(d("4"))
	r.signals.put(says(eth, signal.Long, r.now()))
	r.stepFor(2)
	r.broker.HideFills(false)
	r.stepFor(3)
	require.Equal(t, "100", r.held(eth), "the next order has taken its place")
	require.NotEmpty(t, b.counted())
}

func TestKnowledgeOfAnOrderIsDroppedWhenItsCancelHasFailed(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	r.broker.FailCancel(true)
	r.signals.put(says(btc, signal.Flat, r.now()))
	require.Error(t, r.step())
	r.broker.FailCancel(false)
	b.counted()
	r.mustStep()
	require.Equal(t, "2 fills, 4 order", b.counted(), "each of the two is asked for before it is canceled, and after that")
}

func TestKnowledgeWithAGapIsMadeGoodAtOnce(t *testing.T) {
	t.Parallel()
	for name, gap := range map[string]struct {
		begin, end func(r *rig)
		found      bool // while it lasts
	}{
		"the stream breaks": {
			func(r *rig) { r.venue.Break(true) }, func(r *rig) { r.venue.Break(false) }, true,
		},
		"the connection breaks": {
			func(r *rig) { r.broker.Disconnect(true) }, func(r *rig) { r.broker.Disconnect(false) }, false,
		},
		"a crash": {func(*rig) {}, func(r *rig) { r.restart() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, b := telling(t)
			gap.begin(r)
			if name != "a crash" {
				_ = r.step() // which may fail
			}
			stop := r.engine.Status().Orders[0]
			require.NoError(t, r.venue.Cancel(t.Context(), stop.Ref()))
			r.venue.Trade("by hand", btc, trading.Buy, d("1"))
			if gap.found {
				r.mustStep()
				require.Equal(t, "11", r.held(btc), "fills are asked for at each step")
			}
			gap.end(r)
			r.stepFor(2)
			require.Equal(t, "11", r.held(btc))
			require.NotContains(t, fmt.Sprint(r.engine.Status().Orders), stop.ClientID)
			r.stepFor(2)
			b.counted()
			r.stepFor(3)
			require.Empty(t, b.counted(), "it is whole again")
		})
	}
}

// An order that a person canceled at a venue that does not say so is missed for a little while.
func TestKnowledgeWithoutUpdatesIsTenSecondsOld(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	r.broker.Stream(false)
	r.stepFor(20)
	stop := r.engine.Status().Orders[0]
	require.NoError(t, r.venue.Cancel(t.Context(), stop.Ref()))
	b.counted()
	r.stepFor(11)
	require.NotContains(t, fmt.Sprint(r.engine.Status().Orders), stop.ClientID)
	require.Contains(t, b.counted(), "open orders")
}

// A stream that is broken and does not know it is found out within a minute.
func TestKnowledgeIsCheckedEachMinute(t *testing.T) {
	t.Parallel()
	r, b := telling(t)
	r.broker.Forget(r.engine.Status().Orders[0].ClientID, true) // of which no stream tells
	r.stepFor(62)
	require.Contains(t, b.counted(), "open orders")
	require.Equal(t, trading.StatusUnknown, r.engine.Status().Orders[0].Status)
}

func TestKnowledgeOfAnOrderThatIsTooOldIsAPersons(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{
		"by default": {MaxFlight: 5 * time.Second},
		"as said":    {MaxFlight: 5 * time.Second, Remembers: 72 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for past, left := range map[time.Duration]bool{-10 * time.Second: false, time.Second: true} {
				r := newRig(t, traits)
				r.broker.Next(tradingtest.LoseRequest)
				r.signals.put(says(btc, signal.Long, r.now()))
				r.mustStep()
				r.broker.Disconnect(true)
				_ = r.step()
				bound := 24 * time.Hour
				if traits.Remembers > 0 {
					bound = traits.Remembers
				}
				r.clock.Add(bound + past)
				r.broker.Disconnect(false)
				err := r.step()
				if left {
					require.ErrorContains(t, err, "longer ago than the broker remembers")
					require.Equal(t, trading.StatusUnknown, r.engine.Status().Orders[0].Status)
				} else {
					require.NoError(t, err)
					require.Empty(t, r.engine.Status().Orders)
				}
			}
		})
	}
}
