package binance

import (
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const (
	getStops  = "GET /fapi/v1/allAlgoOrders"
	getOpen   = "GET /fapi/v1/openOrders"
	getAlgos  = "GET /fapi/v1/openAlgoOrders"
	getRisk   = "GET /fapi/v3/positionRisk"
	getRights = "GET /sapi/v1/account/apiRestrictions"
)

func TestOpenOrdersAreBothKindsOfTheWholeAccount(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{
		getOpen: says(200, `[
			{"symbol":"BTCUSDT","orderId":1,"clientOrderId":"`+id+`","status":"PARTIALLY_FILLED","executedQty":"0.002","type":"LIMIT"},
			{"symbol":"BTCUSDT","orderId":2,"clientOrderId":"web_1","status":"NEW","executedQty":"0","type":"LIMIT","reduceOnly":true,"time":1795953600000},
			{"symbol":"BTCUSDT","orderId":3,"clientOrderId":"8389765","status":"NEW","executedQty":"0","type":"LIMIT","time":1795953600000}]`),
		getAlgos: says(200, `[
			{"symbol":"BTCUSDT","algoId":9,"clientAlgoId":"v-stop","algoStatus":"NEW","orderType":"STOP_MARKET","actualOrderId":""},
			{"symbol":"ETHUSDT","algoId":8,"clientAlgoId":"web_2","algoStatus":"NEW","orderType":"STOP","actualOrderId":""}]`),
		getStops: says(200, `[{"symbol":"BTCUSDT","clientAlgoId":"v-born","algoStatus":"TRIGGERED","actualOrderId":"3"}]`),
	})
	open, err := v.broker(t).OpenOrders(t.Context())
	require.NoError(t, err)
	require.Equal(t, []trading.OrderReport{
		{ClientID: "v-stop", Symbol: btc, Type: trading.Stop, Status: trading.StatusOpen},
		{ClientID: "web_2", Symbol: "ETH/USDT:USDT", Type: trading.StopLimit, Status: trading.StatusOpen},
		{ClientID: id, Symbol: btc, Type: trading.Limit, Status: trading.StatusOpen, Filled: d("0.002")},
		{ClientID: "web_1", Symbol: btc, Type: trading.Limit, Status: trading.StatusOpen, Filled: d("0")},
		{ClientID: "v-born", Symbol: btc, Type: trading.StopLimit, Status: trading.StatusOpen, Filled: d("0"), Triggered: true},
	}, open)
	require.Equal(t, []string{getAlgos, getOpen, getStops, getStops, getStops, getStops}, v.calls(), "the stops are learned at once")
}

func TestPositions(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{getRisk: says(200, `[
		{"symbol":"BTCUSDT","positionSide":"BOTH","positionAmt":"-0.010"},{"symbol":"ETHUSDT","positionSide":"BOTH","positionAmt":"0.000"},
		{"symbol":"GONEUSDT","positionSide":"BOTH","positionAmt":"3"}]`)})
	held, err := v.broker(t).Positions(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]decimal.Decimal{btc: d("-0.010"), "GONEUSDT": d("3")}, held)
	v.answer(getRisk, says(200, `[{"symbol":"BTCUSDT","positionSide":"LONG","positionAmt":"0.010"}]`))
	_, err = v.broker(t).Positions(t.Context())
	require.ErrorContains(t, err, "hedge mode")
}

func TestMarginIsThatOfTheLastPositions(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{getRisk: says(200, `[
		{"symbol":"BTCUSDT","positionAmt":"0.010","markPrice":"60000","liquidationPrice":"45000"},
		{"symbol":"ETHUSDT","positionAmt":"-1","markPrice":"3000","liquidationPrice":"0"},
		{"symbol":"GONEUSDT","positionAmt":"3"}]`)})
	b := v.broker(t)
	_, known := b.Margin(btc)
	require.False(t, known)
	_, err := b.Positions(t.Context())
	require.NoError(t, err)
	m, known := b.Margin(btc)
	require.True(t, known)
	require.Equal(t, "45000", m.Liquidation.Decimal.String())
	require.True(t, m.Distance.Equal(d("0.25")), m.Distance)
	m, known = b.Margin("ETH/USDT:USDT")
	require.True(t, known)
	require.False(t, m.Liquidation.Valid, "nothing liquidates it")
	_, known = b.Margin("GONEUSDT")
	require.False(t, known, "the venue does not say")
	v.answer(getRisk, says(200, `[]`))
	_, err = b.Positions(t.Context())
	require.NoError(t, err)
	_, known = b.Margin(btc)
	require.False(t, known)
}

func TestBalances(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{"GET /fapi/v3/balance": says(200, `[
		{"asset":"USDT","balance":"1000.5","crossUnPnl":"-3.25","availableBalance":"900"},{"asset":"BNB","balance":"0","availableBalance":"0"}]`)})
	all, err := v.broker(t).Balances(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Balance{{Asset: "USDT", Wallet: d("1000.5"), Profit: d("-3.25"), Available: d("900")}}, all)
}

func TestInstrumentsAreThosePerpetualsThatAreTraded(t *testing.T) {
	t.Parallel()
	v := serve(t, nil)
	all, err := v.broker(t).Instruments(t.Context())
	require.NoError(t, err)
	require.Equal(t, []trading.Instrument{
		{Symbol: btc, Tick: d("0.10"), Step: d("0.001"), MinQuantity: d("0.001"), MinNotional: d("50")},
		{Symbol: "币安人生/USDT:USDT", Tick: d("0.00001"), Step: d("1"), MinQuantity: d("1")},
	}, all)
}

