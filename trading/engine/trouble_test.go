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
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// lease is the journal of one process. When that has died, what is left of it writes nothing any more.
type lease struct {
	*frailJournal
	over bool
}

func (l *lease) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if l.over {
		return journal.ErrTakenOver
	}
	return l.frailJournal.Append(ctx, at, events...)
}

// trouble is a rig to which anything may happen at any moment.
type trouble struct {
	*rig
	rt        *rapid.T
	lease     *lease
	set       time.Duration     // by which the clock of the machine is set in the middle of the round
	hangs     bool              // a call is going to hang
	zombies   []<-chan struct{} // steps that hang in a call and were given up
	streams   bool              // the venue tells what happens
	byHand    int               // trades of others on the account
	vigilance vigilance
	loss      dayLoss
	pricer    *fickle
	forgotten []string // client IDs that the broker acknowledged and does not know any more
}

func newTrouble(rt *rapid.T) *trouble {
	traits := rapid.SampledFrom([]trading.Traits{refuses, bounded, reserves}).Draw(rt, "traits")
	traits.Remembers = trading.Forever // for days may pass
	t := &trouble{rt: rt, lease: &lease{}, rig: newRig(rt, traits, func(cfg *engine.Config) {
		cfg.Size = struct{ trading.Sizer }{cfg.Size} // without what it could tell of itself
		cfg.Ticket = rapid.SampledFrom([]trading.TicketPolicy{nil, bracket, stopOnly, patient}).Draw(rt, "ticket")
		if rapid.Bool().Draw(rt, "shares") {
			cfg.Shares = thirds
		}
		cfg.Exits = rapid.SampledFrom([][]trading.Exit{nil, {exit.Trailing{Part: d("0.03")}, exit.After{Hold: time.Hour}}}).Draw(rt, "exits")
		cfg.HaltOnExcess = rapid.SampledFrom([]bool{false, false, true}).Draw(rt, "halt")
		cfg.Risk = limits(cfg, func(l *risk.Limits) {
			l.MaxOrder = d("900") // less than what the signals ask for
			l.MaxPosition = rapid.SampledFrom([]decimal.Decimal{d("700"), d("1500")}).Draw(rt, "limit")
		})
	})}
	t.vigilance.made = make(map[string]time.Time)
	t.drawDayLoss()
	t.clock.coarse, t.clock.paper = t.yes("coarse"), t.yes("paper")
	t.streams = t.yes("stream")
	t.broker.Stream(t.streams)
	t.crash()
	t.mustStep() // so that it has begun: what the account did before is not ours
	t.fell(t.kept(), nil)
	return t
}

func (t *trouble) draw(from, to int, what string) int {
	return rapid.IntRange(from, to).Draw(t.rt, what)
}

func (t *trouble) yes(what string) bool { return rapid.Bool().Draw(t.rt, what) }

// round does a step. One that hangs is given up, and another run takes over, as under a supervisor.
func (t *trouble) round() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended, engine := make(chan struct{}), t.engine
	began := t.clock.right()
	var failed error
	go func() {
		defer close(ended)
		failed = engine.Step(ctx)
	}()
	var hung <-chan struct{}
	if t.hangs {
		hung = t.broker.Hanging()
	}
	select {
	case <-ended:
		t.look(began, failed)
	case <-hung:
		t.vigilance.blind()
		t.limited()
		t.vigilance.read = t.journaled() // nobody heard what that step had to say
		t.loss.maybe(t.kept(), t.pricer.Price, t.clock.right())
		engine.TakeOver()
		t.zombies, t.hangs = append(t.zombies, ended), false
	}
}

// settle lasts until the broker was asked for everything once more, too.
func (t *trouble) settle() {
	for range 2 {
		t.rig.settle()
	}
}

// wake lets the call go on that hangs, and waits until the step that was given up has ended.
func (t *trouble) wake() {
	if len(t.zombies) > 0 {
		t.broker.Wake()
	}
	for _, ended := range t.zombies {
		<-ended
	}
	t.zombies = nil
}

// crash kills the process, and starts another one. What hung on its way to the broker arrives.
func (t *trouble) crash() {
	t.lease.over = true
	t.vigilance.blind()
	for id := range t.vigilance.made {
		t.vigilance.made[id] = time.Time{}
	}
	t.wake()
	t.loss.crash()
	t.lease = &lease{frailJournal: t.journal}
	t.cfg.Journal = t.lease
	t.restart()
}

// hang lets a call hang, unless one does already.
func (t *trouble) hang(call func()) {
	if !t.hangs && len(t.zombies) == 0 {
		t.hangs = true
		call()
	}
}

