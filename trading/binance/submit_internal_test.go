package binance

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const algo = "POST /fapi/v1/algoOrder"

func TestSubmitSendsWhatTheOrderSays(t *testing.T) {
	t.Parallel()
	limit := func(o *trading.Order) { o.Type, o.LimitPrice = trading.Limit, d("90000.10") }
	stop := func(o *trading.Order) { o.Type, o.StopPrice, o.Side = trading.Stop, d("89000"), trading.Sell }
	type with = map[string]string
	for name, c := range map[string]struct {
		change func(*trading.Order)
		call   string
		want   with
	}{
		"a market order": {nil, order, with{"type": "MARKET"}},
		"one that sells": {func(o *trading.Order) { o.Side = trading.Sell }, order, with{"type": "MARKET", "side": "SELL"}},
		"one that only reduces": {func(o *trading.Order) { o.Side, o.ReduceOnly = trading.Sell, true }, order,
			with{"type": "MARKET", "side": "SELL", "reduceOnly": "true"}},
		"an odd quantity": {func(o *trading.Order) { o.Quantity = d("1.234") }, order, with{"type": "MARKET", "quantity": "1.234"}},
		"a limit order":   {limit, order, with{"type": "LIMIT", "price": "90000.1", "timeInForce": "GTC"}},
		"one at once": {func(o *trading.Order) { limit(o); o.TimeInForce = trading.IOC }, order,
			with{"type": "LIMIT", "price": "90000.1", "timeInForce": "IOC"}},
		"one that is filled or killed": {func(o *trading.Order) { limit(o); o.TimeInForce = trading.FOK }, order,
			with{"type": "LIMIT", "price": "90000.1", "timeInForce": "FOK"}},
		"one that only rests": {func(o *trading.Order) { limit(o); o.PostOnly = true }, order,
			with{"type": "LIMIT", "price": "90000.1", "timeInForce": "GTX"}},
		"a stop": {stop, algo, with{"type": "STOP_MARKET", "side": "SELL", "triggerPrice": "89000"}},
		"a stop that only reduces": {func(o *trading.Order) { stop(o); o.ReduceOnly = true }, algo,
			with{"type": "STOP_MARKET", "side": "SELL", "triggerPrice": "89000", "reduceOnly": "true"}},
		"a stop with a limit": {func(o *trading.Order) { stop(o); o.Type, o.LimitPrice = trading.StopLimit, d("88990") }, algo,
			with{"type": "STOP", "side": "SELL", "triggerPrice": "89000", "price": "88990", "timeInForce": "GTC"}},
		"a Chinese one": {func(o *trading.Order) { o.Symbol, o.Quantity = "币安人生/USDT:USDT", d("5") }, order,
			with{"type": "MARKET", "symbol": "币安人生USDT", "quantity": "5"}},
		"one whose guard is not the venue's": {func(o *trading.Order) { o.Guard.StopLoss = d("80000") }, order, with{"type": "MARKET"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := serve(t, map[string]http.HandlerFunc{order: accepts, algo: accepts})
			require.NoError(t, submit(t.Context(), t, v.broker(t), c.change))
			want := with{"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}
			if c.call == order {
				maps.Copy(want, with{"newClientOrderId": id, "newOrderRespType": "RESULT"})
			} else {
				maps.Copy(want, with{"clientAlgoId": id, "algoType": "CONDITIONAL", "workingType": "CONTRACT_PRICE"})
			}
			maps.Copy(want, c.want)
			asked := v.heard()
			require.Len(t, asked, 1)
			require.Equal(t, c.call, asked[0].Call)
			require.Equal(t, want, flat(asked[0].With))
		})
	}
}

func flat(values url.Values) map[string]string {
	m := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		m[name] = values.Get(name)
	}
	return m
}

func TestSubmitRejectsWhatTheVenueDoesNotHave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*trading.Order)
		want   string
	}{
		"for a day":            {func(o *trading.Order) { o.TimeInForce = trading.Day }, "no orders for a day"},
		"a market order, FOK":  {func(o *trading.Order) { o.TimeInForce = trading.FOK }, "wholly or not at all"},
		"too large":            {func(o *trading.Order) { o.Quantity = d("120.001") }, "more than the largest market order, 120"},
		"of what is settled":   {func(o *trading.Order) { o.Symbol = "ETH/USDT:USDT" }, "is not traded: SETTLING"},
		"of what is delivered": {func(o *trading.Order) { o.Symbol = "BTC/USDT:USDT-270326" }, "is not traded: TRADING"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := serve(t, map[string]http.HandlerFunc{order: accepts, algo: accepts})
			err := submit(t.Context(), t, v.broker(t), c.change)
			require.ErrorIs(t, err, trading.ErrRejected)
			require.ErrorContains(t, err, c.want)
			require.Empty(t, v.calls())
		})
	}
}

