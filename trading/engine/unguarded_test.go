package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

var (
	stopOnly = trading.FixedTicket{StopLoss: d("0.05")}
	beside   = trading.Traits{RefusesDuplicates: true, MaxFlight: 5 * time.Second, Replaces: trading.Beside}
	atomic   = trading.Traits{RefusesDuplicates: true, MaxFlight: 5 * time.Second, Replaces: trading.Atomic}
	gap10    = trading.Traits{RefusesDuplicates: true, MaxFlight: 5 * time.Second, MaxGap: 10 * time.Second}
)

// strict is a venue that refuses stops that have been passed, and while shut every leg.
type strict struct {
	*tradingtest.Misbehaving
	price *string // what the venue trades at; the Pricer may know another one
	shut  *bool
}

func (s strict) refuses(o trading.Order) error {
	if o.Leg != "" && *s.shut {
		return fmt.Errorf("%w: closed for today", trading.ErrRejected)
	}
	if o.Leg == trading.StopLoss && d(*s.price).Cmp(o.StopPrice)*int(o.Side) >= 0 {
		return fmt.Errorf("%w: the stop would trigger at once", trading.ErrRejected)
	}
	return nil
}

func (s strict) Submit(ctx context.Context, a trading.Approved) error {
	if err := s.refuses(a.Order()); err != nil {
		return err
	}
	return s.Misbehaving.Submit(ctx, a)
}

func (s strict) Replace(ctx context.Context, old trading.OrderRef, a trading.Approved) error {
	if err := s.refuses(a.Order()); err != nil {
		return err
	}
	return s.Misbehaving.Replace(ctx, old, a)
}

// priced is a rig at a strict venue. What the Pricer knows is the venue's price, or nothing.
type strictRig struct {
	*rig
	price string
	shut  bool
}

func newStrictRig(t *testing.T, traits trading.Traits, pricer trading.Pricer, change ...func(*engine.Config)) *strictRig {
	r := &strictRig{price: "100"}
	r.rig = newRig(t, traits, append(change, with(stopOnly), func(cfg *engine.Config) {
		cfg.Broker = strict{cfg.Broker.(*tradingtest.Misbehaving), &r.price, &r.shut}
		cfg.Pricer = pricer
	})...)
	return r
}

func (r *strictRig) trades(price string) {
	r.price = price
	r.venue.SetPrice(btc, d(price))
}

func TestUnguardedPositionWhoseStopWasPassedIsClosed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pricer trading.Pricer
		within time.Duration
	}{
		"at once where the price is known": {nil, 2 * time.Second},
		"and in time where it is not":      {priceless{}, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newStrictRig(t, refuses, c.pricer)
			ctx, conditions := watched(t)
			r.shut = true
			r.signals.put(says(btc, signal.Long, r.now()))
			require.NoError(t, r.engine.Step(ctx))
			require.Equal(t, "10", r.held(btc))
			require.Equal(t, health.Degraded, conditions()["unguarded/"+btc].Verdict)
			r.shut = false
			r.trades("94")
			r.clock.Add(4 * time.Second)
			var turned bool
			for passed := time.Duration(0); passed < c.within; passed += time.Second {
				_ = r.engine.Step(ctx)
				turned = turned || conditions()["unguarded/"+btc].Verdict == health.Unhealthy
				r.clock.Add(time.Second)
			}
			require.Equal(t, "0", r.held(btc))
			require.Equal(t, c.pricer != nil, turned)
			require.NoError(t, r.engine.Step(ctx))
			require.Empty(t, conditions())
			r.agree()
		})
	}
}

func TestUnguardedPositionIsClosedAtTheStatedBound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits trading.Traits
		config time.Duration
		after  int
	}{
		"the venue's gap":       {gap10, 0, 10},
		"what the config says":  {gap10, 20 * time.Second, 20},
		"two minutes otherwise": {refuses, 0, 120},
		"never":                 {gap10, -1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newStrictRig(t, c.traits, nil, func(cfg *engine.Config) { cfg.MaxUnguarded = c.config })
			r.shut = true
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			closed := 0
			for second := 1; second < 300 && closed == 0; second++ {
				r.clock.Add(time.Second)
				_ = r.step()
				if r.held(btc) == "0" {
					closed = second
				}
			}
			require.Equal(t, c.after, closed)
		})
	}
}

