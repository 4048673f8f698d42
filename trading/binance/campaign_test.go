package binance_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

var campaigns = flag.Uint64("campaigns", 6, "how many markets an engine trades in while everything goes wrong")

// Engines trade at the venue while everything goes wrong that its double can do, and processes die. In the end the venue's
// ledger and the journal agree: nothing is lost and nothing is there twice.
func TestCampaignEndsWithWhatTheVenueHas(t *testing.T) {
	t.Parallel()
	for seed := range *campaigns {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { newCampaign(t, seed).run() })
		})
	}
}

type campaign struct {
	*testing.T
	random  *rand.Rand
	venue   *binancetest.Venue
	signals *signal.Memory
	journal journal.Journal
	price   atomic.Int64
	said    int

	transport *http.Transport
	broker    *binance.Broker
	engine    *engine.Engine
	die       func() // ends the process that runs
	listening sync.WaitGroup
}

func newCampaign(t *testing.T, seed uint64) *campaign {
	c := &campaign{
		T: t, random: rand.New(rand.NewPCG(seed, 1)), signals: signal.NewMemory(1000), journal: journal.NewMemory(),
		venue: binancetest.New(binancetest.Config{Logger: quiet, FeesInBNB: seed%3 == 1, Balances: map[string]decimal.Decimal{
			"USDT": decimal.NewFromInt(10000), "BNB": decimal.NewFromInt(10),
		}, BornID: func(algo string) string {
			if seed%2 == 0 {
				return algo
			}
			return "born-" + algo[2:]
		}}),
	}
	c.price.Store(60000)
	return c
}

func (c *campaign) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var venue sync.WaitGroup
	venue.Go(func() { _ = c.venue.Listen(ctx) })
	c.move(0)
	c.start()
	for second := range 600 {
		if second%30 == 0 {
			c.say()
		}
		if c.random.IntN(15) == 0 {
			c.trouble()
		}
		if c.random.IntN(120) == 0 {
			c.start() // the process has died, and another one begins
		}
		c.move(c.random.Int64N(401) - 200)
		c.step()
		time.Sleep(time.Second)
	}
	c.venue.Clear()
	for range 400 {
		c.step()
		time.Sleep(time.Second)
	}
	c.agree()
	c.die()
	c.listening.Wait()
	c.transport.CloseIdleConnections()
	cancel()
	venue.Wait()
	synctest.Wait()
}

