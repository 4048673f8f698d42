package engine_test

import (
	"context"
	"errors"
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
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// wary is a broker that looks at each entry before it takes it: no other one is live, and once it is filled no more is held
// than its signal asked for.
type wary struct {
	*tradingtest.Misbehaving
	r *rig
}

func (w wary) Submit(ctx context.Context, a trading.Approved) error {
	o := a.Order()
	target := w.r.asked(o)
	if opens := o.Leg == "" && target.Sign() == int(o.Side); opens && !o.ReduceOnly {
		require.Empty(w.r.t, w.r.entriesAtVenue(), "beside %s", o.ClientID)
		held, err := w.r.venue.Positions(ctx)
		require.NoError(w.r.t, err)
		after := held[o.Symbol].Add(o.Side.Signed(o.Quantity))
		require.False(w.r.t, after.Abs().GreaterThan(target.Abs()), "%s leads to %s of %s", o.ClientID, after, target)
	}
	return w.Misbehaving.Submit(ctx, a)
}

// asked is the target of an order's signal.
func (r *rig) asked(o trading.Order) (target decimal.Decimal) {
	for _, entry := range r.entries() {
		if seen, ok := entry.Event.(journal.SignalSeen); ok && seen.SignalID == o.SignalID {
			target = seen.Target
		}
	}
	return target
}

// entriesAtVenue are the orders there that wait for their price and guard nothing.
func (r *rig) entriesAtVenue() []trading.Order {
	return slices.DeleteFunc(r.venue.Resting(), func(o trading.Order) bool { return o.Leg != "" })
}

// wait is what happens at one time to an entry that waits.
type wait struct {
	price   string
	pass    time.Duration
	filled  decimal.Decimal // of the entry that rests
	deaf    bool            // no cancel gets through
	strikes []signal.Signal // by strategy and direction; the time comes later
}

func waits(rt *rapid.T, strategies []string) []wait {
	price := 10_000
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) wait {
		price = max(5_000, price+rapid.IntRange(-150, 150).Draw(rt, "move"))
		w := wait{price: decimal.New(int64(price), -2).String()}
		w.pass = time.Duration(rapid.IntRange(1, 9).Draw(rt, "seconds")) * time.Second
		w.filled = decimal.New(int64(max(0, rapid.IntRange(-6, 4).Draw(rt, "filled"))), 0)
		w.deaf = rapid.IntRange(0, 3).Draw(rt, "deaf") == 0
		if rapid.IntRange(0, 3).Draw(rt, "signal") == 0 {
			w.strikes = []signal.Signal{{
				Strategy:  rapid.SampledFrom(strategies).Draw(rt, "strategy"),
				Direction: signal.Direction(rapid.IntRange(-1, 1).Draw(rt, "direction")),
			}}
		}
		return w
	}), 5, 40).Draw(rt, "waits")
}

// await lets an engine live through them. After each Append whose number is among the kills, as written or not, the process
// is another one.
func await(rt *rapid.T, change func(*engine.Config), after time.Duration, script []wait, kills map[int]bool) *rig {
	r := newRig(rt, refuses, change)
	r.cfg.Broker = wary{r.broker, r}
	r.restart()
	r.mustStep()
	for _, w := range script {
		r.clock.Add(w.pass)
		r.venue.SetPrice(btc, d(w.price))
		r.broker.FailCancel(w.deaf)
		for _, o := range r.entriesAtVenue() {
			r.venue.FillResting(o.ClientID, w.filled)
		}
		for _, s := range w.strikes {
			r.signals.put(saysAs(s.Strategy, btc, s.Direction, r.now()))
		}
		r.outlive(kills)
		for _, o := range r.entriesAtVenue() {
			began := o.CreatedAt
			if since := r.target().Ticket.Unfilled.Since; since.After(began) {
				began = since
			}
			require.True(rt, w.deaf || r.now().Sub(began) < after, "%s of %s waits on", o.ClientID, began)
		}
	}
	return r
}

