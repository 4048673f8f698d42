package strategy_test

import (
	"fmt"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
)

func ExampleEMACross() {
	spec, err := strategy.EMACross{Fast: 2, Slow: 4}.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spec.Name, spec.Params)

	s := spec.New() // one value for each symbol
	for _, bar := range bars(9, 8, 7, 6, 5, 9, 12, 3) {
		if sig, ok := s.OnBar(bar); ok {
			fmt.Printf("%s close %g: %s, confidence %.2f\n", bar.Time.Format("15:04"), bar.Close, sig.Direction, sig.Confidence)
		}
	}
	// Output:
	// ema_cross fast=2,slow=4
	// 00:05 close 9: long, confidence 0.69
	// 00:07 close 3: short, confidence 0.65
}

func ExampleRSIReversion() {
	spec, err := strategy.RSIReversion{Period: 2}.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spec.Name, spec.Params)

	s := spec.New()
	for _, bar := range bars(10, 9, 8, 7, 7.5, 8.25) {
		if sig, ok := s.OnBar(bar); ok {
			fmt.Printf("%s close %g: %s, confidence %.2f\n", bar.Time.Format("15:04"), bar.Close, sig.Direction, sig.Confidence)
		}
	}
	// Output:
	// rsi_reversion period=2,low=30,high=70
	// 00:04 close 7.5: long, confidence 1.00
	// 00:05 close 8.25: flat, confidence 1.00
}

// threeInARow is a strategy of one's own: long after three rising closes, flat after the first falling one.
type threeInARow struct {
	last   float64
	rising int // closes in a row that were higher than the one before
	bars   int
}

func (s *threeInARow) Warmup() int { return 4 } // three changes need four closes

func (s *threeInARow) OnBar(b signal.Bar) (signal.Signal, bool) {
	before := s.rising
	if s.rising++; s.bars == 0 || b.Close <= s.last {
		s.rising = 0
	}
	s.last, s.bars = b.Close, s.bars+1
	switch {
	case s.bars < s.Warmup():
		return signal.Signal{}, false
	case before == 2 && s.rising == 3:
		return signal.Signal{Direction: signal.Long, Confidence: 0.6}, true
	case before >= 3 && s.rising == 0:
		return signal.Signal{Direction: signal.Flat, Confidence: 1}, true
	}
	return signal.Signal{}, false
}

// A strategy of one's own needs no more than two methods and a Spec that names it.
func Example_yourOwn() {
	spec := signal.Spec{
		Name:   "three_in_a_row",
		Params: "n=3", // it becomes a part of the signals' IDs, so change it with the rule
		New:    func() signal.Strategy { return &threeInARow{} },
	}
	s := spec.New()
	for _, bar := range bars(5, 4, 5, 6, 7, 8, 7) {
		if sig, ok := s.OnBar(bar); ok {
			fmt.Println(bar.Close, sig.Direction)
		}
	}
	// Output:
	// 7 long
	// 7 flat
}

// Several strategies with one voice: a trend that the breakout confirms counts, and the record says who was for it.
func ExampleVote() {
	cross, err := strategy.EMACross{Fast: 2, Slow: 4}.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	breakout, err := strategy.Donchian{Period: 3}.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	spec, err := strategy.Vote{
		Members:   []strategy.Member{{Spec: cross, Weight: 2}, {Spec: breakout}},
		Threshold: 1, // all of them
	}.Spec()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spec.Name, spec.Params)

	vote := spec.New()
	for _, bar := range bars(9, 8, 7, 6, 5, 9, 12) {
		sig, ok := vote.OnBar(bar)
		if !ok {
			continue
		}
		fmt.Printf("%g: %s, confidence %.2f\n", bar.Close, sig.Direction, sig.Confidence)
		for _, p := range sig.Parts {
			fmt.Printf("  %s: %s, confidence %.2f, weight %g\n", p.Strategy, p.Direction, p.Confidence, p.Weight)
		}
	}
	// Output:
	// vote threshold=1,ema_cross(fast=2,slow=4)*2,donchian(period=3)*1
	// 9: long, confidence 0.58
	//   ema_cross: long, confidence 0.69, weight 2
	//   donchian: long, confidence 0.37, weight 1
}
