package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const (
	documentToken = "6f1c2a9d4b8e7035a1d2c3f4e5b60798"
	documentKey   = "a-key-of-the-document"
)

var documentTime = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// documentedOrder has every field that an order can have.
func documentedOrder() trading.Order {
	one := decimal.New(1, 0)
	return trading.Order{
		ClientID: "o1", SignalID: "s1", Symbol: "BTC/USDT", Side: trading.Buy, Type: trading.StopLimit, Quantity: one,
		LimitPrice: one, StopPrice: one, TimeInForce: trading.GTC, PostOnly: true, Leg: trading.StopLoss, DecisionPrice: one,
		Config: "c", CreatedAt: documentTime,
	}
}

// documentedConsole shows something under each path.
func documentedConsole(t *testing.T) http.Handler {
	t.Helper()
	one, o := decimal.New(1, 0), documentedOrder()
	store, history := signal.NewMemory(0), journal.NewMemory()
	s := signal.Signal{
		Strategy: "cross", Params: "a=1", Symbol: "BTC/USDT", Interval: time.Minute, Direction: signal.Long, Confidence: 0.5,
		Price: 1, BarTime: documentTime, CreatedAt: documentTime.Add(time.Minute), ValidUntil: documentTime.Add(time.Hour),
	}
	s.ID = "s1"
	require.NoError(t, store.Append(t.Context(), s))
	identity, err := store.Identity(t.Context())
	require.NoError(t, err)
	seen := journal.SignalSeen{
		Store: identity, Seq: 1, SignalID: "s1", Strategy: "cross", Symbol: "BTC/USDT", BarTime: documentTime,
		Outcome: journal.OutcomeActed, Target: one,
	}
	fill := trading.Fill{ID: "f1", ClientID: "o1", Symbol: "BTC/USDT", Side: trading.Buy, Price: one, Quantity: one,
		FeeAsset: "BNB", Time: documentTime}
	require.NoError(t, history.Append(t.Context(), documentTime, seen, journal.IntentMade{Order: o},
		journal.Submitting{ClientID: "o1"}, journal.Filled{Fill: fill}, journal.Halted{Reason: "odd"}))
	tree, err := supervisor.New(supervisor.Config{Name: "bot"})
	require.NoError(t, err)
	require.NoError(t, tree.Add("feed", idle{}, supervisor.Policy{}))
	events, err := console.NewEvents(console.EventsConfig{})
	require.NoError(t, err)
	events.Act(journal.Acted{Actor: "ann", Verb: "kill", Ended: documentTime})
	registry := health.NewRegistry(health.Config{})
	probes, err := healthhttp.New(healthhttp.Config{Registry: registry})
	require.NoError(t, err)
	state := book.OrderState{Order: o, Status: trading.StatusOpen, Triggered: true, Reason: "r", UpdatedAt: documentTime}
	h, err := console.New(console.Config{
		Signals: store, History: history, Events: events, Tree: tree, Registry: registry, Health: probes,
		Logger: slog.New(slog.DiscardHandler),
		Account: func() (engine.Status, bool) {
			return engine.Status{
				At: documentTime, Halt: book.Halt{Seq: 5, Reason: "odd", Also: "more", At: documentTime},
				Positions: []trading.Position{{Symbol: "BTC/USDT", Quantity: one, Cost: one}}, Orders: []book.OrderState{state},
				Targets: []book.Target{{Symbol: "BTC/USDT", Strategy: "cross", Orphan: "a=1"}}, Offers: []journal.SignalSeen{seen},
				Margins: map[string]trading.Margin{"BTC/USDT": {
					Liquidation: decimal.NewNullDecimal(one), Distance: one, Maintenance: one, FundingAt: documentTime, Funding: one,
				}},
				Stakes: []book.Stake{{Position: trading.Position{Symbol: "BTC/USDT", Quantity: one}, Strategy: "cross", Orphan: "a=1"}},
				Locks:  []book.Lock{{Symbol: "BTC/USDT", Until: documentTime, By: "ann", Reason: "news"}}, ReduceOnly: true,
				Protections: []book.Lock{{Until: documentTime, By: "limit: StopGuard"}}, Orphaned: []string{"BTC/USDT"},
			}, true
		},
		Orders: func() []book.OrderState { return []book.OrderState{state} },
		Performance: func() []book.Day {
			return []book.Day{{Day: "2026-03-03", Equity: decimal.NewNullDecimal(one)}, {Day: "2026-03-04"}}
		},
		Equity: func(context.Context, time.Time) ([]journal.Mark, error) {
			return []journal.Mark{{At: documentTime, Equity: one}}, nil
		},
		Overrides: func() []journal.Override {
			return []journal.Override{{Key: "cycle", Value: "5s", By: "ann", At: documentTime}}
		},
		Bars: func(symbol string) ([]signal.Bar, bool) {
			return []signal.Bar{{Symbol: symbol, Time: documentTime, Interval: time.Minute, Open: 1}}, symbol == "BTC/USDT"
		},
		Generator: func() generator.Status {
			return generator.Status{Symbols: []generator.SymbolStatus{{
				Symbol: "BTC/USDT", LastBar: documentTime, LastSuccess: documentTime, LastError: &generator.Error{Err: errors.New("e")},
				LastErrorAt: documentTime, BusySince: documentTime,
			}}}
		},
		Control: console.Control{
			Token:  documentToken,
			Pause:  func(context.Context, string) error { return nil },
			Resume: func(context.Context, string) error { return errors.New("no") },
		},
	})
	require.NoError(t, err)
	return h
}

