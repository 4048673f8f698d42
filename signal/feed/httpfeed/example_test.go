package httpfeed_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
)

// Example reads Binance's klines, here from a server that stands for it.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[[1717416000000,"100","102","99","101","12.5"],[1717416060000,"101","103","100","102","8"]]`)
	}))
	defer server.Close()
	source, err := httpfeed.New(httpfeed.Endpoint{
		URL:     server.URL + "/api/v3/klines?symbol={symbol}&interval=1m&startTime={after_ms}&limit={limit}",
		Symbols: map[string]string{"BTC/USDT": "BTCUSDT"}, Interval: time.Minute,
	})
	if err != nil {
		panic(err)
	}
	defer source.Close()
	batch, err := source.Bars(context.Background(), "BTC/USDT", time.Time{}, 10)
	for _, bar := range batch.Bars {
		fmt.Println(bar.Time.Format(time.DateTime), bar.Close)
	}
	fmt.Println(err)
	// Output:
	// 2024-06-03 12:00:00 101
	// 2024-06-03 12:01:00 102
	// <nil>
}
