package alpaca_test

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

var hours = flag.Int("hours", 1, "for how many hours an engine trades at the fake venue; 24 is the long form")

// Hours of trading with streams that are cut, mute, repeated and reordered, across an opening and a close. What is sent when
// the market is closed waits. While the market is open and the venue answers, bars are never older than the stream is believed
// and what a look takes; where the venue does not answer, the gate shuts and nothing is opened. The book
// holds something else than the venue for less than a minute, and in the end what it has;
// while the market is open a position has its stop within the bound. The venue is never asked for more than it allows.
func TestHoursOfTradingWithBadStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(monday.Add(-time.Hour))) // 9:00 in New York, half an hour before the opening
		(&day{killing: &killing{campaign: newCampaign(t, 7)}}).run()
	})
}

// day is a campaign of hours in one process, whose streams go wrong.
type day struct {
	*killing
	source  *alpaca.Source
	differs time.Time // since when the book has held something else than the venue
	longest time.Duration
	open    int // seconds with an open market

	held, resting int // looks at something held, and those of them that saw its take-profit rest beside its stop

	newest time.Time    // the end of the newest bar
	dark   time.Time    // until when the venue tells no bars at all
	shut   atomic.Int64 // since when the gate is shut, in Unix milliseconds; 0 means that it is open
	closed int          // seconds with a gate that is shut
	oldest time.Duration
}

// oldBar is a minute, two for which a stream that says nothing is believed, and what a look takes.
const oldBar = 200 * time.Second

var errOldBars = errors.New("the bars are old")

func (d *day) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = d.venue.Listen(ctx) })
	d.move()
	network := &http.Transport{DialContext: d.venue.Dial}
	d.start(ctx, &running, network)
	for second := range *hours * 3600 {
		if second%60 == 0 {
			d.say()
		}
		if d.random.IntN(90) == 0 {
			d.spoil()
		}
		if second%3600 == 2700 {
			d.darken()
		}
		d.second()
	}
	d.venue.Clear()
	for range 400 {
		d.second()
	}
	d.judge()
	require.Empty(d, d.problems)
	require.Positive(d, d.fills)
	require.Greater(d, d.resting*10, d.held*9, "the take-profit of what is held rests too")
	require.Less(d, d.longest, time.Minute, "the book held something else than the venue")
	require.Positive(d, d.closed, "the gate was shut while no bar was to be had")
	d.Logf("%d h, of which the market was open for %s: %d orders, %d fills, %s without a stop and another position than "+
		"the venue's for %s at the most, at most %d requests in a minute, bars at most %s old, gate shut for %d s, "+
		"take-profits seen in %d of %d looks", *hours,
		time.Duration(d.open)*time.Second, d.orders, d.fills, d.unguarded, d.longest, d.busiest(), d.oldest, d.closed,
		d.resting, d.held)
	cancel()
	running.Wait()
	network.CloseIdleConnections()
	synctest.Wait()
}

