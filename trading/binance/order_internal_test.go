package binance

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const (
	getOrder   = "GET /fapi/v1/order"
	getAlgo    = "GET /fapi/v1/algoOrder"
	noOrder    = `{"code":-2013,"msg":"Order does not exist."}`
	notThere   = `{"code":-2011,"msg":"Unknown order sent."}`
	delOrder   = "DELETE /fapi/v1/order"
	delAlgo    = "DELETE /fapi/v1/algoOrder"
	stopFields = `"clientAlgoId":"` + id + `","symbol":"BTCUSDT","quantity":"0.010"`
)

func orderRow(status, filled string) string {
	return fmt.Sprintf(`{"orderId":7,"clientOrderId":%q,"symbol":"BTCUSDT","status":%q,"executedQty":%q,"origQty":"0.010"}`, id, status, filled)
}

func ref(t trading.OrderType) trading.OrderRef {
	return trading.OrderRef{ClientID: id, Symbol: btc, Type: t, SentAt: noon}
}

func TestOrderIsReportedAsTheVenueHasIt(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]struct {
		filled string
		is     trading.OrderStatus
	}{
		"NEW":              {"0", trading.StatusOpen},
		"PARTIALLY_FILLED": {"0.004", trading.StatusOpen},
		"FILLED":           {"0.010", trading.StatusFilled},
		"CANCELED":         {"0.004", trading.StatusCanceled},
		"EXPIRED":          {"0.004", trading.StatusExpired},
		"EXPIRED_IN_MATCH": {"0.004", trading.StatusExpired},
		"REJECTED":         {"0", trading.StatusRejected},
		"NEW_INSURANCE":    {"0", trading.StatusOpen},
		"NEW_ADL":          {"0", trading.StatusOpen},
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			v := serve(t, map[string]http.HandlerFunc{getOrder: says(200, orderRow(status, want.filled))})
			r, err := v.broker(t).Order(t.Context(), ref(trading.Limit))
			require.NoError(t, err)
			require.Equal(t, want.is, r.Status)
			require.Equal(t, id, r.ClientID)
			require.True(t, r.Filled.Equal(d(want.filled)), r.Filled)
			require.Equal(t, want.is.Done() && want.is != trading.StatusFilled, r.Reason != "")
			require.Equal(t, map[string]string{"symbol": "BTCUSDT", "origClientOrderId": id}, flat(v.heard()[0].With))
		})
	}
}

