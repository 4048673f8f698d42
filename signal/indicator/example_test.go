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
