package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/httpline"
)

func inProcess(t *testing.T, ledger journal.Journal, f faults) (*client.Client, *venue) {
	t.Helper()
	f.clock = clock.New()
	v, err := settings{symbols: "BTC/USDT", cash: "1000000", faults: f}.venue(t.Context(), ledger)
	require.NoError(t, err)
	server := httptest.NewServer(f.over(v.api()))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, v
}

// anotherClient is one that has just begun, on the way that nothing disturbs.
func anotherClient(t *testing.T, v *venue) *client.Client {
	t.Helper()
	server := httptest.NewServer(v.api())
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// listens lets a client be told of updates, and returns once it is. The end of the test ends that.
func listens(t *testing.T, c *client.Client) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { assert.ErrorIs(t, c.Serve(ctx), context.Canceled) })
	stop = func() {
		cancel()
		serving.Wait()
	}
	t.Cleanup(stop)
	for {
		news := c.Updated()
		if !c.Updates(c.Updates(0).Seq).Missed {
			return stop
		}
		<-news
	}
}

func TestClientIsABroker(t *testing.T) {
	t.Parallel()
	tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject {
		c, v := inProcess(t, journal.NewMemory(), faults{})
		v.window = time.Minute // of a machine that is busy with other tests
		price, err := c.PriceOf(t.Context(), "BTC/USDT")
		require.NoError(t, err)
		line, below := &tradingtest.Line{}, &http.Transport{}
		t.Cleanup(below.CloseIdleConnections)
		c.Over(httpline.Transport{Line: line, Next: below})
		listens(t, c)
		return tradingtest.BrokerSubject{
			Broker: c, Instrument: v.instruments["BTC/USDT"], Price: price, Now: time.Now, Line: line,
			Reopen: func() trading.Broker { return anotherClient(t, v) },
		}
	})
}

// What the market does to an order is told without a question for it, also across a stream that breaks and a venue that
// starts anew.
func TestClientIsToldWhatHappens(t *testing.T) {
	t.Parallel()
	ledger := journal.NewMemory()
	c, v := inProcess(t, ledger, faults{})
	require.True(t, c.Updates(0).Missed, "before Serve it knows nothing, and says so")
	stop := listens(t, c)
	begin := c.Updates(0).Seq
	require.NoError(t, c.Submit(t.Context(), approved(t, v, "one", "0.1")))
	news, told := c.Updated(), c.Updates(begin)
	for ; len(told.Orders) == 0; news, told = c.Updated(), c.Updates(begin) {
		<-news
	}
	require.False(t, told.Missed)
	require.Equal(t, "one", told.Orders[0].ClientID)
	require.Equal(t, trading.StatusFilled, told.Orders[0].Status)
	stop()
	require.True(t, c.Updates(told.Seq).Missed, "nobody listens any more")
	listens(t, c)
	require.True(t, c.Updates(told.Seq).Missed, "what happened meanwhile is to be asked for")
	require.False(t, c.Updates(c.Updates(0).Seq).Missed)
}

func TestVenueThatStartsAnewHasMissedWhatWasTold(t *testing.T) {
	t.Parallel()
	ledger := journal.NewMemory()
	_, before := inProcess(t, ledger, faults{})
	_, after := inProcess(t, ledger, faults{})
	for run, missed := range map[string]bool{before.run: true, after.run: false, "": true} {
		answer := httptest.NewRecorder()
		after.api().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/updates?after=0&run="+run, nil))
		var news client.News
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &news), answer.Body.String())
		require.Equal(t, missed, news.Missed, run)
		require.Equal(t, after.run, news.Run)
	}
}

func approved(t *testing.T, v *venue, id, quantity string) trading.Approved {
	t.Helper()
	price, _ := v.broker.Price("BTC/USDT")
	a, err := v.limits.Approve(trading.Order{
		ClientID: id, Symbol: "BTC/USDT", Side: trading.Buy, Type: trading.Market, Quantity: decimal.RequireFromString(quantity),
	}, trading.View{Instrument: v.instruments["BTC/USDT"], Held: decimal.Zero, Price: price})
	require.NoError(t, err)
	return a
}

func TestVenueRemembersEverythingAcrossARestart(t *testing.T) {
	t.Parallel()
	ledger := journal.NewMemory()
	c, v := inProcess(t, ledger, faults{})
	require.NoError(t, c.Submit(t.Context(), approved(t, v, "taken", "0.1")))
	require.ErrorIs(t, c.Submit(t.Context(), approved(t, v, "too-much", "1000")), trading.ErrRejected)
	before, _, err := c.Fills(t.Context(), trading.Cursor{}, 100)
	require.NoError(t, err)

	c, v = inProcess(t, ledger, faults{})
	require.ErrorIs(t, c.Submit(t.Context(), approved(t, v, "taken", "0.1")), trading.ErrDuplicate)
	require.ErrorIs(t, c.Submit(t.Context(), approved(t, v, "too-much", "0.1")), trading.ErrDuplicate)
	after, _, err := c.Fills(t.Context(), trading.Cursor{}, 100)
	require.NoError(t, err)
	require.Equal(t, len(before), len(after))
	require.Equal(t, before[0].ID, after[0].ID)
	held, err := c.Positions(t.Context())
	require.NoError(t, err)
	require.Equal(t, "0.1", held["BTC/USDT"].String())
}

// lateClock is an hour behind: what it dates has been under way for that long.
type lateClock struct{ clock.Clock }

func (c lateClock) Now() time.Time { return c.Clock.Now().Add(-time.Hour) }

