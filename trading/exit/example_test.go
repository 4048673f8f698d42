package exit_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
)

// bought is 10 that were bought at 100 at noon, with a stop at 95.
func bought() trading.Held {
	return trading.Held{
		Instrument: trading.Instrument{Symbol: "BTC/USDT", Tick: d("0.01"), Step: d("0.001")},
		Quantity:   d("10"), Most: d("10"), Paid: d("100"), Opened: noon,
		Ticket: trading.Ticket{StopLoss: d("95")}, Price: d("100"), Now: noon.Add(time.Hour),
	}
}

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

var noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

// A stop trails the price by two percent. What has stood is the high-water mark: an engine takes no stop that is farther away.
func ExampleTrailing() {
	trail := exit.Trailing{Part: d("0.02")}
	for _, price := range []string{"100", "110", "105"} {
		h := bought()
		h.Price = d(price)
		fmt.Println(price, "stop", trail.Adjust(h).StopLoss)
	}
	// Output:
	// 100 stop 98
	// 110 stop 107.8
	// 105 stop 102.9
}

// At a gain of one percent the stop moves to what was paid and a tenth of a percent, for the fees.
func ExampleBreakEven() {
	even := exit.BreakEven{Gain: d("0.01"), Offset: d("0.001")}
	for _, price := range []string{"100.99", "101"} {
		h := bought()
		h.Price = d(price)
		fmt.Println(price, "stop", even.Adjust(h).StopLoss)
	}
	// Output:
	// 100.99 stop 0
	// 101 stop 100.1
}

func ExampleAfter() {
	h := bought()
	fmt.Println(exit.After{Hold: 2 * time.Hour}.Adjust(h).Close)
	h.Now = noon.Add(2 * time.Hour)
	fmt.Println(exit.After{Hold: 2 * time.Hour}.Adjust(h).Close)
	// Output:
	// 0
	// 10
}

// Half is sold at a gain of five percent, a quarter at ten, and the rest is left to its stop.
func ExampleLadder() {
	ladder := exit.Ladder{{Gain: d("0.05"), Part: d("0.5")}, {Gain: d("0.1"), Part: d("0.25")}}
	for _, rung := range ladder.Adjust(bought()).Rungs {
		fmt.Println(rung)
	}
	// Output:
	// 5 kept at 105
	// 2.5 kept at 110
}
