package alpaca_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/mortal"
)

var kills = flag.Int("kills", 60, "how often a process that trades at the fake venue is killed; 300 is the long form")

const (
	killsOfOne = 20 // kills of one campaign, so that there are several markets
	// unguardedBound is for how long a position may be without a stop at the venue that covers it, while the market is open:
	// the two minutes of the engine, which count while the venue answers, and two for the time in which the venue or the
	// process is down. After one 429 the venue is left alone until its next minute.
	unguardedBound = 4 * time.Minute
)

// most is more than 1500 buy at the lowest price that there is, and less than two such orders.
var most = num("12")

// Processes that trade are killed at any moment, in the middle of calls as well, while everything goes wrong that the venue's
// double can do. In the end the venue's ledger and the journal agree: nothing is lost, nothing is there twice, and no position
// was without its stop for longer than the bound.
func TestKillCampaignLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64((*kills + killsOfOne - 1) / killsOfOne) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			k := kill(t, seed, plant{})
			require.Empty(t, k.problems)
			require.Positive(t, k.fills, "it did something")
			t.Logf("%d kills, %d orders, %d fills, %s without a stop at the most", killsOfOne, k.orders, k.fills, k.unguarded)
		})
	}
}

// killing is a campaign in which processes die.
type killing struct {
	*campaign
	plant plant

	engine  *engine.Engine
	process *mortal.Process   // that lives, or the last one that did
	lived   []*mortal.Process // all of them

	spoke     time.Time // when a strategy last wanted something
	bare      time.Time // since when a position has had no stop; zero while it has
	unguarded time.Duration
	problems  []string
	orders    int
	fills     int
}

func kill(t *testing.T, seed uint64, p plant) *killing {
	var k *killing
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(monday))
		k = &killing{campaign: newCampaign(t, seed), plant: p}
		k.run()
	})
	return k
}

func (k *killing) wrong(format string, args ...any) {
	k.problems = append(k.problems, fmt.Sprintf(format, args...))
}

func (k *killing) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var venue sync.WaitGroup
	venue.Go(func() { _ = k.venue.Listen(ctx) })
	k.move()
	for range killsOfOne {
		k.begin()
		k.trade(10+k.random.IntN(40), true)
		k.end()
	}
	k.venue.Clear()
	k.begin()
	k.trade(400, false)
	k.judge()
	k.process.Kill()
	for _, p := range k.lived {
		p.Wait()
	}
	cancel()
	venue.Wait()
	synctest.Wait()
}

// begin starts a process over the same journal.
func (k *killing) begin() {
	network := &http.Transport{DialContext: k.venue.Dial, DisableKeepAlives: true}
	p := mortal.New(mortal.Config{Journal: k.journal, Next: network, Seed: k.random.Uint64(), Flight: flight})
	k.process, k.lived = p, append(k.lived, p)
	var near http.RoundTripper = p
	if k.plant.below != nil {
		near = k.plant.below(p)
	}
	broker, err := alpaca.New(alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream", Transport: near,
		MaxFlight: longestFlight, Logger: quiet,
	})
	require.NoError(k, err)
	var at trading.Broker = broker
	if k.plant.above != nil {
		at = k.plant.above(broker)
	}
	cfg := k.config(p, at)
	cfg.Timeout = time.Duration(8+k.random.IntN(8)) * time.Second // below and above the delays of the venue
	e, err := engine.New(cfg)
	require.NoError(k, err)
	k.engine = e
	p.Run(func(ctx context.Context) { _ = broker.Serve(ctx) })
	p.Run(func(ctx context.Context) { _ = e.Step(ctx) })
}

// flight is shorter than what the engine is told.
func flight(random *rand.Rand) time.Duration {
	return time.Duration(random.Int64N(int64(longestFlight - time.Second)))
}

// trade lets some seconds pass, or fewer where the process dies.
func (k *killing) trade(seconds int, trouble bool) {
	for second := range seconds {
		if trouble && time.Since(k.spoke) >= 15*time.Second {
			k.spoke = time.Now()
			k.say()
		}
		if trouble && k.random.IntN(10) == 0 {
			k.trouble()
		}
		if trouble && k.plant.meets != nil && k.random.IntN(4) == 0 {
			k.plant.meets(k.campaign)
		}
		if trouble && second == seconds/2 && k.random.IntN(3) > 0 {
			k.process.Doom(k.plant.dies)
		}
		k.mend()
		k.move()
		k.look()
		select {
		case <-k.process.Dead():
			return
		case <-time.After(time.Second):
		}
	}
}