func TestRequestThatWasUnderWayForTooLongIsNotTaken(t *testing.T) {
	t.Parallel()
	_, v := inProcess(t, journal.NewMemory(), faults{})
	server := httptest.NewServer(v.api())
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, lateClock{clock.New()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	err = c.Submit(t.Context(), approved(t, v, "late", "0.1"))
	require.ErrorContains(t, err, "under way for longer than 250ms")
	require.NotErrorIs(t, err, trading.ErrRejected, "an earlier sending may have been taken")
	_, err = c.Order(t.Context(), trading.OrderRef{ClientID: "late"})
	require.ErrorIs(t, err, trading.ErrUnknownOrder)
}

func TestLostReplyIsNoRefusal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults faults
		taken  bool
	}{"of the answer": {faults{loseReply: 1}, true}, "of the request": {faults{loseRequest: 1}, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broker, v := inProcess(t, journal.NewMemory(), c.faults)
			err := broker.Submit(t.Context(), approved(t, v, "x", "0.1"))
			require.Error(t, err)
			require.NotErrorIs(t, err, trading.ErrRejected)
			_, err = broker.Order(t.Context(), trading.OrderRef{ClientID: "x"})
			require.Equal(t, c.taken, err == nil)
		})
	}
}

func TestRestingOrderThatTheMarketChangesIsInTheLedger(t *testing.T) {
	t.Parallel()
	ledger, price := journal.NewMemory(), 100.0
	number := decimal.RequireFromString
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: number("0.01"), Step: number("0.01")}
	open := func() *venue {
		v, err := openVenue(t.Context(), ledger, number("10000"), []trading.Instrument{coin},
			func(string) (float64, bool) { return price, true }, clock.New())
		require.NoError(t, err)
		return v
	}
	v := open()
	for id, limit := range map[string]string{"near": "95", "far": "50"} {
		require.NoError(t, v.take(t.Context(), trading.Order{
			ClientID: id, Symbol: coin.Symbol, Side: trading.Buy, Type: trading.Limit, Quantity: number("1"), LimitPrice: number(limit),
		}, time.Now()))
	}
	price = 90
	ask := func(v *venue, id string) (status trading.OrderStatus) {
		require.NoError(t, v.settled(t.Context(), func() error {
			report, err := v.broker.Order(t.Context(), trading.OrderRef{ClientID: id})
			status = report.Status
			return err
		}))
		return status
	}
	require.Equal(t, trading.StatusFilled, ask(v, "near"))
	require.Equal(t, trading.StatusOpen, ask(v, "far"))

	v = open()
	require.Equal(t, trading.StatusFilled, ask(v, "near"))
	require.NoError(t, v.settled(t.Context(), func() error { return v.broker.Cancel(t.Context(), trading.OrderRef{ClientID: "far"}) }))
	v = open()
	require.Equal(t, trading.StatusCanceled, ask(v, "far"))
	book, err := book.Restore(number("10000"), journal.Load(t.Context(), ledger))
	require.NoError(t, err)
	require.Equal(t, "1", book.Position(coin.Symbol).Quantity.String())
	require.Equal(t, "95", book.Position(coin.Symbol).AveragePrice().String())
}

type fullDisk struct{ journal.Journal }

func (fullDisk) Append(context.Context, time.Time, ...journal.Event) error {
	return errors.New("disk full")
}

func TestVenueThatCannotWriteAnswersNothingMore(t *testing.T) {
	t.Parallel()
	c, v := inProcess(t, fullDisk{journal.NewMemory()}, faults{})
	require.ErrorContains(t, c.Submit(t.Context(), approved(t, v, "x", "0.1")), "disk full")
	_, err := c.Order(t.Context(), trading.OrderRef{ClientID: "x"})
	require.ErrorContains(t, err, "disk full", "the account knows of it, and the ledger does not")
	require.NotErrorIs(t, err, trading.ErrUnknownOrder)
}

func TestBadFlagsAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a chance above one":         {[]string{"--lose-replies", "2"}, "--lose-replies 2"},
		"a negative delay":           {[]string{"--delay", "-1s"}, "--delay"},
		"an argument that is none":   {[]string{"what"}, `"what"`},
		"no symbol":                  {[]string{"--symbols", ","}, "--symbols"},
		"no cash":                    {[]string{"--cash", "lots"}, "--cash"},
		"an address of the world":    {[]string{"--listen", "0.0.0.0:0"}, "--listen"},
		"a folder that is not there": {[]string{"--db", "none/x.db"}, "--db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"--db", filepath.Join(t.TempDir(), "venue.db"), "--listen", "127.0.0.1:0"}, c.args...)
			require.ErrorContains(t, run(t.Context(), args, t.Output()), c.want)
		})
	}
}

// A Book forgets what is old; the venue's word is for ever.
func TestClientIDIsRefusedAfterTheBookHasForgottenIt(t *testing.T) {
	t.Parallel()
	ledger := journal.NewMemory()
	at := time.Now().Add(-100 * 24 * time.Hour).UTC()
	one := decimal.NewFromInt(1)
	for i := range 10_010 {
		id := fmt.Sprint("old-", i)
		when := at.Add(time.Duration(i) * time.Minute)
		require.NoError(t, ledger.Append(t.Context(), when,
			journal.IntentMade{Order: trading.Order{ClientID: id, Symbol: "BTC/USDT", Side: trading.Buy, Type: trading.Market,
				Quantity: one, CreatedAt: when}},
			journal.Submitting{ClientID: id}, journal.Rejected{ClientID: id, Reason: "margin"}))
	}
	c, v := inProcess(t, ledger, faults{})
	_, err := c.Order(t.Context(), trading.OrderRef{ClientID: "old-0"})
	require.ErrorIs(t, err, trading.ErrUnknownOrder, "the book has forgotten it, or this test shows nothing")
	require.ErrorIs(t, c.Submit(t.Context(), approved(t, v, "old-0", "0.1")), trading.ErrDuplicate)
}