// forget lets the broker forget an order that it has acknowledged.
func (t *trouble) forget() {
	orders := slices.DeleteFunc(t.engine.Status().Orders, func(o book.OrderState) bool {
		return !o.Acknowledged || slices.Contains(t.forgotten, o.ClientID)
	})
	if len(orders) > 0 {
		id := orders[t.draw(0, len(orders)-1, "order")].ClientID
		t.broker.Forget(id, true)
		t.forgotten = append(t.forgotten, id)
	}
}

// remember lets the broker remember the orders that it has forgotten.
func (t *trouble) remember() {
	for _, id := range t.forgotten {
		t.broker.Forget(id, false)
	}
	t.forgotten = nil
}

func (t *trouble) symbol() string { return rapid.SampledFrom([]string{btc, eth}).Draw(t.rt, "symbol") }

func (t *trouble) signal() {
	strategy := "cross"
	if t.cfg.Shares != nil {
		strategy = rapid.SampledFrom(slices.Sorted(maps.Keys(t.cfg.Shares))).Draw(t.rt, "strategy")
	}
	t.signals.put(saysAs(strategy, t.symbol(), signal.Direction(t.draw(-1, 1, "direction")), t.now()))
}

// troubles are what may happen.
var troubles = map[string]func(t *trouble){
	"nothing":        func(*trouble) {},
	"signal":         (*trouble).signal,
	"another signal": (*trouble).signal,
	"fault": func(t *trouble) {
		t.broker.Next(rapid.SampledFrom([]tradingtest.Fault{
			tradingtest.LoseReply, tradingtest.LoseRequest, tradingtest.Late, tradingtest.Reject, tradingtest.FailBegin,
		}).Draw(t.rt, "fault"))
	},
	"price is gone": (*trouble).missing,
	"prices fall":   (*trouble).fall,
	"refuses all":   (*trouble).refuseAll,
	"refuses legs":  (*trouble).refuseLegs,
	"refuses close": (*trouble).refuseClose,
	"executes late": (*trouble).executeLate,
	"submit hangs":  func(t *trouble) { t.hang(func() { t.broker.Next(tradingtest.Hang) }) },
	"begin hangs":   func(t *trouble) { t.hang(func() { t.broker.Next(tradingtest.HangBegin) }) },
	"no hangs":      func(t *trouble) { t.hang(func() { t.broker.Next(tradingtest.HangReject) }) },
	"reply hangs":   func(t *trouble) { t.hang(func() { t.broker.Next(tradingtest.HangReply) }) },
	"cancel hangs":  func(t *trouble) { t.hang(t.broker.HangCancel) },
	"query hangs":   func(t *trouble) { t.hang(t.broker.HangOrder) },
	"wake":          (*trouble).wake,
	"forget":        (*trouble).forget,
	"remember":      (*trouble).remember,
	"journal fails": func(t *trouble) {
		t.journal.failAt = t.journal.appends + t.draw(1, 4, "append")
		t.journal.wrote = t.yes("wrote")
	},
	"crash":      (*trouble).crash,
	"connection": func(t *trouble) { t.broker.Disconnect(t.yes("down")) },
	"stream": func(t *trouble) {
		t.streams = t.yes("streams")
		t.broker.Stream(t.streams)
	},
	"funding": func(t *trouble) {
		t.byHand++
		t.venue.MoveCash(funding(fmt.Sprint("funding ", t.byHand), fmt.Sprint(1+t.draw(0, 9, "funding"))))
	},
	"stream breaks":   func(t *trouble) { t.venue.Break(t.yes("breaks")) },
	"duplicate fills": func(t *trouble) { t.broker.DuplicateFills(t.yes("duplicate")) },
	"deaf to cancels": func(t *trouble) { t.broker.FailCancel(t.yes("deaf")) },
	"price":           func(t *trouble) { t.venue.SetPrice(btc, d(fmt.Sprint(t.draw(50, 200, "price")))) },
	"fill in part":    func(t *trouble) { t.venue.FillPart(d(fmt.Sprint(t.draw(1, 8, "part")))) },
	"amend": func(t *trouble) { // What is not possible now is refused, and harms nothing.
		price := d(fmt.Sprint(t.draw(40, 210, "stop")))
		_ = t.engine.Amend(t.rt.Context(), btc, trading.Ticket{StopLoss: price}, "alice")
	},
	"halt":        func(t *trouble) { _ = t.engine.Halt(t.rt.Context(), "as asked for") },
	"re-arm":      (*trouble).liftHalt,
	"reduce only": func(t *trouble) { t.engine.SetReduceOnly(t.yes("reduce")) },
	"fills late": func(t *trouble) {
		t.vigilance.hidden = t.yes("hidden")
		t.broker.HideFills(t.vigilance.hidden)
	},
	"trade by hand": func(t *trouble) {
		if !t.clock.paper { // Nobody else trades there.
			t.byHand++
			side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(t.rt, "side")
			t.venue.Trade(fmt.Sprint(t.byHand), btc, side, d(fmt.Sprint(t.draw(1, 5, "quantity"))))
		}
	},
	"flatten":   func(t *trouble) { _ = t.engine.Flatten(t.rt.Context(), btc, "bob") },
	"sleep":     func(t *trouble) { t.clock.Add(time.Duration(t.draw(0, 7200, "slept")) * time.Second) },
	"clock set": func(t *trouble) { t.set = time.Duration(t.draw(-3600, 7200, "by")) * time.Second },
}

