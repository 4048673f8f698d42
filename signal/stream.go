package signal

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Stream is one strategy with its parameters, on the bars of one symbol and interval. Signals of a Stream replace each
// other, a State belongs to one, and a Store remembers the newest Signal of each.
type Stream struct {
	Strategy string        // the Spec's name
	Params   string        // the Spec's parameters
	Symbol   string        // of the bars
	Interval time.Duration // of the bars
}

// ID derives the ID of the Stream's Signal on the bar that opened at the given time: the same Stream and bar give the same
// ID, in whichever process. It has 24 hexadecimal digits.
func (s Stream) ID(bar time.Time) string {
	var buffer [192]byte // on the stack
	return idOf(s.appendText(buffer[:0]), bar)
}

// IDs returns ID for whoever needs many of them: what they have in common is derived once. The function is for one
// goroutine at a time.
func (s Stream) IDs() func(bar time.Time) string {
	text := s.appendText(make([]byte, 0, 192))
	return func(bar time.Time) string { return idOf(text, bar) }
}

// appendText appends what the IDs of the Stream have in common.
func (s Stream) appendText(text []byte) []byte {
	for _, part := range [...]string{s.Strategy, s.Params, s.Symbol, s.Interval.String()} {
		text = strconv.AppendInt(text, int64(len(part)), 10) // lengths, so that no two lists read alike
		text = append(text, ':')
		text = append(text, part...)
		text = append(text, ',')
	}
	return text
}

// idOf writes the bar's time into the room behind text.
func idOf(text []byte, bar time.Time) string {
	sum := sha256.Sum256(strconv.AppendInt(text, bar.UnixNano(), 10))
	var id [24]byte
	hex.Encode(id[:], sum[:12])
	return string(id[:])
}
