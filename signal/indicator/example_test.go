package indicator_test

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/signal/indicator"
)

func ExampleEMA() {
	average, err := indicator.NewEMA(3)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, price := range []float64{2, 4, 6, 8, 12} {
		if value, ok := average.Update(price); ok {
			fmt.Println(price, value)
		}
	}
	// Output:
	// 6 4
	// 8 6
	// 12 9
}

func ExampleRSI() {
	strength, err := indicator.NewRSI(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, price := range []float64{10, 11, 10, 12} {
		if value, ok := strength.Update(price); ok {
			fmt.Printf("%g %.2f\n", price, value)
		}
	}
	// Output:
	// 10 50.00
	// 12 83.33
}

// A channel of two bars, and what it has seen, stored and brought back.
func ExampleDonchian() {
	channel, err := indicator.NewDonchian(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	channel.Update(12, 9)
	fmt.Println(channel.Update(11, 10))

	stored, err := channel.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	later, err := indicator.NewDonchian(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := later.UnmarshalBinary(stored); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(later.Update(10, 8))
	// Output:
	// {12 10.5 9} true
	// {11 9.5 8} true
}

func ExampleBollinger() {
	bands, err := indicator.NewBollinger(4, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, price := range []float64{8, 12, 8, 12} {
		if band, ok := bands.Update(price); ok {
			fmt.Println(band.Upper, band.Middle, band.Lower)
		}
	}
	// Output:
	// 14 10 6
}

func ExampleMACD() {
	macd, err := indicator.NewMACD(1, 3, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, price := range []float64{1, 2, 3, 4, 8} {
		if c, ok := macd.Update(price); ok {
			fmt.Printf("%.2f %.2f %.2f\n", c.Line, c.Signal, c.Histogram)
		}
	}
	// Output:
	// 1.00 1.00 0.00
	// 2.50 2.00 0.50
}

// The true range of four bars, and the mean and the deviation of their closes. Update reports whether it has seen enough.
func ExampleATR() {
	spread, err := indicator.NewATR(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := indicator.NewSMA(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	around, err := indicator.NewStdDev(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, bar := range [][3]float64{{12, 8, 10}, {14, 10, 12}, {15, 11, 14}, {20, 14, 18}} {
		high, low, last := bar[0], bar[1], bar[2]
		atr, ready := spread.Update(high, low, last)
		average, _ := mean.Update(last)
		deviation, _ := around.Update(last)
		fmt.Println(ready, atr, average, deviation)
	}
	// Output:
	// false 0 10 0
	// false 4 11 1
	// true 4 13 1
	// true 5 16 2
}

// The average price of two sessions; each begins with a Reset.
func ExampleVWAP() {
	var price indicator.VWAP
	for range 2 {
		price.Reset()
		price.Update(11, 9, 10, 1)
		fmt.Println(price.Update(21, 19, 20, 3))
	}
	// Output:
	// 17.5 true
	// 17.5 true
}
