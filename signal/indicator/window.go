package indicator

import "math"

// lost is to what share a sum may fall before it is worked out anew: what has left it leaves its rounding behind, which is
// by as much larger beside what is left. A tick of 10^6 times the price once left a deviation that was 53 times too large.
const lost = 1.0 / 1024

// window holds the last inputs, as many as it was made for.
type window struct {
	values []float64
	n      int // of them that were set
	next   int // where the next one goes; where the oldest is once all are set
}

// push adds an input, and returns the one that fell out if there was one.
func (w *window) push(x float64) (old float64, full bool) {
	full = w.n == len(w.values)
	if full {
		old = w.values[w.next]
	} else {
		w.n++
	}
	w.values[w.next] = x
	if w.next++; w.next == len(w.values) {
		w.next = 0
	}
	return old, full
}

// mean is worked out anew, from all inputs.
func (w *window) mean() float64 {
	var m mean
	for _, x := range w.values[:w.n] {
		m.add(x)
	}
	return m.value
}

// size is the mean of the inputs without their signs, worked out anew.
func (w *window) size() float64 {
	var m mean
	for _, x := range w.values[:w.n] {
		m.add(math.Abs(x))
	}
	return m.value
}

// squareSum is the sum of the squared distances from the mean, worked out anew.
func (w *window) squareSum(mean float64) (sum float64) {
	for _, x := range w.values[:w.n] {
		d := x - mean
		sum += float64(d * d)
	}
	return sum
}

func (w *window) fields(s *state) {
	s.count(&w.n, len(w.values))
	s.count(&w.next, len(w.values)-1)
	for i := range w.values {
		s.float(&w.values[i])
	}
}
