package pagetest_test

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// The pictures are of a trader on a market that is made up, after it has traded for a while. The one of a live account is
// the same trader, whose host says that it is live.
func TestShots(t *testing.T) {
	t.Parallel()
	if *shots == "" {
		t.Skip("-shots DIR makes the pictures of the documentation")
	}
	d := market(t, "paper")
	wide := look{width: 1360, height: 1120}
	b := open(t, d.url(), wide)
	b.untilTraded(6)
	b.shoot("paper")
	b.seen(look{width: wide.width, height: wide.height, dark: true})
	b.shoot("dark")
	b.seen(look{width: 390, height: 1400})
	b.shoot("narrow")
	b.seen(wide)

	require.NoError(t, d.trader.Halt(t.Context(), "prices of two venues differ by 4 %"))
	b.untilText("#alerts", "prices of two venues")
	b.shoot("halted")
	d.stop()
	b.until(the("#positions-at") + ".hasAttribute('data-stale')")
	b.shoot("stale")

	live := market(t, "live")
	b = open(t, live.url(), wide)
	b.untilTraded(3)
	b.until(the("#positions [data-position]"))
	b.click("#positions [data-position] button[data-act=flatten]")
	b.until(the("#dialog") + ".open")
	b.press("alph")
	b.shoot("live")

	empty := newDesk(t, nil)
	b = open(t, empty.url(), wide)
	b.until(the("#services [data-service]"))
	b.until(the("#tiles [data-tile]"))
	b.shoot("empty")
}

// market is a desk that trades by itself.
func market(t *testing.T, mode string) *desk {
	t.Helper()
	const interval = time.Second
	symbols := []string{"BTC/USDT", "ETH/USDT", "SOL/USDT"}
	prices, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 11, Symbols: symbols, Interval: interval})
	require.NoError(t, err)
	cross, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	return newDesk(t, func(cfg *vigil.Config, shown *console.Config) {
		cfg.Source, cfg.Strategies = prices, []signal.Spec{cross}
		cfg.Instruments = nil
		for _, symbol := range symbols {
			cfg.Instruments = append(cfg.Instruments, trading.Instrument{Symbol: symbol, Tick: number("0.01"), Step: number("0.0001")})
		}
		cfg.Ticket = trading.FixedTicket{StopLoss: number("0.004"), TakeProfit: number("0.008")}
		shown.Name, shown.Mode = "alpha", mode
		if mode == "live" {
			shown.Venue = "binance, account main"
		}
	})
}

// untilTraded waits until there is something to see.
func (b *tab) untilTraded(orders int) {
	b.t.Helper()
	b.untilWithin(10*time.Minute, `document.querySelectorAll("#orders [data-order]").length >= `+quotedNumber(float64(orders)))
	b.until(`document.querySelectorAll("#positions [data-position]").length >= 2`)
	b.until(the("#price canvas"))
}

// shoot makes a picture, as small as PNG makes it.
func (b *tab) shoot(name string) {
	b.t.Helper()
	_ = eval[bool](b, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 1500))))`)
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	picture, err := png.Decode(bytes.NewReader(shot))
	require.NoError(b.t, err)
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(b.t, encoder.Encode(&small, picture))
	require.NoError(b.t, os.MkdirAll(*shots, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(*shots, "page-"+name+".png"), small.Bytes(), 0o644))
}
