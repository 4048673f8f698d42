package alpaca_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// closes are prices of bars, with an odd one now and then.
func closes(n int) (all []decimal.Decimal) {
	for i := range n {
		all = append(all, decimal.New(20000+int64(i*i%977), -2))
	}
	return all
}

func TestSourceIsASource(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Minute, 5 * time.Minute} {
		t.Run(interval.String(), func(t *testing.T) {
			t.Parallel()
			signaltest.TestSource(t, func(t *testing.T) (signal.Source, string) {
				standing := clock.NewMock()
				standing.Set(time.Date(2026, 11, 30, 15, 0, 30, 0, time.UTC))
				d := open(t, func(c *alpacatest.Config) { c.Now = standing.Now })
				d.History("AAPL", closes(700))
				b := d.broker(t, func(cfg *alpaca.Config) { cfg.Clock, cfg.DataURL = standing, d.url })
				s, err := b.Source(interval)
				require.NoError(t, err)
				return s, "AAPL"
			})
		})
	}
}

func TestSourceHasWhatTheVenueHas(t *testing.T) {
	t.Parallel()
	d := open(t)
	_, err := d.broker(t).Source(time.Minute)
	require.ErrorContains(t, err, "Config.DataURL is empty")
	for _, interval := range []time.Duration{0, time.Second, 7 * time.Minute, 2 * time.Hour, 48 * time.Hour} {
		_, err = d.broker(t, func(cfg *alpaca.Config) { cfg.DataURL = d.url }).Source(interval)
		require.ErrorContains(t, err, "there is no Source of bars of "+interval.String())
	}
}

// hall is a venue in memory, in a bubble that begins on a Monday at 10:00 in New York, and a Source of its minutes.
type hall struct {
	*alpacatest.Venue
	*alpaca.Source
	t        *testing.T
	registry *health.Registry
	said     *words
	refuse   *atomic.Bool // streams of bars
}

// door lets no stream of bars be opened while it is shut.
type door struct {
	shut *atomic.Bool
	http.RoundTripper
}

func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.shut.Load() && r.URL.Path == "/v2/iex" {
		return nil, errors.New("no route to host")
	}
	return d.RoundTripper.RoundTrip(r)
}

// bubble runs f with a Source whose Serve runs.
func bubble(t *testing.T, interval time.Duration, change func(*alpacatest.Config, *alpaca.Config), f func(h hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		said := &words{}
		has := alpacatest.Config{Start: time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC), Logger: slog.New(slog.DiscardHandler)}
		transport, shut := &http.Transport{}, &atomic.Bool{}
		wants := alpaca.Config{
			APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", DataURL: "http://venue",
			DataStreamURL: "ws://venue/v2", Symbols: []string{"AAPL"}, Transport: door{shut, transport},
			Logger: slog.New(slog.NewTextHandler(said, nil)),
		}
		if change != nil {
			change(&has, &wants)
		}
		v := alpacatest.New(has)
		wants.Clock, transport.DialContext = v, v.Dial
		v.History("AAPL", closes(10))
		b, err := alpaca.New(wants)
		require.NoError(t, err)
		s, err := b.Source(interval)
		require.NoError(t, err)
		registry := health.NewRegistry(health.Config{Clock: clock.New()})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = v.Listen(ctx) })
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(health.NewContext(ctx, registry.Begin("bars").Part())) }()
		time.Sleep(3 * time.Second) // and the minute before is certain to be over
		f(hall{v, s, t, registry, said, shut})
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		transport.CloseIdleConnections()
		running.Wait()
		synctest.Wait()
	})
}

// after asks for what comes after a time.
func (h hall) after(at time.Time) []signal.Bar {
	h.t.Helper()
	batch, err := h.Bars(h.t.Context(), "AAPL", at, 100)
	require.NoError(h.t, err)
	return batch.Bars
}

// condition is what health says of the bars; nil where it says nothing.
func (h hall) condition() *health.Raised {
	for _, p := range h.registry.Report().Parts {
		for _, c := range p.Conditions {
			if c.Key == "bars" {
				return &c
			}
		}
	}
	return nil
}

func (h hall) requests() int { return len(h.Requests()) }

func TestSourceTellsABarAsItCloses(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		bars := h.after(time.Time{})
		require.Len(t, bars, 10)
		last := bars[9].Time
		before := h.requests()
		for i := range 5 {
			woken := h.Wake()
			h.Move("AAPL", decimal.NewFromInt(int64(210+i)))
			<-woken
			bars = h.after(last)
			require.Len(t, bars, 1)
			require.Equal(t, last.Add(time.Minute), bars[0].Time)
			require.InDelta(t, 210+i, bars[0].Close, 1e-9)
			require.Less(t, h.Now().Sub(bars[0].End()), time.Second)
			last = bars[0].Time
		}
		require.Equal(t, before, h.requests(), "what was pushed is not asked for")
	})
}

