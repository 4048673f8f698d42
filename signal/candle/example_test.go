package candle_test

import (
	"errors"
	"fmt"
	"io"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

func ExampleOpen() {
	candles, err := candle.Open("testdata/btc_1m.csv", candle.Config{
		Symbol: "BTC/USDT:USDT",
		Policy: candle.Skip, // a broken or a doubled row is reported rather than the end
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = candles.Close() }()

	highest := 0.0
	for {
		bar, err := candles.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		highest = max(highest, bar.High)
	}

	report := candles.Report()
	fmt.Println(report.Bars, "bars of", report.Interval, "and the highest price is", highest)
	for _, f := range report.Issues {
		fmt.Printf("line %d: %s: %s\n", f.Line, f.Kind, f.Text)
	}
	// Output:
	// 39 bars of 1m0s and the highest price is 42201.2
	// line 19: gap: no bar for 1m0s from 2024-03-01T09:17:00Z on, 1 missing
	// line 27: duplicate: the bar of 2024-03-01T09:25:00Z again, as line 26
}

// Without Skip the first row that is broken or doubled is the end, and the error says which it was.
func ExampleRowError() {
	candles, err := candle.Open("testdata/btc_1m.csv", candle.Config{Symbol: "BTC/USDT:USDT"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = candles.Close() }()
	for err == nil {
		_, err = candles.Next()
	}
	var row *candle.RowError
	fmt.Println(errors.As(err, &row), row.Line, row.Kind)
	// Output: true 27 duplicate
}
