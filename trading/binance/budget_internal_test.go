package binance

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
)

func TestBudgetKeepsRoomForCancels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(clock.New(), time.Now)
		b.limit([]futures.RateLimit{{RateLimitType: "REQUEST_WEIGHT", Interval: "MINUTE", IntervalNum: 1, Limit: 100}})
		began := time.Now()
		take := func(weight int, c class) time.Duration {
			require.NoError(t, b.take(t.Context(), request{what: "x", weight: weight, class: c}))
			return time.Since(began)
		}
		require.Zero(t, take(60, bulk))
		require.Zero(t, take(20, normal))
		require.Zero(t, take(20, urgent))
		require.Equal(t, time.Minute, take(60, bulk), "the minute is used up")
		require.Equal(t, time.Minute, take(40, urgent))
		require.Equal(t, 2*time.Minute, take(1, urgent))
		require.Equal(t, 3*time.Minute, take(200, bulk), "what is more than fits goes alone")
	})
}

func TestBudgetCountsOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(clock.New(), time.Now)
		b.limit([]futures.RateLimit{
			{RateLimitType: "ORDERS", Interval: "SECOND", IntervalNum: 10, Limit: 10},
			{RateLimitType: "ORDERS", Interval: "MINUTE", IntervalNum: 1, Limit: 15},
		})
		began := time.Now()
		take := func(c class) time.Duration {
			require.NoError(t, b.take(t.Context(), request{what: "x", order: true, class: c}))
			return time.Since(began)
		}
		for range 8 {
			require.Zero(t, take(normal))
		}
		require.Zero(t, take(urgent), "what reduces may go on")
		require.Equal(t, 10*time.Second, take(normal))
		for range 5 {
			require.Equal(t, 10*time.Second, take(urgent))
		}
		require.Equal(t, time.Minute, take(urgent))
	})
}

func TestBudgetFollowsTheVenuesCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(clock.New(), time.Now)
		b.note(&exchange{status: 200, header: header("X-MBX-USED-WEIGHT-1M", "2399")}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.ErrorIs(t, b.take(ctx, request{what: "ask", weight: 1}), context.DeadlineExceeded)
		require.NoError(t, b.take(t.Context(), request{weight: 1, class: urgent}))
		b.note(&exchange{status: 200, header: header("X-MBX-USED-WEIGHT-1M", "5")}, nil)
		require.ErrorIs(t, b.take(ctx, request{weight: 1}), context.DeadlineExceeded, "an answer that comes late takes nothing back")
	})
}

func header(name, value string) http.Header {
	h := http.Header{}
	h.Set(name, value)
	return h
}

func TestBudgetLeavesTheVenueAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status     int
		code       int
		text       string
		retryAfter string
		everything time.Duration
		orders     time.Duration
	}{
		"429 that says how long":       {429, codeTooMany, "", "7", 7 * time.Second, 7 * time.Second},
		"429 that does not":            {429, codeTooMany, "", "", time.Minute, time.Minute},
		"429 that says nothing at all": {429, 0, "", "", time.Minute, time.Minute},
		"418 that says how long":       {418, codeTooMany, "", "600", 10 * time.Minute, 10 * time.Minute},
		"418 that does not":            {418, codeTooMany, "", "", 2 * time.Minute, 2 * time.Minute},
		"418 that says until when":     {418, codeTooMany, "IP banned until 946684830000. Please", "", 30 * time.Second, 30 * time.Second},
		"a wait that cannot be":        {418, codeTooMany, "", "9999999", 72 * time.Hour, 72 * time.Hour},
		"one that is over":             {429, codeTooMany, "", "-5", time.Second, time.Second},
		"too many orders":              {429, codeTooManyNew, "", "", 0, 10 * time.Second},
		"the firewall":                 {403, 0, "", "", 10 * time.Second, 10 * time.Second},
		"what was rejected":            {400, -2019, "", "", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // it begins at midnight of 2000-01-01
				b := newBudget(clock.New(), time.Now)
				x := &exchange{sent: true, status: c.status, header: http.Header{}, body: []byte("{}")}
				if c.retryAfter != "" {
					x.header = header("Retry-After", c.retryAfter)
				}
				o := refused
				if c.code == -2019 {
					o = rejected
				}
				b.note(x, &failure{what: "ask", outcome: o, status: c.status, complaint: complaint{c.code, c.text}})
				began := time.Now()
				step := 100 * time.Millisecond
				if c.everything > time.Hour {
					step = time.Minute
				}
				until := func(r request) time.Duration {
					for b.take(t.Context(), r) != nil {
						time.Sleep(step)
					}
					return time.Since(began)
				}
				require.Equal(t, c.everything, until(request{class: urgent}))
				require.Equal(t, c.orders, until(request{class: urgent, order: true}))
			})
		})
	}
}