// outlive steps until a process has lived on for a while.
func (r *rig) outlive(kills map[int]bool) {
	for quiet := 0; quiet < 5; quiet++ {
		r.journal.failAt = 0
		for _, n := range slices.Sorted(maps.Keys(kills)) {
			if n > r.journal.appends {
				r.journal.failAt, r.journal.wrote = n, kills[n]
				break
			}
		}
		if errors.Is(r.step(), errDisk) {
			r.restart()
			quiet = -1
		}
		require.LessOrEqual(r.t, len(r.entriesAtVenue()), 1)
	}
}

// saidOnce looks at each decision on an entry that was not filled: its time was over, counted from when that order was made
// or was left where it is, and nothing was decided on it since.
func (r *rig) saidOnce(u trading.Unfilled) (said []string) {
	b, since, tries := book.New(r.cfg.Capital), make(map[string]time.Time), make(map[string]int)
	for _, entry := range r.entries() {
		by, symbol := "", ""
		switch e := entry.Event.(type) {
		case journal.Amended:
			by, symbol = e.By, e.Symbol
		case journal.CloseAsked:
			by, symbol = e.By, e.Symbol
		default: // Nothing else is made of it.
		}
		if strings.HasPrefix(by, "the entry was not filled") {
			orders := b.PendingOf(symbol)
			i := slices.IndexFunc(orders, func(o book.OrderState) bool { return o.Leg == "" && o.Rests() })
			require.GreaterOrEqual(r.t, i, 0, by)
			o := orders[i]
			began := o.CreatedAt
			if left, ok := since[o.ClientID]; ok {
				began = left
			}
			require.GreaterOrEqual(r.t, entry.At.Sub(began), u.After, "%s: %s", o.ClientID, by)
			since[o.ClientID] = entry.At
			tries[o.SignalID]++
			require.LessOrEqual(r.t, tries[o.SignalID], u.Reprice+1, by)
			said = append(said, entry.At.Format(time.TimeOnly)+" "+by)
		}
		require.NoError(r.t, b.ApplyEntry(entry))
	}
	require.LessOrEqual(r.t, r.log.count("Entry was not filled in time"), len(said))
	return said
}

// A process that is killed at any of its writes, while an entry waits, is placed again, crosses or is dropped, does what one
// does that is not: no entry is there twice, none leads to more than was asked for, each has its time from its own start,
// and what became of it is said once.
func TestEntryThatIsNotFilledHasOneFateWhereverTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	total := 0
	rapid.Check(t, func(rt *rapid.T) {
		u := trading.Unfilled{
			After: time.Duration(rapid.IntRange(3, 15).Draw(rt, "after")) * time.Second, Reprice: rapid.IntRange(0, 3).Draw(rt, "reprice"),
			Cross: rapid.Bool().Draw(rt, "cross"),
		}
		ticket := trading.FixedTicket{Limit: d("0.02"), FromFill: rapid.Bool().Draw(rt, "from fill"), Unfilled: u}
		if rapid.Bool().Draw(rt, "bracket") {
			ticket.TakeProfit, ticket.StopLoss = d("0.1"), d("0.05")
		}
		change, strategies := with(ticket), []string{"cross"}
		if rapid.Bool().Draw(rt, "shares") {
			strategies = slices.Sorted(maps.Keys(thirds))
			change = func(cfg *engine.Config) { cfg.Ticket, cfg.Shares = ticket, thirds }
		}
		script := waits(rt, strategies)
		whole := await(rt, change, u.After, script, nil)
		kills := rapid.MapOfN(rapid.IntRange(1, max(whole.journal.appends, 2)), rapid.Bool(), 0, 10).Draw(rt, "kills")
		killed := await(rt, change, u.After, script, kills)
		said := whole.saidOnce(u)
		require.Equal(rt, said, killed.saidOnce(u))
		require.Equal(rt, whole.decided(), killed.decided())
		require.Equal(rt, whole.held(btc), killed.held(btc))
		require.Equal(rt, whole.restsInAll(), killed.restsInAll(), "in one order or in two")
		require.Equal(rt, whole.has(), killed.has())
		killed.addsUp()
		total += len(said)
	})
	require.Positive(t, total, "it is about entries that are not filled")
}