func TestSourceAsksForNothingInMinutesWithoutATrade(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		bars := h.after(time.Time{})
		last := bars[len(bars)-1].Time
		before := h.requests()
		for range 12 * 60 { // an hour of cycles
			require.Empty(t, h.after(last))
			time.Sleep(5 * time.Second)
		}
		require.InDelta(t, before+30, h.requests(), 2, "the stream is believed for two minutes at a time")
		woken := h.Wake()
		h.Move("AAPL", decimal.NewFromInt(211))
		<-woken
		bars = h.after(last)
		require.Len(t, bars, 1)
		require.Equal(t, last.Add(61*time.Minute), bars[0].Time)
	})
}

func TestSourceAsksForWhatWasTradedWhileTheStreamIsDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*alpacatest.Venue){
		"a clean end": (*alpacatest.Venue).CutStreams, "half a frame": (*alpacatest.Venue).HalfFrame,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, time.Minute, nil, func(h hall) {
				bars := h.after(time.Time{})
				last := bars[len(bars)-1].Time
				h.Move("AAPL", decimal.NewFromInt(210))
				woken := h.Wake()
				fault(h.Venue)
				<-woken // at once, so that it is asked for
				time.Sleep(2 * time.Minute)
				require.Len(t, h.after(last), 1)
				require.True(t, h.said.has("they are asked for"))
				require.Nil(t, h.condition(), "it is up again")
				last = last.Add(2 * time.Minute)
				before := h.requests()
				h.Move("AAPL", decimal.NewFromInt(211))
				<-h.Wake()
				require.Len(t, h.after(last), 1)
				require.Equal(t, before, h.requests())
			})
		})
	}
}

func TestSourceFindsAStreamThatIsMute(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		bars := h.after(time.Time{})
		last := bars[len(bars)-1].Time
		h.MuteStreams(true)
		h.Move("AAPL", decimal.NewFromInt(210))
		time.Sleep(time.Minute + 50*time.Second)
		require.Empty(t, h.after(last), "the stream is believed yet")
		time.Sleep(20 * time.Second)
		require.Len(t, h.after(last), 1, "the venue is asked")
		require.Nil(t, h.condition())
		h.MuteStreams(false)
		time.Sleep(31 * time.Second)
		require.True(t, h.said.has("has not told the bar of AAPL at"))
		require.Equal(t, 2, h.Dialed())
		time.Sleep(time.Minute)
		require.Nil(t, h.condition())
	})
}

func TestSourceTellsACorrectedBarFromThenOn(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		bars := h.after(time.Time{})
		last := bars[len(bars)-1].Time
		h.Move("AAPL", decimal.NewFromInt(210))
		<-h.Wake()
		told := h.after(last)
		require.Len(t, told, 1)
		woken := h.Wake()
		require.True(t, h.CorrectBar("AAPL", decimal.NewFromInt(215)))
		time.Sleep(time.Second)
		select {
		case <-woken:
			t.Fatal("a bar that is corrected is no new one")
		default:
		}
		again := h.after(last)
		require.Len(t, again, 1)
		require.Equal(t, told[0].Time, again[0].Time)
		require.InDelta(t, 210, told[0].Close, 1e-9)
		require.InDelta(t, 215, again[0].Close, 1e-9)
		require.Empty(t, h.after(told[0].Time), "whoever has it is not told again")
		require.True(t, h.said.has("has corrected a bar"))
	})
}

func TestSourceTakesABarThatComesTwiceOnce(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		bars := h.after(time.Time{})
		last := bars[len(bars)-1].Time
		h.RepeatEvents(100)
		for i := range 3 {
			h.Move("AAPL", decimal.NewFromInt(int64(210+i)))
			time.Sleep(time.Minute)
		}
		bars = h.after(last)
		require.Len(t, bars, 3)
		for i, b := range bars {
			require.Equal(t, last.Add(time.Duration(i+1)*time.Minute), b.Time)
		}
	})
}

func TestSourceSaysWhatAPersonHasToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*alpacatest.Config, *alpaca.Config)
		text   string
		remedy string
	}{
		"a feed that is not paid for": {
			func(_ *alpacatest.Config, c *alpaca.Config) { c.Feed = "sip" },
			"409 insufficient subscription", "Config.Feed",
		},
		"a key that is not known": {
			func(_ *alpacatest.Config, c *alpaca.Config) { c.SecretKey = "other" }, "402 auth failed", "see that the key is right",
		},
		"more symbols than are paid for": {
			func(v *alpacatest.Config, c *alpaca.Config) {
				c.Symbols = nil
				for i := range 31 {
					symbol := "A" + string(rune('A'+i/26)) + string(rune('A'+i%26))
					c.Symbols = append(c.Symbols, symbol)
					v.Assets = append(v.Assets, alpacatest.Asset{Symbol: symbol, Price: num("1")})
				}
				v.Assets = append(v.Assets, alpacatest.Asset{Symbol: "AAPL", Price: num("1")})
			}, "405 symbol limit exceeded", "Config.Symbols",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, time.Minute, c.change, func(h hall) {
				time.Sleep(5 * time.Minute)
				raised := h.condition()
				require.NotNil(t, raised)
				require.True(t, raised.Person)
				require.Contains(t, raised.Text, c.text)
				require.NotContains(t, raised.Text, "other")
				require.Contains(t, raised.Remedy, c.remedy)
				require.Less(t, h.Dialed(), 20, "and does not hammer the venue")
			})
		})
	}
}

func TestSourceSaysThatAnotherStreamIsOpen(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		t := h.t
		require.Nil(t, h.condition())
		b, err := alpaca.New(alpaca.Config{
			APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", DataURL: "http://venue",
			DataStreamURL: "ws://venue/v2", Symbols: []string{"AAPL"}, Transport: h.Client().Transport, Clock: h.Venue,
			Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		second, err := b.Source(time.Minute)
		require.NoError(t, err)
		registry := health.NewRegistry(health.Config{Clock: clock.New()})
		other := hall{h.Venue, second, t, registry, nil, nil}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- second.Serve(health.NewContext(ctx, registry.Begin("bars").Part())) }()
		time.Sleep(200 * time.Millisecond)
		require.False(t, other.condition().Person, "the one before may be open yet at the venue")
		time.Sleep(time.Minute)
		raised := other.condition()
		require.True(t, raised.Person)
		require.Contains(t, raised.Text, "406 connection limit exceeded")
		require.Contains(t, raised.Remedy, "another stream of this account is open")
		require.Nil(t, h.condition(), "the first one goes on")
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestSourceOfOtherIntervalsWakesWhenOneIsOver(t *testing.T) {
	t.Parallel()
	bubble(t, 5*time.Minute, func(_ *alpacatest.Config, c *alpaca.Config) { c.DataStreamURL = "" }, func(h hall) {
		first := h.after(time.Time{})
		require.Len(t, first, 2)
		for i := range 3 {
			h.Move("AAPL", decimal.NewFromInt(int64(210+i)))
			<-h.Wake()
			bars := h.after(first[1].Time)
			require.Len(t, bars, i+1)
			require.InDelta(t, 210+i, bars[i].Close, 1e-9)
			require.Less(t, h.Now().Sub(bars[i].End()), 3*time.Second)
		}
		before := h.requests()
		time.Sleep(time.Minute)
		require.Empty(t, h.after(h.Now().Truncate(5*time.Minute).Add(-5*time.Minute)))
		require.Equal(t, before, h.requests(), "no bar can have closed yet")
		require.Zero(t, h.Dialed())
	})
}

func TestSourceIsNotBelievedWhileItsStreamIsDown(t *testing.T) {
	t.Parallel()
	bubble(t, time.Minute, nil, func(h hall) {
		bars := h.after(time.Time{})
		last := bars[len(bars)-1].Time
		h.Move("AAPL", decimal.NewFromInt(210))
		h.refuse.Store(true)
		h.CutStreams()
		time.Sleep(time.Minute)
		raised := h.condition()
		require.NotNil(h.t, raised)
		require.Contains(h.t, raised.Text, "no route to host")
		require.False(h.t, raised.Person, "it connects again by itself")
		require.Len(h.t, h.after(last), 1, "in the two minutes in which a stream would be believed")
		h.refuse.Store(false)
		time.Sleep(time.Minute)
		require.Nil(h.t, h.condition())
	})
}

func TestSourceTellsNoBarThatIsPushedOutOfHours(t *testing.T) {
	t.Parallel()
	closes := time.Date(2026, 11, 30, 15, 2, 0, 0, time.UTC)
	for _, all := range []bool{false, true} {
		bubble(t, time.Minute, func(_ *alpacatest.Config, c *alpaca.Config) {
			c.IsOpen, c.OutOfHours = func(at time.Time) bool { return at.Before(closes) }, all
		}, func(h hall) {
			bars := h.after(time.Time{})
			last := bars[len(bars)-1].Time
			for i := range 4 {
				h.Move("AAPL", decimal.NewFromInt(int64(210+i)))
				time.Sleep(time.Minute)
			}
			before := h.requests()
			want := 2
			if all {
				want = 4
			}
			require.Len(h.t, h.after(last), want)
			require.Equal(h.t, before, h.requests())
		})
	}
}
