package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestHostSaysWhoseConsoleItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		began := time.Now().UTC()
		time.Sleep(time.Minute)
		part := registry.Begin("bot/generation").Part()
		part.Observe(nil)
		moved := time.Now().UTC()
		time.Sleep(time.Second)
		var did asked
		h := did.handler(t, func(c *console.Config) {
			c.Venue = "binance, account pension"
			c.Name, c.Mode, c.Registry, c.Symbols = "pension", "live", registry, func() []string { return []string{"BTC/USDT"} }
		})
		got := object(t, ask(h, http.MethodGet, "/api/host"))
		require.Equal(t, "pension", got["name"])
		require.Equal(t, "live", got["mode"])
		require.Equal(t, "binance, account pension", got["venue"])
		require.Equal(t, "healthy", got["verdict"])
		require.Equal(t, []any{"BTC/USDT"}, got["symbols"])
		require.Equal(t, began.Format(time.RFC3339Nano), got["started"])
		require.Equal(t, moved.Format(time.RFC3339Nano), got["last_progress"])
		require.Contains(t, got["verbs"], "flatten")
		require.NotContains(t, got["verbs"], "restart-service", "there is no tree")
		require.Equal(t, false, got["may_act"])

		got = object(t, ask(h, http.MethodGet, "/api/host", bearer(goodToken)))
		require.Equal(t, true, got["may_act"])
		require.Equal(t, "token", got["actor"])
	})
}

func TestHostThatSaysNothingIsTakenForNothing(t *testing.T) {
	t.Parallel()
	got := object(t, ask(handler(t, console.Config{}), http.MethodGet, "/api/host", bearer(goodToken)))
	for _, name := range []string{"name", "venue", "mode", "verdict", "started", "last_progress", "actor"} {
		require.NotContains(t, got, name)
	}
	require.Equal(t, []any{}, got["verbs"])
	require.Equal(t, []any{}, got["symbols"])
	require.Equal(t, false, got["may_act"])
	for _, mode := range []string{"paper", "simulated", "live"} {
		require.Equal(t, mode, object(t, ask(handler(t, console.Config{Mode: mode}), http.MethodGet, "/api/host"))["mode"])
	}
	_, err := console.New(console.Config{Signals: given(), Mode: "Live"})
	require.ErrorContains(t, err, `Config.Mode "Live"`)
}

// One token for both doors is that of who may act, or its session could only look.
func TestSessionOfOneTokenForBothMayAct(t *testing.T) {
	t.Parallel()
	h, did := locked(t, func(c *console.Config) { c.Read.Token = goodToken })
	cookie := login(t, h, goodToken)
	require.Equal(t, true, object(t, ask(h, http.MethodGet, "/api/host", with(cookie)))["may_act"])
	w := post(h, "flatten", `{"symbol":"BTC/USDT"}`, header("Authorization"), with(cookie))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, []string{"flatten BTC/USDT token"}, did.done)
}

func TestServicesSayWhatTheRegistryJudges(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{})
	tree, err := supervisor.New(supervisor.Config{Name: "bot"})
	require.NoError(t, err)
	below, err := supervisor.New(supervisor.Config{Name: "below"})
	require.NoError(t, err)
	require.NoError(t, tree.Add("trading", below, supervisor.Policy{}))
	part := registry.Begin("bot/trading").Part()
	part.Expect(health.Limits{MaxSilence: time.Minute})
	part.Observe(nil)
	got := object(t, ask(handler(t, console.Config{Tree: tree, Registry: registry}), http.MethodGet, "/api/services"))
	child := got["children"].([]any)[0].(map[string]any)
	require.Equal(t, "healthy", child["verdict"])
	require.EqualValues(t, 60, child["deadline_seconds"])
	require.NotEmpty(t, child["last_progress"])
	require.NotContains(t, got, "verdict", "the registry does not know the tree itself")
}

func TestOutcomesSayWhyEachSignalDidOrDidNotTrade(t *testing.T) {
	t.Parallel()
	late, deferred, would := seen("refused", "halted: news"), seen("acted", "an earlier order is being canceled"), seen("would_have", "")
	late.SignalID, deferred.SignalID, would.SignalID = "late", "deferred", "would"
	order := func(id, serves string, leg trading.Leg, status trading.OrderStatus) book.OrderState {
		return book.OrderState{Order: trading.Order{
			ClientID: id, SignalID: serves, Leg: leg, Symbol: "BTC/USDT", Quantity: decimal.New(1, 0),
		}, Status: status}
	}
	h := handler(t, console.Config{
		Signals: signal.NewMemory(0), History: tell(t, seen("acted", ""), late, deferred, would,
			journal.SignalApproved{SignalID: "would", By: "ann"}),
		Orders: func() []book.OrderState {
			return []book.OrderState{
				order("o1", "s1", "", trading.StatusRejected), order("o2", "deferred", "", trading.StatusFilled),
				order("o3", "deferred", trading.StopLoss, trading.StatusCanceled),
			}
		},
	})
	var got []struct {
		SignalID string `json:"signal_id"`
		Became   ended
		Orders   []string
	}
	list(t, ask(h, http.MethodGet, "/api/outcomes"), &got)
	require.Len(t, got, 4)
	require.Equal(t, "would", got[0].SignalID)
	require.Equal(t, ended{What: "approved"}, got[0].Became)
	require.Equal(t, ended{What: "acted"}, got[1].Became, "it waited, and then it was done; its guard says nothing of it")
	require.Equal(t, []string{"o2", "o3"}, got[1].Orders)
	require.Equal(t, ended{"refused", "halted", "", "halted: news", ""}, got[2].Became)
	require.Equal(t, ended{What: "acted", ReasonCode: "rejected"}, got[3].Became)

	w := ask(h, http.MethodGet, "/api/outcomes?limit=2")
	require.Contains(t, w.Header().Get("Link"), "before=3")
	list(t, ask(h, http.MethodGet, "/api/outcomes?limit=2&before=3"), &got)
	require.Equal(t, "late", got[0].SignalID)
	refused(t, ask(h, http.MethodGet, "/api/outcomes?symbol=x"), http.StatusBadRequest)
	refused(t, ask(handler(t, console.Config{}), http.MethodGet, "/api/outcomes"), http.StatusNotFound)
}

func list(t testing.TB, w *httptest.ResponseRecorder, got any) {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), got))
}

// The page's files are free, and what it shows is not.
func TestPageIsThereWhereTheHostSaysSo(t *testing.T) {
	t.Parallel()
	refused(t, ask(handler(t, console.Config{}), http.MethodGet, "/"), http.StatusNotFound)
	h, _ := locked(t, func(c *console.Config) { c.Page = true })
	for _, mounted := range []struct {
		http.Handler
		prefix string
	}{{h, ""}, {http.StripPrefix("/ops", h), "/ops"}} {
		w := ask(mounted, http.MethodGet, mounted.prefix+"/?symbol=BTC")
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
		require.Equal(t, http.StatusOK, ask(mounted, http.MethodGet, mounted.prefix+"/page/app.js").Code)
		require.Equal(t, http.StatusUnauthorized, ask(mounted, http.MethodGet, mounted.prefix+"/api/host").Code)
		require.Equal(t, http.StatusNotFound, ask(mounted, http.MethodGet, mounted.prefix+"/page/none").Code)
	}
	refused(t, ask(h, http.MethodGet, "/", func(r *http.Request) { r.Host = "evil.example" }), http.StatusForbidden)
	refused(t, ask(h, http.MethodPost, "/"), http.StatusMethodNotAllowed)
}
