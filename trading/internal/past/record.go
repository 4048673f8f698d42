package past

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"time"

	"github.com/shopspring/decimal"
)

// Key packs an ID behind what is in b. Most are a client ID, "v-" and 24 digits of hex, or begin with one, as fills do:
// these take half.
func Key(b []byte, id string) []byte {
	const prefix, digits = 2, 24
	if len(id) < prefix+digits || id[:prefix] != "v-" {
		return append(append(b, 1), id...)
	}
	begin := len(b)
	b = append(b, 0)
	for i := prefix; i < prefix+digits; i += 2 {
		high, low := digit(id[i]), digit(id[i+1])
		if high|low > 15 {
			return append(append(b[:begin], 1), id...)
		}
		b = append(b, high<<4|low)
	}
	return append(b, id[prefix+digits:]...)
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
	case len(key) > 0 && key[0] == 1:
		return string(key[1:]), nil
	case len(key) > 12 && key[0] == 0:
		return "v-" + hex.EncodeToString(key[1:13]) + string(key[13:]), nil
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

// ID adds an ID, packed.
func (w *Writer) ID(id string) {
	var room [64]byte
	key := Key(room[:0], id)
	w.Uint(uint64(len(key)))
	w.Body = append(w.Body, key...)
}

// Time adds an instant; its zone is UTC from then on.
func (w *Writer) Time(t time.Time) {
	w.Int(t.Unix())
	w.Uint(uint64(t.Nanosecond()))
}

// Decimal adds a decimal, with its exponent.
func (w *Writer) Decimal(d decimal.Decimal) {
	w.Int(int64(d.Exponent()))
	if d.NumDigits() <= 18 {
		w.Body = append(w.Body, 0)
		w.Int(d.CoefficientInt64())
		return
	}
	w.Body = append(w.Body, 1)
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
	id, err := ID([]byte(r.Text()))
	r.Err = errors.Join(r.Err, err)
	return id
}

// Time reads an instant.
func (r *Reader) Time() time.Time {
	seconds, nanos := r.Int(), r.Uint()
	return time.Unix(seconds, int64(nanos%1_000_000_000)).UTC()
}

// Decimal reads a decimal.
func (r *Reader) Decimal() decimal.Decimal {
	exponent := r.Int()
	if exponent < -1000 || exponent > 1000 { // so that a record that is none costs no memory
		r.Err = errors.Join(r.Err, errors.New("past: a number is none"))
		return decimal.Decimal{}
	}
	if kind := r.next(1); kind == nil || kind[0] == 0 {
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
