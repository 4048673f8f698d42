package binance_test

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

	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

var hours = flag.Int("hours", 1, "for how many hours an engine trades at the fake venue; 24 is the long form")

// Hours of trading with streams that are cut, mute, repeated and reordered. Bars are never older than two intervals and what a
// look takes while the venue answers at all; where it does not, the gate shuts and nothing is opened. The venue is never asked
// for more than it allows. The book holds something else than the venue for less than a minute, and in the end what it has.
func TestHoursOfTradingWithBadStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { (&day{campaign: newCampaign(t, 7)}).run() })
}

// day is a campaign of hours in one process, whose streams go wrong.
type day struct {
	*campaign
	source *binance.Source

	newest  time.Time    // the end of the newest bar
	shut    atomic.Int64 // since when the gate is shut, in Unix milliseconds; 0 means that it is open
	oldest  time.Duration
	closed  int       // seconds with a gate that is shut
	dark    time.Time // until when the venue tells no bars at all
	differs time.Time // since when the book has held something else than the venue
	longest time.Duration
}

// usual is the price that the market comes back to. In a day it would otherwise go anywhere, and sizes with it.
const usual = 60000

const oldBar = 150 * time.Second

var errOldBars = errors.New("the bars are old")

func (d *day) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var venue sync.WaitGroup
	venue.Go(func() { _ = d.venue.Listen(ctx) })
	d.move(0)
	d.start()
	cfg := d.config(d.journal, d.broker)
	cfg.Allow = func(string) error {
		if d.shut.Load() > 0 {
			return errOldBars
		}
		return nil
	}
	var err error
	d.engine, err = engine.New(cfg)
	require.NoError(d, err)
	d.source, err = d.broker.Source(time.Minute)
	require.NoError(d, err)
	listening, end := context.WithCancel(ctx)
	venue.Go(func() { _ = d.source.Serve(listening) })
	d.newest = time.Now()
	for second := range *hours * 3600 {
		if second%30 == 0 {
			d.say()
		}
		if d.random.IntN(90) == 0 {
			d.spoil()
		}
		if second%3600 == 1800 {
			d.darken()
		}
		d.second()
	}
	d.venue.Clear()
	for range 400 {
		d.second()
	}
	d.agree()
	d.budget()
	d.Logf("%d h: %d orders, bars at most %s old, gate shut for %d s, another position than the venue's for %s at the most, %d requests", *hours,
		len(d.venue.Ledger().Orders), d.oldest, d.closed, d.longest, len(d.venue.Requests()))
	require.Positive(d, d.closed, "the gate was shut while no bar was to be had")
	require.Less(d, d.longest, time.Minute, "the book held something else than the venue")
	end()
	d.die()
	d.listening.Wait()
	d.transport.CloseIdleConnections()
	cancel()
	venue.Wait()
	synctest.Wait()
}

// spoil does something to the streams.
func (d *day) spoil() {
	faults := []func(){
		d.venue.CutStreams, d.venue.HalfFrame, d.venue.ExpireListenKey,
		func() { d.venue.MuteStreams(time.Duration(d.random.IntN(300)) * time.Second) },
		func() { d.venue.RepeatEvents(5) },
		func() { d.venue.ReorderEvents(5) },
	}
	faults[d.random.IntN(len(faults))]()
}

// darken has the venue tell no bars for ten minutes, neither by a stream nor when it is asked.
func (d *day) darken() {
	d.dark = time.Now().Add(10 * time.Minute)
	d.venue.MuteStreams(10 * time.Minute)
	d.venue.Inject(binancetest.BadGateway{On: binancetest.On{Method: http.MethodGet, Path: "/fapi/v1/klines", Times: -1}})
}

func (d *day) second() {
	now := time.Now()
	if !d.dark.IsZero() && now.After(d.dark) {
		d.dark = time.Time{}
		d.venue.Clear()
	}
	d.move(d.random.Int64N(401) - 200 + (usual-d.price.Load())/1000)
	if now.Second()%5 == 0 {
		d.readBars(now)
	}
	_ = d.engine.Step(context.Background()) // what fails is tried again
	if d.shut.Load() > 0 {
		d.closed++
	}
	if now.Second()%5 == 4 {
		d.look(now)
	}
	time.Sleep(time.Until(now.Add(time.Second)))
}

