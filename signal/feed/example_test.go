package feed_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// A synthetic market has a past as soon as it is made, and the same one each time.
func ExampleNewSynthetic() {
	now := time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)
	market, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed:     42,
		Symbols:  []string{"BTC/USDT:USDT", "ETH/USDT:USDT"},
		Interval: 5 * time.Second,
		Clock:    feed.NewReplayClock(now), // without one it is the machine's
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := market.Bars(context.Background(), "ETH/USDT:USDT", now.Add(-20*time.Second), 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range batch.Bars {
		fmt.Println(b.Time.Format(time.TimeOnly), b.Open, b.High, b.Low, b.Close)
	}
	fmt.Println("complete up to", batch.Complete.Format(time.TimeOnly))
	quote, _ := market.Price("ETH/USDT:USDT")
	fmt.Println("now", quote)
	// Output:
	// 11:59:45 2963.38 2963.49 2962.77 2962.77
	// 11:59:50 2962.77 2962.77 2961.88 2961.88
	// 11:59:55 2961.88 2961.88 2961.15 2961.15
	// complete up to 12:00:00
	// now 2961.15
}

// A replay puts the clock at the end of each bar and the bar on the tape; whoever asks then sees what it would have seen.
func ExampleTape() {
	clock := feed.NewReplayClock(time.Time{})
	tape, err := feed.NewTape(500, "BTC/USDT:USDT")
	if err != nil {
		fmt.Println(err)
		return
	}
	candles, err := candle.Open("../candle/testdata/btc_1m.csv", candle.Config{Symbol: "BTC/USDT:USDT"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = candles.Close() }()

	for range 3 {
		bar, err := candles.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		clock.Set(bar.End())
		if err := tape.Push(bar); err != nil {
			fmt.Println(err)
			return
		}
		seen, err := tape.Bars(context.Background(), "BTC/USDT:USDT", time.Time{}, 500)
		fmt.Println(clock.Now().Format(time.TimeOnly), len(seen.Bars), err)
	}
	// Output:
	// 09:01:00 1 <nil>
	// 09:02:00 2 <nil>
	// 09:03:00 3 <nil>
}

// One source of two: the second answers where the first cannot.
func ExampleFailover() {
	now := time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)
	market, err := feed.NewSynthetic(feed.SyntheticConfig{
		Symbols: []string{"BTC/USDT"}, Interval: time.Minute, Clock: feed.NewReplayClock(now),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	broken, err := feed.NewTape(1) // it has no symbol at all
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := feed.NewFailover(feed.FailoverConfig{
		Sources: []feed.NamedSource{{Name: "exchange", Source: broken}, {Name: "spare", Source: market}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := source.Bars(context.Background(), "BTC/USDT", now.Add(-4*time.Minute), 10)
	serving, _ := source.Current("BTC/USDT")
	fmt.Println(len(batch.Bars), "bars from", serving, err)
	// Output:
	// 3 bars from spare <nil>
}

// A market with a bad day: a crash, and a feed that loses bars in it.
func ExampleCrash() {
	now := time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)
	clock := feed.NewReplayClock(now)
	market, err := feed.NewSynthetic(feed.SyntheticConfig{
		Symbols: []string{"BTC/USDT"}, Interval: 10 * time.Minute, Clock: clock,
		Regimes: []feed.Regime{feed.Crash(now.Add(-time.Hour), 30*time.Minute, -0.2)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := feed.NewFaulty(market, clock, feed.Fault{
		Kind: feed.Lost, From: now.Add(-50 * time.Minute), Until: now.Add(-30 * time.Minute),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := source.Bars(context.Background(), "BTC/USDT", now.Add(-90*time.Minute), 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range batch.Bars {
		fmt.Printf("%s %.0f\n", b.Time.Format("15:04"), b.Close)
	}
	// Output:
	// 10:40 64151
	// 10:50 63801
	// 11:00 54554
	// 11:30 51150
	// 11:40 51015
	// 11:50 50899
}

// Regimes make a market of one's own: an even rise, a quiet hour, and a jump at its end.
func ExampleRegime() {
	noon := time.Date(2024, 6, 3, 12, 0, 0, 0, time.UTC)
	market, err := feed.NewSynthetic(feed.SyntheticConfig{
		Symbols: []string{"BTC/USDT"}, Interval: time.Hour, Clock: feed.NewReplayClock(noon.Add(3 * time.Hour)),
		Regimes: []feed.Regime{
			feed.Trend(noon, time.Hour, 0.1), feed.Quiet(noon.Add(time.Hour), time.Hour), feed.Jump(noon.Add(2*time.Hour), -0.2),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	batch, err := market.Bars(context.Background(), "BTC/USDT", noon.Add(-time.Hour), 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range batch.Bars {
		fmt.Printf("%s %.0f to %.0f\n", b.Time.Format("15:04"), b.Open, b.Close)
	}
	// Output:
	// 12:00 63624 to 69675
	// 13:00 69675 to 55430
	// 14:00 55430 to 55586
}
