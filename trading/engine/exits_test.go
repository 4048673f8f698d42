package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// wants is an exit that says what it is told to.
type wants struct {
	name   string
	adjust func(trading.Held) trading.Adjustment
}

func (w *wants) Name() string                             { return w.name }
func (w *wants) Adjust(h trading.Held) trading.Adjustment { return w.adjust(h) }

// always is an exit that always wants the same.
func always(a trading.Adjustment) trading.Exit {
	return &wants{"always", func(trading.Held) trading.Adjustment { return a }}
}

func exits(ticket trading.TicketPolicy, all ...trading.Exit) func(*engine.Config) {
	return func(cfg *engine.Config) { cfg.Ticket, cfg.Exits = ticket, all }
}

// decided is what exits had journaled.
func (r *rig) decided() (all []string) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case journal.Amended:
			text := fmt.Sprintf("stop %s profit %s", e.Ticket.StopLoss, e.Ticket.TakeProfit)
			if e.Ticket.Rungs != nil {
				text += " " + fmt.Sprint(*e.Ticket.Rungs)
			}
			all = append(all, text+" by "+e.By)
		case journal.CloseAsked:
			all = append(all, fmt.Sprintf("keep %s by %s", e.Quantity, e.By))
		default: // Nothing else is an exit's.
		}
	}
	return all
}

func TestExitsMoveTheGuardAndClose(t *testing.T) {
	t.Parallel()
	two := exit.Trailing{Part: d("0.02")}
	for name, c := range map[string]struct {
		ticket    trading.TicketPolicy
		exit      trading.Exit
		direction signal.Direction
		story     func(r *rig)
		held      string
		resting   string
		decided   []string
	}{
		"a trailing stop guards what had no guard": {nil, two, signal.Long, func(*rig) {}, "10", "sell 10 stop 98 reduce",
			[]string{"stop 98 profit 0 by exit trailing: 2% from 100"}},
		"it follows the price": {bracket, two, signal.Long, func(r *rig) { r.moves("108") }, "10",
			"sell 10 limit 110 reduce, sell 10 stop 105.84 reduce",
			[]string{"stop 98 profit 110 by exit trailing: 2% from 100", "stop 105.84 profit 110 by exit trailing: 2% from 108"}},
		"and never back": {stopOnly, two, signal.Long, func(r *rig) {
			r.moves("108")
			r.moves("106")
		}, "10", "sell 10 stop 105.84 reduce", []string{"stop 98 profit 0 by exit trailing: 2% from 100", "stop 105.84 profit 0 by exit trailing: 2% from 108"}},
		"it closes where it stands": {stopOnly, two, signal.Long, func(r *rig) {
			r.moves("108")
			r.moves("105")
		}, "0", "", []string{"stop 98 profit 0 by exit trailing: 2% from 100", "stop 105.84 profit 0 by exit trailing: 2% from 108"}},
		"a short one has it above": {stopOnly, two, signal.Short, func(r *rig) { r.moves("90") }, "-10",
			"buy 10 stop 91.8 reduce", []string{"stop 102 profit 0 by exit trailing: 2% from 100", "stop 91.8 profit 0 by exit trailing: 2% from 90"}},
		"a move of less than the step replaces nothing": {stopOnly, two, signal.Long, func(r *rig) { r.moves("100.09") }, "10",
			"sell 10 stop 98 reduce", []string{"stop 98 profit 0 by exit trailing: 2% from 100"}},
		"the stop goes to the entry": {bracket, exit.BreakEven{Gain: d("0.01"), Offset: d("0.001")}, signal.Long,
			func(r *rig) { r.moves("102") }, "10", "sell 10 limit 110 reduce, sell 10 stop 100.1 reduce",
			[]string{"stop 100.1 profit 110 by exit break_even: 0.01 of 100 was gained"}},
		"a position is closed after its time": {bracket, exit.After{Hold: time.Hour}, signal.Long, func(r *rig) {
			r.clock.Add(time.Hour)
			r.mustStep()
			r.mustStep()
		}, "0", "", []string{"keep 0 by exit after: held since 2025-03-04T12:00:00Z"}},
		"parts are sold on the way": {stopOnly, exit.Ladder{{Gain: d("0.05"), Part: d("0.5")}, {Gain: d("0.1"), Part: d("0.25")}},
			signal.Long, func(r *rig) {
				r.moves("105")
				r.moves("103")
				r.moves("106")
				r.moves("111")
			}, "2.5", "sell 2.5 stop 95 reduce", []string{
				"keep 5 by exit ladder: parts by the gain from 100, and 105 has passed 105",
				"keep 2.5 by exit ladder: parts by the gain from 100, and 111 has passed 110"}},
		"a stop beyond the price closes": {stopOnly, always(trading.Adjustment{StopLoss: d("101"), Reason: "odd"}), signal.Long,
			func(r *rig) { r.mustStep() }, "0", "", []string{"keep 0 by exit always: odd, and 100 has passed 101"}},
		"a profit behind the price closes": {stopOnly, always(trading.Adjustment{TakeProfit: d("100")}), signal.Long,
			func(r *rig) { r.mustStep() }, "0", "", []string{"keep 0 by exit always, and 100 has passed 100"}},
		"a looser stop is ignored": {stopOnly, always(trading.Adjustment{StopLoss: d("90")}), signal.Long, (*rig).settle, "10",
			"sell 10 stop 95 reduce", nil},
		"a price is on the tick that is farther": {stopOnly, always(trading.Adjustment{StopLoss: d("98.009"), TakeProfit: d("120.001")}),
			signal.Long, (*rig).settle, "10", "sell 10 limit 120.01 reduce, sell 10 stop 98 reduce", []string{"stop 98 profit 120.01 by exit always"}},
		"too little to be traded waits": {stopOnly, always(trading.Adjustment{Close: d("0.0001")}), signal.Long, (*rig).settle, "10",
			"sell 10 stop 95 reduce", nil},
		"too little to be left is closed as well": {stopOnly, always(trading.Adjustment{Close: d("9.99")}), signal.Long, (*rig).settle,
			"0", "", []string{"keep 0 by exit always"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, exits(c.ticket, c.exit))
			r.signals.put(says(btc, c.direction, r.now()))
			r.mustStep()
			r.mustStep()
			c.story(r)
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			require.Equal(t, c.decided, r.decided())
			if name == "parts are sold on the way" {
				require.Equal(t, 1, r.log.count("INFO Parts of the profit are closed at market"))
			}
			r.restart()
			r.settle()
			require.Equal(t, c.decided, r.decided(), "a new engine over the same journal decides the same")
			require.Equal(t, c.resting, r.resting())
		})
	}
}

func TestExitsOfOnePositionAddUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, exits(stopOnly,
		&wants{"first", func(h trading.Held) trading.Adjustment {
			return trading.Adjustment{StopLoss: d("97"), TakeProfit: d("108"), Close: decimal.Max(h.Quantity.Sub(d("8")), decimal.Zero)}
		}},
		&wants{"part", func(h trading.Held) trading.Adjustment {
			return trading.Adjustment{StopLoss: d("96"), TakeProfit: d("109"), Close: decimal.Max(h.Quantity.Sub(d("6")), decimal.Zero)}
		}}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, []string{"keep 6 by exit part", "stop 97 profit 109 by exit first; exit part"}, r.decided(),
		"the nearest stop, the last profit, the largest close")
	require.Equal(t, "6", r.held(btc))
	require.Equal(t, "sell 6 limit 109 reduce, sell 6 stop 97 reduce", r.resting())
}

func TestExitThatPanicsLeavesTheGuard(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, exits(stopOnly,
		&wants{"bad", func(trading.Held) trading.Adjustment { panic("oh") }}, exit.Trailing{Part: d("0.02")}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, "sell 10 stop 98 reduce", r.resting(), "the others go on")
	require.Equal(t, 1, r.log.count("ERROR Exit failed exit=*engine_test.wants symbol=BTC/USDT error=panic: oh"))
}

// What is told of an exit that fails stands in health until it answers again.
func TestExitThatPanicsIsInHealth(t *testing.T) {
	t.Parallel()
	bad := true
	r := newRig(t, refuses, exits(stopOnly, &wants{"bad", func(trading.Held) trading.Adjustment {
		if bad {
			panic("oh")
		}
		return trading.Adjustment{}
	}}))
	registry := health.NewRegistry(health.Config{})
	ctx := health.NewContext(t.Context(), registry.Begin("engine").Part())
	conditions := func() (keys []string) {
		require.NoError(t, r.engine.Step(ctx))
		part, _ := registry.Report().Part("engine")
		for _, c := range part.Conditions {
			keys = append(keys, c.Key)
		}
		return keys
	}
	r.signals.put(says(btc, signal.Long, r.now()))
	require.Empty(t, conditions())
	require.Equal(t, []string{"exit/1/BTC/USDT"}, conditions())
	bad = false
	require.Empty(t, conditions())
}

