package vigil_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

func TestBotOutlivesAnHourWithoutData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clk := clock.New() // of github.com/benbjohnson/clock; in here its time is the bubble's
		market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{"BTC/USDT"}, Interval: time.Minute, Clock: clk})
		if err != nil {
			t.Fatal(err)
		}
		cross, err := strategy.EMACross{Fast: 3, Slow: 8}.Spec() // yours
		if err != nil {
			t.Fatal(err)
		}
		source := signaltest.NewFlaky(market)
		trader, err := vigil.New(vigil.Config{
			Source: source, Interval: time.Minute, Strategies: []signal.Spec{cross}, Paper: &paper.Config{}, Clock: clk,
			Instruments: []trading.Instrument{{Symbol: "BTC/USDT", Tick: decimal.New(1, -2), Step: decimal.New(1, -5)}},
			Logger:      slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- trader.Serve(ctx) }()

		after := func(d time.Duration, want health.Verdict) {
			time.Sleep(d) // virtual
			synctest.Wait()
			if got := trader.Registry().Report(); got.Verdict != want {
				t.Errorf("%v after %v, want %v: %v", got.Verdict, d, want, got.Reasons)
			}
		}
		after(time.Hour, health.Healthy)
		source.Set("BTC/USDT", signaltest.Hanging)
		after(time.Hour, health.Unhealthy)
		source.Set("BTC/USDT", signaltest.Fine)
		after(10*time.Minute, health.Healthy)
		if len(trader.Orders()) == 0 {
			t.Error("two hours, and not one order")
		}
		stop()
		if err := <-ended; err != nil { // also, a bubble wants all to have ended that began in it
			t.Error(err)
		}
	})
}

// The test that the guide prints is the one above.
func TestBotInTheGuideIsThatOfTheTest(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("docs/guides/test-your-bot.md")
	require.NoError(t, err)
	own, err := os.ReadFile("guide_bot_test.go")
	require.NoError(t, err)
	blocks := goBlock.FindAllStringSubmatch(string(guide), -1)
	require.Len(t, blocks, 2)
	require.Contains(t, string(own), blocks[1][1])
}
