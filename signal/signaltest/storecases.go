package signaltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

func emptyStore(t testing.TB, open func() signal.Store) {
	store := open()
	latest, err := store.Latest(t.Context(), signal.Query{})
	none(t, "Latest", latest, err)
	after, err := store.After(t.Context(), 0, 10)
	none(t, "After", after, err)
}

func storedInOrder(t testing.TB, open func() signal.Store) {
	store := open()
	want := exampleSignals(0, 20)
	for _, cut := range [][2]int{{0, 1}, {1, 15}, {15, 20}} {
		appendAll(t, store, want[cut[0]:cut[1]]...)
		latest, err := store.Latest(t.Context(), signal.Query{})
		if err != nil {
			t.Fatalf("Latest: %v", err)
		}
		slices.Reverse(latest)
		wantSignals(t, "Latest between calls", latest, want[:cut[1]])
	}
	wantSignals(t, "what was appended in three calls", readAll(t, store), want)
}

func fieldsComeBack(t testing.TB, open func() signal.Store) {
	store := open()
	elsewhere := time.FixedZone("elsewhere", 5*3600+1800)
	odd := exampleSignal(1)
	odd.BarTime = time.Date(2026, 3, 29, 2, 30, 0, 1, elsewhere)
	odd.ID = odd.Stream().ID(odd.BarTime)
	odd.CreatedAt = time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC) // a mock clock may be set before 1970
	odd.ValidUntil = time.Time{}
	odd.Seq = 77 // the store's to say
	odd.Price = 1e-308
	odd.Confidence = 0.1 + 0.2
	appendAll(t, store, odd)
	wantSignals(t, "an odd signal", readAll(t, store), []signal.Signal{odd})
}

func partsComeBack(t testing.TB, open func() signal.Store) {
	store := open()
	s := exampleSignal(0)
	s.Parts = []signal.Part{
		{Strategy: "cross", Params: "fast=8,slow=21", Weight: 2, Spoke: true, Direction: signal.Short, Confidence: 0.1 + 0.2},
		{Strategy: "nul\x00 'quoted' 日本語", Params: "", Weight: 1e-308},
	}
	want := s
	want.Parts = slices.Clone(s.Parts)
	appendAll(t, store, s, exampleSignal(1))
	s.Parts[0].Direction = signal.Long // the caller's own
	got := readAll(t, store)
	if !wantSignals(t, "a signal with parts and one without", got, []signal.Signal{want, exampleSignal(1)}) {
		return
	}
	if got[1].Parts != nil {
		t.Errorf("a signal without parts comes back with %v", got[1].Parts)
	}
	clear(got[0].Parts) // the reader's own
	latest, err := store.Latest(t.Context(), signal.Query{Strategy: want.Strategy, Symbol: want.Symbol})
	if err != nil {
		t.Fatalf("Latest: %v", err)
	}
	wantSignals(t, "after a reader changed the parts that it got", latest, []signal.Signal{want})
	appendAll(t, store, want)
	if err := store.Append(t.Context(), s); !errors.Is(err, signal.ErrConflict) {
		t.Errorf("Append of a stored signal with other parts: %v, want an error that wraps ErrConflict", err)
	}
}

// manyParts writes down what a vote of many members said, each with long parameters.
func manyParts(t testing.TB, open func() signal.Store) {
	store := open()
	s := exampleSignal(0)
	for n := range 300 {
		s.Parts = append(s.Parts, signal.Part{
			Strategy: fmt.Sprintf("member-%d", 299-n), Params: strings.Repeat("levels=1,2,3;", 40) + fmt.Sprint(n),
			Weight: float64(n) / 7, Spoke: n%2 == 0, Direction: signal.Direction(n%3 - 1), Confidence: float64(n) / 301,
		})
	}
	appendAll(t, store, s)
	wantSignals(t, "a signal of many parts with long parameters", readAll(t, store), []signal.Signal{s})
}

func strangeStrings(t testing.TB, open func() signal.Store) {
	store := open()
	var want []signal.Signal
	for n, text := range []string{"", "it's", `"quoted"`, "'; DROP TABLE signals; --", "日本語 🚀", "line\nbreak\ttab",
		"%s $1 ? \\", "nul\x00inside", " spaces ", "e\u0301 and \u00e9"} {
		s := exampleSignal(n)
		s.Strategy, s.Params, s.Symbol = text, text, text
		s.ID = fmt.Sprintf("%d %s", n, text)
		want = append(want, s)
	}
	appendAll(t, store, want...)
	appendAll(t, store, want...)
	got := readAll(t, store)
	wantSignals(t, "signals with any strings, appended twice", got, want)
	for _, s := range want[1:] { // an empty filter asks for everything
		one, err := store.Latest(t.Context(), signal.Query{Symbol: s.Symbol, Strategy: s.Strategy})
		if err != nil {
			t.Fatalf("Latest of symbol %q: %v", s.Symbol, err)
		}
		wantSignals(t, fmt.Sprintf("Latest of symbol and strategy %q", s.Symbol), one, []signal.Signal{s})
	}
}

func appendNothing(t testing.TB, open func() signal.Store) {
	store := open()
	appendAll(t, store)
	appendAll(t, store, exampleSignal(0))
	appendAll(t, store)
	wantSignals(t, "one signal between calls without any", readAll(t, store), exampleSignals(0, 1))
}