func TestOrderIsUnknownOnlyWhereTheVenueSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		unknown bool
	}{
		"it says so":           {says(400, noOrder), true},
		"it is overloaded":     {says(503, `{"code":-1008,"msg":"Server is currently overloaded."}`), false},
		"a page of a proxy":    {says(404, `<html>`), false},
		"another complaint":    {says(400, `{"code":-1102,"msg":"Mandatory parameter was not sent."}`), false},
		"a status of tomorrow": {says(200, orderRow("DREAMING", "0")), false},
		"an odd number":        {says(200, orderRow("NEW", "x")), false},
		"nothing":              {says(200, `{}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for call, kind := range map[string]trading.OrderType{getOrder: trading.Market, getAlgo: trading.Stop} {
				_, err := serve(t, map[string]http.HandlerFunc{call: c.answer}).broker(t).Order(t.Context(), ref(kind))
				require.Error(t, err)
				if c.unknown {
					require.ErrorIs(t, err, trading.ErrUnknownOrder)
				} else {
					require.NotErrorIs(t, err, trading.ErrUnknownOrder)
				}
			}
		})
	}
}

func TestOrderWithAStopIsFollowedThroughItsLife(t *testing.T) {
	t.Parallel()
	const open, canceled = trading.StatusOpen, trading.StatusCanceled
	young := noon.UnixMilli()
	old := noon.Add(-73 * 3600e9).UnixMilli()
	for name, c := range map[string]struct {
		stop, born string // what the venue says of the stop, and of the order that it has set off
		updated    int64
		want       trading.OrderStatus // "": nobody knows
		filled     string
		triggered  bool
	}{
		"it waits":                         {stop: `"algoStatus":"NEW","actualOrderId":""`, want: open},
		"it triggers":                      {stop: `"algoStatus":"TRIGGERING","actualOrderId":""`, want: open, triggered: true},
		"it has triggered":                 {stop: `"algoStatus":"TRIGGERED","actualOrderId":"7"`, born: orderRow("PARTIALLY_FILLED", "0.004"), want: open, filled: "0.004", triggered: true},
		"it has triggered, not to be seen": {stop: `"algoStatus":"TRIGGERED","actualOrderId":"7"`, updated: young},
		"it is filled":                     {stop: `"algoStatus":"FINISHED","actualOrderId":"7"`, born: orderRow("FILLED", "0.010"), want: trading.StatusFilled, filled: "0.010", triggered: true},
		"it is filled, not in the list":    {stop: `"algoStatus":"TRIGGERED","actualOrderId":"7"`, born: orderRow("FILLED", "0.010"), want: trading.StatusFilled, filled: "0.010", triggered: true},
		"it finished without a fill":       {stop: `"algoStatus":"FINISHED","actualOrderId":"7"`, born: orderRow("CANCELED", "0"), want: canceled, triggered: true},
		"it finished long ago":             {stop: `"algoStatus":"FINISHED","actualOrderId":"7"`, updated: old, want: canceled, triggered: true},
		"it finished just now":             {stop: `"algoStatus":"FINISHED","actualOrderId":"7"`, updated: young},
		"it finished with nothing":         {stop: `"algoStatus":"FINISHED","actualOrderId":""`, want: canceled, triggered: true},
		"it is canceled":                   {stop: `"algoStatus":"CANCELED","actualOrderId":""`, want: canceled},
		"it was rejected at its trigger":   {stop: `"algoStatus":"REJECTED","actualOrderId":""`, want: trading.StatusRejected, triggered: true},
		"it has expired":                   {stop: `"algoStatus":"EXPIRED","actualOrderId":""`, want: trading.StatusExpired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]http.HandlerFunc{
				getAlgo:  says(200, fmt.Sprintf(`{%s,%s,"updateTime":%d}`, stopFields, c.stop, c.updated)),
				getOrder: says(400, noOrder),
			}
			if c.born != "" {
				answers[getOrder] = says(200, c.born)
			}
			v := serve(t, answers)
			r, err := v.broker(t).Order(t.Context(), ref(trading.Stop))
			asked := v.heard()
			require.Equal(t, map[string]string{"clientAlgoId": id}, flat(asked[0].With))
			if len(asked) > 1 {
				require.Equal(t, map[string]string{"symbol": "BTCUSDT", "orderId": "7"}, flat(asked[1].With))
			}
			if c.want == "" {
				require.ErrorContains(t, err, "does not show what became of it yet")
				require.NotErrorIs(t, err, trading.ErrUnknownOrder)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, r.Status)
			require.Equal(t, c.triggered, r.Triggered)
			require.True(t, r.Filled.Equal(d("0"+c.filled)), r.Filled)
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	stop := func(rest string) http.HandlerFunc { return says(200, `{`+stopFields+`,`+rest+`}`) }
	for name, c := range map[string]struct {
		kind    trading.OrderType
		answers map[string]http.HandlerFunc
		want    string // "": it went well
		unknown bool
		calls   []string
	}{
		"of what rests": {trading.Limit, map[string]http.HandlerFunc{delOrder: says(200, orderRow("CANCELED", "0"))},
			"", false, []string{delOrder}},
		"of what is done": {trading.Limit, map[string]http.HandlerFunc{delOrder: says(400, notThere), getOrder: says(200, orderRow("FILLED", "0.01"))},
			"", false, []string{delOrder, getOrder}},
		"of what was never there": {trading.Limit, map[string]http.HandlerFunc{delOrder: says(400, notThere), getOrder: says(400, noOrder)},
			"unknown order", true, []string{delOrder, getOrder}},
		"of what is open and cannot be canceled": {trading.Limit,
			map[string]http.HandlerFunc{delOrder: says(400, notThere), getOrder: says(200, orderRow("NEW", "0"))},
			"-2011", false, []string{delOrder, getOrder}},
		"where nobody knows": {trading.Limit, map[string]http.HandlerFunc{delOrder: says(502, "<html>")},
			"unexpected answer 502", false, []string{delOrder}},
		"of a stop that waits": {trading.Stop, map[string]http.HandlerFunc{delAlgo: says(200, `{"algoId":1,"clientAlgoId":"`+id+`","code":"200","msg":"success"}`)},
			"", false, []string{delAlgo}},
		"of a stop that has triggered": {trading.StopLimit,
			map[string]http.HandlerFunc{
				delAlgo: says(400, notThere), getAlgo: stop(`"algoStatus":"TRIGGERED","actualOrderId":"7"`),
				delOrder: says(200, orderRow("CANCELED", "0")),
			},
			"", false, []string{delAlgo, getAlgo, delOrder}},
		"of a stop that has filled": {trading.Stop,
			map[string]http.HandlerFunc{
				delAlgo: says(400, notThere), getAlgo: stop(`"algoStatus":"FINISHED","actualOrderId":"7"`),
				delOrder: says(400, notThere), getOrder: says(200, orderRow("FILLED", "0.01")),
			},
			"", false, []string{delAlgo, getAlgo, delOrder, getAlgo, getOrder}},
		"of a stop that is canceled": {trading.Stop,
			map[string]http.HandlerFunc{delAlgo: says(400, notThere), getAlgo: stop(`"algoStatus":"CANCELED","actualOrderId":""`)},
			"", false, []string{delAlgo, getAlgo, getAlgo}},
		"of a stop that was never there": {trading.Stop, map[string]http.HandlerFunc{delAlgo: says(400, notThere), getAlgo: says(400, noOrder)},
			"unknown order", true, []string{delAlgo, getAlgo}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := serve(t, c.answers)
			err := v.broker(t).Cancel(t.Context(), ref(c.kind))
			require.Equal(t, c.calls, v.calls())
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			if c.unknown {
				require.ErrorIs(t, err, trading.ErrUnknownOrder)
			} else {
				require.NotErrorIs(t, err, trading.ErrUnknownOrder)
			}
		})
	}
}
