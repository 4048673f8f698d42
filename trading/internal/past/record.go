package past

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

const (
	prefix = "v-"
	digits = 24
)

// What the first byte of a packed ID says.
const (
	ofClient = iota // an ID that begins with prefix and digits of hex
	whole           // any other, as it is
	ofSignal        // digits of hex alone; only within a record
)

// Key packs an ID behind what is in b. Most are a client ID, "v-" and 24 digits of hex, or begin with one, as fills do:
// these take half.
func Key(b []byte, id string) []byte {
	if n := len(prefix) + digits; len(id) >= n && id[:len(prefix)] == prefix {
		if packed, ok := pack(append(b, ofClient), id[len(prefix):n]); ok {
			return append(packed, id[n:]...)
		}
	}
	return append(append(b, whole), id...)
}

// pack packs digits of hex behind what is in b, unless one of them is none.
func pack(b []byte, hex string) ([]byte, bool) {
	for i := 0; i < len(hex); i += 2 {
		high, low := digit(hex[i]), digit(hex[i+1])
		if high|low > 15 {
			return nil, false
		}
		b = append(b, high<<4|low)
	}
	return b, true
}

// digit is the value of a digit of hex as they are written here; more than 15 is none.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// ID is what Key packed.
func ID(key []byte) (string, error) {
	switch {
	case len(key) > 0 && key[0] == whole:
		return string(key[1:]), nil
	case len(key) > digits/2 && key[0] == ofClient:
		end := 1 + digits/2
		return prefix + hex.EncodeToString(key[1:end]) + string(key[end:]), nil
	}
	return "", errors.New("past: a key is no ID")
}

// Writer makes the body of a record, field after field.
type Writer struct{ Body []byte }

// Uint adds a number.
func (w *Writer) Uint(n uint64) { w.Body = binary.AppendUvarint(w.Body, n) }

// Int adds one that may be below zero.
func (w *Writer) Int(n int64) { w.Body = binary.AppendVarint(w.Body, n) }

// Text adds a string.
func (w *Writer) Text(s string) {
	w.Uint(uint64(len(s)))
	w.Body = append(w.Body, s...)
}

// ID adds an ID, packed. Those of most signals are 24 digits of hex, which take half.
func (w *Writer) ID(id string) {
	var room [64]byte
	key, ok := []byte(nil), false
	if len(id) == digits {
		key, ok = pack(append(room[:0], ofSignal), id)
	}
	if !ok {
		key = Key(room[:0], id)
	}
	w.Uint(uint64(len(key)))
	w.Body = append(w.Body, key...)
}

// Time adds an instant; its zone is UTC from then on.
func (w *Writer) Time(t time.Time) {
	w.Int(t.Unix())
	w.Uint(uint64(t.Nanosecond()))
}

// Since adds an instant that is near to another one.
func (w *Writer) Since(near, t time.Time) {
	if by := near.Sub(t); by > math.MinInt64 && near.Add(-by).Equal(t) {
		w.Int(int64(by))
		return
	}
	w.Int(math.MinInt64) // too far
	w.Time(t)
}

// Decimal adds a decimal, with its exponent.
func (w *Writer) Decimal(d decimal.Decimal) {
	if d.NumDigits() <= 18 {
		w.Int(2 * int64(d.Exponent()))
		w.Int(d.CoefficientInt64())
		return
	}
	w.Int(2*int64(d.Exponent()) + 1)
	w.Text(d.Coefficient().String())
}

// Reader reads what a Writer wrote. After the first field that is not there all others are zero, and Err says so.
type Reader struct {
	body []byte
	Err  error
}

// NewReader reads a body.
func NewReader(body []byte) *Reader { return &Reader{body: body} }

// next takes so many bytes, at least one.
func (r *Reader) next(n int) []byte {
	if r.Err != nil || n <= 0 || n > len(r.body) {
		r.Err = errors.New("past: a record is cut short")
		return nil
	}
	taken := r.body[:n]
	r.body = r.body[n:]
	return taken
}

// Uint reads a number.
func (r *Reader) Uint() uint64 {
	n, width := binary.Uvarint(r.body)
	if r.next(width) == nil {
		return 0
	}
	return n
}

// Int reads one that may be below zero.
func (r *Reader) Int() int64 {
	n, width := binary.Varint(r.body)
	if r.next(width) == nil {
		return 0
	}
	return n
}

// Text reads a string.
func (r *Reader) Text() string {
	n := r.Uint()
	if n == 0 {
		return ""
	}
	return string(r.next(int(min(n, 1<<40))))
}

// ID reads an ID.
func (r *Reader) ID() string {
	key := []byte(r.Text())
	if len(key) == 1+digits/2 && key[0] == ofSignal {
		return hex.EncodeToString(key[1:])
	}
	id, err := ID(key)
	r.Err = errors.Join(r.Err, err)
	return id
}

// Time reads an instant.
func (r *Reader) Time() time.Time {
	seconds, nanos := r.Int(), r.Uint()
	return time.Unix(seconds, int64(nanos%1_000_000_000)).UTC()
}

// Since reads an instant that is near to another one.
func (r *Reader) Since(near time.Time) time.Time {
	by := r.Int()
	if by == math.MinInt64 {
		return r.Time()
	}
	return near.Add(-time.Duration(by)).UTC()
}

// Decimal reads a decimal.
func (r *Reader) Decimal() decimal.Decimal {
	exponent := r.Int()
	large := exponent&1 == 1
	if exponent >>= 1; exponent < -1000 || exponent > 1000 { // so that a record that is none costs no memory
		r.Err = errors.Join(r.Err, errors.New("past: a number is none"))
		return decimal.Decimal{}
	}
	if !large {
		return decimal.New(r.Int(), int32(exponent))
	}
	coefficient, ok := new(big.Int).SetString(r.Text(), 10)
	if !ok {
		r.Err = errors.Join(r.Err, errors.New("past: a number is none"))
		return decimal.Decimal{}
	}
	return decimal.NewFromBigInt(coefficient, int32(exponent))
}

// Left reports whether anything follows what was read.
func (r *Reader) Left() bool { return len(r.body) > 0 }
