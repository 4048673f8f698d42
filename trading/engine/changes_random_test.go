package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// changing is a venue under which instruments change at any moment, also in the middle of a call.
type changing struct {
	announces

	meanwhile *func()         // what happens before the next answer; nil for nothing
	ended     map[string]bool // the symbols that an Engine knows to be delisted
	opened    *[]string       // what it has sent to open them all the same
	open      map[string]bool // symbols that were converted since the book and the venue agreed
	strays    *bool           // something was sent in units that were over
}

func (b changing) now() {
	if do := *b.meanwhile; do != nil {
		*b.meanwhile = nil
		do()
	}
}

func (b changing) Submit(ctx context.Context, a trading.Approved) error {
	b.now()
	if *b.strays = *b.strays || b.open[a.Order().Symbol]; a.Order().ReduceOnly {
		return b.announces.Submit(ctx, a)
	}
	if o := a.Order(); b.ended[o.Symbol] {
		*b.opened = append(*b.opened, o.Symbol)
	}
	return b.announces.Submit(ctx, a)
}

func (b changing) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	b.now()
	return b.announces.Positions(ctx)
}

func (b changing) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	b.now()
	return b.announces.Fills(ctx, from, limit)
}

// changes is a rig whose instruments change.
type changes struct {
	*rig

	rt       *rapid.T
	changing changing
	made     int // conversions
}

func newChanges(rt *rapid.T) *changes {
	c := &changes{rt: rt, rig: newRig(rt, refuses, func(cfg *engine.Config) {
		cfg.Ticket = rapid.SampledFrom([]trading.TicketPolicy{nil, bracket}).Draw(rt, "ticket")
		cfg.CloseDelisted = time.Duration(rapid.IntRange(0, 1).Draw(rt, "policy")) * time.Hour
		cfg.Differences = rapid.SampledFrom([]engine.DifferencePolicy{"", engine.AdoptDifference}).Draw(rt, "differences")
	})}
	c.changing = changing{
		announces: announces{c.broker, c.venue, new(error)}, meanwhile: new(func()), ended: map[string]bool{},
		opened: new([]string), open: map[string]bool{}, strays: new(bool),
	}
	c.cfg.Broker = c.changing
	c.restart()
	c.mustStep()
	return c
}

func (c *changes) symbol() string { return rapid.SampledFrom([]string{btc, eth}).Draw(c.rt, "symbol") }

// convert has the venue split an instrument, now or in the middle of a call, and tell of it or not.
func (c *changes) convert() {
	symbol := c.symbol()
	parts := rapid.SampledFrom([][2]string{{"4", "1"}, {"2", "1"}, {"1", "2"}, {"1", "5"}, {"20", "1"}}).Draw(c.rt, "ratio")
	of := trading.Conversion{Symbol: symbol, To: symbol, New: d(parts[0]), Old: d(parts[1])}
	if rapid.Bool().Draw(c.rt, "told") {
		c.made++
		of.ID = "k" + decimal.NewFromInt(int64(c.made)).String()
	}
	do := func() {
		if !c.changing.open[symbol] { // Two that nobody tells of look like none.
			c.changing.open[symbol] = true
			c.venue.Convert(of, decimal.Zero)
		}
	}
	if rapid.Bool().Draw(c.rt, "meanwhile") {
		*c.changing.meanwhile = do
		return
	}
	do()
}

// relist starts an Engine with the instruments as the venue lists them by then.
func (c *changes) relist() {
	for i := range c.cfg.Instruments {
		one := &c.cfg.Instruments[i]
		one.Tick = d(rapid.SampledFrom([]string{"0.01", "0.05", "0.001"}).Draw(c.rt, "tick"))
		one.Delisted = time.Time{}
		if c.changing.ended[one.Symbol] = rapid.IntRange(0, 3).Draw(c.rt, "end") == 0; c.changing.ended[one.Symbol] {
			one.Delisted = c.now().Add(time.Duration(rapid.IntRange(0, 180).Draw(c.rt, "minutes")) * time.Minute)
		}
	}
	c.restart()
}

