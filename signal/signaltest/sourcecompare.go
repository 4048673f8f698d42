package signaltest

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// wantBars compares two answers, and says of the first bar that is another one what is wrong with it.
func wantBars(t testing.TB, what string, got, want []signal.Bar) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d bars %v, want %d %v", what, len(got), times(got), len(want), times(want))
		return
	}
	for i := range got {
		if wrong := barDiffers(got[i], want[i]); wrong != "" {
			t.Errorf("%s: bar %d, of %s: %s", what, i, want[i].Time.UTC().Format(time.RFC3339Nano), wrong)
			return
		}
	}
}

// barDiffers names the first field that is another one.
func barDiffers(got, want signal.Bar) string {
	if !got.Time.Equal(want.Time) {
		return fmt.Sprintf("Time is %s", got.Time.UTC().Format(time.RFC3339Nano))
	}
	if got.Symbol != want.Symbol || got.Interval != want.Interval {
		return fmt.Sprintf("Symbol and Interval are %q and %s, want %q and %s",
			got.Symbol, got.Interval, want.Symbol, want.Interval)
	}
	for _, f := range []struct {
		name      string
		got, want float64
	}{
		{"Open", got.Open, want.Open}, {"High", got.High, want.High}, {"Low", got.Low, want.Low},
		{"Close", got.Close, want.Close}, {"Volume", got.Volume, want.Volume},
	} {
		if f.got != f.want {
			return fmt.Sprintf("%s is %v, want %v", f.name, f.got, f.want)
		}
	}
	return ""
}

// times says which bars they are, in few words.
func times(bars []signal.Bar) []string {
	var list []string
	for _, b := range bars[:min(len(bars), 5)] {
		list = append(list, b.Time.UTC().Format(time.RFC3339Nano))
	}
	return list
}
