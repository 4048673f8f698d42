package alpaca_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

var quiet = slog.New(slog.DiscardHandler)

const (
	symbol = "AAPL"
	// longestFlight is for how long a request may be on its way here; the venue itself states nothing.
	longestFlight = 15 * time.Second
)

// monday is a day of trading, 10:00 in New York; a bubble begins in 2000, of which the venue tells no bars.
var monday = time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)

// campaign is a market at the fake venue, strategies that want something, and a journal that outlives processes.
type campaign struct {
	*testing.T
	random  *rand.Rand
	venue   *alpacatest.Venue
	signals *signal.Memory
	journal journal.Journal
	price   atomic.Int64 // in cents
	said    int
	stuck   time.Time // until when cancels stay pending
	mute    time.Time // until when streams say nothing
}

func newCampaign(t *testing.T, seed uint64) *campaign {
	c := &campaign{
		T: t, random: rand.New(rand.NewPCG(seed, 2)), signals: signal.NewMemory(1000), journal: journal.NewMemory(),
		venue: alpacatest.New(alpacatest.Config{Logger: quiet, PerMinute: 200}),
	}
	c.price.Store(20000)
	return c
}

// config is that of an engine which trades with risk, sizes and brackets.
func (c *campaign) config(to journal.Journal, at trading.Broker) engine.Config {
	return engine.Config{
		Signals: c.signals, Journal: to, Broker: at, AutoExecute: true, Capital: num("100000"), Logger: quiet,
		Instruments: []trading.Instrument{{Symbol: symbol, Tick: num("0.01"), Step: num("1"), MinQuantity: num("1")}},
		Size:        size.FixedNotional{Amount: num("1500")},
		Risk:        risk.Limits{MaxPosition: num("3000"), MaxOrder: num("3000"), MaxDailyLoss: num("5000")},
		Ticket:      c.ticket(), Pricer: c,
	}
}

// ticket opens at market or by a limit, and guards by a stop and a profit that are close enough to be hit.
func (c *campaign) ticket() trading.FixedTicket {
	t := trading.FixedTicket{TakeProfit: num("0.008"), StopLoss: num("0.006")}
	if c.random.IntN(2) == 0 {
		t.Limit = num("0.001")
	}
	return t
}

// Price implements trading.Pricer.
func (c *campaign) Price(string) (decimal.Decimal, bool) {
	return decimal.New(c.price.Load(), -2), true
}

func (c *campaign) move() {
	c.venue.Move(symbol, decimal.New(c.price.Add(c.random.Int64N(101)-50), -2))
}

// say has a strategy want something else.
func (c *campaign) say() {
	c.says([]signal.Direction{signal.Long, signal.Short, signal.Flat}[c.random.IntN(3)])
}

func (c *campaign) says(direction signal.Direction) {
	c.said++
	at := time.Now().UTC().Truncate(time.Second)
	stream := signal.Stream{Strategy: "campaign", Symbol: symbol, Interval: 30 * time.Second}
	price, _ := c.Price(symbol)
	require.NoError(c, c.signals.Append(context.Background(), signal.Signal{
		ID: stream.ID(at), Strategy: "campaign", Symbol: symbol, Interval: stream.Interval, Direction: direction, Confidence: 1,
		Price: price.InexactFloat64(), BarTime: at, CreatedAt: at.Add(stream.Interval), ValidUntil: at.Add(3 * stream.Interval),
	}))
}

// trouble lets something go wrong.
func (c *campaign) trouble() {
	order := alpacatest.Fault{Method: "POST", Path: "/v2/orders"}
	faults := []func(){
		func() { c.fail(order, alpacatest.Fault{Taken: true}) },
		func() { c.fail(order, alpacatest.Fault{}) },
		func() { c.fail(order, alpacatest.Fault{Status: 500, Text: "internal server error", Taken: true}) },
		func() { c.fail(order, alpacatest.Fault{Status: 503, Text: "service unavailable"}) },
		func() { c.fail(order, alpacatest.Fault{Status: 429, Code: 42910000, Text: "rate limit exceeded"}) },
		func() {
			c.fail(order, alpacatest.Fault{Status: 403, Code: 40310000, Text: "insufficient buying power"})
		},
		func() { c.fail(order, alpacatest.Fault{Right: true, Before: 12 * time.Second}) },
		func() { c.fail(order, alpacatest.Fault{Right: true, After: 12 * time.Second}) },
		func() { c.fail(order, alpacatest.Fault{Right: true, After: time.Second}) }, // its events come before it
		func() { c.venue.Inject(alpacatest.Fault{Taken: true}) },
		func() { c.venue.Inject(alpacatest.Fault{Times: 3}) },
		func() { c.venue.Inject(alpacatest.Fault{Status: 502}) },
		func() {
			c.venue.Inject(alpacatest.Fault{Status: 429, Code: 42910000, Text: "rate limit exceeded"})
		},
		func() { c.venue.Inject(alpacatest.Fault{Method: "DELETE", Filled: true, Right: true}) },
		func() { c.venue.Inject(alpacatest.Fault{Method: "DELETE", Taken: true}) },
		c.venue.CutStreams, c.venue.HalfFrame,
		func() { c.venue.MuteStreams(true); c.mute = time.Now().Add(40 * time.Second) },
		func() { c.venue.RepeatEvents(3) },
		func() { c.venue.ReorderEvents(3) },
		c.stick, c.fee, c.hand,
	}
	faults[c.random.IntN(len(faults))]()
}

// fail has a request fail in some way.
func (c *campaign) fail(which, how alpacatest.Fault) {
	how.Method, how.Path = which.Method, which.Path
	c.venue.Inject(how)
}

// stick has cancels stay pending for a while.
func (c *campaign) stick() {
	c.venue.StickCancels(true)
	c.stuck = time.Now().Add(20 * time.Second)
}

// fee books one for a trade of today: what is dated before the journal began is part of the capital.
func (c *campaign) fee() { c.venue.Book("FEE", num("-0.02"), time.Now()) }

// hand moves the limit of an order that rests, as a person can by the venue's own page.
func (c *campaign) hand() {
	for _, o := range c.venue.Ledger().Orders {
		if o.Open && o.Type == "limit" && !o.Pair && c.venue.Replace(o.ClientID, o.Limit.Sub(num("0.01"))) == nil {
			return
		}
	}
}

// mend ends what lasts for a while.
func (c *campaign) mend() {
	now := time.Now()
	if !c.stuck.IsZero() && now.After(c.stuck) {
		c.stuck = time.Time{}
		c.venue.StickCancels(false)
	}
	if !c.mute.IsZero() && now.After(c.mute) {
		c.mute = time.Time{}
		c.venue.MuteStreams(false)
	}
}