var changesThatMayHappen = map[string]func(c *changes){
	"signal": func(c *changes) {
		c.signals.put(says(c.symbol(), signal.Direction(rapid.IntRange(-1, 1).Draw(c.rt, "direction")), c.now()))
	},
	"convert": (*changes).convert,
	"relist":  (*changes).relist,
	"kill": func(c *changes) {
		c.journal.mu.Lock()
		c.journal.failAt, c.journal.wrote = c.journal.appends+rapid.IntRange(1, 4).Draw(c.rt, "append"), rapid.Bool().Draw(c.rt, "wrote")
		c.journal.mu.Unlock()
		_ = c.step()
		c.restart()
	},
	"lose": func(c *changes) {
		c.broker.Next(rapid.SampledFrom([]tradingtest.Fault{tradingtest.LoseReply, tradingtest.LoseRequest}).Draw(c.rt, "fault"))
	},
	"minutes": func(c *changes) {
		c.clock.Add(time.Duration(rapid.IntRange(1, 10).Draw(c.rt, "minutes")) * time.Minute)
	},
	"step": func(c *changes) { _ = c.step() },
}

// settled lets all be asked for and compared, and holds what is held against the venue: it is the same, or trading is halted
// by name.
func (c *changes) settled() {
	*c.changing.meanwhile = nil
	c.journal.mu.Lock()
	c.journal.failAt = 0
	c.journal.mu.Unlock()
	for range 3 {
		c.settle()
		c.compares()
	}
	require.Empty(c.rt, *c.changing.opened, "opened though it is delisted")
	if c.agrees() {
		clear(c.changing.open)
		return
	}
	halt := c.engine.Status().Halt
	require.True(c.rt, halt.Active(), "what is held differs, and nothing is halted")
	require.Contains(c.rt, halt.Reasons(), "at the broker and")
}

// agrees reports whether the book holds what the venue does.
func (c *changes) agrees() bool {
	return c.held(btc) == c.atVenue(btc) && c.held(eth) == c.atVenue(eth)
}

// person names the conversions that nobody told, trades away what is in nobody's units, and lifts the halt.
func (c *changes) person() {
	for _, symbol := range []string{btc, eth} {
		inBook, atVenue := d(c.held(symbol)), d(c.atVenue(symbol))
		switch {
		case inBook.Equal(atVenue):
		case inBook.Sign()*atVenue.Sign() > 0:
			of := trading.Conversion{Symbol: symbol, To: symbol, Old: inBook.Abs(), New: atVenue.Abs()}
			require.NoError(c.rt, c.engine.Convert(context.Background(), of, "ann"))
		default:
			*c.changing.strays = true
			c.venue.Transfer(symbol, inBook.Sub(atVenue))
		}
	}
	require.NoError(c.rt, rearm(context.Background(), c.engine, "ann"))
}

// worth is what the venue says that the account is worth: what was paid and received, and what is held.
func (c *changes) worth() decimal.Decimal {
	sum := c.cfg.Capital
	for _, f := range c.venue.Ledger() {
		sum = f.CashAfter(sum)
	}
	for _, symbol := range []string{btc, eth} {
		price, _ := c.venue.Price(symbol)
		sum = sum.Add(price.Mul(d(c.atVenue(symbol))))
	}
	return sum
}

func TestRandomChangesUnderPositions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newChanges(rt)
		actions := make(map[string]func(*rapid.T), len(changesThatMayHappen))
		for name, do := range changesThatMayHappen {
			actions[name] = func(*rapid.T) { do(c) }
		}
		actions["settle"] = func(*rapid.T) { c.settled() }
		rt.Repeat(actions)
		c.settled()
		c.person()
		c.settled()
		require.True(rt, c.agrees(), "after a person: %s %s, %s %s, %s", c.held(btc), c.atVenue(btc), c.held(eth),
			c.atVenue(eth), c.engine.Status().Halt.Reasons())
		if !*c.changing.strays {
			apart := c.worth().Sub(c.engine.Status().Equity).Abs()
			require.True(rt, apart.LessThan(d("0.000001")), "%s at the venue, %s in the book", c.worth(), c.engine.Status().Equity)
		}
	})
}
