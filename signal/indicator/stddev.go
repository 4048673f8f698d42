package indicator

import "math"

// StdDev is the standard deviation of the last inputs, the one that divides by their number (of a population, as in
// TA-Lib), with their average. Use NewStdDev.
//
// It keeps the squared distances from the average rather than the squares (Welford, 1962; Chan, Golub and LeVeque, 1983,
// for what falls out of the window). The difference of two large squares, which TA-Lib takes, has four good digits where
// a price of 60,000 moves by 0.1.
type StdDev struct {
	window    window
	share     float64 // of one input in the average
	mean      float64
	squareSum float64 // the sum of the squared distances from the mean
	least     float64 // the squares are worked out anew where they fall to it
	same      int     // how many of the last inputs were equal, up to the period
	last      float64
}

// NewStdDev returns a StdDev that has seen nothing. The period is at least 2.
func NewStdDev(period int) (*StdDev, error) {
	if err := checkPeriod("StdDev", period, 2); err != nil {
		return nil, err
	}
	return &StdDev{window: window{values: make([]float64, period)}, share: 1 / float64(period)}, nil
}

// Warmup is how many inputs there must be for the first output: the period.
func (d *StdDev) Warmup() int { return len(d.window.values) }

// Update takes the next input and returns the deviation, and false while it is warming up. Where nothing has moved for
// a period it is 0. Inputs beyond 1e150 may bring it to infinity.
func (d *StdDev) Update(x float64) (float64, bool) {
	d.update(x)
	return d.value(), d.window.n == len(d.window.values)
}

func (d *StdDev) value() float64 { return math.Sqrt(d.squareSum * d.share) }

func (d *StdDev) update(x float64) {
	if x != d.last || d.window.n == 0 {
		d.same, d.last = 0, x
	}
	d.same = min(d.same+1, len(d.window.values))
	old, full := d.window.push(x)
	before := d.mean
	switch {
	case !full:
		d.mean += (x - before) / float64(d.window.n)
		d.squareSum += float64((x - before) * (x - d.mean))
		d.least = max(d.least, lost*d.squareSum)
		return
	case d.same == len(d.window.values):
		d.mean, d.squareSum, d.least = x, 0, 0
		return
	}
	d.mean += float64((x - old) * d.share)
	d.squareSum += float64((x - old) * ((x - d.mean) + (old - before)))
	d.least = max(d.least, lost*d.squareSum)
	// Once in a period, so that no rounding stays longer; where much has left the window, which leaves its rounding behind;
	// where that went below zero, and where an infinity has to leave again.
	if d.window.next == 0 || !(d.squareSum > d.least) {
		d.restart()
	}
}

// restart works both out from the window: around the mean so far where that is near enough that nothing cancels.
func (d *StdDev) restart() {
	var sum, squareSum float64
	for _, x := range d.window.values {
		x -= d.mean
		sum += x
		squareSum += float64(x * x)
	}
	offset := sum * d.share
	d.squareSum = squareSum - float64(sum*offset)
	if d.squareSum >= lost*squareSum && d.squareSum <= math.MaxFloat64 {
		d.mean += offset
	} else {
		d.mean = d.window.mean()
		d.squareSum = d.window.squareSum(d.mean)
	}
	d.least = lost * d.squareSum
}

// MarshalBinary returns what it has seen.
func (d *StdDev) MarshalBinary() ([]byte, error) { return save(d) }

// UnmarshalBinary goes on from what MarshalBinary returned, of a StdDev of the same period.
func (d *StdDev) UnmarshalBinary(data []byte) error { return load(data, d) }

func (d *StdDev) fields(s *state) {
	s.is("StdDev", float64(d.Warmup()))
	d.window.fields(s)
	s.float(&d.mean)
	s.float(&d.squareSum)
	s.count(&d.same, d.Warmup())
	s.float(&d.last)
	s.rounding(&d.least)
}
