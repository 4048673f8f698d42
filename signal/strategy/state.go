package strategy

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// stateVersion is the first byte of a state. Another layout gets another number.
const stateVersion = 1

// state goes over what a strategy knows, to write it down or to read it.
type state struct {
	data    []byte
	reading bool
	err     error
}

// stateful is a strategy that lists what it knows, in an order that does not change.
type stateful interface{ fields(s *state) }

func save(of stateful) ([]byte, error) {
	s := state{data: []byte{stateVersion}}
	of.fields(&s)
	return s.data, s.err
}

func load(data []byte, into stateful) error {
	if len(data) == 0 || data[0] != stateVersion {
		return errors.New("strategy: this is not a state, or one of another version")
	}
	s := state{data: data[1:], reading: true}
	into.fields(&s)
	if s.err == nil && len(s.data) > 0 {
		s.err = fmt.Errorf("%d bytes are left over", len(s.data))
	}
	if s.err != nil {
		return fmt.Errorf("strategy: state: %w", s.err)
	}
	return nil
}

// number is a whole number from lowest to highest.
func (s *state) number(field *int, lowest, highest int) {
	n := int(int64(s.word(uint64(*field))))
	switch {
	case s.err != nil || !s.reading:
	case n < lowest || n > highest:
		s.err = fmt.Errorf("%d is not in %d to %d", n, lowest, highest)
	default:
		*field = n
	}
}

func (s *state) flag(field *bool) {
	n := 0
	if *field {
		n = 1
	}
	s.number(&n, 0, 1)
	*field = n == 1
}

func (s *state) float(field *float64) {
	x := math.Float64frombits(s.word(math.Float64bits(*field)))
	switch {
	case s.err != nil || !s.reading:
	case math.IsNaN(x):
		s.err = errors.New("it holds what is not a number")
	default:
		*field = x
	}
}

func (s *state) word(now uint64) uint64 {
	switch {
	case s.err != nil:
		return now
	case !s.reading:
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

// part is an indicator, or another strategy: its length and its bytes.
func (s *state) part(of interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}) {
	if s.err != nil {
		return
	}
	if !s.reading {
		var data []byte
		data, s.err = of.MarshalBinary()
		s.word(uint64(len(data)))
		s.data = append(s.data, data...)
		return
	}
	n := s.word(0)
	if s.err == nil && n > uint64(len(s.data)) {
		s.err = errors.New("it is cut off")
	}
	if s.err == nil {
		s.err = of.UnmarshalBinary(s.data[:n])
		s.data = s.data[n:]
	}
}