func TestWhatIsSettledCanBeClosed(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{order: accepts})
	require.NoError(t, submit(t.Context(), t, v.broker(t), func(o *trading.Order) { o.Symbol, o.ReduceOnly = "ETH/USDT:USDT", true }))
}

func TestSubmitSaysWhatBecameOfTheOrder(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{order: says(status, body)}
	}
	for name, c := range map[string]struct {
		answers map[string]http.HandlerFunc
		want    error // nil: nobody knows
		text    string
	}{
		"rejected":     {answer(400, `{"code":-2019,"msg":"Margin is insufficient."}`), trading.ErrRejected, "-2019 Margin is insufficient."},
		"denied":       {answer(401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`), trading.ErrRejected, "-2015"},
		"duplicate":    {answer(400, `{"code":-4116,"msg":"ClientOrderId is duplicated."}`), trading.ErrDuplicate, "-4116"},
		"timeout":      {answer(408, `{"code":-1007,"msg":"Timeout waiting for response from backend server."}`), nil, "-1007"},
		"too old":      {answer(400, `{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}`), nil, "it was not executed"},
		"too many":     {answer(429, `{"code":-1003,"msg":"Too many requests."}`), nil, "it was not executed"},
		"of another":   {answer(200, `{"orderId":1,"clientOrderId":"x-1"}`), nil, "the answer makes no sense"},
		"of nothing":   {answer(200, `{}`), nil, "the answer makes no sense"},
		"proxy":        {answer(502, `<html>`), nil, "unexpected answer 502"},
		"no time":      {map[string]http.HandlerFunc{"GET /fapi/v1/time": says(400, `{"code":-1101,"msg":"no"}`)}, nil, "was not sent"},
		"no account":   {map[string]http.HandlerFunc{"GET /fapi/v1/accountConfig": says(400, `{"code":-1101,"msg":"no"}`)}, nil, "was not sent"},
		"hedge":        {map[string]http.HandlerFunc{"GET /fapi/v1/accountConfig": says(200, `{"canTrade":true,"dualSidePosition":true}`)}, nil, "hedge"},
		"may not":      {map[string]http.HandlerFunc{"GET /fapi/v1/accountConfig": says(200, `{"canTrade":false}`)}, nil, "may not trade"},
		"no such info": {map[string]http.HandlerFunc{"GET /fapi/v1/exchangeInfo": says(200, `{}`)}, nil, "was not sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := submit(t.Context(), t, serve(t, c.answers).broker(t), nil)
			require.ErrorContains(t, err, c.text)
			for _, sentinel := range []error{trading.ErrRejected, trading.ErrDuplicate} {
				require.Equal(t, errors.Is(c.want, sentinel), errors.Is(err, sentinel), "%v", err)
			}
		})
	}
}

func TestKeyThatIsDeniedOpensNothingUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{order: says(401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`)})
	b := v.broker(t)
	require.ErrorIs(t, submit(t.Context(), t, b, nil), trading.ErrRejected)
	v.answer(order, accepts)
	v.heard()
	err := submit(t.Context(), t, b, nil)
	require.ErrorContains(t, err, "was not sent")
	require.NotErrorIs(t, err, trading.ErrRejected)
	require.Empty(t, v.calls())
	reduces := func(o *trading.Order) { o.ReduceOnly = true }
	require.ErrorContains(t, submit(t.Context(), t, b, reduces), "asked again in 5s", "the venue may ban who goes on")
	v.clock.Add(5 * time.Second)
	require.NoError(t, submit(t.Context(), t, b, reduces), "what reduces is tried, and was accepted")
	require.NoError(t, submit(t.Context(), t, b, nil))
}

func TestOrderThatMayNotBeginIsNotSent(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{order: accepts, algo: accepts})
	b := v.broker(t)
	shut := errors.New("shut")
	for _, kind := range []trading.OrderType{trading.Market, trading.Stop} {
		a := approved(t, anOrder(func(o *trading.Order) {
			if o.Type = kind; kind == trading.Stop {
				o.StopPrice = d("99000")
			}
		}))
		err := b.Submit(t.Context(), a.Gated(func(context.Context) error { return shut }))
		require.ErrorIs(t, err, shut)
		require.NotErrorIs(t, err, trading.ErrRejected)
		require.Empty(t, v.calls())
	}
}