// start runs the adapter, and has an engine and a source over it.
func (d *day) start(ctx context.Context, running *sync.WaitGroup, network *http.Transport) {
	broker, err := alpaca.New(alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream",
		DataURL: "http://venue", DataStreamURL: "ws://venue/v2", Symbols: []string{symbol},
		Transport: network, MaxFlight: longestFlight, Logger: quiet,
	})
	require.NoError(d, err)
	cfg := d.config(d.journal, broker)
	cfg.Allow = func(string) error {
		if d.shut.Load() > 0 {
			return errOldBars
		}
		return nil
	}
	d.engine, err = engine.New(cfg)
	require.NoError(d, err)
	d.source, err = broker.Source(time.Minute)
	require.NoError(d, err)
	running.Go(func() { _ = d.source.Serve(ctx) })
	running.Go(func() {
		for ctx.Err() == nil { // as a supervisor does
			_ = broker.Serve(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
}

// busiest is how many requests there were in a minute at the most. The venue has refused none for their number.
func (d *day) busiest() (highest int) {
	minutes := make(map[time.Time]int)
	for _, r := range d.venue.Requests() {
		minute := r.At.Truncate(time.Minute)
		minutes[minute]++
		require.NotEqual(d, http.StatusTooManyRequests, r.Status)
		highest = max(highest, minutes[minute])
	}
	require.LessOrEqual(d, highest, 200, "the venue allows no more in a minute")
	return highest
}

// spoil does something to the streams.
func (d *day) spoil() {
	faults := []func(){
		d.venue.CutStreams, d.venue.HalfFrame,
		func() {
			d.venue.MuteStreams(true)
			d.mute = time.Now().Add(time.Duration(d.random.IntN(300)) * time.Second)
		},
		func() { d.venue.RepeatEvents(5) },
		func() { d.venue.ReorderEvents(5) },
		d.fee,
	}
	faults[d.random.IntN(len(faults))]()
}

// darken has the venue tell no bars for ten minutes, neither by a stream nor when it is asked.
func (d *day) darken() {
	d.dark = time.Now().Add(10 * time.Minute)
	d.mute = d.dark
	d.venue.MuteStreams(true)
	d.venue.Inject(alpacatest.Fault{Path: "/v2/stocks/" + symbol + "/bars", Status: http.StatusBadGateway, Times: -1})
}

// readBars asks for bars, as a strategy does, and shuts the gate where they are old.
func (d *day) readBars(now time.Time) {
	if !d.dark.IsZero() && now.After(d.dark) {
		d.dark = time.Time{}
		d.venue.Clear()
	}
	if since := now.Truncate(24 * time.Hour).Add(opensAt); d.newest.Before(since) {
		d.newest = since // there is none from the night
	}
	batch, err := d.source.Bars(context.Background(), symbol, d.newest.Add(-time.Minute), 100)
	if err == nil && len(batch.Bars) > 0 {
		d.newest = batch.Bars[len(batch.Bars)-1].End()
	}
	age := now.Sub(d.newest)
	switch {
	case age <= oldBar:
		d.shut.Store(0)
	case d.shut.Load() == 0:
		d.shut.Store(now.UnixMilli())
	}
	if d.dark.IsZero() {
		require.LessOrEqual(d, age, oldBar, "a bar is as old although the venue answers")
		d.oldest = max(d.oldest, age)
	}
}

// opensAt and closesAt are those of the exchange, after midnight in UTC.
const opensAt, closesAt = 14*time.Hour + 30*time.Minute, 21 * time.Hour

func (d *day) second() {
	now := time.Now().UTC()
	d.mend()
	ofDay := now.Sub(now.Truncate(24 * time.Hour))
	open := ofDay >= opensAt && ofDay < closesAt
	if open {
		d.move()
		d.open++
		if now.Second()%5 == 0 {
			d.readBars(now)
		}
	}
	_ = d.engine.Step(context.Background()) // what fails is tried again
	if d.shut.Load() > 0 {
		d.closed++
		d.nothingOpened()
	}
	if now.Second()%5 == 4 {
		d.compare(now)
		if open {
			d.look()
			d.lookForProfit()
		} else {
			d.bare = time.Time{} // a night's gap is nobody's
		}
	}
	time.Sleep(time.Until(now.Add(time.Second)))
}

// lookForProfit sees whether what is held has its take-profit at the venue, as one with its stop.
func (d *day) lookForProfit() {
	ledger := d.venue.Ledger()
	held := ledger.Positions[symbol]
	if held.IsZero() {
		return
	}
	d.held++
	profit := decimal.Zero
	for _, o := range ledger.Orders {
		if o.Open && o.Pair && !o.Leg && held.IsPositive() == (o.Side == "sell") {
			profit = profit.Add(o.Quantity.Sub(o.Filled))
		}
	}
	if profit.Equal(held.Abs()) {
		d.resting++
	}
}

// nothingOpened sees that no order has come since the gate is shut but those that close.
func (d *day) nothingOpened() {
	since := time.UnixMilli(d.shut.Load())
	for _, o := range d.venue.Ledger().Orders {
		if o.Submitted.After(since) {
			require.Contains(d, o.Intent, "to_close", "%s of %s opens on old bars", o.Type, o.Quantity)
		}
	}
}

// compare sees for how long the book has held something else than the venue.
func (d *day) compare(now time.Time) {
	held := decimal.Zero
	for _, p := range d.engine.Status().Positions {
		held = held.Add(p.Quantity)
	}
	switch there := d.venue.Ledger().Positions[symbol]; {
	case held.Equal(there):
		d.differs = time.Time{}
	case d.differs.IsZero():
		d.differs = now
	default:
		d.longest = max(d.longest, now.Sub(d.differs))
	}
}
