// Package signal generates trading signals and never stops doing so.
//
// Data goes one way: a Source gives closed bars, a Strategy turns them into Signals, a Store keeps those durably, and
// whoever trades on them follows the Store. A Generator drives it, for many symbols at once, on an injected clock: an
// error, a panic or a hang of one symbol is that symbol's own and never ends the loop.
//
// The Store is the queue between the Generator and its consumers, so that each of them can be restarted without the
// other. A Signal's ID is derived from what it was made of, so producing it again is harmless.
//
// The name meets os/signal in a main package; alias that one: import ossignal "os/signal".
package signal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ErrConflict says that a Store holds a Signal of the same ID with other content. The first one stays.
var ErrConflict = errors.New("signal: a signal with this ID and other content is stored already")

// ErrUnknownSymbol says that a Source has no such symbol.
var ErrUnknownSymbol = errors.New("signal: unknown symbol")

// Direction is what a Signal says to hold.
type Direction int8

// The directions. The zero value holds nothing.
const (
	Short Direction = -1
	Flat  Direction = 0
	Long  Direction = 1
)

func (d Direction) String() string {
	switch d {
	case Short:
		return "short"
	case Flat:
		return "flat"
	case Long:
		return "long"
	}
	return "Direction(" + strconv.Itoa(int(d)) + ")"
}

// MarshalText returns the direction's name. What is none of the three is an error: it could not be read back.
func (d Direction) MarshalText() ([]byte, error) {
	if d < Short || d > Long {
		return nil, fmt.Errorf("signal: %s is none of short, flat, long", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText accepts the names that MarshalText gives.
func (d *Direction) UnmarshalText(text []byte) error {
	for _, known := range []Direction{Short, Flat, Long} {
		if string(text) == known.String() {
			*d = known
			return nil
		}
	}
	return fmt.Errorf("signal: direction %q is none of short, flat, long", text)
}

// Signal says what to hold of a symbol, from one closed bar on, until another Signal of the same strategy and symbol
// replaces it. How much to hold is not its business.
type Signal struct {
	ID         string // see Stream.ID
	Seq        int64  // the place in its Store, rising from 1; 0 before it is stored
	Strategy   string // the Spec's name
	Params     string // the Spec's parameters
	Symbol     string
	Interval   time.Duration // of the bars it was made from
	Direction  Direction     // what to hold
	Confidence float64       // how sure the strategy is, 0 to 1
	Price      float64       // close of the bar
	BarTime    time.Time     // open of the bar, UTC
	CreatedAt  time.Time     // when it was generated, UTC
	ValidUntil time.Time     // until when it may open something; closing on it is always right
	Parts      []Part        // who said what, where several made it together; else nil
}

// Stream is the Stream that the Signal belongs to.
func (s Signal) Stream() Stream {
	return Stream{Strategy: s.Strategy, Params: s.Params, Symbol: s.Symbol, Interval: s.Interval}
}

// Same reports whether two Signals say the same: all but Seq and CreatedAt, which differ when one is produced again.
func (s Signal) Same(o Signal) bool {
	return s.ID == o.ID && s.Strategy == o.Strategy && s.Params == o.Params && s.Symbol == o.Symbol &&
		s.Interval == o.Interval && s.Direction == o.Direction && s.Confidence == o.Confidence && s.Price == o.Price &&
		s.BarTime.Equal(o.BarTime) && s.ValidUntil.Equal(o.ValidUntil) && slices.Equal(s.Parts, o.Parts)
}

// signalJSON is a Signal as the API shows it: the interval in Go's notation, "5s".
type signalJSON struct {
	ID         string    `json:"id"`
	Seq        int64     `json:"seq"`
	Strategy   string    `json:"strategy"`
	Params     string    `json:"params"`
	Symbol     string    `json:"symbol"`
	Interval   string    `json:"interval"`
	Direction  Direction `json:"direction"`
	Confidence float64   `json:"confidence"`
	Price      float64   `json:"price"`
	BarTime    time.Time `json:"bar_time"`
	CreatedAt  time.Time `json:"created_at"`
	ValidUntil time.Time `json:"valid_until"`
	Parts      []Part    `json:"parts,omitempty"`
}

// MarshalJSON writes snake_case names, times in RFC 3339 and the interval in Go's notation.
func (s Signal) MarshalJSON() ([]byte, error) {
	return json.Marshal(signalJSON{s.ID, s.Seq, s.Strategy, s.Params, s.Symbol, s.Interval.String(), s.Direction,
		s.Confidence, s.Price, s.BarTime, s.CreatedAt, s.ValidUntil, s.Parts})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Signal) UnmarshalJSON(data []byte) error {
	var j signalJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	interval, err := time.ParseDuration(j.Interval)
	if err != nil {
		return fmt.Errorf("signal: interval: %w", err)
	}
	*s = Signal{j.ID, j.Seq, j.Strategy, j.Params, j.Symbol, interval, j.Direction, j.Confidence, j.Price,
		j.BarTime, j.CreatedAt, j.ValidUntil, j.Parts}
	return nil
}
