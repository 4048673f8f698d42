package console_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	signalgen "github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// order is one of the host's; n is its place in time.
func order(n int, symbol string, status trading.OrderStatus) book.OrderState {
	return book.OrderState{
		Order: trading.Order{
			ClientID: "order-" + string(rune('a'+n)), Symbol: symbol, Side: trading.Buy, CreatedAt: noon.Add(time.Duration(n) * time.Minute),
		},
		Status: status,
	}
}

func listed(t testing.TB, w *httptest.ResponseRecorder) (ids []string) {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var all []struct {
		ID string `json:"client_id"`
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
	for _, one := range all {
		ids = append(ids, one.ID)
	}
	return ids
}

func TestStatusShowsTheAccountAndWhatItHolds(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	status := engine.Status{
		At: noon, Equity: d("10012.5"), Halt: book.Halt{Reason: "daily loss", At: noon, Seq: 17},
		Positions: []trading.Position{{Symbol: "BTC/USDT", Quantity: d("2"), Cost: d("84000")}},
		Orders:    []book.OrderState{order(0, "BTC/USDT", trading.StatusOpen)},
		Targets:   []book.Target{{Symbol: "BTC/USDT", Quantity: d("2")}},
	}
	h := handler(t, console.Config{
		Account:  func() (engine.Status, bool) { return status, true },
		Registry: living("trader/trading/account/engine", health.Lifecycle{State: health.StateRunning, Since: noon}), TradingPath: "trader/trading",
	})
	got := object(t, ask(h, http.MethodGet, "/api/status"))
	require.Equal(t, "healthy", got["verdict"])
	require.Equal(t, "halted", got["trading"].(map[string]any)["status"])
	require.Equal(t, "10012.5", got["trading"].(map[string]any)["equity"])
	require.Len(t, got["positions"], 1)
	require.Len(t, got["orders"], 1)
	require.Len(t, got["targets"], 1)
	require.Equal(t, []any{}, got["offers"])
	halt := got["halts"].([]any)[0].(map[string]any)
	require.Equal(t, "daily loss", halt["reason"])
	require.EqualValues(t, 17, halt["id"])

	var held []map[string]any
	require.NoError(t, json.Unmarshal(ask(h, http.MethodGet, "/api/positions").Body.Bytes(), &held))
	require.Equal(t, "42000", held[0]["average_price"])
	require.Equal(t, []string{"order-a"}, listed(t, ask(h, http.MethodGet, "/api/orders")), "of Account, where the host has no more")
}

// No account is not the same as an account that holds nothing.
func TestReadsBeforeThereIsAnAccount(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{
		Logger: slog.New(slog.DiscardHandler), Account: func() (engine.Status, bool) { return engine.Status{}, false },
	})
	require.Equal(t, "not_started", object(t, ask(h, http.MethodGet, "/api/status"))["trading"].(map[string]any)["status"])
	for _, path := range []string{"/api/positions", "/api/orders", "/api/orders/a"} {
		w := ask(h, http.MethodGet, path)
		refused(t, w, http.StatusServiceUnavailable)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
	}
}

func TestReadsThatTheHostHasNotAreMissing(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{})
	for path, field := range map[string]string{
		"/api/status": "Account", "/api/positions": "Account", "/api/orders": "Orders", "/api/orders/a": "Orders",
		"/api/generator": "Generator", "/api/services": "Tree", "/api/fills": "History", "/api/bars": "Bars", "/api/events": "Events", "/api/performance": "Performance",
		"/api/equity": "Equity", "/api/acts": "History",
	} {
		require.Contains(t, refused(t, ask(h, http.MethodGet, path), http.StatusNotFound).Detail, "Config."+field)
		w := ask(h, http.MethodPost, path)
		refused(t, w, http.StatusMethodNotAllowed)
		require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
		refused(t, ask(h, http.MethodGet, path, func(r *http.Request) { r.Host = "evil.example" }), http.StatusForbidden)
	}
}

func TestOrdersComeNewestFirstByPages(t *testing.T) {
	t.Parallel()
	all := []book.OrderState{
		order(0, "BTC/USDT", trading.StatusFilled), order(1, "ETH/USDT", trading.StatusOpen), order(2, "BTC/USDT", trading.StatusFilled),
		order(3, "BTC/USDT", trading.StatusOpen), order(4, "BTC/USDT", trading.StatusFilled),
	}
	h := handler(t, console.Config{Orders: func() []book.OrderState { return all }})
	require.Equal(t, []string{"order-e", "order-d", "order-c", "order-b", "order-a"}, listed(t, ask(h, http.MethodGet, "/api/orders")))
	require.Equal(t, []string{"order-d", "order-b"}, listed(t, ask(h, http.MethodGet, "/api/orders?status=open")))

	var pages [][]string
	for next := "/api/orders?symbol=BTC/USDT&status=filled&limit=2"; next != ""; {
		w := ask(h, http.MethodGet, next)
		pages = append(pages, listed(t, w))
		next = strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Link"), "<"), `>; rel="next"`)
	}
	require.Equal(t, [][]string{{"order-e", "order-c"}, {"order-a"}}, pages)
	require.Equal(t, "order-a", all[0].ClientID, "what the host remembers is not turned round")

	require.Equal(t, "open", object(t, ask(h, http.MethodGet, "/api/orders/order-b"))["status"])
	refused(t, ask(h, http.MethodGet, "/api/orders/order-z"), http.StatusNotFound)
	refused(t, ask(h, http.MethodGet, "/api/orders?before=order-z"), http.StatusGone)
}

