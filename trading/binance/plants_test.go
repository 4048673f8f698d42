package binance_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/mortal"
)

// plant is a fault that somebody might build into an adapter, for a campaign to find.
type plant struct {
	below  func(http.RoundTripper) http.RoundTripper // between the adapter and the process's network
	beyond func(http.RoundTripper) http.RoundTripper // where what is sent is late already
	above  func(*binance.Broker) trading.Broker
	meets  binancetest.Fault // what has to go wrong for it to show
	dies   mortal.Moment     // when processes that are doomed have to die for it to show
}

// read reads a body that is in memory, and closes it.
func read(body io.ReadCloser) []byte {
	if body == nil {
		return nil
	}
	all, err := io.ReadAll(body)
	if err != nil {
		panic(err) // it is in memory
	}
	_ = body.Close()
	return all
}

// through is a RoundTripper made of a function.
type through func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func isOrder(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == "/fapi/v1/order" || r.URL.Path == "/fapi/v1/algoOrder")
}

// signedAnew is the same request as if it were signed now.
func signedAnew(r *http.Request, body []byte) *http.Request {
	anew := r.Clone(context.WithoutCancel(r.Context()))
	query, form := r.URL.Query(), make(url.Values)
	if parsed, err := url.ParseQuery(string(body)); err == nil {
		form = parsed
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	query.Del("signature")
	form.Del("signature")
	if query.Has("timestamp") {
		query.Set("timestamp", now)
	} else {
		form.Set("timestamp", now)
	}
	first, second := query.Encode(), form.Encode()
	mac := hmac.New(sha256.New, []byte(binancetest.Secret))
	_, _ = mac.Write([]byte(first + second))
	first += "&signature=" + hex.EncodeToString(mac.Sum(nil))
	anew.URL.RawQuery = strings.TrimPrefix(first, "&")
	anew.Body, anew.ContentLength = io.NopCloser(strings.NewReader(second)), int64(len(second))
	anew.GetBody = nil
	return anew
}

// said is an answer of a venue that was never asked.
func said(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}
}

// sendsTwice sends an order again of which the venue did not know what became.
func sendsTwice(next http.RoundTripper) http.RoundTripper {
	return through(func(r *http.Request) (*http.Response, error) {
		body := read(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		response, err := next.RoundTrip(r)
		if err != nil || !isOrder(r) {
			return response, err
		}
		told := read(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(told))
		if bytes.Contains(told, []byte("-1007")) {
			return next.RoundTrip(signedAnew(r, body))
		}
		return response, nil
	})
}

// signsLate signs only when the request goes out, however long it has slept since the engine gave leave.
func signsLate(next http.RoundTripper) http.RoundTripper {
	return through(func(r *http.Request) (*http.Response, error) {
		if !isOrder(r) {
			return next.RoundTrip(r)
		}
		return next.RoundTrip(signedAnew(r, read(r.Body)))
	})
}

// forgetsKey does not renew the listen key.
func forgetsKey(next http.RoundTripper) http.RoundTripper {
	return through(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPut && r.URL.Path == "/fapi/v1/listenKey" {
			return said(r, 200, "{}"), nil
		}
		return next.RoundTrip(r)
	})
}

// forgetsStops asks for ordinary orders alone, as adapters did before the venue kept stops apart.
func forgetsStops(next http.RoundTripper) http.RoundTripper {
	return through(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/fapi/v1/openAlgoOrders":
			return said(r, 200, "[]"), nil
		case r.Method == http.MethodGet && r.URL.Path == "/fapi/v1/algoOrder":
			return said(r, 400, `{"code":-2013,"msg":"Order does not exist."}`), nil
		}
		return next.RoundTrip(r)
	})
}

// hasty says that no request is ever on its way.
type hasty struct{ *binance.Broker }

// Traits implements trading.Broker.
func (h hasty) Traits() trading.Traits {
	t := h.Broker.Traits()
	t.MaxFlight = time.Nanosecond
	return t
}

// takesFees takes each fee for one in the quote currency.
type takesFees struct{ *binance.Broker }

// Fills implements trading.Broker.
func (t takesFees) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	fills, next, err := t.Broker.Fills(ctx, from, limit)
	for i := range fills {
		fills[i].FeeAsset = "USDT"
	}
	return fills, next, err
}