func sameIDTwice(t testing.TB, open func() signal.Store) {
	store := open()
	first, second, third := exampleSignal(0), exampleSignal(1), exampleSignal(2)
	again := first
	again.CreatedAt = first.CreatedAt.Add(time.Hour) // Producing it again takes place later, and says the same.
	appendAll(t, store, first, first)
	appendAll(t, store, again, second)
	appendAll(t, store, second, third, again)
	wantSignals(t, "signals that were appended again", readAll(t, store), []signal.Signal{first, second, third})
}

func conflictKeepsFirst(t testing.TB, open func() signal.Store) {
	store := open()
	first := exampleSignal(0)
	appendAll(t, store, first)
	other := first
	other.Direction = -first.Direction
	err := store.Append(t.Context(), exampleSignal(1), other, exampleSignal(2))
	if !errors.Is(err, signal.ErrConflict) {
		t.Fatalf("Append of another signal under a stored ID: %v, want an error that wraps ErrConflict", err)
	}
	wantSignals(t, "a call with a conflict in its midst", readAll(t, store), exampleSignals(0, 3))
	third := exampleSignal(3)
	changed := third
	changed.Price++
	if err := store.Append(t.Context(), third, changed); !errors.Is(err, signal.ErrConflict) {
		t.Errorf("Append of two signals under one ID: %v, want an error that wraps ErrConflict", err)
	}
	wantSignals(t, "two signals under one ID in a call", readAll(t, store), exampleSignals(0, 4))
}

func refusedSignal(t testing.TB, open func() signal.Store) {
	store := open()
	zero := 0.0
	for what, spoil := range map[string]func(*signal.Signal){
		"without an ID":             func(s *signal.Signal) { s.ID = "" },
		"with a Confidence of NaN":  func(s *signal.Signal) { s.Confidence = zero / zero },
		"whose Price is not number": func(s *signal.Signal) { s.Price = zero / zero },
		"whose Price is infinite":   func(s *signal.Signal) { s.Price = math.Inf(1) },
		"whose Direction is none":   func(s *signal.Signal) { s.Direction = 2 },
		"whose Symbol is no text":   func(s *signal.Signal) { s.Symbol = "BTC\xff" },
		"of the year 10000":         func(s *signal.Signal) { s.ValidUntil = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"with a Weight of NaN":      func(s *signal.Signal) { s.Parts = []signal.Part{{Weight: zero / zero}} },
		"with a part of no text":    func(s *signal.Signal) { s.Parts = []signal.Part{{Params: "\xff"}} },
	} {
		bad := exampleSignal(1)
		spoil(&bad)
		for _, call := range [][]signal.Signal{{bad}, {exampleSignal(0), bad}, {bad, exampleSignal(0)}} {
			if err := store.Append(t.Context(), call...); err == nil {
				t.Errorf("Append of %d signals, one of them %s: no error", len(call), what)
			}
			wantSignals(t, "a call with a signal "+what+", which is refused", readAll(t, store), nil)
		}
	}
}

func afterPages(t testing.TB, open func() signal.Store) {
	store := open()
	all := exampleSignals(0, 25)
	appendAll(t, store, all...)
	var got []signal.Signal
	var sizes []int
	for cursor := int64(0); len(sizes) < 10; {
		page := readPage(t, store, cursor, 10)
		sizes = append(sizes, len(page))
		if len(page) == 0 {
			break
		}
		got, cursor = append(got, page...), page[len(page)-1].Seq
	}
	if !slices.Equal(sizes, []int{10, 10, 5, 0}) {
		t.Errorf("25 signals in pages of 10 come as %v, want 10, 10, 5, 0", sizes)
	}
	wantSignals(t, "pages of 10", got, all)
	for _, seq := range []int64{1000, math.MaxInt64} {
		beyond, err := store.After(t.Context(), seq, math.MaxInt)
		none(t, "After a Seq that is not there yet", beyond, err)
	}
	everything, err := store.After(t.Context(), -1, math.MaxInt)
	if err != nil {
		t.Fatalf("After -1: %v", err)
	}
	wantSignals(t, "After -1 without a limit", everything, all)
}

func badLimits(t testing.TB, open func() signal.Store) {
	store := open()
	appendAll(t, store, exampleSignal(0))
	for _, limit := range []int{0, -1} {
		if _, err := store.After(t.Context(), 0, limit); err == nil {
			t.Errorf("After with limit %d: no error", limit)
		}
	}
	if _, err := store.Latest(t.Context(), signal.Query{Limit: -1}); err == nil {
		t.Error("Latest with limit -1: no error")
	}
}

func endedContext(t testing.TB, open func() signal.Store) {
	store := open()
	appendAll(t, store, exampleSignal(0))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Append(ended, exampleSignal(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v, want context.Canceled", err)
	}
	if _, err := store.Latest(ended, signal.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Latest: %v, want context.Canceled", err)
	}
	if _, err := store.After(ended, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("After: %v, want context.Canceled", err)
	}
	wantSignals(t, "calls whose context has ended", readAll(t, store), exampleSignals(0, 1))
}