// Faults, hangs, crashes, prices, clocks, persons and signals in any order; whatever happens, the ledger and the journal
// agree in the end.
func TestRandomTroubleLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		t := newTrouble(rt)
		names := slices.Sorted(maps.Keys(troubles))
		if t.loss.limit.IsPositive() {
			names = append(names, slices.Repeat([]string{"prices fall"}, len(names)/4)...)
		}
		for range t.draw(1, 40, "length") {
			troubles[rapid.SampledFrom(names).Draw(rt, "what")](t)
			if t.clock.coarse { // It cannot tell that from time that passes, so no request may be under way.
				t.clock.set(t.set)
				t.loss.slow += max(0, min(-t.set, time.Minute)) // what had passed since it was read last is lost to it
				t.set = 0
			}
			t.round()
			t.clock.set(t.set)
			t.set = 0
			for range t.draw(0, 4, "flight") { // shorter than the broker's bound
				t.clock.Add(time.Second)
				t.round()
			}
			t.broker.Deliver(rt.Context())
			t.clock.Add(time.Duration(t.draw(1, 30, "seconds")) * time.Second)
		}
		t.broker.Disconnect(false)
		t.venue.Break(false)
		t.broker.FailCancel(false)
		t.broker.HideFills(false)
		t.broker.Release()
		t.pricer.lose(btc, false)
		t.pricer.lose(eth, false)
		t.wake()
		t.settle()
		t.rearm()
		t.outlastRefusals()
		t.trimmed()
		guardedOnce(t.rig, t.forgotten...)
		if t.yes("closes are refused") { // Where an excess halts nothing but the retries of the close itself brings it.
			t.vigilance.refused = false
			t.refuseAll()
		}
		t.signals.put(says(btc, signal.Flat, t.now()), says(eth, signal.Flat, t.now()))
		for strategy := range t.cfg.Shares {
			t.signals.put(saysAs(strategy, btc, signal.Flat, t.now()), saysAs(strategy, eth, signal.Flat, t.now()))
		}
		t.settle()
		t.journal.failAt = 0 // or it may be the person who meets it, and has to say it again
		t.leftToAPerson()
		t.settle()
		t.outlastRefusals()
		t.agree()
		t.addsUp()
		t.closed()
		conserved(rt, t.rig)
		withinLimits(t.rig)
		require.Empty(rt, t.engine.Status().Orders)
		require.Empty(rt, t.resting())
		halt := t.engine.Status().Halt // what is lost by closing may be too much for the day
		halts := strings.HasPrefix(halt.Reason, "daily loss") || t.cfg.HaltOnExcess
		require.False(rt, halt.Active() && !halts, halt.Reason)
	})
}

// outlastRefusals goes on for as long as anything is refused: a close that was refused often waits a minute before each attempt.
func (t *trouble) outlastRefusals() {
	for refused := -1; refused != t.refused(); {
		refused = t.refused()
		t.outlast()
	}
}

// refused is how many orders the venue has refused so far.
func (t *trouble) refused() int { return t.engine.Status().Counts.Rejected }

// liftHalt is a person's word in the middle of it all.
func (t *trouble) liftHalt() {
	_ = rearm(t.rt.Context(), t.engine, "dave")
	t.loss.rearmed(t.kept(), t.pricer.Price)
}

// rearm lifts the halts that a person asked for, and those for positions that differed while fills were held back.
func (t *trouble) rearm() {
	t.engine.SetReduceOnly(false)
	t.journal.failAt = 0
	require.NoError(t.rt, rearm(t.rt.Context(), t.engine, "dave"))
	t.settle()
}

