package feed_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// two is a Failover over two sources that can be broken, in a bubble.
type two struct {
	*feed.Failover
	main, spare *signaltest.Flaky
	switches    []string
}

func newTwo(t *testing.T, change func(*feed.FailoverConfig)) *two {
	now := time.Now().Truncate(time.Minute)
	p := &two{main: signaltest.NewFlaky(newSynthetic(t, 1, time.Minute, now)), spare: signaltest.NewFlaky(newSynthetic(t, 1, time.Minute, now))}
	cfg := feed.FailoverConfig{
		Sources: []feed.NamedSource{{Name: "main", Source: p.main}, {Name: "spare", Source: p.spare}},
		OnSwitch: func(symbol, from, to string, why error) {
			p.switches = append(p.switches, fmt.Sprintf("%s: %s to %s: %v", symbol, from, to, why))
		},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	p.Failover, err = feed.NewFailover(cfg)
	require.NoError(t, err)
	return p
}

// ask returns how many of the ten newest bars came, and how long that took.
func (p *two) ask(t *testing.T) (int, time.Duration, error) {
	begun := time.Now()
	batch, err := p.Bars(t.Context(), btc, begun.Truncate(time.Minute).Add(-11*time.Minute), 100)
	return len(batch.Bars), time.Since(begun), err
}

func TestFailoverIsASource(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]signaltest.Fault{
		"while both are well":     {signaltest.Fine},
		"while the first is down": {signaltest.Failing},
		"while the first panics":  {signaltest.Panicking},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signaltest.TestSource(t, func(t *testing.T) (signal.Source, string) {
				first := signaltest.NewFlaky(newSynthetic(t, 1, time.Hour, noon))
				first.Set(btc, faults...)
				f, err := feed.NewFailover(feed.FailoverConfig{Sources: []feed.NamedSource{
					{Name: "a", Source: first}, {Name: "b", Source: newSynthetic(t, 1, time.Hour, noon)},
				}})
				require.NoError(t, err)
				return f, btc
			})
		})
	}
}

func TestNextSourceAnswersWhereOneFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault signaltest.Fault
		why   string
		takes time.Duration
	}{
		{signaltest.Failing, "signaltest: the source fails on request", 0},
		{signaltest.Panicking, "panic: signaltest: the source fails on request", 0},
		{signaltest.Exiting, "runtime.Goexit was called", 0},
		{signaltest.Hanging, "context deadline exceeded", 2 * time.Second},
		{signaltest.Deaf, "context deadline exceeded", 2 * time.Second},
		{signaltest.Garbage, "the bar of", 0},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newTwo(t, nil)
				n, _, err := p.ask(t)
				require.NoError(t, err)
				require.Equal(t, 10, n)
				p.main.Set(btc, c.fault)

				n, took, err := p.ask(t)
				require.NoError(t, err)
				require.Equal(t, 10, n)
				require.Equal(t, c.takes, took)
				serving, ok := p.Current(btc)
				require.True(t, ok)
				require.Equal(t, "spare", serving)
				require.Len(t, p.switches, 1)
				require.Contains(t, p.switches[0], btc+": main to spare: ")
				require.Contains(t, p.switches[0], c.why)

				_, took, err = p.ask(t)
				require.NoError(t, err)
				require.Zero(t, took, "the one that failed is left alone")
				require.Equal(t, 2, p.main.Calls(btc))

				p.main.Set(btc)
				p.main.Release()
				time.Sleep(30 * time.Second)
				_, _, err = p.ask(t)
				require.NoError(t, err)
				serving, _ = p.Current(btc)
				require.Equal(t, "main", serving, "it has its place again")
				require.Len(t, p.switches, 2)
				require.Contains(t, p.switches[1], btc+": spare to main: <nil>")
			})
		})
	}
}

func TestCallThatHangsIsNotMadeTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newTwo(t, nil)
		p.main.Set(btc, signaltest.Deaf)
		for range 100 {
			_, _, err := p.ask(t)
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, p.main.Calls(btc))
		require.Equal(t, 1, p.main.Waiting())
		p.spare.Set(btc, signaltest.Failing)
		_, _, err := p.ask(t)
		require.ErrorContains(t, err, "main: an earlier call is not back yet")
		require.ErrorContains(t, err, "spare: signaltest: the source fails on request")
		p.main.Set(btc)
		p.main.Release()
		synctest.Wait()
		_, _, err = p.ask(t)
		require.NoError(t, err, "the moment it has returned it is asked again, since nobody else is well")
	})
}

func TestFailoverAsksAllAgainWhereAllFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newTwo(t, nil)
		p.main.Set(btc, signaltest.Failing)
		p.spare.Set(btc, signaltest.Failing, signaltest.Failing, signaltest.Fine)
		for range 2 {
			_, _, err := p.ask(t)
			require.ErrorIs(t, err, signaltest.ErrFlaky)
			require.ErrorContains(t, err, "main: signaltest: the source fails")
			require.ErrorContains(t, err, "spare: signaltest: the source fails")
		}
		n, _, err := p.ask(t)
		require.NoError(t, err)
		require.Equal(t, 10, n)
		require.Equal(t, 3, p.main.Calls(btc))
	})
}

func TestSilenceIsDoubtedAfterAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		believing := newTwo(t, nil)
		believing.main.Set(btc, signaltest.Empty)
		n, _, err := believing.ask(t)
		require.NoError(t, err)
		require.Zero(t, n)

		doubting := newTwo(t, func(c *feed.FailoverConfig) { c.MaxSilence = 5 * time.Minute })
		doubting.main.Set(btc, signaltest.Empty)
		n, _, err = doubting.ask(t)
		require.NoError(t, err)
		require.Equal(t, 10, n, "bars of ten minutes are missing")
		doubting.spare.Set(btc, signaltest.Empty)
		n, _, err = doubting.ask(t)
		require.NoError(t, err)
		require.Zero(t, n, "nobody knows better")
	})
}

func TestCallersEndIsNoFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newTwo(t, nil)
		p.main.Set(btc, signaltest.Hanging, signaltest.Fine)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := p.Bars(ctx, btc, time.Time{}, 5)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		_, _, err = p.ask(t)
		require.NoError(t, err)
		require.Zero(t, p.spare.Calls(btc))
	})
}

func TestFailoverRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	src := newSynthetic(t, 1, time.Minute, noon)
	one := []feed.NamedSource{{Name: "a", Source: src}}
	for want, cfg := range map[string]feed.FailoverConfig{
		"Sources is empty":            {},
		"Sources[1] has no Name":      {Sources: append(one[:1:1], feed.NamedSource{Source: src})},
		"b has no Source":             {Sources: append(one[:1:1], feed.NamedSource{Name: "b"})},
		"two sources are called a":    {Sources: append(one[:1:1], one[0])},
		"Timeout -1ns is negative":    {Sources: one, Timeout: -1},
		"Retry -1ns is negative":      {Sources: one, Retry: -1},
		"MaxSilence -1ns is negative": {Sources: one, MaxSilence: -1},
	} {
		_, err := feed.NewFailover(cfg)
		require.ErrorContains(t, err, want)
	}
}
