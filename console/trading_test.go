package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// tradingIn asks /health for the object trading.
func tradingIn(t *testing.T, r *health.Registry, status func() (engine.Status, bool)) map[string]any {
	t.Helper()
	h, err := healthhttp.New(healthhttp.Config{Registry: r, Extra: console.Trading("trader/trading", status)})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", http.NoBody))
	var all map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
	return all["trading"].(map[string]any)
}

func TestTradingShowsTheAccount(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	r := living("trader/trading/account/engine", health.Lifecycle{State: health.StateRunning, Since: noon})
	status := engine.Status{
		At: noon, Reconciled: true, Cash: d("9000.5"), Equity: d("10012.50"), Unrealized: d("12.5"),
		Day:    journal.DayOpened{Day: "2026-03-04", Equity: d("10000")},
		Counts: book.Counts{Fills: 3, Rejected: 1},
	}
	got := tradingIn(t, r, func() (engine.Status, bool) { return status, true })
	require.Equal(t, "running", got["status"])
	require.Equal(t, "healthy", got["verdict"])
	require.Equal(t, "10012.5", got["equity"])
	require.Equal(t, "12.5", got["day_profit"])
	require.EqualValues(t, 3, got["fills"])
	require.Empty(t, got["needs_person"])
	require.NotContains(t, got, "halt")
	status.ReduceOnly = true
	require.Equal(t, "reduce_only", tradingIn(t, r, func() (engine.Status, bool) { return status, true })["status"])
}

func TestTradingSaysWhatAPersonHasToDo(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	run := r.Begin("trader/trading/account/engine")
	live(run, health.Lifecycle{State: health.StateRunning, Since: noon})
	run.Part().Raise(health.Condition{
		Key: "halted", Verdict: health.Degraded, Text: "trading is halted: daily loss", Remedy: "re-arm it", Person: true,
	})
	run.Part().Raise(health.Condition{Key: "orders", Verdict: health.Degraded, Text: "the last 3 orders were refused"})
	status := engine.Status{Halt: book.Halt{Reason: "daily loss", Also: "killed by ann", At: noon}}
	got := tradingIn(t, r, func() (engine.Status, bool) { return status, true })
	require.Equal(t, "halted", got["status"])
	require.Equal(t, "degraded", got["verdict"])
	require.Equal(t, map[string]any{
		"reason": "daily loss", "also": "killed by ann", "since": "2026-03-04T12:00:00Z",
		"way_out": "find out why, then re-arm: nothing is opened until then, and what is held stays guarded",
	}, got["halt"])
	require.Equal(t, []any{map[string]any{
		"key": "halted", "verdict": "degraded", "text": "trading is halted: daily loss", "since": "2026-03-04T12:00:00Z", "way_out": "re-arm it",
	}}, got["needs_person"])
	require.Len(t, got["conditions"], 1)
}

func TestTradingBeforeThereIsAnAccount(t *testing.T) {
	t.Parallel()
	r := living("trader/signal_generation", health.Lifecycle{State: health.StateRunning, Since: noon})
	got := tradingIn(t, r, func() (engine.Status, bool) { return engine.Status{}, false })
	require.Equal(t, "not_started", got["status"])
	require.NotContains(t, got, "equity")
}
