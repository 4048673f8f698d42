package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// reserves is a venue that takes one order to close what is held, and none for more.
var reserves = trading.Traits{RefusesDuplicates: true, MaxFlight: 5 * time.Second, Reserves: true}

// withoutPairs takes the power to send pairs from a Broker.
func withoutPairs(cfg *engine.Config) {
	b := cfg.Broker.(*tradingtest.Misbehaving)
	cfg.Broker = struct {
		trading.Broker
		trading.Canceler
		trading.OrderLister
		trading.Positioner
		trading.Pricer
	}{b, b, b, b, b}
}

func TestBracketWhereAVenueReservesWhatIsHeld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		direction signal.Direction
		ticket    trading.FixedTicket
		story     func(r *rig)
		held      string
		resting   string
		decided   []string
	}{
		"the stop rests, the profit is watched": {signal.Long, bracket, (*rig).settle, "10", "sell 10 stop 95 reduce", nil},
		"a price short of it does nothing": {signal.Long, bracket, func(r *rig) { r.moves("109.99") }, "10",
			"sell 10 stop 95 reduce", nil},
		"the profit is taken at market": {signal.Long, bracket, func(r *rig) { r.moves("110") }, "0", "",
			[]string{"keep 0 by exit take-profit: 110 has reached 110, which does not rest beside the stop"}},
		"and of a short position": {signal.Short, bracket, func(r *rig) { r.moves("89") }, "0", "",
			[]string{"keep 0 by exit take-profit: 89 has reached 90, which does not rest beside the stop"}},
		"the stop takes all": {signal.Long, bracket, func(r *rig) { r.moves("95") }, "0", "", nil},
		"a profit without a stop does rest": {signal.Long, trading.FixedTicket{TakeProfit: d("0.1")}, (*rig).settle, "10",
			"sell 10 limit 110 reduce", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, reserves, exits(c.ticket), withoutPairs)
			r.signals.put(says(btc, c.direction, r.now()))
			r.mustStep()
			r.mustStep()
			c.story(r)
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			require.Equal(t, c.decided, r.decided())
			if c.ticket.StopLoss.IsPositive() {
				require.Equal(t, 1, r.log.count("INFO Take-profit does not rest at the venue"))
			}
			r.restart()
			r.settle()
			require.Equal(t, c.decided, r.decided(), "a new engine over the same journal decides the same")
			require.Equal(t, c.resting, r.resting())
		})
	}
}

// A position is turned by two orders, neither of which is for more than is held or asked for.
func TestPositionIsTurnedByTwoOrdersWhereItIsReserved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits trading.Traits
		sells  int
	}{"reserved": {reserves, 2}, "elsewhere": {refuses, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits, exits(stopOnly))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Equal(t, "10", r.held(btc))
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()))
			r.settle()
			require.Equal(t, "-10", r.held(btc))
			require.Equal(t, "buy 10 stop 105 reduce", r.resting())
			sells := 0
			for _, o := range r.ordersMade() {
				if o.Side == trading.Sell && o.Type == trading.Market {
					sells++
				}
			}
			require.Equal(t, c.sells, sells)
		})
	}
}

// A take-profit that rests alone makes room for the stop that an exit wants, and comes back as its mate.
func TestTakeProfitMakesRoomForAStopWhereItIsReserved(t *testing.T) {
	t.Parallel()
	r := newRig(t, reserves, exits(trading.FixedTicket{TakeProfit: d("0.1")}, &wants{"later", func(h trading.Held) trading.Adjustment {
		if h.Price.LessThan(d("101")) {
			return trading.Adjustment{}
		}
		return trading.Adjustment{StopLoss: d("97")}
	}}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "sell 10 limit 110 reduce", r.resting())
	r.venue.SetPrice(btc, d("101"))
	r.settle()
	require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 97 reduce", r.resting())
	r.moves("110")
	r.settle()
	require.Equal(t, "0", r.held(btc))
}
