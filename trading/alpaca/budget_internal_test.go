package alpaca

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// taking takes from a budget in a bubble, and returns how long after its begin that was.
func taking(t *testing.T) (*budget, func(c class) time.Duration) {
	b := newBudget(clock.New())
	began := time.Now()
	return b, func(c class) time.Duration {
		t.Helper()
		require.NoError(t, b.take(t.Context(), request{what: "ask", class: c}))
		return time.Since(began)
	}
}

func TestBudgetKeepsRoomForWhatIsUrgent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, take := taking(t)
		for range 60 {
			require.Zero(t, take(bulk))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		err := b.take(ctx, request{what: "ask for fills", class: bulk})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "ask for fills: it was not sent")
		for range 20 {
			require.Equal(t, 500*time.Millisecond, take(normal))
		}
		for range 20 {
			require.Equal(t, 500*time.Millisecond, take(urgent))
		}
		require.Equal(t, 600*time.Millisecond, take(urgent).Truncate(10*time.Millisecond), "and another comes back each 0.6 s")
		require.Greater(t, take(normal), 12*time.Second, "which waits until others have their part again")
	})
}

func TestBudgetIsNeverExceededInAnyMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, take := taking(t)
		var at []time.Duration
		for len(at) < 1000 {
			at = append(at, take(urgent))
			if n := len(at) - allowed; n > 0 {
				require.Greater(t, at[len(at)-1]-at[n-1], time.Minute, "request %d", len(at))
			}
		}
		require.Less(t, at[len(at)-1], 10*time.Minute, "half as many as are allowed come back in each minute")
	})
}

func TestBudgetFollowsTheVenuesCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers map[string]string
		status  int
		refused int           // answers of this kind, 1 where it is 0
		urgent  time.Duration // until a guard may go
		normal  time.Duration // until another may
	}{
		"it says nothing":           {nil, 200, 1, 0, 0},
		"much is left":              {map[string]string{"Remaining": "180"}, 200, 1, 0, 0},
		"little is left":            {map[string]string{"Remaining": "5"}, 200, 1, 0, 10 * time.Second},
		"nothing is left":           {map[string]string{"Remaining": "0", "Reset": "+20"}, 200, 1, 20 * time.Second, 20 * time.Second},
		"the reset is long ago":     {map[string]string{"Remaining": "0", "Reset": "-20"}, 200, 1, time.Second, 12 * time.Second},
		"the reset is in a day":     {map[string]string{"Remaining": "0", "Reset": "+86400"}, 200, 1, time.Minute, time.Minute},
		"it allows more":            {map[string]string{"Limit": "1000", "Remaining": "30"}, 200, 1, 0, 9 * time.Second},
		"what it says is no number": {map[string]string{"Limit": "x", "Remaining": "", "Reset": "soon"}, 200, 1, 0, 0},
		"429 that says until when":  {map[string]string{"Reset": "+7"}, 429, 1, 7 * time.Second, 7 * time.Second},
		"429 that says how long":    {map[string]string{"Retry-After": "9"}, 429, 1, 9 * time.Second, 9 * time.Second},
		"429 that says too long":    {map[string]string{"Retry-After": "99999999999"}, 429, 1, time.Minute, time.Minute},
		"429 that says nothing":     {nil, 429, 1, time.Second, time.Second},
		"429 for the third time":    {nil, 429, 3, 4 * time.Second, 4 * time.Second},
		"429 for the hundredth":     {nil, 429, 100, 4 * time.Second, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, take := taking(t)
				h := http.Header{}
				for name, value := range c.headers {
					if in, err := strconv.Atoi(value); err == nil && name == "Reset" {
						value = strconv.FormatInt(time.Now().Unix()+int64(in), 10)
					}
					if name != "Retry-After" {
						name = "X-RateLimit-" + name
					}
					h.Set(name, value)
				}
				for range c.refused {
					b.note(&exchange{status: c.status, header: h})
				}
				require.InDelta(t, c.urgent, take(urgent), float64(50*time.Millisecond))
				require.InDelta(t, c.normal, take(normal), float64(3*time.Second))
			})
		})
	}
}

func TestBudgetForgetsThatItWasRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, take := taking(t)
		for range 5 {
			b.note(&exchange{status: 429})
		}
		require.Equal(t, 4*time.Second, take(urgent))
		b.note(&exchange{status: 200})
		b.note(&exchange{status: 429})
		require.Equal(t, 5*time.Second, take(urgent))
	})
}

// When the venue's minute ends a guard that has waited for it goes first, then questions, and what opens last: that does not
// wait, as a guard may stand behind it.
func TestBudgetHasGuardsFirstInLineWhenTheMinuteEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, take := taking(t)
		b.note(&exchange{status: 429, header: http.Header{"Retry-After": {"30"}}})
		err := b.take(t.Context(), request{what: "submit order v-1", class: opening})
		require.ErrorIs(t, err, errWait)
		require.ErrorContains(t, err, "submit order v-1: it was not sent")
		went := make(chan class, 3)
		for _, c := range []class{bulk, normal, urgent} {
			go func() {
				require.NoError(t, b.take(t.Context(), request{what: "ask", class: c}))
				went <- c
			}()
			synctest.Wait()
		}
		require.Equal(t, urgent, <-went)
		require.Equal(t, 30*time.Second, take(urgent), "it does not go sooner")
		<-went
		<-went
		require.ErrorIs(t, b.take(t.Context(), request{what: "submit", class: opening}), errWait, "guards may follow from answers")
		time.Sleep(lags[opening])
		require.NoError(t, b.take(t.Context(), request{what: "submit", class: opening}))
	})
}

// A venue that only says no keeps those busy who ask for history; a cancel is sent at once nevertheless.
func TestCancelIsSentWhileHistoryIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const id = "0001"
		order := `{"id":"` + id + `","client_order_id":"v-1","symbol":"AAPL","qty":"1","filled_qty":"0","type":"limit",` +
			`"side":"buy","status":"new","order_class":"simple"}`
		var mu sync.Mutex // guards counts
		counts := make(map[string]int)
		asked := func(what string) int {
			mu.Lock()
			defer mu.Unlock()
			return counts[what]
		}
		b := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			counts[r.Method+" "+r.URL.Path]++
			mu.Unlock()
			switch {
			case r.Method == http.MethodDelete:
				w.WriteHeader(http.StatusNoContent)
			case r.URL.Path == "/v2/orders:by_client_order_id":
				_, _ = w.Write([]byte(order))
			default:
				_, _ = w.Write([]byte("[]"))
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		for range 8 {
			go func() {
				for ctx.Err() == nil {
					_, _, _ = b.Fills(ctx, trading.Cursor{}, 100)
				}
			}()
		}
		time.Sleep(10 * time.Minute)
		began, fills := time.Now(), asked("GET /v2/account/activities")
		require.InDelta(t, 1060, fills, 5, "a minute has a hundred, and sixty are there at the begin")
		for n := range 15 {
			require.NoError(t, b.Cancel(t.Context(), trading.OrderRef{ClientID: "v-1", Symbol: "AAPL"}))
			require.Equal(t, n+1, asked("DELETE /v2/orders/"+id))
		}
		require.Zero(t, time.Since(began))
		cancel()
		synctest.Wait()
	})
}

// inBubble is a Broker whose venue answers at once, in the goroutine that asks, one request after the other.
func inBubble(t *testing.T, answer http.HandlerFunc, change ...func(*Config)) *Broker {
	t.Helper()
	one := make(chan struct{}, 1)
	cfg := Config{
		APIKey: "k", SecretKey: "s", URL: "http://venue", DataURL: "http://data", Logger: silent,
		Transport: transport(func(r *http.Request) (*http.Response, error) {
			one <- struct{}{}
			defer func() { <-one }()
			w := httptest.NewRecorder()
			answer(w, r)
			return w.Result(), nil
		}),
	}
	for _, c := range change {
		c(&cfg)
	}
	b, err := New(cfg)
	require.NoError(t, err)
	return b
}