// start begins a process, in place of the one before.
func (c *campaign) start() {
	if c.die != nil {
		c.die()
		c.transport.CloseIdleConnections()
	}
	c.transport = &http.Transport{DialContext: c.venue.Dial}
	broker, err := binance.New(binance.Config{
		APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue", SpotURL: "http://venue",
		Symbols: []string{symbol}, Transport: c.transport, Logger: quiet, Countdown: 2 * time.Minute,
	})
	require.NoError(c, err)
	ctx, die := context.WithCancel(context.Background())
	c.broker, c.die = broker, die
	c.listening.Go(func() {
		for ctx.Err() == nil { // as a supervisor does
			_ = broker.Serve(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	c.engine, err = engine.New(c.config(c.journal, broker))
	require.NoError(c, err)
}

// config is that of an engine which trades with risk, sizes and brackets.
func (c *campaign) config(to journal.Journal, at trading.Broker) engine.Config {
	number := decimal.RequireFromString
	return engine.Config{
		Signals: c.signals, Journal: to, Broker: at, AutoExecute: true, Capital: number("10000"), Logger: quiet,
		Instruments: []trading.Instrument{{
			Symbol: symbol, Tick: number("0.1"), Step: number("0.001"), MinQuantity: number("0.001"), MinNotional: number("100"),
		}},
		Size:   size.FixedNotional{Amount: number("1500")},
		Risk:   risk.Limits{MaxPosition: number("3000"), MaxOrder: number("3000"), MaxDailyLoss: number("5000")},
		Ticket: c.ticket(), Pricer: c,
	}
}

const symbol = "BTC/USDT:USDT"

// ticket opens at market or by a limit, and guards by a stop and a profit that are close enough to be hit.
func (c *campaign) ticket() trading.FixedTicket {
	t := trading.FixedTicket{TakeProfit: decimal.New(8, -3), StopLoss: decimal.New(6, -3)}
	if c.random.IntN(2) == 0 {
		t.Limit = decimal.New(1, -3)
	}
	return t
}

// Price implements trading.Pricer.
func (c *campaign) Price(string) (decimal.Decimal, bool) {
	return decimal.NewFromInt(c.price.Load()), true
}

func (c *campaign) move(by int64) {
	c.venue.Move("BTCUSDT", decimal.NewFromInt(c.price.Add(by)))
}

// say has a strategy want something else.
func (c *campaign) say() {
	c.said++
	at := time.Now().UTC().Truncate(time.Second)
	direction := []signal.Direction{signal.Long, signal.Short, signal.Flat}[c.random.IntN(3)]
	stream := signal.Stream{Strategy: "campaign", Symbol: symbol, Interval: 30 * time.Second}
	require.NoError(c, c.signals.Append(context.Background(), signal.Signal{
		ID: stream.ID(at), Strategy: "campaign", Symbol: symbol, Interval: stream.Interval, Direction: direction, Confidence: 1,
		Price: float64(c.price.Load()), BarTime: at, CreatedAt: at.Add(stream.Interval), ValidUntil: at.Add(3 * stream.Interval),
	}))
}

// trouble lets something go wrong.
func (c *campaign) trouble() {
	all := binancetest.Any()
	faults := []func(){
		func() { c.venue.Inject(binancetest.LoseReply{}) },
		func() { c.venue.Inject(binancetest.LoseRequest{}) },
		func() { c.venue.Inject(binancetest.LoseReply{On: all}) },
		func() { c.venue.Inject(binancetest.Unavailable{Taken: true}) },
		func() { c.venue.Inject(binancetest.Unavailable{}) },
		func() { c.venue.Inject(binancetest.Unavailable{Text: binancetest.ServiceUnavailable}) },
		func() { c.venue.Inject(binancetest.Unavailable{Text: binancetest.InternalError}) },
		func() { c.venue.Inject(binancetest.Unavailable{Text: binancetest.ThrottledBySystem}) },
		func() { c.venue.Inject(binancetest.BackendTimeout{Taken: true}) },
		func() { c.venue.Inject(binancetest.BackendTimeout{}) },
		func() { c.venue.Inject(binancetest.UnexpectedResponse{Taken: true}) },
		func() { c.venue.Inject(binancetest.BadGateway{Taken: true}) },
		func() { c.venue.Inject(binancetest.BadGateway{On: all}) },
		func() { c.venue.Inject(binancetest.Slow{}) },
		func() { c.venue.Inject(binancetest.StaleAtGateway{}) },
		func() { c.venue.Inject(binancetest.StaleAtEngine{By: 3 * time.Second}) },
		func() { c.venue.Inject(binancetest.StaleAtEngine{By: time.Second}) },
		func() { c.venue.Inject(binancetest.TooMany{On: all, RetryAfter: 5 * time.Second}) },
		func() { c.venue.Inject(binancetest.Banned{On: all, RetryAfter: 10 * time.Second}) },
		func() { c.venue.Inject(binancetest.FillBeforeCancel{}) },
		func() { c.venue.Inject(binancetest.ExpireInMatch{}) },
		func() { c.venue.Inject(binancetest.EventsAfterReply{}) },
		func() { c.venue.Inject(binancetest.EventsBeforeReply{}) },
		func() { c.venue.Inject(binancetest.RejectAtTrigger{}) },
		func() { c.venue.CutStreams() },
		func() { c.venue.HalfFrame() },
		func() { c.venue.ExpireListenKey() },
		func() { c.venue.MuteStreams(time.Minute) },
		func() { c.venue.RepeatEvents(3) },
		func() { c.venue.ReorderEvents(3) },
		func() { c.venue.ShiftClock(1500 * time.Millisecond) },
		func() { c.venue.ShiftClock(-1500 * time.Millisecond) },
		func() { c.venue.Fund("BTCUSDT") },
	}
	faults[c.random.IntN(len(faults))]()
}

func (c *campaign) step() {
	_ = c.engine.Step(context.Background()) // what fails is tried again
	held := c.venue.Ledger().Positions["BTCUSDT"].Abs()
	require.True(c, held.LessThan(most), "%s is held, and no signal asks for more than 1500", held)
}

// most is more than 1500 buy at the lowest price that there is, and less than two such orders.
var most = decimal.New(35, -3)

// agree compares the journal with what the venue knows.
func (c *campaign) agree() {
	ledger, status := c.venue.Ledger(), c.engine.Status()
	require.True(c, status.Reconciled, "%+v", status)
	require.Empty(c, status.NeedPerson)
	require.Empty(c, status.Differences)
	held := decimal.Zero
	for _, p := range status.Positions {
		held = held.Add(p.Quantity)
	}
	require.True(c, held.Equal(ledger.Positions["BTCUSDT"]), "the journal holds %s, the venue %s", held, ledger.Positions["BTCUSDT"])
	require.Equal(c, len(ledger.Fills), status.Counts.Fills, "each fill of the venue is journaled once")
	require.Positive(c, len(ledger.Fills))
	require.Zero(c, status.Counts.ForeignFills, "each fill is traced to the order that we sent")
	if !held.IsZero() {
		require.Empty(c, status.Unguarded)
	}
	sent := make(map[string]int)
	for _, o := range ledger.Orders {
		if o.Algo || !o.Filled.IsZero() {
			sent[fmt.Sprint(o.ClientID, o.Algo)]++
		}
	}
	for id, n := range sent {
		require.Equal(c, 1, n, "an order is there twice: %s", id)
	}
}

// A process that is stopped after it has signed sends too late, and the venue refuses it.
func TestOrderThatSleptAfterItWasSignedIsNotExecuted(t *testing.T) {
	t.Parallel()
	bubble(t, binancetest.Config{}, func(ctx context.Context, t *testing.T, h hall) {
		h.Move("BTCUSDT", decimal.NewFromInt(60000))
		o := trading.Order{
			ClientID: "v-000000000000000000000001", Symbol: symbol, Side: trading.Buy, Type: trading.Market,
			Quantity: decimal.New(2, -3), SignalID: "s", CreatedAt: time.Now(),
		}
		view := trading.View{
			Instrument: trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -1), Step: decimal.New(1, -3)},
			Price:      decimal.NewFromInt(60000),
		}
		a, err := risk.NoLimits().Approve(o, view)
		require.NoError(t, err)
		slept := a.Gated(func(context.Context) error {
			time.Sleep(10 * time.Second) // SIGSTOP
			return nil
		})
		err = h.Submit(ctx, slept)
		require.ErrorContains(t, err, "-1021")
		require.NotErrorIs(t, err, trading.ErrRejected, "the engine asks, and may send it again")
		_, err = h.Order(ctx, o.Ref())
		require.ErrorIs(t, err, trading.ErrUnknownOrder)
		require.Empty(t, h.Ledger().Orders)
		require.NoError(t, h.Submit(ctx, a))
		require.Len(t, h.Ledger().Fills, 1)
	})
}
