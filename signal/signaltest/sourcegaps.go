package signaltest

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// servedGaps asks at each gap. A source that asks its venue for a span of time finds nothing in it there, and has to go on.
func servedGaps(t testing.TB, src signal.Source, bars []signal.Bar) {
	for i := 1; i < len(bars); i++ {
		if !bars[i].Time.After(bars[i-1].End()) {
			continue
		}
		for _, limit := range []int{1, 2} {
			got := ask(t, src, bars[0].Symbol, bars[i-1].Time, limit)
			wantBars(t, "behind a gap of "+bars[i].Time.Sub(bars[i-1].End()).String(), got, bars[i:min(i+limit, len(bars))])
		}
	}
}

// servedOwned keeps an answer while others are asked for, and then spoils it.
func servedOwned(t testing.TB, src signal.Source, bars []signal.Bar) {
	n := min(len(bars), 20)
	first := ask(t, src, bars[0].Symbol, time.Time{}, n/2)
	kept := slices.Clone(first)
	second := ask(t, src, bars[0].Symbol, bars[n/2].Time, n/2)
	wantBars(t, "an answer that was given, once another one was asked for", first, kept)
	for _, answer := range [][]signal.Bar{first, second} {
		for i := range answer {
			answer[i].Close, answer[i].Volume = -1, -1
		}
	}
	wantBars(t, "asked again, once the answers given are spoiled", ask(t, src, bars[0].Symbol, time.Time{}, n), bars[:n])
}
