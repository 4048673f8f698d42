package binance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const btc = "BTC/USDT:USDT"

// noon is when the tests begin.
var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// question is what was asked of a venue, without time and signature.
type question struct {
	Call string
	With url.Values
}

// venue is a server that answers each call with a function. It answers of itself for the time, the instruments and an
// account that is as it has to be.
type venue struct {
	*httptest.Server
	clock *clock.Mock

	mu      sync.Mutex // guards what is below
	asked   []question
	answers map[string]http.HandlerFunc
}

func serve(t *testing.T, answers map[string]http.HandlerFunc) *venue {
	t.Helper()
	v := &venue{clock: clock.NewMock(), answers: map[string]http.HandlerFunc{
		"GET /fapi/v1/exchangeInfo":  says(200, exchangeInfo("0.10", "TRADING")),
		"GET /fapi/v1/accountConfig": says(200, `{"canTrade":true,"dualSidePosition":false,"multiAssetsMargin":false}`),
		"GET /fapi/v1/symbolConfig":  says(200, `[{"symbol":"BTCUSDT","marginType":"CROSSED","leverage":5}]`),
	}}
	v.clock.Set(noon)
	v.answers["GET /fapi/v1/time"] = func(w http.ResponseWriter, _ *http.Request) { answerTime(w, v.clock.Now()) }
	maps.Copy(v.answers, answers)
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *venue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := r.Method + " " + r.URL.Path
	body, _ := io.ReadAll(r.Body)
	with := r.URL.Query()
	form, _ := url.ParseQuery(string(body))
	maps.Copy(with, form)
	for _, name := range []string{"timestamp", "signature", "recvWindow"} {
		with.Del(name)
	}
	v.mu.Lock()
	answer, known := v.answers[call]
	switch call {
	case "GET /fapi/v1/time", "GET /fapi/v1/exchangeInfo", "GET /fapi/v1/accountConfig", "GET /fapi/v1/symbolConfig":
	default:
		v.asked = append(v.asked, question{call, with})
	}
	v.mu.Unlock()
	if !known {
		answer = says(400, `{"code":-1,"msg":"`+call+` was not expected"}`)
	}
	r.Form = with
	answer(w, r)
}

// answer changes what a call is answered.
func (v *venue) answer(call string, with http.HandlerFunc) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answers[call] = with
}

// heard returns what was asked since the last time.
func (v *venue) heard() []question {
	v.mu.Lock()
	defer v.mu.Unlock()
	asked := v.asked
	v.asked = nil
	return asked
}

// count is how often a call was made and not heard of yet.
func (v *venue) count(call string) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, q := range v.asked {
		if q.Call == call {
			n++
		}
	}
	return n
}

func (v *venue) calls() (calls []string) {
	for _, q := range v.heard() {
		calls = append(calls, q.Call)
	}
	return calls
}

func answerTime(w http.ResponseWriter, at time.Time) {
	_, _ = fmt.Fprintf(w, `{"serverTime":%d}`, at.UnixMilli())
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func exchangeInfo(tick, status string) string {
	return fmt.Sprintf(`{"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],"symbols":[
		{"symbol":"BTCUSDT","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT","contractType":"PERPETUAL","status":"%s","pricePrecision":2,
		 "filters":[{"filterType":"PRICE_FILTER","tickSize":%q,"minPrice":"261.10","maxPrice":"809484"},
		  {"filterType":"LOT_SIZE","stepSize":"0.001","minQty":"0.001","maxQty":"1000"},
		  {"filterType":"MARKET_LOT_SIZE","stepSize":"0.001","minQty":"0.001","maxQty":"120"},
		  {"filterType":"MIN_NOTIONAL","notional":"50"},{"filterType":"OF_ANOTHER_KIND","limit":3},{"limit":3}]},
		{"symbol":"ETHUSDT","baseAsset":"ETH","quoteAsset":"USDT","marginAsset":"USDT","contractType":"PERPETUAL","status":"SETTLING",
		 "filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"},{"filterType":"LOT_SIZE","stepSize":"0.001","minQty":"0.001"}]},
		{"symbol":"BTCUSDT_270326","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USDT","contractType":"CURRENT_QUARTER","status":"TRADING",
		 "filters":[{"filterType":"PRICE_FILTER","tickSize":"0.1"},{"filterType":"LOT_SIZE","stepSize":"0.001","minQty":"0.001"}]},
		{"symbol":"币安人生USDT","baseAsset":"币安人生","quoteAsset":"USDT","marginAsset":"USDT","contractType":"PERPETUAL","status":"TRADING",
		 "filters":[{"filterType":"PRICE_FILTER","tickSize":"0.00001"},{"filterType":"LOT_SIZE","stepSize":"1","minQty":"1"}]}]}`,
		status, tick)
}

func (v *venue) config(t *testing.T) Config {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return Config{
		APIKey: "key", SecretKey: "secret", URL: v.URL, StreamURL: "ws" + v.URL[len("http"):], Symbols: []string{btc}, Clock: v.clock,
		Transport: transport, Logger: slog.New(slog.DiscardHandler),
	}
}

func (v *venue) client(t *testing.T) *client {
	t.Helper()
	cfg, err := v.config(t).prepared()
	require.NoError(t, err)
	return newClient(cfg)
}

func (v *venue) broker(t *testing.T, change ...func(*Config)) *Broker {
	t.Helper()
	cfg := v.config(t)
	for _, c := range change {
		c(&cfg)
	}
	b, err := New(cfg)
	require.NoError(t, err)
	return b
}

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

const id = "v-0123456789abcdef01234567"

// anOrder is a market order to buy, with changes.
func anOrder(change func(*trading.Order)) trading.Order {
	o := trading.Order{
		ClientID: id, Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("0.010"), SignalID: "s", CreatedAt: noon,
	}
	if change != nil {
		change(&o)
	}
	return o
}

// approved lets an order pass; what it holds closes it where it only reduces.
func approved(t *testing.T, o trading.Order) trading.Approved {
	t.Helper()
	v := trading.View{
		Instrument: trading.Instrument{Symbol: o.Symbol, Tick: d("0.00001"), Step: d("0.001")}, Price: d("90000"), Now: noon,
	}
	if o.ReduceOnly {
		v.Held = o.Side.Signed(o.Quantity).Neg()
	}
	a, err := trading.Approve(o, v, func(_ trading.Order, _ trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
		return opening, nil
	})
	require.NoError(t, err)
	return a
}

func submit(ctx context.Context, t *testing.T, b *Broker, change func(*trading.Order)) error {
	t.Helper()
	return b.Submit(ctx, approved(t, anOrder(change)))
}

// accepts answers an order or one with a stop as the venue does.
func accepts(w http.ResponseWriter, r *http.Request) {
	answer := map[string]any{
		"orderId": 22542179, "clientOrderId": r.Form.Get("newClientOrderId"), "status": "NEW", "executedQty": "0",
		"algoId": 2146760, "clientAlgoId": r.Form.Get("clientAlgoId"), "algoStatus": "NEW",
	}
	_ = json.NewEncoder(w).Encode(answer)
}