// leftToAPerson looks at what is promised of an order that the broker had acknowledged and then forgot: it is UNKNOWN, a
// person is told, and nothing else is sent for its instrument. Then the person comes, cancels it at the venue, and gives
// it up here.
func (t *trouble) leftToAPerson() {
	for _, o := range t.engine.Status().Orders {
		if !slices.Contains(t.forgotten, o.ClientID) {
			continue
		}
		require.Equal(t.rt, trading.StatusUnknown, o.Status, o.ClientID)
		require.Positive(t.rt, t.log.count("ERROR Order needs a person client_id="+o.ClientID))
		before := t.submissions(o.Symbol)
		t.settle()
		if !t.pending(o.ClientID) { // The stream has told of it after all.
			report, err := t.venue.Order(t.rt.Context(), o.Ref())
			require.NoError(t.rt, err)
			require.True(t.rt, report.Status.Done(), "%s is over at the venue", o.ClientID)
			continue
		}
		require.Equal(t.rt, before, t.submissions(o.Symbol), "%s is left alone", o.Symbol)
		require.NoError(t.rt, t.venue.Cancel(t.rt.Context(), o.Ref()))
		require.NoError(t.rt, t.engine.GiveUp(t.rt.Context(), o.ClientID, "carol"))
	}
}

// pending reports whether an order is not over, as far as the engine knows.
func (t *trouble) pending(clientID string) bool {
	return slices.ContainsFunc(t.engine.Status().Orders, func(o book.OrderState) bool { return o.ClientID == clientID })
}

// submissions is how often anything was sent for an instrument.
func (t *trouble) submissions(symbol string) (sum int) {
	entries, err := t.journal.Read(context.Background(), 0, 100_000)
	require.NoError(t.rt, err)
	of := map[string]string{}
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case journal.IntentMade:
			of[e.Order.ClientID] = e.Order.Symbol
		case journal.Submitting:
			if of[e.ClientID] == symbol {
				sum++
			}
		default: // Nothing else is sent.
		}
	}
	return sum
}

// conserved adds up the account: nothing is lost and nothing made up, to the last digit.
func conserved(t require.TestingT, r *rig) {
	s := r.engine.Status()
	sum := s.Cash.Sub(s.Counts.Realized).Add(s.Counts.Fees).Sub(s.Counts.Moved[trading.CashFunding])
	for _, p := range s.Positions {
		sum = sum.Add(p.Cost)
	}
	require.Equal(t, s.Capital.String(), sum.String())
}

// guardedOnce holds what rests at the venue against what it guards: no leg is there twice, none is larger than the
// position, and every one of them only reduces. Those that the venue has forgotten are a person's.
func guardedOnce(r *rig, forgotten ...string) {
	for _, symbol := range []string{btc, eth} {
		sums := map[trading.Leg]decimal.Decimal{}
		for _, o := range r.venue.Resting() {
			if o.Symbol == symbol && o.Leg != "" && !slices.Contains(forgotten, o.ClientID) {
				require.True(r.t, o.ReduceOnly)
				sums[o.Leg] = sums[o.Leg].Add(o.Quantity)
			}
		}
		for leg, sum := range sums {
			held := d(r.held(symbol)).Abs()
			require.False(r.t, sum.GreaterThan(held), "%s of %s guards %s, and %s is held", leg, symbol, sum, held)
		}
	}
}

// withinLimits looks at every intent that was ever made, at the moment when it was made.
func withinLimits(r *rig) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	book := book.New(r.cfg.Capital)
	for _, entry := range entries {
		if made, ok := entry.Event.(journal.IntentMade); ok {
			o := made.Order
			held := book.Position(o.Symbol).Quantity
			for _, other := range book.PendingOf(o.Symbol) {
				if other.Leg == "" {
					held = held.Add(other.Side.Signed(other.Remaining()))
				}
			}
			after := held.Add(o.Side.Signed(o.Quantity))
			if o.Leg != "" {
				require.False(r.t, o.Quantity.GreaterThan(book.Position(o.Symbol).Quantity.Abs()), "a leg never opens")
			} else if opened := decimal.Min(after.Abs(), o.Quantity); after.Sign() == int(o.Side) {
				require.False(r.t, opened.Mul(o.DecisionPrice).GreaterThan(r.cfg.Risk.(risk.Limits).MaxOrder), "%s opens %s at %s", o.ClientID, opened, o.DecisionPrice)
				require.False(r.t, after.Abs().Mul(o.DecisionPrice).GreaterThan(r.cfg.Risk.(risk.Limits).MaxPosition), "%s leads to %s at %s", o.ClientID, after, o.DecisionPrice)
			}
		}
		require.NoError(r.t, book.Apply(entry.At, entry.Event))
	}
}
