package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sync"
)

// strict reads one JSON object after the other and refuses unknown fields. It is used again, because a Decoder for each
// entry made a restart a quarter slower: the Decoder, its buffer and its Reader are three allocations of 1.5 kB.
type strict struct {
	decoder *json.Decoder
	data    []byte // what the decoder has not read yet
	given   int64  // how many bytes it was given in all
}

// stricts holds those whose last object was read to its end.
var stricts = sync.Pool{New: func() any {
	s := &strict{}
	s.decoder = json.NewDecoder(s)
	s.decoder.DisallowUnknownFields()
	return s
}}

// decodeStrictly reads the JSON object that data is.
func decodeStrictly(data []byte, into any) error {
	s := stricts.Get().(*strict)
	s.data, s.given = data, s.given+int64(len(data))
	err := s.decoder.Decode(into)
	s.data = nil
	if err != nil {
		return err // What the decoder has of these data would come before the next.
	}
	left := s.given - s.decoder.InputOffset()
	if left > 0 {
		if len(bytes.TrimSpace(data[len(data)-int(left):])) > 0 {
			return errors.New("something follows its JSON")
		}
		return nil // The decoder may not have read what is left.
	}
	stricts.Put(s)
	return nil
}

// Read implements io.Reader for the decoder, which asks for more only where an object is not complete.
func (s *strict) Read(to []byte) (int, error) {
	if len(s.data) == 0 {
		return 0, io.EOF
	}
	n := copy(to, s.data)
	s.data = s.data[n:]
	return n, nil
}
