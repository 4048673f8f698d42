package alpaca_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

const (
	refusedFor = 100 * time.Second // so that several requests in a row are refused
	// refusedMore is for how much longer than the venue refuses everything a position may be without its stop: the pause of
	// what was refused last and of an engine whose steps fail, and what it has to ask first.
	refusedMore = 15 * time.Second
)

// The venue refuses all that comes behind an entry, as another program with the same account has used up its minute. The stop
// is there within the bound, whether the venue says when its minute ends or not.
func TestStopIsThereWithinTheBoundAfterTooManyRequests(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct {
		perMinute int // that the venue counts, and tells of in its answers
		refused   time.Duration
		refuse    func(*campaign)
	}{
		"the venue says until when": {200, 59 * time.Second, (*campaign).useUp},
		"it does not": {0, refusedFor, func(c *campaign) {
			c.venue.Inject(alpacatest.Fault{Status: 429, Code: 42910000, Text: "rate limit exceeded", Times: -1})
			time.AfterFunc(refusedFor, c.venue.Clear)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(monday.Add(time.Second)))
				c := newCampaign(t, 1)
				c.venue = alpacatest.New(alpacatest.Config{Logger: quiet, PerMinute: v.perMinute})
				bare := c.bareAfter(v.refuse)
				require.GreaterOrEqual(t, bare, v.refused, "the venue refused it")
				require.LessOrEqual(t, bare, v.refused+refusedMore)
				t.Logf("%s without a stop", bare)
			})
		})
	}
}

// useUp asks until the venue takes no more in its minute.
func (c *campaign) useUp() {
	network := &http.Transport{DialContext: c.venue.Dial}
	defer network.CloseIdleConnections()
	for status := 0; status != http.StatusTooManyRequests; {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://venue/v2/clock", nil)
		require.NoError(c, err)
		r.Header.Set("APCA-API-KEY-ID", alpacatest.Key)
		r.Header.Set("APCA-API-SECRET-KEY", alpacatest.Secret)
		answer, err := network.RoundTrip(r)
		require.NoError(c, err)
		status = answer.StatusCode
		require.NoError(c, answer.Body.Close())
	}
}

// bareAfter buys, has the venue refuse before anybody reads the answer, and returns for how long no stop rests.
func (c *campaign) bareAfter(refuse func(*campaign)) time.Duration {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.venue.Listen(ctx) })
	network := &http.Transport{DialContext: c.venue.Dial}
	once := sync.OnceFunc(func() { refuse(c) })
	broker, err := alpaca.New(alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: "http://venue", StreamURL: "ws://venue/stream",
		Transport: behind{network, once}, MaxFlight: longestFlight, Logger: quiet,
	})
	require.NoError(c, err)
	running.Go(func() { _ = broker.Serve(ctx) })
	cfg := c.config(c.journal, broker)
	cfg.Ticket = trading.FixedTicket{StopLoss: num("0.05")}
	c.moveTo(20000)
	e, err := engine.New(cfg)
	require.NoError(c, err)
	c.says(signal.Long)
	running.Go(func() { _ = e.Serve(ctx) })
	for range 3000 {
		if !c.venue.Held(symbol).IsZero() {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	began := time.Now()
	for len(c.resting()) == 0 && time.Since(began) < 2*refusedFor {
		time.Sleep(10 * time.Millisecond)
	}
	bare := time.Since(began)
	require.Equal(c, "7", c.venue.Held(symbol).String())
	cancel()
	running.Wait()
	network.CloseIdleConnections()
	return bare
}

// behind does something behind the first order, before its answer is read.
type behind struct {
	next http.RoundTripper
	do   func()
}

// RoundTrip implements http.RoundTripper.
func (b behind) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if r.Method == http.MethodPost {
		b.do()
	}
	return answer, err
}
