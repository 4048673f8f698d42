package signal

import (
	"context"
	"encoding"
	"time"
)

// Source gives closed bars. It is asked rather than pushing, so a restart or a gap heals by asking again.
// It may be called from several goroutines at once, for different symbols.
type Source interface {
	// Bars returns bars of symbol whose Time is later than after, ascending and without duplicates, at most limit
	// of them: the first ones after that time. A bar that is not closed yet is left out. No new bar is an empty
	// Batch, not an error. A symbol that it does not have is an error that wraps ErrUnknownSymbol.
	Bars(ctx context.Context, symbol string, after time.Time, limit int) (Batch, error)
}

// Batch is a Source's answer. A Source that knows no more than its bars returns Batch{Bars: bars}.
type Batch struct {
	Bars []Bar

	// Complete is up to when the Source knows that nothing is missing: each bar of the symbol that opens after the
	// time asked from and closes by then is in Bars, and no other such bar will ever come. It tells an interval
	// without a trade, of which there is no bar, from one whose bar is late. In UTC; zero means that the Source does
	// not know, and that is always right.
	Complete time.Time
}

// Waker is a Source that can say when it may have something new, so that a signal need not wait for the next cycle.
type Waker interface {
	// Wake returns, at once, a channel that is closed when the next bar of whichever symbol arrives. Ask for it
	// before reading.
	Wake() <-chan struct{}
}

// Strategy decides for one symbol, bar by bar. It is pure: no I/O, no clock, no state but what its bars told it, so the
// same bars give the same signals. It is used by one goroutine at a time.
type Strategy interface {
	// Warmup is how many bars it must have seen before it can decide.
	Warmup() int
	// OnBar takes the next closed bar. With true it returns a Signal of which Direction, Confidence and Parts
	// count; what else a Signal holds is known to the caller.
	OnBar(b Bar) (Signal, bool)
}

// Stateful is a Strategy whose state can be written down and read again. With it a restart goes on to the last digit:
// an indicator that never quite forgets would else agree only nearly, once it was warmed up from history.
type Stateful interface {
	Strategy
	// MarshalBinary returns all that its bars have told it.
	encoding.BinaryMarshaler
	// UnmarshalBinary takes over, in a new value of the same Spec, what MarshalBinary returned. What it cannot read
	// is an error, after which the value is not used.
	encoding.BinaryUnmarshaler
}

// Spec names a strategy and makes the values of it, one for each symbol.
type Spec struct {
	Name   string          // such as "ema_cross"
	Params string          // such as "fast=8,slow=21", always in the same order: it is part of the signals' IDs
	New    func() Strategy // a new value that has seen nothing
}

// Store keeps signals in the order in which they were appended. It is safe for concurrent use.
type Store interface {
	// Append stores the signals, all or none, and returns when they are durable. One that is not valid (see
	// Signal.Validate) is refused, and the whole call with it. One whose ID is stored already is left out; if its
	// content differs the error wraps ErrConflict, the others of the call are stored, and the first one stays as it
	// is. A Store may refuse an ID that looks like one of Stream.ID and is not its own.
	Append(ctx context.Context, s ...Signal) error
	// Latest returns the signals that q asks for, newest (highest Seq) first.
	Latest(ctx context.Context, q Query) ([]Signal, error)
	// After returns signals with a Seq above seq, ascending, at most limit.
	After(ctx context.Context, seq int64, limit int) ([]Signal, error)
}

// Identified is a Store with a name of its own, made when it was created: a cursor into one Store means nothing in
// another, and the identity tells them apart.
type Identified interface {
	Identity(ctx context.Context) (string, error)
}

// Window is a Store that forgets and says what: a follower whose cursor is older than that has missed something, and must
// be told.
type Window interface {
	// Whole returns the Seq from which on nothing is missing: all signals with a higher one that were ever stored are
	// still held. 0 means that nothing was forgotten yet.
	Whole(ctx context.Context) (int64, error)
}

// Notifier is a Store that can say when there is more to read.
type Notifier interface {
	// Appended returns a channel that is closed at the next Append of a new signal. Ask for it before reading.
	Appended() <-chan struct{}
}

// State is what a Stateful strategy knew after a bar.
type State struct {
	Stream Stream
	Bar    time.Time // open of the newest bar that it had seen, UTC
	Seen   int       // how many bars it had seen, as far as its Warmup asks
	Data   []byte    // what MarshalBinary returned
}

// States keeps the newest State of each Stream. It is safe for concurrent use. It stands best beside the signals, in one
// database, so that a copy of the one is a copy of the other.
type States interface {
	// SaveStates replaces the States of those Streams, all or none, and returns when they are durable.
	SaveStates(ctx context.Context, s ...State) error
	// LoadState returns the State of a Stream; false means that there is none.
	LoadState(ctx context.Context, of Stream) (State, bool, error)
}

// Pruner is a Store that can forget. It is for whoever keeps house, such as once an hour.
type Pruner interface {
	// Prune removes what r lets go and returns how many signals that were. An ID that was removed is not known any
	// more. Numbers are never given out a second time.
	Prune(ctx context.Context, r Retention) (removed int, err error)
}

// Retention says which signals a Prune may remove: those that are too old or too many, and of them only what everybody
// has read. The newest signal of each Stream always stays, because it says what to hold now and from where a Generator
// goes on. The zero value removes nothing.
type Retention struct {
	Before time.Time // signals created earlier are too old; zero: none is
	Count  int       // signals beyond the newest so many are too many; 0: none is
	Passed int64     // the lowest cursor of all who follow the Store: nothing above this Seq is removed
}

// Query says which signals Latest returns. Zero fields ask for everything.
type Query struct {
	Symbol        string
	Strategy      string
	Stream        Stream  // exactly this one, with its parameters and its interval
	MinConfidence float64 // 0 to 1
	Limit         int     // 0 means DefaultLimit
}

// DefaultLimit is how many signals Latest returns where the Query names no limit.
const DefaultLimit = 100

// Hours knows when a symbol's market is open.
type Hours interface {
	// Open reports whether symbol trades at the given time, and when that changes next (zero for never).
	Open(symbol string, at time.Time) (open bool, until time.Time)
}
