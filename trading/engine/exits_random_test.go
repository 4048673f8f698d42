package engine_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// readyMade are exits as a program has them.
func readyMade(rt *rapid.T) (all []trading.Exit) {
	for _, one := range []trading.Exit{
		exit.Trailing{Part: d("0.02")}, exit.Trailing{Amount: d("3"), From: d("0.01")},
		exit.BreakEven{Gain: d("0.01"), Offset: d("0.001")}, exit.After{Hold: 2 * time.Minute},
		exit.Ladder{{Gain: d("0.01"), Part: d("0.5")}, {Gain: d("0.03"), Part: d("0.3")}},
	} {
		if rapid.Bool().Draw(rt, "exit") {
			all = append(all, one)
		}
	}
	return all
}

// replacing is a venue's way with orders that guard.
func replacing(rt *rapid.T) trading.Traits {
	return rapid.SampledFrom([]trading.Traits{refuses, beside, reserves}).Draw(rt, "traits")
}

// moment is what happens at one time, the same in each telling.
type moment struct {
	price   string
	pass    time.Duration
	signals []signal.Signal // by strategy and direction; the time comes later
}

func moments(rt *rapid.T, strategies ...string) []moment {
	price := 10_000
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) moment {
		price = max(5_000, price+rapid.IntRange(-200, 220).Draw(rt, "move"))
		m := moment{price: decimal.New(int64(price), -2).String()}
		m.pass = time.Duration(rapid.IntRange(1, 40).Draw(rt, "seconds")) * time.Second
		if rapid.IntRange(0, 2).Draw(rt, "signal") == 0 {
			m.signals = []signal.Signal{{
				Strategy:  rapid.SampledFrom(strategies).Draw(rt, "strategy"),
				Direction: signal.Direction(rapid.IntRange(-1, 1).Draw(rt, "direction")),
			}}
		}
		return m
	}), 5, 40).Draw(rt, "moments")
}

// life is what an engine has lived through.
type life struct {
	*rig
	told   []string          // what exits have decided at which price
	prices []decimal.Decimal // when each entry was written
}

// live lets an engine live through moments. After each Append whose number is among the kills, as written or not, the
// process is another one.
func live(
	rt *rapid.T, traits trading.Traits, change func(*engine.Config), script []moment, kills map[int]bool,
) life {
	r := life{rig: newRig(rt, traits, change)}
	made := 0
	for _, m := range script {
		r.clock.Add(m.pass)
		r.venue.SetPrice(btc, d(m.price))
		for _, s := range m.signals {
			r.signals.put(saysAs(s.Strategy, btc, s.Direction, r.now()))
		}
		for quiet := 0; quiet < 4; quiet++ { // until it has lived on for a while
			r.journal.failAt = 0
			for n, wrote := range kills {
				if n > r.journal.appends && (r.journal.failAt == 0 || n < r.journal.failAt) {
					r.journal.failAt, r.journal.wrote = n, wrote
				}
			}
			if r.step() != nil {
				r.restart()
				quiet = -1
			}
		}
		decided := r.decided()
		for _, one := range decided[made:] {
			r.told = append(r.told, m.price+" "+one)
		}
		made = len(decided)
		for range r.entries()[len(r.prices):] {
			r.prices = append(r.prices, d(m.price))
		}
	}
	return r
}

// A process that is killed at any of its writes decides what one decides that is not, at the same prices.
func TestExitsDecideTheSameWhereverTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	total := 0
	rapid.Check(t, func(rt *rapid.T) {
		ticket := rapid.SampledFrom([]trading.TicketPolicy{nil, stopOnly, bracket}).Draw(rt, "ticket")
		change, strategies := exits(ticket, readyMade(rt)...), []string{"cross"}
		if rapid.Bool().Draw(rt, "shares") {
			alone := change
			change = func(cfg *engine.Config) { alone(cfg); sharing(cfg) }
			strategies = slices.Sorted(maps.Keys(thirds))
		}
		traits := replacing(rt)
		script := moments(rt, strategies...)
		whole := live(rt, traits, change, script, nil)
		kills := rapid.MapOfN(rapid.IntRange(1, max(whole.journal.appends, 2)), rapid.Bool(), 0, 8).Draw(rt, "kills")
		killed := live(rt, traits, change, script, kills)
		require.Equal(rt, whole.told, killed.told)
		require.Equal(rt, whole.held(btc), killed.held(btc))
		require.Equal(rt, whole.restsInAll(), killed.restsInAll(), "in one order or in two")
		require.Equal(rt, whole.has(), killed.has())
		for _, r := range []life{whole, killed} {
			r.amendedRight()
			guardedWhole(r.rig)
			guardedOnce(r.rig)
			r.addsUp()
		}
		total += len(whole.told)
	})
	require.Positive(t, total, "it is about what exits decide")
}

// erratic is an exit that says anything, and sometimes panics.
func erratic(rt *rapid.T) trading.Exit {
	number := func(what string) decimal.Decimal {
		if rapid.Bool().Draw(rt, what+" is none") {
			return decimal.Zero
		}
		return decimal.New(int64(rapid.IntRange(-1_000, 250_000).Draw(rt, what)), -3)
	}
	return &wants{"erratic", func(trading.Held) trading.Adjustment {
		if rapid.IntRange(0, 9).Draw(rt, "panics") == 0 {
			panic("oh")
		}
		a := trading.Adjustment{StopLoss: number("stop"), TakeProfit: number("profit"), Reason: strings.Repeat("x", rapid.IntRange(0, 3).Draw(rt, "x"))}
		if rapid.IntRange(0, 5).Draw(rt, "closes") == 0 {
			a.Close = number("close")
		}
		for range rapid.IntRange(0, 3).Draw(rt, "rungs") {
			a.Rungs = append(a.Rungs, trading.Rung{Price: number("rung"), Keep: number("keep")})
		}
		return a
	}}
}

func TestExitThatSaysAnythingHarmsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ticket := rapid.SampledFrom([]trading.TicketPolicy{nil, stopOnly, bracket}).Draw(rt, "ticket")
		r := live(rt, replacing(rt), exits(ticket, append(readyMade(rt), erratic(rt))...), moments(rt, "cross"), nil)
		r.amendedRight()
		r.cfg.Exits = nil
		r.restart()
		r.settle()
		guardedWhole(r.rig)
		guardedOnce(r.rig)
		r.agreeButForLegs()
	})
}

// agreeButForLegs holds the fills of the venue against the journal.
func (r *rig) agreeButForLegs() {
	b, err := book.Restore(r.cfg.Capital, journal.Load(context.Background(), r.journal))
	require.NoError(r.t, err)
	require.Equal(r.t, len(r.venue.Ledger()), b.Counts().Fills)
	held, err := r.venue.Positions(context.Background())
	require.NoError(r.t, err)
	require.True(r.t, held[btc].Equal(b.Position(btc).Quantity))
}

func (r *rig) entries() []journal.Entry {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	return entries
}

// amendedRight looks at each ticket that an exit has amended: beside the one that stood its stop is no looser, and what it
// has moved is on its side of the price of then, on the tick.
func (r life) amendedRight() {
	b := book.New(r.cfg.Capital)
	for i, entry := range r.entries() {
		if e, ok := entry.Event.(journal.Amended); ok && strings.HasPrefix(e.By, "exit ") {
			target, _ := b.Target(e.Symbol)
			was, side := target.Ticket, int(target.Side())
			stop, profit := e.Ticket.StopLoss, e.Ticket.TakeProfit
			if was.StopLoss.IsPositive() {
				require.GreaterOrEqual(r.t, stop.Sub(was.StopLoss).Sign()*side, 0, fmt.Sprint(was, e))
			}
			if !stop.Equal(was.StopLoss) {
				require.Equal(r.t, side, r.prices[i].Sub(stop).Sign(), "%s is at %s", fmt.Sprint(e), r.prices[i])
			}
			if !profit.Equal(was.TakeProfit) {
				require.Equal(r.t, side, profit.Sub(r.prices[i]).Sign(), "%s is at %s", fmt.Sprint(e), r.prices[i])
			}
			if e.Ticket.Rungs != was.Rungs && e.Ticket.Rungs != nil {
				for _, rung := range *e.Ticket.Rungs {
					stood := was.HasLegAt(trading.TakeProfit, rung.Price)
					beyond := rung.Price.Sub(r.prices[i]).Sign() == side
					require.True(r.t, stood || beyond, "%s is at %s", fmt.Sprint(e), r.prices[i])
				}
				rungs := trading.Ticket{Rungs: e.Ticket.Rungs}
				require.NoError(r.t, rungs.Validate(target.Side(), instrument(btc), decimal.Zero))
			}
			require.True(r.t, instrument(btc).OnTick(stop) && instrument(btc).OnTick(profit), e)
		}
		require.NoError(r.t, b.Apply(entry.At, entry.Event))
	}
}

// withMate is for how much stops rest whose mates rest.
func withMate(r *rig, symbol string) (sum decimal.Decimal) {
	for _, stop := range r.venue.Resting() {
		for _, o := range r.venue.Resting() {
			if stop.Symbol == symbol && stop.Leg == trading.StopLoss && o.ClientID == book.MateID(stop.ClientID) {
				require.True(r.t, o.Quantity.Equal(stop.Quantity), "%s and %s are a pair", o.Quantity, stop.Quantity)
				sum = sum.Add(stop.Quantity)
			}
		}
	}
	return sum
}

// guardedWhole looks at what rests at the venue for what is held: as much of each leg as the target's bracket guards.
func guardedWhole(r *rig) {
	for _, target := range r.engine.Status().Targets {
		guarded := target.Guarded(d(r.held(target.Symbol)))
		for _, leg := range []trading.Leg{trading.StopLoss, trading.TakeProfit} {
			want, sum := decimal.Zero, decimal.Zero
			if t := target.Ticket; r.broker.Traits().Reserves && leg == trading.TakeProfit && t.StopLoss.IsPositive() {
				want = withMate(r, target.Symbol) // That of a stop which rests alone is watched.
			} else if t.LegPrice(leg).IsPositive() {
				want = guarded
			} else if rungs := target.Ticket.RungsOf(leg); len(rungs) > 0 {
				want = decimal.Max(guarded.Sub(rungs[len(rungs)-1].Keep), decimal.Zero)
			}
			for _, o := range r.venue.Resting() {
				if o.Symbol == target.Symbol && o.Leg == leg {
					sum = sum.Add(o.Quantity)
					require.True(r.t, target.Ticket.HasLegAt(leg, o.WorstPrice(decimal.Zero)))
				}
			}
			require.True(r.t, want.Equal(sum), "%s of %s: %s rests, and %s is held", leg, target.Symbol, sum, guarded)
		}
	}
}
