package indicator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// stateVersion is the first byte of a state. Another layout gets another number.
const stateVersion = 2

// oldestVersion is the oldest layout that is read. It has no rounding.
const oldestVersion = 1

// stateful is an indicator that lists what it is and what it has seen, for saving and for loading alike.
type stateful interface{ fields(s *state) }

// state goes over the fields of an indicator, in one of three ways.
type state struct {
	version byte
	data    []byte
	mode    what
	err     error
}

type what int

const (
	writing  what = iota
	checking      // reading without keeping, so that a state that is refused leaves the indicator as it was
	loading
)

// save returns the state of an indicator.
func save(i stateful) ([]byte, error) {
	s := state{version: stateVersion, data: []byte{stateVersion}}
	i.fields(&s)
	return s.data, nil
}

// load puts a state into an indicator that was made with the same parameters.
func load(data []byte, i stateful) error {
	if len(data) == 0 || data[0] < oldestVersion || data[0] > stateVersion {
		return errors.New("indicator: this is not a state, or one of another version")
	}
	for _, mode := range []what{checking, loading} {
		s := state{version: data[0], data: data[1:], mode: mode}
		i.fields(&s)
		if s.err == nil && len(s.data) > 0 {
			s.err = fmt.Errorf("%d bytes are left over", len(s.data))
		}
		if s.err != nil {
			return fmt.Errorf("indicator: state: %w", s.err)
		}
	}
	return nil
}

// word is the next eight bytes.
func (s *state) word(now uint64) uint64 {
	switch {
	case s.err != nil:
		return now
	case s.mode == writing:
		s.data = binary.LittleEndian.AppendUint64(s.data, now)
		return now
	case len(s.data) < 8:
		s.err = errors.New("it is cut off")
		return now
	}
	read := binary.LittleEndian.Uint64(s.data)
	s.data = s.data[8:]
	return read
}

// is names the indicator and its parameters, which a state has to agree with.
func (s *state) is(name string, parameters ...float64) {
	kind := uint64(0)
	for _, c := range []byte(name) {
		kind = kind<<8 | uint64(c)
	}
	same := s.word(kind) == kind
	for _, p := range parameters {
		same = s.word(math.Float64bits(p)) == math.Float64bits(p) && same
	}
	if !same && s.err == nil {
		s.err = fmt.Errorf("it is not of this %s%v", name, parameters)
	}
}

// count is a number from 0 to most. It returns what the field is going to be.
func (s *state) count(field *int, most int) int {
	n := s.word(uint64(*field))
	if n > uint64(most) && s.err == nil {
		s.err = fmt.Errorf("%d is above %d", n, most)
	}
	if s.err != nil {
		return 0
	}
	if s.mode == loading {
		*field = int(n)
	}
	return int(n)
}

// float returns what the field is going to be.
func (s *state) float(field *float64) float64 {
	x := math.Float64frombits(s.word(math.Float64bits(*field)))
	if math.IsNaN(x) && s.err == nil && s.mode != writing {
		s.err = errors.New("it holds what is not a number")
	}
	if s.mode == loading && s.err == nil {
		*field = x
	}
	return x
}

// rounding is what an indicator knows of its own rounding: a least that it is not to fall to, and what else that takes. A
// state that does not have it yet may hold any amount: below an infinite least everything is worked out anew.
func (s *state) rounding(least *float64, more ...*float64) {
	for _, field := range append([]*float64{least}, more...) {
		switch {
		case s.version > oldestVersion:
			s.float(field)
		case s.mode == loading:
			*field = 0
		}
	}
	if s.version == oldestVersion && s.mode == loading {
		*least = math.Inf(1)
	}
}

func (s *state) flag(field *bool) {
	n := 0
	if *field {
		n = 1
	}
	n = s.count(&n, 1)
	if s.mode == loading && s.err == nil {
		*field = n == 1
	}
}