// look compares the book with the venue, and sees that nothing is opened while the gate is shut.
func (d *day) look(now time.Time) {
	if shut := d.shut.Load(); shut > 0 {
		for _, o := range d.venue.Ledger().Orders {
			late := o.Created.After(time.UnixMilli(shut))
			require.False(d, late && !o.ReduceOnly, "%s of %s was opened on old bars", o.Type, o.Qty)
		}
	}
	held := decimal.Zero
	for _, p := range d.engine.Status().Positions {
		held = held.Add(p.Quantity)
	}
	there := d.venue.Position("BTCUSDT")
	require.True(d, there.Abs().LessThan(most), "%s is held, and no signal asks for so much", there)
	switch {
	case held.Equal(there):
		d.differs = time.Time{}
	case d.differs.IsZero():
		d.differs = now
	default:
		d.longest = max(d.longest, now.Sub(d.differs))
	}
}

func (d *day) readBars(now time.Time) {
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

// budget adds up what was asked for in each minute.
func (d *day) budget() {
	weights := make(map[time.Time]int)
	for _, r := range d.venue.Requests() {
		minute := r.At.Truncate(time.Minute)
		weights[minute] += r.Weight
		require.LessOrEqual(d, weights[minute], 2400)
		require.NotEqual(d, http.StatusTooManyRequests, r.Status, "%+v", r)
		require.NotEqual(d, http.StatusTeapot, r.Status, "%+v", r)
	}
}

// narrow is a limit of weight that is soon used up.
const narrow = 400

// Whoever asks for history as fast as the venue lets him does not keep cancels waiting, and the venue never has to refuse.
func TestCancelsAreNeverStarved(t *testing.T) {
	t.Parallel()
	bubble(t, binancetest.Config{Weight: narrow}, func(ctx context.Context, t *testing.T, h hall) {
		h.Move("BTCUSDT", decimal.NewFromInt(60000))
		h.History("BTCUSDT", closes(1500))
		s, err := h.Source(time.Minute)
		require.NoError(t, err)
		asking, end := context.WithCancel(ctx)
		var askers sync.WaitGroup
		var asked atomic.Int64
		for range 3 {
			askers.Go(func() {
				for asking.Err() == nil {
					if _, err := s.Bars(asking, symbol, time.Now().Add(-24*time.Hour), 1400); err == nil {
						asked.Add(1)
					}
				}
			})
		}
		for i := range 60 {
			began := time.Now()
			a := approveLimit(t, i)
			require.NoError(t, h.Cancel(ctx, submitted(ctx, t, h, a).Ref()))
			require.Less(t, time.Since(began), time.Second)
			time.Sleep(10 * time.Second)
		}
		end()
		askers.Wait()
		weights := make(map[time.Time]int)
		for _, r := range h.Requests() {
			weights[r.At.Truncate(time.Minute)] += r.Weight
			require.NotEqual(t, http.StatusTooManyRequests, r.Status)
		}
		for _, w := range weights {
			require.LessOrEqual(t, w, narrow)
		}
		require.Greater(t, asked.Load(), int64(150), "history was asked for as fast as the venue allows")
	})
}

// The listen key is renewed: hours without trouble have one stream. One that is not renewed is found by that.
func TestListenKeyIsRenewed(t *testing.T) {
	t.Parallel()
	keys := func(t *testing.T, p plant) (asked int) {
		synctest.Test(t, func(t *testing.T) {
			c := newCampaign(t, 0)
			ctx, cancel := context.WithCancel(context.Background())
			var running sync.WaitGroup
			running.Go(func() { _ = c.venue.Listen(ctx) })
			var network http.RoundTripper = &http.Transport{DialContext: c.venue.Dial, DisableKeepAlives: true}
			if p.below != nil {
				network = p.below(network)
			}
			b, err := binance.New(binance.Config{
				APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue",
				Symbols: []string{symbol}, Transport: network, Logger: quiet,
			})
			require.NoError(t, err)
			running.Go(func() { _ = b.Serve(ctx) })
			time.Sleep(5 * time.Hour)
			for _, r := range c.venue.Requests() {
				if r.Method == http.MethodPost && r.Path == "/fapi/v1/listenKey" {
					asked++
				}
			}
			cancel()
			running.Wait()
			synctest.Wait()
		})
		return asked
	}
	require.Equal(t, 1, keys(t, plant{}))
	require.Greater(t, keys(t, plant{below: forgetsKey}), 1)
}
