package binancetest_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// An order whose reply is lost: the client knows nothing, and the venue has it.
func ExampleVenue_Inject() {
	venue := binancetest.New(binancetest.Config{Logger: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(venue)
	defer server.Close()

	order := url.Values{
		"symbol": {"BTCUSDT"}, "side": {"BUY"}, "type": {"LIMIT"}, "timeInForce": {"GTC"}, "quantity": {"0.01"},
		"price": {"59000"}, "newClientOrderId": {"mine"}, "timestamp": {strconv.FormatInt(venue.Now().UnixMilli(), 10)},
	}.Encode()
	ask, err := http.NewRequest(http.MethodPost, server.URL+"/fapi/v1/order?"+order+
		"&signature="+binancetest.Sign(binancetest.Secret, order), nil)
	if err != nil {
		panic(err)
	}
	ask.Header.Set("X-MBX-APIKEY", binancetest.Key)

	venue.Inject(binancetest.LoseReply{})
	_, err = http.DefaultClient.Do(ask) //nolint:bodyclose // it has none
	fmt.Println("the client was told something:", err == nil)

	venue.Move("BTCUSDT", decimal.NewFromInt(58900))
	kept, _ := venue.Ledger().Order("mine")
	fmt.Println("the venue has it:", kept.Status, kept.Filled)
	// Output:
	// the client was told something: false
	// the venue has it: FILLED 0.01
}
