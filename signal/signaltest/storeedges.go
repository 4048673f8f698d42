package signaltest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// edges are signals at the ends of what a field may be. All are valid, and have to come back as they are.
func edges() map[string]func(*signal.Signal) {
	nano := time.Date(2026, 3, 29, 1, 30, 0, 987654321, time.UTC)
	all := map[string]func(*signal.Signal){
		"an odd Interval":   func(s *signal.Signal) { s.Interval = 1500*time.Millisecond + 1 },
		"a long Interval":   func(s *signal.Signal) { s.Interval = math.MaxInt64 },
		"no Interval":       func(s *signal.Signal) { s.Interval = 0 },
		"any BarTime":       func(s *signal.Signal) { s.BarTime = nano },
		"any CreatedAt":     func(s *signal.Signal) { s.CreatedAt = nano },
		"any ValidUntil":    func(s *signal.Signal) { s.ValidUntil = nano },
		"times before 1970": func(s *signal.Signal) { s.BarTime, s.ValidUntil = time.Unix(-1, 1), time.Unix(0, -1) },
		"no ValidUntil":     func(s *signal.Signal) { s.ValidUntil = time.Time{} },
		"1970":              func(s *signal.Signal) { s.BarTime, s.ValidUntil = time.Unix(0, 0), time.Unix(0, 0) },
		"long texts": func(s *signal.Signal) {
			s.Params = strings.Repeat("fast=8,", 1500)
			s.Strategy, s.Symbol = s.Params[:300], s.Params[1:700]
		},
		"long texts of parts": func(s *signal.Signal) {
			long := strings.Repeat("fast=8,", 10_000)
			s.Parts = []signal.Part{{Strategy: long[:300], Params: long, Weight: 1}, {Params: `<b>"it's" & \ü</b>`, Weight: 1}}
		},
		"large letters": func(s *signal.Signal) { s.Strategy, s.Params, s.Symbol = "EMACross", "Fast=8", "btcusdt" },
	}
	for _, x := range []float64{
		-37.63, 1e300, -1e300, math.SmallestNonzeroFloat64, 0.1 + 0.2, 1.0 / 3, 0, 123456789.123456789,
	} {
		all[fmt.Sprint("a Price of ", x)] = func(s *signal.Signal) { s.Price = x }
		all[fmt.Sprint("a Confidence of ", x)] = func(s *signal.Signal) { s.Confidence = x }
		all[fmt.Sprint("Parts of ", x)] = func(s *signal.Signal) {
			s.Parts = []signal.Part{{Weight: x, Confidence: x, Direction: signal.Short, Params: "p"}, {Spoke: true}}
		}
	}
	for _, d := range []signal.Direction{signal.Short, signal.Flat, signal.Long} {
		all[d.String()] = func(s *signal.Signal) { s.Direction = d }
	}
	return all
}

func edgesComeBack(t testing.TB, open func() signal.Store) {
	store := open()
	var want []signal.Signal
	for what, change := range edges() {
		s := exampleSignal(0)
		change(&s)
		s.ID = what
		want = append(want, s)
	}
	appendAll(t, store, want...)
	wantSignals(t, "the ends of what a field may be", readAll(t, store), want)
	latest, err := store.Latest(t.Context(), signal.Query{MinConfidence: math.Inf(-1)})
	if err != nil {
		t.Fatalf("Latest: %v", err)
	}
	slices.Reverse(latest)
	wantSignals(t, "Latest of the ends of what a field may be", latest, want)
}

// farTimes are valid and beyond what nanoseconds since 1970 hold: a store keeps them or says that it does not.
func farTimes(t testing.TB, open func() signal.Store) {
	store := open()
	var want []signal.Signal
	for n, at := range []time.Time{
		{}, time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		s := exampleSignal(n)
		s.ID = fmt.Sprint("far ", n)
		s.BarTime, s.CreatedAt, s.ValidUntil = at, at, at
		if err := store.Append(t.Context(), s); err == nil {
			want = append(want, s)
		}
	}
	wantSignals(t, "times far away that were taken", readAll(t, store), want)
}

// orderIsThatOfAppends appends bars from the newest to the oldest, created in yet another order.
func orderIsThatOfAppends(t testing.TB, open func() signal.Store) {
	store := open()
	all := exampleSignals(0, 30)
	slices.Reverse(all)
	for i := range all {
		all[i].CreatedAt = all[i].CreatedAt.Add(time.Duration(i*7%30) * time.Hour)
	}
	appendAll(t, store, all[:10]...)
	appendAll(t, store, all[10:]...)
	read := readAll(t, store)
	if !wantSignals(t, "bars that came late", read, all) {
		return
	}
	latest, err := store.Latest(t.Context(), signal.Query{})
	if err != nil {
		t.Fatalf("Latest: %v", err)
	}
	slices.Reverse(latest)
	if !wantSignals(t, "Latest of bars that came late", latest, all) {
		return
	}
	latest, err = store.Latest(t.Context(), signal.Query{Limit: 7})
	if err != nil || len(latest) != 7 {
		t.Fatalf("Latest of 7: %d signals, error %v", len(latest), err)
	}
	slices.Reverse(read)
	for i, s := range latest {
		if s.Seq != read[i].Seq {
			t.Errorf("Latest says Seq %d of %s, After %d", s.Seq, brief(s.ID), read[i].Seq)
		}
	}
}
