package indicator

// VWAP is the average price of a session, weighted by volume; a bar's price is the mean of its high, low and close. Use it
// as it is: the zero value has seen nothing. A session is what its user takes for one, and begins with Reset.
type VWAP struct {
	value  float64
	volume float64
}

// Warmup is one bar, provided that something was traded in it.
func (v *VWAP) Warmup() int { return 1 }

// Reset begins a new session.
func (v *VWAP) Reset() { *v = VWAP{} }

// Update takes the next bar (last is its close) and returns the average, and false as long as nothing was traded.
func (v *VWAP) Update(high, low, last, volume float64) (float64, bool) {
	if volume > 0 {
		v.volume += volume
		price := high/3 + low/3 + last/3 // the sum of three valid prices may overflow
		v.value += float64((price - v.value) * (volume / v.volume))
	}
	return v.value, v.volume > 0
}

// MarshalBinary returns what it has seen.
func (v *VWAP) MarshalBinary() ([]byte, error) { return save(v) }

// UnmarshalBinary goes on from what MarshalBinary returned.
func (v *VWAP) UnmarshalBinary(data []byte) error { return load(data, v) }

func (v *VWAP) fields(s *state) {
	s.is("VWAP")
	s.float(&v.value)
	s.float(&v.volume)
}
