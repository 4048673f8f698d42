package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// object reads an answer.
func object(t testing.TB, w *httptest.ResponseRecorder) (got map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got), w.Body)
	return got
}

func TestActWithTheSameKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did asked
		h := did.handler(t)
		first := post(h, "flatten", `{"symbol":"BTC/USDT"}`)
		time.Sleep(24*time.Hour - time.Second)
		again := post(h, "flatten", `{ "symbol": "BTC/USDT" }`)
		require.Equal(t, first.Body.String(), again.Body.String())
		require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"))
		require.Len(t, did.done, 1)
		require.Len(t, did.audits, 1)

		p := refused(t, post(h, "flatten", `{"symbol":"ETH/USDT"}`), http.StatusConflict)
		require.Equal(t, "Idempotency-Key", p.Field)
		refused(t, post(h, "cancel", `{"client_id":"BTC/USDT"}`), http.StatusConflict)
		require.Len(t, did.done, 1)

		time.Sleep(time.Second)
		require.Equal(t, http.StatusOK, post(h, "flatten", `{"symbol":"BTC/USDT"}`).Code)
		require.Len(t, did.done, 2, "a day later a key is forgotten")
	})
}

func TestActIsNotAnsweredToAnotherActor(t *testing.T) {
	t.Parallel()
	var did asked
	h := did.handler(t, func(c *console.Config) {
		c.Control.Authorize = func(r *http.Request) (string, error) { return r.Header.Get("X-User"), nil }
	})
	require.Equal(t, http.StatusOK, post(h, "kill", `{}`).Code)
	refused(t, post(h, "kill", `{}`, header("Authorization"), header("X-User", "ann")), http.StatusConflict)
	require.Len(t, did.done, 1)
}

// hanging is a verb that returns when it is let go, or with its context where it obeys that.
type hanging struct {
	free  chan struct{}
	obeys bool
	calls atomic.Int64
}

func (b *hanging) act(ctx context.Context, _ string) error {
	b.calls.Add(1)
	if b.obeys {
		<-ctx.Done()
		return fmt.Errorf("2 positions are left: %w", context.Cause(ctx))
	}
	<-b.free
	return nil
}

func TestActThatTakesLongGoesOnAndIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did asked
		slow := &hanging{free: make(chan struct{})}
		h := did.handler(t, func(c *console.Config) { c.Control.Kill = slow.act })
		gone, leave := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); leave() }()
		began := time.Now()
		w := post(h, "kill", `{}`, func(r *http.Request) { *r = *r.WithContext(gone) })
		require.Equal(t, time.Second, time.Since(began), "nobody waits for the answer any more")
		require.Equal(t, http.StatusAccepted, w.Code)
		require.Equal(t, "/api/status", w.Header().Get("Location"))
		require.Equal(t, "under_way", object(t, w)["state"])

		w = post(h, "kill", `{}`)
		refused(t, w, http.StatusConflict)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/status").Code, "no act keeps a read out")
		require.Empty(t, did.audits)

		close(slow.free)
		synctest.Wait()
		require.Equal(t, http.StatusOK, post(h, "kill", `{}`).Code)
		require.EqualValues(t, 1, slow.calls.Load())
		require.Len(t, did.audits, 1)
		require.Equal(t, time.Second, did.audits[0].Ended.Sub(did.audits[0].Began))
	})
}

func TestActEndsAtItsTimeLimit(t *testing.T) {
	t.Parallel()
	for _, obeys := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var did asked
			slow := &hanging{free: make(chan struct{}), obeys: obeys}
			h := did.handler(t, func(c *console.Config) { c.Control.Kill, c.Control.Timeout = slow.act, 3*time.Second })
			p := refused(t, post(h, "kill", `{}`), http.StatusGatewayTimeout)
			require.Contains(t, p.Detail, "/api/status")
			took := did.audits[0].Ended.Sub(did.audits[0].Began)
			if !obeys {
				require.Equal(t, 4*time.Second, took, "it has a second to say what it leaves")
			} else {
				require.Equal(t, 3*time.Second, took)
				require.Contains(t, did.audits[0].Error, "2 positions are left")
			}
			close(slow.free)
		})
	}
}

// Flattens that hang are bounded, and keep nobody from halting.
func TestActsThatHangAreBoundedByVerb(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did asked
		slow := &hanging{free: make(chan struct{})}
		h := did.handler(t, func(c *console.Config) {
			c.Control.Timeout = time.Second
			c.Control.Flatten = func(ctx context.Context, _, by string) error { return slow.act(ctx, by) }
		})
		codes := make(map[int]int)
		for i := range 20 {
			codes[post(h, "flatten", `{"symbol":"BTC"}`, header("Idempotency-Key", fmt.Sprintf("number-%016d", i))).Code]++
		}
		require.Equal(t, map[int]int{http.StatusGatewayTimeout: 8, http.StatusServiceUnavailable: 12}, codes)
		require.Equal(t, http.StatusOK, post(h, "halt", `{"reason":"it hangs"}`).Code)
		close(slow.free)
		synctest.Wait()
		require.Equal(t, http.StatusOK, post(h, "flatten", `{"symbol":"BTC"}`, header("Idempotency-Key", "after-it-is-free")).Code)
	})
}

func TestActsAreForgottenBeyondABound(t *testing.T) {
	t.Parallel()
	var did asked
	h := did.handler(t)
	for i := range 2001 {
		post(h, "pause", `{}`, header("Idempotency-Key", fmt.Sprintf("number-%016d", i)))
	}
	require.Len(t, did.done, 2001)
	post(h, "pause", `{}`, header("Idempotency-Key", fmt.Sprintf("number-%016d", 1)))
	require.Len(t, did.done, 2001, "only the oldest is forgotten")
	post(h, "pause", `{}`, header("Idempotency-Key", fmt.Sprintf("number-%016d", 0)))
	require.Len(t, did.done, 2002)
}

func TestActThatPanicsIsAnErrorAndAuditsThatFailHoldNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var did asked
		free := make(chan struct{})
		h := did.handler(t, func(c *console.Config) {
			c.Control.Kill = func(context.Context, string) error { panic("oh") }
			c.Control.Audit = func(a journal.Acted) {
				if a.Verb == "kill" {
					panic("no disk")
				}
				<-free
			}
		})
		refused(t, post(h, "kill", `{}`), http.StatusInternalServerError)
		w := post(h, "pause", `{}`, header("Idempotency-Key", "the-audit-hangs-1"))
		require.Contains(t, []int{http.StatusOK, http.StatusAccepted}, w.Code)
		close(free)
		synctest.Wait()
		require.Equal(t, http.StatusOK, post(h, "pause", `{}`, header("Idempotency-Key", "the-audit-hangs-1")).Code)
		require.Equal(t, []string{"pause"}, did.done)
	})
}
