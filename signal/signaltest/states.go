package signaltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// TestStates holds a States to everything that the interface promises. open returns a new and empty one; what it has to
// clean up it registers with t.Cleanup. Each case gets one of its own, and they run in parallel.
func TestStates(t *testing.T, open func(t *testing.T) signal.States) {
	for _, c := range stateCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

var stateCases = []struct {
	name string
	run  func(t testing.TB, states signal.States)
}{
	{"a key that was never saved has no state", noState},
	{"what was saved comes back, and the newest replaces it", statesComeBack},
	{"every part of the key counts", statesByKey},
	{"the caller's bytes stay the caller's", statesAreCopies},
	{"a call of many states is whole", manyStates},
	{"every value of a state comes back", stateEdges},
	{"states of what is nearly alike are apart", statesAreExact},
	{"the last one that was saved is the one, whatever its bar", lastStateCounts},
	{"a call whose context has ended does nothing with states", statesEndedContext},
	{"saves from many goroutines are all there", concurrentStates},
}

func exampleState(n int) signal.State {
	return signal.State{
		Stream: signal.Stream{Strategy: "cross", Params: "fast=8,slow=21", Symbol: fmt.Sprint("S", n), Interval: time.Minute},
		Bar:    time.Date(2026, 1, 2, 3, n, 0, 1, time.UTC),
		Seen:   n,
		Data:   []byte{byte(n), 0, 0xff, '\'', '\n'},
	}
}

func saveStates(t testing.TB, states signal.States, s ...signal.State) {
	t.Helper()
	if err := states.SaveStates(t.Context(), s...); err != nil {
		t.Fatalf("SaveStates of %d states: %v", len(s), err)
	}
}

func wantState(t testing.TB, states signal.States, want signal.State) {
	t.Helper()
	got, ok, err := states.LoadState(t.Context(), want.Stream)
	if err != nil || !ok {
		t.Errorf("LoadState of %s: %t, error %v, want one", brief(fmt.Sprintf("%+v", want.Stream)), ok, err)
		return
	}
	of := brief(fmt.Sprintf("%+v", want.Stream))
	switch {
	case got.Stream != want.Stream:
		t.Errorf("the state is of %+v, want %+v", got.Stream, want.Stream)
	case !got.Bar.Equal(want.Bar):
		t.Errorf("Bar is %s, want %s, in the state of %s",
			got.Bar.Format(time.RFC3339Nano), want.Bar.Format(time.RFC3339Nano), of)
	case got.Bar.Location() != time.UTC:
		t.Errorf("Bar comes back in %s, want UTC", got.Bar.Location())
	case got.Seen != want.Seen:
		t.Errorf("Seen is %d, want %d, in the state of %s", got.Seen, want.Seen, of)
	case !bytes.Equal(got.Data, want.Data):
		t.Errorf("Data is %s, want %s, in the state of %s", brief(string(got.Data)), brief(string(want.Data)), of)
	}
}

func noState(t testing.TB, states signal.States) {
	saveStates(t, states)
	saveStates(t, states, exampleState(1))
	if s, ok, err := states.LoadState(t.Context(), exampleState(2).Stream); ok || err != nil {
		t.Errorf("LoadState of an unknown key: %+v, %t, error %v, want none", s, ok, err)
	}
}

func statesComeBack(t testing.TB, states signal.States) {
	first, second, empty := exampleState(1), exampleState(2), exampleState(3)
	first.Bar = first.Bar.In(time.FixedZone("elsewhere", 5*3600))
	empty.Data = nil
	saveStates(t, states, first, second, empty)
	for _, s := range []signal.State{first, second, empty} {
		wantState(t, states, s)
	}
	newer := second
	newer.Bar, newer.Seen, newer.Data = newer.Bar.Add(time.Minute), 99, []byte("more than before")
	saveStates(t, states, newer)
	wantState(t, states, newer)
	wantState(t, states, first)
}

func statesByKey(t testing.TB, states signal.States) {
	base := exampleState(1)
	all := []signal.State{base}
	for i, change := range []func(*signal.Stream){
		func(k *signal.Stream) { k.Strategy = "cros" },
		func(k *signal.Stream) { k.Params = "" },
		func(k *signal.Stream) { k.Symbol = "BTC/USDT:USDT" },
		func(k *signal.Stream) { k.Interval = time.Hour },
		func(k *signal.Stream) { k.Strategy, k.Params = k.Strategy+k.Params, "" },
	} {
		other := base
		change(&other.Stream)
		other.Data = []byte{byte(i)}
		all = append(all, other)
	}
	saveStates(t, states, all...)
	for _, s := range all {
		wantState(t, states, s)
	}
}

func statesAreCopies(t testing.TB, states signal.States) {
	mine := exampleState(1)
	saveStates(t, states, mine)
	if !bytes.Equal(mine.Data, exampleState(1).Data) {
		t.Error("SaveStates changed the caller's Data")
	}
	copy(mine.Data, exampleState(1).Data)
	mine.Data[0]++
	wantState(t, states, exampleState(1))
	got, _, _ := states.LoadState(t.Context(), mine.Stream)
	if len(got.Data) > 0 {
		got.Data[0]++
	}
	wantState(t, states, exampleState(1))
}

func statesEndedContext(t testing.TB, states signal.States) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := states.SaveStates(ended, exampleState(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("SaveStates with a context that has ended: %v, want context.Canceled", err)
	}
	if _, _, err := states.LoadState(ended, exampleState(1).Stream); !errors.Is(err, context.Canceled) {
		t.Errorf("LoadState with a context that has ended: %v, want context.Canceled", err)
	}
	if _, ok, err := states.LoadState(t.Context(), exampleState(1).Stream); ok || err != nil {
		t.Errorf("LoadState after it: %t, error %v, want none", ok, err)
	}
}

func concurrentStates(t testing.TB, states signal.States) {
	var done sync.WaitGroup
	for n := range 8 {
		done.Go(func() {
			for range 10 {
				if err := states.SaveStates(t.Context(), exampleState(n)); err != nil {
					t.Errorf("SaveStates: %v", err)
				}
				wantState(t, states, exampleState(n))
			}
		})
	}
	done.Wait()
	for n := range 8 {
		wantState(t, states, exampleState(n))
	}
}
