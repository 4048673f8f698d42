package storetest

import (
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var stateTests = map[string]func(*testing.T, Kind){
	"State is there after reopening":               stateReopened,
	"State that cannot be stored refuses its call": stateRefused,
}

// SomeState returns a state.
func SomeState() signal.State {
	return signal.State{
		Stream: signal.Stream{Strategy: "cross", Params: "fast=8", Symbol: "BTC/USDT:USDT", Interval: time.Minute},
		Bar:    time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC),
		Seen:   21, Data: []byte{0, 1, 0xff},
	}
}

func stateReopened(t *testing.T, kind Kind) {
	place := kind(t)
	first := place.Open(t)
	newer := SomeState()
	newer.Data = []byte("newer")
	noError(t, first.Signals().SaveStates(t.Context(), SomeState(), newer)) // The last of a stream counts.
	noError(t, first.Close())
	got, ok, err := place.Open(t).Signals().LoadState(t.Context(), newer.Stream)
	noError(t, err)
	equal(t, true, ok)
	equal(t, newer, got)
}

func stateRefused(t *testing.T, kind Kind) {
	store := kind.open(t).Signals()
	bad := SomeState()
	bad.Stream.Symbol, bad.Bar = "ETH", time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	says(t, store.SaveStates(t.Context(), SomeState(), bad), ": save states: state of cross for ETH: the Bar "+
		"2300-01-01T00:00:00Z is not between the years 1678 and 2262")
	_, ok, err := store.LoadState(t.Context(), SomeState().Stream)
	noError(t, err)
	equal(t, false, ok)
}
