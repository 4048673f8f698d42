package binance_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/httpline"
)

var quiet = slog.New(slog.DiscardHandler)

// desk is a fake venue on loopback.
type desk struct {
	*binancetest.Venue
	url string
}

func open(t *testing.T, cfg binancetest.Config) desk {
	t.Helper()
	cfg.Logger = quiet
	v := binancetest.New(cfg)
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	return desk{v, server.URL}
}

func (d desk) broker(t *testing.T, change ...func(*binance.Config)) *binance.Broker {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := binance.Config{
		APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: d.url, StreamURL: "ws" + d.url[len("http"):], SpotURL: d.url,
		Symbols: []string{"BTC/USDT:USDT"}, Transport: transport, Logger: quiet,
	}
	for _, c := range change {
		c(&cfg)
	}
	b, err := binance.New(cfg)
	require.NoError(t, err)
	return b
}

// listen has the Broker told what happens, from when it returns until the test ends.
func listen(t *testing.T, b *binance.Broker) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = b.Serve(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	for {
		updated := b.Updated()
		if !b.Updates(b.Updates(0).Seq).Missed {
			return
		}
		select {
		case <-updated:
		case <-ended:
			t.Fatal("Serve has ended")
		}
	}
}

func TestBrokerKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for name, born := range map[string]func(string) string{
		"where an order that a stop sets off has the stop's ID": nil,
		"where it has one of its own":                           func(string) string { return "born-of-a-stop" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject {
				symbols := binancetest.LiveSymbols()
				for i := range symbols { // the suite's limits are as far off as the venue lets them be
					symbols[i].MultiplierDown = decimal.New(9, -1)
				}
				d := open(t, binancetest.Config{BornID: born, Symbols: symbols})
				line := &tradingtest.Line{}
				over := func(c *binance.Config) {
					inner := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
						c, err := (&net.Dialer{}).DialContext(ctx, network, address)
						if err != nil {
							return nil, err
						}
						return line.Conn(c), nil
					}}
					t.Cleanup(inner.CloseIdleConnections)
					c.Transport = httpline.Transport{Line: line, Next: inner}
				}
				b := d.broker(t, over)
				price := decimal.NewFromInt(60000)
				d.Move("BTCUSDT", price)
				all, err := b.Instruments(t.Context())
				require.NoError(t, err)
				var btc trading.Instrument
				for _, i := range all {
					if i.Symbol == "BTC/USDT:USDT" {
						btc = i
					}
				}
				listen(t, b)
				return tradingtest.BrokerSubject{
					Broker: b, Instrument: btc, Price: price, Short: true, Now: d.Now, FeeRate: decimal.New(5, -4),
					MoveCash: func() { d.Transfer("USDT", decimal.NewFromInt(5)) },
					Reopen:   func() trading.Broker { return d.broker(t, over) },
					Line:     line, CashMoved: decimal.NewFromInt(5), Steps: 1000,
					Lacks: []tradingtest.Ability{tradingtest.ForceDay},
					Drive: tradingtest.Drive{
						SetPrice:  func(p decimal.Decimal) { d.Move("BTCUSDT", p) },
						Liquidate: func() { d.Liquidate("BTCUSDT") },
					},
				}
			})
		})
	}
}
