package console_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// The errors are those of the packages, so that a change of their words is seen here.
func TestRefusalsHaveACodeThatStays(t *testing.T) {
	t.Parallel()
	for want, errs := range map[string][]error{
		"not_found": {
			fmt.Errorf("engine: cancel %q: %w", "o1", trading.ErrUnknownOrder), fmt.Errorf("x: %w", supervisor.ErrNotFound),
		},
		"other_halt": {fmt.Errorf("engine: re-arm halt 1: %w: halt 2 does", engine.ErrOtherHalt)},
		"done":       {fmt.Errorf("%w: x", supervisor.ErrStarted)},
		"down":       {engine.ErrStopped, supervisor.ErrNotRunning, supervisor.ErrZombie},
		"late":       {context.DeadlineExceeded},
		"refused":    {errors.New("it is full moon")},
	} {
		for _, err := range errs {
			var did asked
			h := did.handler(t, func(c *console.Config) {
				c.Control.Cancel = func(context.Context, string, string) error { return err }
			})
			p := refused(t, post(h, "cancel", `{"client_id":"o1"}`), http.StatusConflict)
			require.Equal(t, want, p.ReasonCode, err)
			h = handler(t, console.Config{Signals: signal.NewMemory(0), History: tell(t, did.audits[0])})
			require.Equal(t, want, objects(t, ask(h, http.MethodGet, "/api/acts"))[0]["reason_code"], err)
		}
	}
	var did asked
	h := did.handler(t, func(c *console.Config) {
		c.Control.Cancel = func(context.Context, string, string) error { panic("oh") }
	})
	require.Equal(t, "panicked", refused(t, post(h, "cancel", `{"client_id":"o1"}`), http.StatusInternalServerError).ReasonCode)
	require.Equal(t, http.StatusOK, post(did.handler(t), "kill", `{}`).Code)
	h = handler(t, console.Config{Signals: signal.NewMemory(0), History: tell(t, did.audits[len(did.audits)-1])})
	require.NotContains(t, objects(t, ask(h, http.MethodGet, "/api/acts"))[0], "reason_code", "what was done has none")
}

func TestOrdersOfAListHaveTheCodeOfTheirReason(t *testing.T) {
	t.Parallel()
	orders := []book.OrderState{
		{Order: trading.Order{ClientID: "a", Side: trading.Buy}, Status: trading.StatusRejected, Reason: "busy"},
		{Order: trading.Order{ClientID: "b", Side: trading.Buy}, Status: trading.StatusCanceled, Reason: "never sent: halted: daily loss"},
		{Order: trading.Order{ClientID: "c", Side: trading.Buy}, Status: trading.StatusFilled},
	}
	h := handler(t, console.Config{Signals: given(), Orders: func() []book.OrderState { return orders }})
	got := objects(t, ask(h, http.MethodGet, "/api/orders"))
	for i, want := range []any{nil, "halted", "rejected"} {
		require.Equal(t, want, got[i]["reason_code"], got[i]["client_id"])
	}
	w := ask(h, http.MethodGet, "/api/orders?format=csv")
	require.Contains(t, w.Body.String(), ",reason,reason_code,updated_at")
	require.Contains(t, w.Body.String(), ",busy,rejected,")
}

func objects(t testing.TB, w *httptest.ResponseRecorder) (all []map[string]any) {
	t.Helper()
	list(t, w, &all)
	return all
}