// While the Broker does not answer nothing can be done: the bound begins anew, and the stop is tried first.
func TestUnguardedPositionIsGuardedWhenTheBrokerIsBack(t *testing.T) {
	t.Parallel()
	r := newStrictRig(t, gap10, nil)
	r.shut = true
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.shut = false
	r.broker.Disconnect(true)
	for range 100 {
		r.clock.Add(time.Second)
		_ = r.step()
	}
	r.broker.Disconnect(false)
	r.mustStep()
	require.Equal(t, "sell 10 stop 95 reduce", r.resting())
}

// How a stop gives way to another one, by what the venue can: at every moment at which nothing must be missing, the venue
// is asked what rests.
func TestStopIsReplacedAsTheVenueCan(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{"beside": beside, "atomic": atomic} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newStrictRig(t, traits, priceless{})
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.NoError(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("97")}, "alice"))
			r.mustStep()
			r.mustStep()
			require.Equal(t, "sell 10 stop 97 reduce", r.resting())

			// The successor is refused, since the price has passed it: the old one stays.
			r.trades("98")
			require.NoError(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("99")}, "alice"))
			for range 20 {
				_ = r.step()
				require.Equal(t, "sell 10 stop 97 reduce", r.resting())
				r.clock.Add(time.Second)
			}
			r.trades("100")
			r.settle()
			require.Equal(t, "sell 10 stop 99 reduce", r.resting())
			require.Equal(t, "10", r.held(btc))

			r.venue.Trade("1", btc, trading.Sell, d("4"))
			for range 5 {
				_ = r.step()
				require.Contains(t, r.resting(), "stop 99 reduce", "the larger one stays until the smaller one rests")
			}
			require.Equal(t, "sell 6 stop 99 reduce", r.resting())
			r.trades("90")
			r.settle()
			require.Equal(t, "0", r.held(btc))
			require.Empty(t, r.resting())
			r.agree()
		})
	}
}

// The successor never arrives, for the venue is gone after the cancel: with two that may rest, one is always there.
func TestStopThatIsCutStaysWhileTheVenueIsGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits  trading.Traits
		resting string
	}{
		"beside": {beside, "sell 10 stop 95 reduce"},
		"atomic": {atomic, "sell 10 stop 95 reduce"},
		"gap":    {gap10, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newStrictRig(t, c.traits, nil)
			ctx, conditions := watched(t)
			r.signals.put(says(btc, signal.Long, r.now()))
			require.NoError(t, r.engine.Step(ctx))
			r.venue.Trade("1", btc, trading.Sell, d("4"))
			r.broker.Next(tradingtest.LoseRequest)
			_ = r.engine.Step(ctx)
			r.broker.Disconnect(true)
			for range 60 {
				_ = r.engine.Step(ctx)
				r.clock.Add(time.Second)
			}
			require.Equal(t, c.resting, r.resting())
			raised, is := conditions()["unguarded/"+btc]
			require.Equal(t, c.resting == "", is, "the gap is seen")
			if is {
				require.Equal(t, health.Unhealthy, raised.Verdict)
				require.Contains(t, raised.Text, "closed after 10s", "and its bound is stated")
			}
			r.broker.Disconnect(false)
			r.settle()
			require.Equal(t, "sell 6 stop 95 reduce", r.resting())
		})
	}
}

// An amended stop that the price has passed by now is a wish to be out.
func TestStopThatIsMovedBeyondThePriceCloses(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{"beside": beside, "atomic": atomic, "gap": gap10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newStrictRig(t, traits, nil)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.NoError(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("99")}, "alice"))
			r.trades("98")
			r.settle()
			require.Equal(t, "0", r.held(btc))
			require.Empty(t, r.resting())
			r.agree()
		})
	}
}

// A signal that waited for an order leaves nothing to do when that order brings what it asks for. Its position is watched like
// any other.
func TestUnguardedPositionOfASignalThatWaitedIsClosed(t *testing.T) {
	t.Parallel()
	r := newStrictRig(t, bounded, nil)
	r.shut = true
	r.broker.Next(tradingtest.Late)
	r.signals.put(says(btc, signal.Long, r.now()))
	_ = r.step()
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Long, r.now()))
	_ = r.step()
	target := r.engine.Status().Targets[0]
	require.True(t, target.Deferred, "it waits for the order that is late")
	r.broker.Deliver(t.Context())
	closed := 0
	for second := 1; second < 300 && closed == 0; second++ {
		r.clock.Add(time.Second)
		_ = r.step()
		if second > 10 && r.held(btc) == "0" {
			closed = second
		}
	}
	require.NotZero(t, closed, "%s is held and has no stop", r.held(btc))
}