// end kills the process in the middle of whatever it does, unless it is dead already, and waits until another one is started:
// often at once, so that what the dead one has sent is still on its way.
func (k *killing) end() {
	select {
	case <-k.process.Dead():
	case <-time.After(time.Duration(k.random.Int64N(int64(time.Second)))):
		k.process.Kill()
	}
	if k.plant.turns && time.Since(k.spoke) > 2*time.Second {
		k.spoke = time.Now()
		k.say()
	}
	pause := 3 * time.Second
	if k.random.IntN(2) == 0 {
		pause = 200 * time.Millisecond
	}
	time.Sleep(time.Duration(k.random.Int64N(int64(pause))))
}

// look sees for how long what is held has had no stop at the venue that covers it.
func (k *killing) look() {
	ledger := k.venue.Ledger()
	held := ledger.Positions[symbol]
	if held.Abs().GreaterThanOrEqual(most) {
		k.wrong("%s is held, and no signal asks for so much", held)
	}
	guarded := decimal.Zero
	for _, o := range ledger.Orders {
		closes := held.IsPositive() == (o.Side == "sell")
		if o.Open && closes && strings.HasPrefix(o.Type, "stop") {
			guarded = guarded.Add(o.Quantity.Sub(o.Filled))
		}
	}
	now := time.Now()
	switch {
	case held.IsZero() || guarded.GreaterThanOrEqual(held.Abs()):
		k.bare = time.Time{}
	case k.bare.IsZero():
		k.bare = now
	case now.Sub(k.bare) > k.unguarded:
		k.unguarded = now.Sub(k.bare)
	}
}

// judge compares the journal with the venue's ledger.
func (k *killing) judge() {
	ledger, status := k.venue.Ledger(), k.engine.Status()
	k.fills, k.orders = len(ledger.Fills), len(ledger.Orders)
	ours, err := book.Restore(status.Capital, journal.Load(context.Background(), struct{ journal.Journal }{k.journal}))
	require.NoError(k, err)
	if !status.Reconciled || len(status.NeedPerson)+len(status.Differences) > 0 || status.Halt.Active() {
		k.wrong("it has not come to rest: %s, halted %q, needs a person for %v, differs by %v", status.Error, status.Halt.Reason,
			status.NeedPerson, status.Differences)
	}
	counts := ours.Counts()
	if there, here := ledger.Positions[symbol], ours.Position(symbol).Quantity; !there.Equal(here) {
		k.wrong("the venue holds %s, the journal %s", there, here)
	}
	if counts.Fills != len(ledger.Fills) || counts.ForeignFills > 0 {
		k.wrong("%d fills at the venue, %d in the journal, %d of them of no order", len(ledger.Fills), counts.Fills,
			counts.ForeignFills)
	}
	price, _ := k.Price(symbol)
	worth := func(string) (decimal.Decimal, bool) { return price, true }
	there := ledger.Cash.Add(ledger.Positions[symbol].Mul(price))
	if here, missing := ours.Equity(worth); !here.Equal(there) || len(missing) > 0 {
		k.wrong("the account is worth %s at the venue, %s in the journal", there, here)
	}
	k.judgeOrders(ledger, ours)
	if k.unguarded > unguardedBound {
		k.wrong("a position had no stop for %s", k.unguarded)
	}
	slices.Sort(k.problems)
	k.problems = slices.Compact(k.problems)
}

// judgeOrders compares order by order. The venue gives what follows on an order, by a hand or as the stop of a pair, an ID of
// its own.
func (k *killing) judgeOrders(ledger alpacatest.Ledger, ours *book.Book) {
	sent, byID := make(map[string]int), make(map[string]alpacatest.Order)
	for _, o := range ledger.Orders {
		byID[o.ID] = o
	}
	for _, o := range ledger.Orders {
		if o.ClientID == o.ID {
			continue
		}
		names, filled := strings.Split(o.ClientID, "+"), o.Filled // a pair has the names of both
		for o.ReplacedBy != "" {
			o = byID[o.ReplacedBy]
			filled = filled.Add(o.Filled)
		}
		for _, name := range names {
			sent[name]++
			mine, known := ours.Order(name)
			switch {
			case !known:
				k.wrong("order %s of %s is at the venue and not in the journal", name, o.Type)
			case o.Pair:
			case o.Open == mine.Status.Done(), o.Status == "filled" && mine.Status != trading.StatusFilled:
				k.wrong("order %s is %s at the venue and %s in the journal", name, o.Status, mine.Status)
			case !mine.Filled.Equal(filled):
				k.wrong("of order %s %s is filled at the venue and %s in the journal", name, filled, mine.Filled)
			}
		}
	}
	for id, n := range sent {
		if n > 1 {
			k.wrong("order %s is there %d times", id, n)
		}
	}
	for _, o := range ours.Orders() {
		if sent[o.ClientID] == 0 && o.Acknowledged && o.Status != trading.StatusRejected {
			k.wrong("order %s was acknowledged and is not at the venue: lost", o.ClientID)
		}
	}
}