func TestChangeOfAnInstrumentIsFound(t *testing.T) {
	t.Parallel()
	v := serve(t, nil)
	b := v.broker(t)
	for _, c := range []struct{ tick, status, want string }{
		{"0.10", "TRADING", ""},
		{"0.10", `TRADING","deliveryDate":1764579600000,"pair":"BTCUSDT`, "it is delisted at 2025-12-01T09:00:00Z"},
		{"0.10", `TRADING","deliveryDate":4133404802000,"pair":"BTCUSDT`, ""},
		{"0.1", "TRADING", ""},
		{"0.50", "TRADING", "its tick was 0.1 and is 0.5"},
		{"0.50", "SETTLING", "the venue says that it is SETTLING, a contract of the kind PERPETUAL"},
	} {
		v.answer("GET /fapi/v1/exchangeInfo", says(200, exchangeInfo(c.tick, c.status)))
		changed, err := b.read(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, changed[btc])
	}
}

func TestCheckRefusesWhatMustNotBeTradedWith(t *testing.T) {
	t.Parallel()
	const good = `{"ipRestrict":true,"enableWithdrawals":false,"enableFutures":true}`
	for name, c := range map[string]struct{ config, rights, want string }{
		"all is well":              {`{"canTrade":true}`, good, ""},
		"the key is unbound":       {`{"canTrade":true}`, `{"ipRestrict":false,"enableWithdrawals":false,"enableFutures":true}`, ""},
		"hedge mode":               {`{"canTrade":true,"dualSidePosition":true}`, good, "hedge mode"},
		"may not trade":            {`{"canTrade":false}`, good, "the account may not trade"},
		"may withdraw":             {`{"canTrade":true}`, `{"ipRestrict":true,"enableWithdrawals":true,"enableFutures":true}`, "the key may withdraw"},
		"no futures":               {`{"canTrade":true}`, `{"ipRestrict":true,"enableWithdrawals":false,"enableFutures":false}`, "may not trade futures"},
		"the rights are not told":  {`{"canTrade":true}`, `{}`, "the answer does not say"},
		"the account is not told":  {`[`, good, "unexpected answer 200"},
		"the key is not good here": {`{"canTrade":true}`, `{"code":-2015,"msg":"Invalid API-key"}`, "-2015"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := serve(t, map[string]http.HandlerFunc{"GET /fapi/v1/accountConfig": says(200, c.config), getRights: says(200, c.rights)})
			s, err := v.broker(t, func(cfg *Config) { cfg.SpotURL = v.URL }).Check(t.Context())
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, map[string]SymbolSetup{btc: {Leverage: 5, Margin: "CROSSED"}}, s.Symbols)
			require.Equal(t, KeyRights{Known: true, Futures: true, Addressed: name == "all is well"}, s.Key)
		})
	}
	v := serve(t, nil)
	_, err := v.broker(t, func(cfg *Config) { cfg.Symbols = []string{"BTCUSDT"} }).Check(t.Context())
	require.ErrorContains(t, err, "Config.Symbols: BTCUSDT: the venue does not list it")
	v.answer("GET /fapi/v1/time", func(w http.ResponseWriter, _ *http.Request) { answerTime(w, noon.Add(1500*time.Millisecond)) })
	s, err := v.broker(t).Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1500*time.Millisecond, s.ClockOffset)
	require.False(t, s.Key.Known)
}

func TestCountdownIsRenewedWhileAnEntryRestsAndTakenBackAfter(t *testing.T) {
	t.Parallel()
	const sign = "POST /fapi/v1/countdownCancelAll"
	v := serve(t, map[string]http.HandlerFunc{
		order: accepts, algo: accepts, sign: says(200, `{"symbol":"BTCUSDT","countdownTime":"120000"}`),
		getOrder: says(200, orderRow("CANCELED", "0")),
	})
	b := v.broker(t, func(cfg *Config) { cfg.Countdown = 2 * time.Minute })
	signs := func(armed map[string]bool) (map[string]bool, []string) {
		v.heard()
		armed, err := b.countDown(t.Context(), armed)
		require.NoError(t, err)
		var after []string
		for _, q := range v.heard() {
			require.Equal(t, sign, q.Call)
			after = append(after, q.With.Get("symbol")+" "+q.With.Get("countdownTime"))
		}
		return armed, after
	}
	require.NoError(t, submit(t.Context(), t, b, nil), "a market order does not rest")
	require.NoError(t, submit(t.Context(), t, b, func(o *trading.Order) { o.Type, o.StopPrice, o.ReduceOnly = trading.Stop, d("99000"), true }))
	armed, after := signs(nil)
	require.Empty(t, after)
	require.NoError(t, submit(t.Context(), t, b, func(o *trading.Order) { o.Type, o.LimitPrice = trading.Limit, d("90000") }))
	for range 2 {
		armed, after = signs(armed)
		require.Equal(t, []string{"BTCUSDT 120000"}, after)
	}
	_, err := b.Order(t.Context(), ref(trading.Limit))
	require.NoError(t, err)
	armed, after = signs(armed)
	require.Equal(t, []string{"BTCUSDT 0"}, after)
	armed, after = signs(armed)
	require.Empty(t, after)

	v.answer(order, says(502, "<html>"))
	v.answer(getOrder, says(400, noOrder))
	require.Error(t, submit(t.Context(), t, b, func(o *trading.Order) { o.Type, o.LimitPrice = trading.Limit, d("90000") }))
	for _, want := range []string{"BTCUSDT 120000", "BTCUSDT 0"} {
		_, err = b.Order(t.Context(), ref(trading.Limit))
		require.ErrorIs(t, err, trading.ErrUnknownOrder)
		armed, after = signs(armed)
		require.Equal(t, []string{want}, after, "one of which nobody knows may still come to rest, until it cannot any more")
		v.clock.Add(b.Traits().MaxFlight + time.Second)
	}
}