// idle is a service that does nothing.
type idle struct{}

func (idle) Serve(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// documentOf reads the document that the console serves, and makes it strict: a field that it does not name is an error.
func documentOf(t *testing.T, h http.Handler) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(call(h, http.MethodGet, "/api/openapi.yaml").Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	no := false
	for _, schema := range doc.Components.Schemas {
		if len(schema.Value.Properties) > 0 {
			schema.Value.AdditionalProperties = openapi3.BoolSchema{Has: &no}
		}
	}
	return doc
}

func call(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader("{}"))
	r.Host = "localhost"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Each path answers as the document says, with what it has and with a problem.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	h := documentedConsole(t)
	doc := documentOf(t, h)
	may := []string{"Authorization", "Bearer " + documentToken, "Content-Type", "application/json", "Idempotency-Key", documentKey}
	covered := map[string]bool{"/api/signals/stream": true, "/api/openapi.yaml": true, "/plain": true, "/metrics": true} // they are no JSON
	for _, c := range []struct {
		method, path, target string
		status               int
		headers              []string
	}{
		{"GET", "/api/signals", "/api/signals", 200, nil},
		{"GET", "/api/signals", "/api/signals?limit=1e9", 400, nil},
		{"GET", "/api/signals", "/api/signals?after=7&store=other", 409, nil},
		{"POST", "/api/signals", "/api/signals", 405, nil},
		{"GET", "/api/signals/latest", "/api/signals/latest?symbol=BTC/USDT", 200, nil},
		{"GET", "/api/signals/latest", "/api/signals/latest?min_confidence=2", 400, nil},
		{"GET", "/api/signals/stream", "/api/signals/stream?after=x", 400, nil},
		{"GET", "/api/signals/{id}", "/api/signals/s1", 200, nil},
		{"GET", "/api/signals/{id}", "/api/signals/none", 404, nil},
		{"GET", "/api/status", "/api/status", 200, nil},
		{"GET", "/api/status", "/api/status?x=1", 400, nil},
		{"GET", "/api/positions", "/api/positions", 200, nil},
		{"GET", "/api/positions", "/api/positions?format=xml", 400, nil},
		{"GET", "/api/orders", "/api/orders", 200, nil},
		{"GET", "/api/orders", "/api/orders?before=none", 410, nil},
		{"GET", "/api/orders/{client_id}", "/api/orders/o1", 200, nil},
		{"GET", "/api/orders/{client_id}", "/api/orders/none", 404, nil},
		{"GET", "/api/fills", "/api/fills", 200, nil},
		{"GET", "/api/fills", "/api/fills?before=0", 400, nil},
		{"GET", "/api/acts", "/api/acts", 200, nil},
		{"GET", "/api/acts", "/api/acts?before=0", 400, nil},
		{"GET", "/api/performance", "/api/performance?by=week", 200, nil},
		{"GET", "/api/performance", "/api/performance?by=year", 400, nil},
		{"GET", "/api/strategies", "/api/strategies", 200, nil},
		{"GET", "/api/strategies", "/api/strategies?symbol=x", 400, nil},
		{"GET", "/api/locks", "/api/locks", 200, nil},
		{"GET", "/api/locks", "/api/locks?x=1", 400, nil},
		{"GET", "/api/equity", "/api/equity?since=2020-01-02T03:04:05Z", 200, nil},
		{"GET", "/api/equity", "/api/equity?since=yesterday", 400, nil},
		{"GET", "/api/bars", "/api/bars?symbol=BTC/USDT", 200, nil},
		{"GET", "/api/bars", "/api/bars", 400, nil},
		{"GET", "/api/bars", "/api/bars?symbol=X", 404, nil},
		{"GET", "/api/host", "/api/host", 200, nil},
		{"GET", "/api/outcomes", "/api/outcomes", 200, nil},
		{"GET", "/api/outcomes", "/api/outcomes?limit=0", 400, nil},
		{"GET", "/api/generator", "/api/generator", 200, nil},
		{"GET", "/api/services", "/api/services", 200, nil},
		{"GET", "/api/events", "/api/events", 200, nil},
		{"GET", "/api/events", "/api/events?after=9@other", 410, []string{"Accept", "text/event-stream"}},
		{"GET", "/health", "/health", 200, nil},
		{"GET", "/livez", "/livez", 200, nil},
		{"GET", "/readyz", "/readyz", 200, nil},
		{"POST", "/api/session", "/api/session", 200, may},
		{"POST", "/api/session", "/api/session", 415, nil},
		{"DELETE", "/api/session", "/api/session", 204, nil},
		{"POST", "/api/control/{verb}", "/api/control/pause", 200, may},
		{"POST", "/api/control/{verb}", "/api/control/resume", 409, may},
		{"POST", "/api/control/{verb}", "/api/control/none", 404, may},
		{"POST", "/api/control/{verb}", "/api/control/pause", 401, may[2:]},
	} {
		w := call(h, c.method, c.target, c.headers...)
		require.Equal(t, c.status, w.Code, "%s %s: %s", c.method, c.target, w.Body)
		require.NoError(t, checkAnswer(doc, c.method, c.path, w), "%s %s: %s", c.method, c.target, w.Body)
		covered[c.path] = true
	}
	for path := range doc.Paths.Map() {
		require.True(t, covered[path], "%s is not asked", path)
	}
}

// checkAnswer says in what an answer is not as the document has it. A method that is not in it may only be refused.
func checkAnswer(doc *openapi3.T, method, path string, w *httptest.ResponseRecorder) error {
	item := doc.Paths.Find(path)
	operation := item.GetOperation(method)
	if operation == nil {
		operation = item.Get
	}
	route := &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: operation}
	request := httptest.NewRequest(method, path, http.NoBody)
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: route},
		Status:                 w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

func TestAnswerThatIsNotAsTheDocumentSaysIsFound(t *testing.T) {
	t.Parallel()
	doc := documentOf(t, documentedConsole(t))
	for _, body := range []string{`[{"seq":1}]`, `{}`, `null`, `[{"time":"x","interval":"1m","open":"1","high":1,"low":1,"close":1,"volume":1}]`} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.WriteString(body)
		require.Error(t, checkAnswer(doc, "GET", "/api/bars", w), body)
	}
}