func TestReadsRefuseWhatTheyDoNotUnderstand(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{
		Orders:  func() []book.OrderState { return []book.OrderState{order(0, "a/b", trading.StatusOpen)} },
		Account: func() (engine.Status, bool) { return engine.Status{}, true },
	})
	for query, parameter := range map[string]string{
		"limit=1e9": "limit", "limit=1000000000": "limit", "limit=0": "limit", "limit=1&limit=2": "limit", "status=done": "status",
		"side=buy": "side", "symbol=": "symbol", "before=": "before",
	} {
		require.Equal(t, parameter, refused(t, ask(h, http.MethodGet, "/api/orders?"+query), http.StatusBadRequest).Parameter)
	}
	refused(t, ask(h, http.MethodGet, "/api/status?token=secret"), http.StatusBadRequest)
	for path, status := range map[string]int{
		"/api/orders/../status": http.StatusNotFound, "/api//orders": http.StatusNotFound, "/api/orders/": http.StatusNotFound,
		"/api/orders/order-a/fills": http.StatusNotFound, "/api/orders/..%2f..%2fstatus": http.StatusNotFound,
		"/api/orders/%2e%2e": http.StatusNotFound, "/api/orders/" + url.PathEscape("order-a\x00"): http.StatusNotFound,
	} {
		require.Equal(t, status, ask(h, http.MethodGet, path).Code, path)
	}
}

// What hangs or panics in the host is a 503 within the time limit, and hides nothing else.
func TestReadsOfAHostThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		h := handler(t, console.Config{
			Logger: slog.New(slog.DiscardHandler), Timeout: 2 * time.Second,
			Account:   func() (engine.Status, bool) { <-free; return engine.Status{}, true },
			Orders:    func() []book.OrderState { panic("oh") },
			Generator: func() signalgen.Status { return signalgen.Status{} },
		})
		began := time.Now()
		p := refused(t, ask(h, http.MethodGet, "/api/status"), http.StatusServiceUnavailable)
		require.Equal(t, "the account cannot be read at present", p.Detail)
		require.Equal(t, 2*time.Second, time.Since(began))
		refused(t, ask(h, http.MethodGet, "/api/orders"), http.StatusServiceUnavailable)
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/generator").Code)
		close(free)
	})
}

func TestGeneratorSaysWhyThereAreNoSignals(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Generator: func() signalgen.Status {
		return signalgen.Status{Cycles: 7, NotEmitted: signalgen.NotEmitted{Threshold: 3}, Symbols: []signalgen.SymbolStatus{{
			Symbol: "BTC/USDT", LastBar: noon, DataAge: 90 * time.Second, Stale: true, Refused: 2,
			Faults: signalgen.DataFaults{Gaps: 1}, NotEmitted: signalgen.NotEmitted{Threshold: 3},
			LastError: &signalgen.Error{Symbol: "BTC/USDT", Kind: signalgen.KindSource, Err: errors.New("EOF")}, LastErrorAt: noon,
		}}}
	}})
	got := object(t, ask(h, http.MethodGet, "/api/generator"))
	require.EqualValues(t, 7, got["cycles"])
	one := got["symbols"].([]any)[0].(map[string]any)
	require.Equal(t, "2026-03-04T12:00:00Z", one["last_bar"])
	require.EqualValues(t, 90, one["data_age_seconds"])
	require.EqualValues(t, 3, one["not_emitted"].(map[string]any)["threshold"])
	require.EqualValues(t, 1, one["faults"].(map[string]any)["gaps"])
	require.EqualValues(t, 2, one["faults"].(map[string]any)["refused"])
	require.Equal(t, "generator: BTC/USDT: source: EOF", one["last_error"])
	require.NotContains(t, one, "last_success", "never")
}

func TestServicesAreTheTree(t *testing.T) {
	t.Parallel()
	tree, err := supervisor.New(supervisor.Config{Name: "bot"})
	require.NoError(t, err)
	below, err := supervisor.New(supervisor.Config{Name: "below"})
	require.NoError(t, err)
	require.NoError(t, tree.Add("trading", below, supervisor.Policy{}))
	got := object(t, ask(handler(t, console.Config{Tree: tree}), http.MethodGet, "/api/services"))
	require.Equal(t, "bot", got["path"])
	child := got["children"].([]any)[0].(map[string]any)
	require.Equal(t, "bot/trading", child["path"])
	require.Equal(t, "not_started", child["state"])
}
