package signaltest

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// manyStates saves as many as a desk may have, and one that is large.
func manyStates(t testing.TB, states signal.States) {
	var all []signal.State
	for n := range 500 {
		s := exampleState(n)
		s.Bar = s.Bar.Add(time.Duration(n) * time.Hour)
		all = append(all, s)
	}
	all[77].Data = bytes.Repeat([]byte{0, 1, 0xfe, 0xff}, 1<<18)
	saveStates(t, states, all...)
	for _, s := range all {
		wantState(t, states, s)
	}
}

func stateEdges(t testing.TB, states signal.States) {
	for n, change := range []func(*signal.State){
		func(s *signal.State) { s.Bar = time.Time{} },
		func(s *signal.State) { s.Bar = time.Unix(-1, 1) },
		func(s *signal.State) { s.Bar = time.Unix(0, 0) },
		func(s *signal.State) {
			s.Bar = time.Date(2026, 3, 29, 2, 30, 0, 999999999, time.FixedZone("elsewhere", 5*3600+1800))
		},
		func(s *signal.State) { s.Seen = 0 },
		func(s *signal.State) { s.Seen = 10_000_000 },
		func(s *signal.State) { s.Data = []byte{0} },
		func(s *signal.State) { s.Data = []byte("  'text' \\x00 ") },
		func(s *signal.State) { s.Stream.Interval = 1500*time.Millisecond + 1 },
	} {
		s := exampleState(n)
		change(&s)
		saveStates(t, states, s)
		wantState(t, states, s)
	}
}

// statesAreExact keeps states under names that are nearly alike, each in its place of a Stream.
func statesAreExact(t testing.TB, states signal.States) {
	var all []signal.State
	for n, text := range nearlyAlike() {
		for _, put := range []func(*signal.Stream){
			func(k *signal.Stream) { k.Strategy = text },
			func(k *signal.Stream) { k.Params = text },
			func(k *signal.Stream) { k.Symbol = text },
		} {
			s := exampleState(0)
			put(&s.Stream)
			s.Seen, s.Data = len(all), []byte{byte(n)}
			all = append(all, s)
		}
	}
	for _, interval := range nearIntervals {
		s := exampleState(0)
		s.Stream.Interval, s.Seen = interval, len(all)
		all = append(all, s)
	}
	saveStates(t, states, all...)
	for _, s := range all {
		wantState(t, states, s)
	}
}

// lastStateCounts saves older bars over newer ones: a strategy that is rebuilt begins anew.
func lastStateCounts(t testing.TB, states signal.States) {
	newer, older := exampleState(1), exampleState(1)
	older.Bar, older.Seen, older.Data = older.Bar.Add(-time.Hour), 3, []byte("older")
	saveStates(t, states, newer)
	saveStates(t, states, older)
	wantState(t, states, older)
	saveStates(t, states, newer, older, newer)
	wantState(t, states, newer)
	saveStates(t, states, newer, older)
	wantState(t, states, older)
}