func TestExitsAreAskedOnlyOfWhatOurOrdersGuard(t *testing.T) {
	t.Parallel()
	asked := 0
	spy := &wants{"spy", func(trading.Held) trading.Adjustment { asked++; return trading.Adjustment{} }}
	r := newRig(t, refuses, exits(stopOnly, spy), func(cfg *engine.Config) { cfg.Differences = engine.AdoptDifference })
	r.mustStep()
	r.venue.Trade("1", btc, trading.Buy, d("4"))
	r.settle()
	require.Equal(t, "4", r.held(btc))
	require.Zero(t, asked, "it is a person's")
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.NotZero(t, asked)
}

func TestExitSeesThePosition(t *testing.T) {
	t.Parallel()
	var seen trading.Held
	bars := []signal.Bar{{Symbol: btc, Time: noon, Interval: time.Minute, Open: 1, High: 1, Low: 1, Close: 1}}
	r := newRig(t, refuses, exits(bracket, &wants{"spy", func(h trading.Held) trading.Adjustment {
		seen = h
		return trading.Adjustment{Close: decimal.Max(h.Quantity.Sub(d("7")), decimal.Zero)}
	}}), func(cfg *engine.Config) { cfg.Bars = func(string) []signal.Bar { return bars } })
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	r.venue.SetPrice(btc, d("104"))
	r.restart()
	r.settle()
	require.Equal(t, "7 10 100 104", fmt.Sprint(seen.Quantity, seen.Most, seen.Paid, seen.Price))
	require.Equal(t, noon, seen.Opened)
	require.Equal(t, "95 110", fmt.Sprint(seen.Ticket.StopLoss, seen.Ticket.TakeProfit))
	require.Equal(t, btc, seen.Instrument.Symbol)
	require.Equal(t, bars, seen.Bars)
	require.Equal(t, r.clock.Now().Add(-time.Second).UTC(), seen.Now)
}

func TestExitsNeedABrokerThatCancels(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	for want, change := range map[string]func(*engine.Config){
		"Config.Exits needs a Broker that can cancel": func(cfg *engine.Config) {
			cfg.Broker = struct{ trading.Broker }{cfg.Broker}
			cfg.Exits = []trading.Exit{exit.After{Hold: time.Hour}}
		},
		"Config.Exits has one that is nil": func(cfg *engine.Config) { cfg.Exits = []trading.Exit{nil} },
		"Config.Exits: exit: After.Hold 0s is not above zero": func(cfg *engine.Config) {
			cfg.Exits = []trading.Exit{exit.After{}}
		},
		"Config.GuardStep 1 is not below 1": func(cfg *engine.Config) { cfg.GuardStep = 1 },
	} {
		cfg := r.cfg
		change(&cfg)
		_, err := engine.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

// What an exit asks for and no venue takes changes nothing: a price below the first tick, a close of less than can be traded.
func TestExitThatAsksForWhatCannotBeLeavesAllAsItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wants trading.Adjustment
		held  string
	}{
		"a profit below the first tick": {trading.Adjustment{TakeProfit: d("0.004")}, "-10"},
		"a close of too little":         {trading.Adjustment{Close: d("0.5")}, "-10"},
		"a close of enough":             {trading.Adjustment{Close: d("9")}, "-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			once := &wants{"once", func(h trading.Held) trading.Adjustment {
				if h.Quantity.Abs().LessThan(d("10")) {
					return trading.Adjustment{}
				}
				return c.wants
			}}
			r := newRig(t, refuses, exits(bracket, once), func(cfg *engine.Config) { cfg.Instruments[0].MinQuantity = d("1") })
			r.signals.put(says(btc, signal.Short, r.now()))
			r.settle()
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, "90", r.target().Ticket.TakeProfit.String())
			if c.held == "-10" {
				require.Empty(t, r.decided())
			}
		})
	}
}
