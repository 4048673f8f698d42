package indicator_test

import "testing"

// walk is a cheap price that never settles.
func walk(i int) float64 { return 100 + float64(i*7919%1000)/10 }

func BenchmarkEMA(b *testing.B) {
	b.ReportAllocs()
	u := newEMA(b, 21)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i))
	}
}

func BenchmarkRSI(b *testing.B) {
	b.ReportAllocs()
	u := newRSI(b, 14)
	for i := 0; b.Loop(); i++ {
		u.Update(walk(i))
	}
}
