package binance_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// A look at the account before anything is sent, and an order. The venue is a fake on this machine; a real one has the URLs
// LiveURL, LiveStreamURL and LiveSpotURL.
func Example() {
	venue := binancetest.New(binancetest.Config{Logger: quiet})
	server := httptest.NewServer(venue)
	defer server.Close()
	venue.Move("BTCUSDT", decimal.NewFromInt(60000))

	const symbol = "BTC/USDT:USDT"
	broker, err := binance.New(binance.Config{
		APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: server.URL, SpotURL: server.URL, Symbols: []string{symbol},
		Logger: quiet,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	ctx := context.Background()
	setup, err := broker.Check(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("leverage", setup.Symbols[symbol].Leverage, "hedge", setup.Hedge, "key may withdraw", setup.Key.Withdraw)

	// An Engine makes orders, and a Risk approves them. By hand it is this:
	order := trading.Order{
		ClientID: "example-1", Symbol: symbol, Side: trading.Buy, Type: trading.Market, Quantity: decimal.New(2, -3),
		SignalID: "example", CreatedAt: time.Now(),
	}
	view := trading.View{
		Instrument: trading.Instrument{Symbol: symbol, Tick: decimal.New(1, -1), Step: decimal.New(1, -3)},
		Price:      decimal.NewFromInt(60000),
	}
	approved, err := trading.Approve(order, view, func(_ trading.Order, _ trading.View, opening decimal.Decimal) (
		decimal.Decimal, *trading.LimitError,
	) {
		return opening, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := broker.Submit(ctx, approved); err != nil {
		fmt.Println(err)
		return
	}
	report, err := broker.Order(ctx, order.Ref())
	fmt.Println(report.Status, report.Filled, err)
	held, err := broker.Positions(ctx)
	fmt.Println(held[symbol], err)
	// Output:
	// leverage 20 hedge false key may withdraw false
	// filled 0.002 <nil>
	// 0.002 <nil>
}
