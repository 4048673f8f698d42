package binancetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

var dec = decimal.RequireFromString

// client sends requests as the venue's pages describe them, and no library of ours or of others.
type client struct {
	t     *testing.T
	venue *binancetest.Venue
	http  *http.Client
	key   string
}

// answer is what came back; err where nothing did.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

type object map[string]any

func (a answer) object(t *testing.T) object {
	t.Helper()
	require.NoError(t, a.err)
	var o object
	require.NoError(t, json.Unmarshal(a.body, &o), "%s", a.body)
	return o
}

func (a answer) list(t *testing.T) []object {
	t.Helper()
	require.NoError(t, a.err)
	var l []object
	require.NoError(t, json.Unmarshal(a.body, &l), "%s", a.body)
	return l
}

// code is that of a refusal, 0 for a success.
func (a answer) code(t *testing.T) int {
	t.Helper()
	if a.status == http.StatusOK {
		return 0
	}
	return int(a.object(t)["code"].(float64))
}

// trial runs a test at a venue of its own, in a bubble.
func trial(t *testing.T, cfg binancetest.Config, run func(t *testing.T, c *client)) {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	synctest.Test(t, func(t *testing.T) {
		v := binancetest.New(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { require.ErrorIs(t, v.Listen(ctx), context.Canceled) })
		run(t, &client{t: t, venue: v, http: v.Client(), key: binancetest.Key})
		cancel()
		serving.Wait()
	})
}

// pairs are alternating names and values.
func pairs(all []string) url.Values {
	values := url.Values{}
	for i := 0; i < len(all); i += 2 {
		values.Set(all[i], all[i+1])
	}
	return values
}

// public asks without a key.
func (c *client) public(path string, params ...string) answer {
	return c.send(http.MethodGet, path+"?"+pairs(params).Encode(), nil)
}

// signed asks with a timestamp of the venue's present and a signature over the query.
func (c *client) signed(method, path string, params ...string) answer {
	values := pairs(params)
	if !values.Has("timestamp") {
		values.Set("timestamp", strconv.FormatInt(c.venue.Now().UnixMilli(), 10))
	}
	query := values.Encode()
	return c.send(method, path+"?"+query+"&signature="+binancetest.Sign(binancetest.Secret, query), nil)
}

func (c *client) send(method, target string, body []byte) answer {
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://venue"+target, bytes.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set("X-MBX-APIKEY", c.key)
	response, err := c.http.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text, err}
}

// order places one: "BUY MARKET 0.01", or "SELL LIMIT 0.01 60000", and further parameters.
func (c *client) order(id, what string, more ...string) answer {
	words := strings.Fields(what)
	params := []string{
		"symbol", "BTCUSDT", "newClientOrderId", id, "newOrderRespType", "RESULT", "side", words[0], "type", words[1],
		"quantity", words[2],
	}
	if len(words) > 3 {
		params = append(params, "price", words[3], "timeInForce", "GTC")
	}
	return c.signed(http.MethodPost, "/fapi/v1/order", append(params, more...)...)
}

// algo places a conditional order: "SELL STOP_MARKET 0.01 59000".
func (c *client) algo(id, what string, more ...string) answer {
	words := strings.Fields(what)
	params := []string{
		"symbol", "BTCUSDT", "algoType", "CONDITIONAL", "clientAlgoId", id, "side", words[0], "type", words[1],
		"triggerPrice", words[3],
	}
	if words[2] != "all" {
		params = append(params, "quantity", words[2])
	} else {
		params = append(params, "closePosition", "true")
	}
	return c.signed(http.MethodPost, "/fapi/v1/algoOrder", append(params, more...)...)
}

// status is what GET says of an order.
func (c *client) status(id string) string {
	c.t.Helper()
	a := c.signed(http.MethodGet, "/fapi/v1/order", "symbol", "BTCUSDT", "origClientOrderId", id)
	if a.code(c.t) == -2013 {
		return "unknown"
	}
	return a.object(c.t)["status"].(string)
}

func (c *client) algoStatus(id string) string {
	c.t.Helper()
	return c.signed(http.MethodGet, "/fapi/v1/algoOrder", "clientAlgoId", id).object(c.t)["algoStatus"].(string)
}

// events collects what a stream says.
type events struct {
	mu  sync.Mutex
	all []object
	err error
}

func (e *events) list() []object {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]object(nil), e.all...)
}

// kinds are the events' names, with what became of the order for those of orders.
func (e *events) kinds() []string {
	var kinds []string
	for _, event := range e.list() {
		kind, _ := event["e"].(string)
		switch kind {
		case "ORDER_TRADE_UPDATE", "ALGO_UPDATE":
			kind = strings.TrimSuffix(kind, "_UPDATE") + " " + event["o"].(map[string]any)["X"].(string)
		case "ACCOUNT_UPDATE":
			kind = "ACCOUNT " + event["a"].(map[string]any)["m"].(string)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func (e *events) ended() error {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

// stream listens at a path of streams until the test ends.
func (c *client) stream(path string) *events {
	c.t.Helper()
	options := &websocket.DialOptions{HTTPClient: c.http}
	ws, _, err := websocket.Dial(c.t.Context(), "ws://venue"+path, options) //nolint:bodyclose // it has none
	require.NoError(c.t, err)
	e := &events{}
	go func() {
		defer func() { _ = ws.CloseNow() }()
		for {
			_, text, err := ws.Read(c.t.Context())
			e.mu.Lock()
			if err != nil {
				e.err = err
				e.mu.Unlock()
				return
			}
			var event object
			_ = json.Unmarshal(text, &event)
			e.all = append(e.all, event)
			e.mu.Unlock()
		}
	}()
	synctest.Wait() // the client knows of the connection before the venue does
	return e
}

// user listens to the account.
func (c *client) user(kinds string) *events {
	c.t.Helper()
	key := c.send(http.MethodPost, "/fapi/v1/listenKey", nil).object(c.t)["listenKey"].(string)
	path := "/private/ws?listenKey=" + key
	if kinds != "" {
		path += "&events=" + kinds
	}
	return c.stream(path)
}

func (a answer) rows(t *testing.T) [][]any {
	t.Helper()
	require.NoError(t, a.err)
	var rows [][]any
	require.NoError(t, json.Unmarshal(a.body, &rows), "%s", a.body)
	return rows
}

// millisAt is a time from now on, as the venue writes it.
func millisAt(by time.Duration) string { return strconv.FormatInt(time.Now().Add(by).UnixMilli(), 10) }

// pass lets the bubble's time pass, and what was due then happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
