package binance_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
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
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/mortal"
)

var kills = flag.Int("kills", 80, "how often a process that trades at the fake venue is killed")

const (
	killsOfOne = 20 // kills of one campaign, so that there are several markets
	// unguardedBound is for how long a position may be without a stop at the venue that covers it: the two minutes of the
	// engine, which count while the venue answers, and one for the time in which the venue or the process is down.
	unguardedBound = 3 * time.Minute
)

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
		k = &killing{campaign: newCampaign(t, seed), plant: p}
		k.random = rand.New(rand.NewPCG(seed, 2))
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
	k.move(0)
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
	beyond, below := k.plant.beyond, k.plant.below
	var far http.RoundTripper = network
	if beyond != nil {
		far = beyond(network)
	}
	p := mortal.New(mortal.Config{Journal: k.journal, Next: far, Seed: k.random.Uint64(), Flight: flight})
	k.process, k.lived = p, append(k.lived, p)
	var near http.RoundTripper = p
	if below != nil {
		near = below(p)
	}
	broker, err := binance.New(binance.Config{
		APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue", SpotURL: "http://venue",
		Symbols: []string{symbol}, Transport: near, Logger: quiet,
	})
	require.NoError(k, err)
	var at trading.Broker = broker
	if k.plant.above != nil {
		at = k.plant.above(broker)
	}
	cfg := k.config(p, at)
	cfg.Timeout = time.Duration(8+k.random.IntN(8)) * time.Second // below and above the 10 s after which the venue gives up
	e, err := engine.New(cfg)
	require.NoError(k, err)
	k.engine = e
	p.Run(func(ctx context.Context) { _ = broker.Serve(ctx) })
	p.Run(func(ctx context.Context) { _ = e.Step(ctx) })
}

// flight is at times longer than the receive window.
func flight(random *rand.Rand) time.Duration {
	longest := 12 * time.Second
	if random.IntN(2) == 0 {
		longest = 2 * time.Second
	}
	return time.Duration(random.Int64N(int64(longest)))
}

// trade lets some seconds pass, or fewer where the process dies.
func (k *killing) trade(seconds int, trouble bool) {
	for second := range seconds {
		if trouble && time.Since(k.spoke) >= 15*time.Second {
			k.spoke = time.Now()
			k.say()
		}
		if trouble && k.random.IntN(10) == 0 {
			k.harm()
		}
		if trouble && second == seconds/2 && k.random.IntN(3) > 0 {
			k.process.Doom(k.plant.dies)
		}
		k.move(k.random.Int64N(401) - 200)
		k.look()
		select {
		case <-k.process.Dead():
			return
		case <-time.After(time.Second):
		}
	}
}

// harm lets something go wrong: anything, or every other time what a planted fault is about.
func (k *killing) harm() {
	if k.plant.meets != nil && k.random.IntN(2) == 0 {
		k.venue.Inject(k.plant.meets)
		return
	}
	k.trouble()
}

// end kills the process in the middle of whatever it does, unless it is dead already, and waits until another one is started:
// often at once, so that what the dead one has sent is still on its way.
func (k *killing) end() {
	select {
	case <-k.process.Dead():
	case <-time.After(time.Duration(k.random.Int64N(int64(time.Second)))):
		k.process.Kill()
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
	held := ledger.Positions["BTCUSDT"]
	if held.Abs().GreaterThanOrEqual(most) {
		k.wrong("%s is held, and no signal asks for so much", held)
	}
	guarded := decimal.Zero
	for _, o := range ledger.Orders {
		closes := held.IsPositive() == (o.Side == "SELL")
		if o.Algo && closes && slices.Contains([]string{"NEW", "TRIGGERING", "TRIGGERED"}, o.Status) {
			guarded = guarded.Add(o.Qty)
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
	if there, here := ledger.Positions["BTCUSDT"], ours.Position(symbol).Quantity; !there.Equal(here) {
		k.wrong("the venue holds %s, the journal %s", there, here)
	}
	if counts.Fills != len(ledger.Fills) || counts.ForeignFills > 0 {
		k.wrong("%d fills at the venue, %d in the journal, %d of them of no order", len(ledger.Fills), counts.Fills, counts.ForeignFills)
	}
	fees := make(map[string]decimal.Decimal)
	for _, f := range ledger.Fills {
		fees[f.FeeAsset] = fees[f.FeeAsset].Add(f.Fee)
	}
	if !fees["USDT"].Equal(counts.Fees) {
		k.wrong("%s of fees in USDT at the venue, %s in the journal", fees["USDT"], counts.Fees)
	}
	if other := counts.OtherAssets["BNB"].Abs(); !fees["BNB"].Equal(other) {
		k.wrong("%s of fees in BNB at the venue, %s in the journal", fees["BNB"], other)
	}
	k.judgeOrders(ledger, ours)
	if k.unguarded > unguardedBound {
		k.wrong("a position had no stop for %s", k.unguarded)
	}
	k.wrongs()
}

func (k *killing) judgeOrders(ledger binancetest.Ledger, ours *book.Book) {
	sent := make(map[string]int)
	for _, o := range ledger.Orders {
		if o.Venue || strings.HasPrefix(o.ClientID, "born-") {
			continue
		}
		mine, known := ours.Order(o.ClientID)
		if !known {
			k.wrong("order %s of %s is at the venue and not in the journal", o.ClientID, o.Type)
			continue
		}
		if o.Algo || !strings.HasPrefix(string(mine.Type), "stop") {
			sent[o.ClientID]++
		}
		if done := o.Status != "NEW" && o.Status != "PARTIALLY_FILLED"; !o.Algo && done != mine.Status.Done() {
			k.wrong("order %s is %s at the venue and %s in the journal", o.ClientID, o.Status, mine.Status)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(sent)) {
		if sent[id] > 1 {
			k.wrong("order %s is there %d times", id, sent[id])
		}
	}
	for _, o := range ours.Orders() {
		if sent[o.ClientID] == 0 && o.Acknowledged && o.Status != trading.StatusRejected {
			k.wrong("order %s was acknowledged and is not at the venue: lost", o.ClientID)
		}
	}
}

// wrongs says each thing once.
func (k *killing) wrongs() {
	slices.Sort(k.problems)
	k.problems = slices.Compact(k.problems)
}

// A campaign proves nothing unless it sees what is wrong.
func TestKillCampaignFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plant plant
		sees  string
	}{
		"it sends twice after -1007": {plant{below: sendsTwice, meets: binancetest.BackendTimeout{Taken: true}}, " times"},
		"it does not wait for what is on its way": {
			plant{above: func(b *binance.Broker) trading.Broker { return hasty{b} }, dies: mortal.WhileSending}, " times",
		},
		"it asks for leave before it signs": {plant{beyond: signsLate, dies: mortal.WhileSending}, " times"},
		"it does not ask for stops":         {plant{below: forgetsStops}, "has not come to rest"},
		"it takes fees in BNB for USDT": {
			plant{above: func(b *binance.Broker) trading.Broker { return takesFees{b} }}, "of fees in USDT",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := ""
			for seed := range uint64(30) {
				if found = strings.Join(kill(t, seed, c.plant).problems, "\n"); strings.Contains(found, c.sees) {
					t.Logf("campaign %d: %s", seed, found)
					return
				}
			}
			t.Fatalf("it was not found: %s", found)
		})
	}
}
