package alpaca_test

import (
	"context"
	"flag"
	"net/http"
	"sync"
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
// the market is closed waits. The book holds something else than the venue for less than a minute, and in the end what it has;
// while the market is open a position has its stop within the bound. The venue is never asked for more than it allows.
func TestHoursOfTradingWithBadStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(toMonday - time.Hour) // 9:00 in New York, half an hour before the opening
		(&day{killing: &killing{campaign: newCampaign(t, 7)}}).run()
	})
}

// day is a campaign of hours in one process, whose streams go wrong.
type day struct {
	*killing
	differs time.Time // since when the book has held something else than the venue
	longest time.Duration
	open    int // seconds with an open market
}

func (d *day) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = d.venue.Listen(ctx) })
	d.move()
	network := &http.Transport{DialContext: d.venue.Dial}
	broker, err := alpaca.New(alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream",
		Transport: network, MaxFlight: longestFlight, Logger: quiet,
	})
	require.NoError(d, err)
	d.engine, err = engine.New(d.config(d.journal, broker))
	require.NoError(d, err)
	running.Go(func() {
		for ctx.Err() == nil { // as a supervisor does
			_ = broker.Serve(ctx)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	for second := range *hours * 3600 {
		if second%60 == 0 {
			d.say()
		}
		if d.random.IntN(90) == 0 {
			d.spoil()
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
	require.Less(d, d.longest, time.Minute, "the book held something else than the venue")
	minutes, busiest := make(map[time.Time]int), 0
	for _, r := range d.venue.Requests() {
		minute := r.At.Truncate(time.Minute)
		minutes[minute]++
		busiest = max(busiest, minutes[minute])
	}
	require.LessOrEqual(d, busiest, 200, "the venue allows no more in a minute")
	d.Logf("%d h, of which the market was open for %s: %d orders, %d fills, %s without a stop and another position than "+
		"the venue's for %s at the most, at most %d requests in a minute", *hours, time.Duration(d.open)*time.Second,
		d.orders, d.fills, d.unguarded, d.longest, busiest)
	cancel()
	running.Wait()
	network.CloseIdleConnections()
	synctest.Wait()
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
	}
	_ = d.engine.Step(context.Background()) // what fails is tried again
	if now.Second()%5 == 4 {
		d.compare(now)
		if open {
			d.look()
		} else {
			d.bare = time.Time{} // a night's gap is nobody's
		}
	}
	time.Sleep(time.Until(now.Add(time.Second)))
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
