package signaltest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// TestSource holds a Source to what the interface promises. open returns a source and a symbol that it has; of that
// symbol at least five bars must be closed, and none may close while a case runs, so give it a clock that stands
// still or a recording. What open has to clean up it registers with t.Cleanup. Each case gets a source of its own, and
// they run in parallel.
//
//	func TestMySource(t *testing.T) {
//		signaltest.TestSource(t, func(t *testing.T) (signal.Source, string) {
//			return mysource.Open(t, "testdata"), "BTC/USDT"
//		})
//	}
//
// That a bar which is not closed yet is left out only the source's own tests can tell: they have its clock.
func TestSource(t *testing.T, open func(t *testing.T) (src signal.Source, symbol string)) {
	for _, c := range sourceCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src, symbol := open(t)
			c.run(t, src, symbol)
		})
	}
}

// minBars is how many bars the cases need; maxBars is how many of them they look at.
const (
	minBars = 5
	maxBars = 50
)

var sourceCases = []struct {
	name string
	run  func(t testing.TB, src signal.Source, symbol string)
}{
	{"it has bars from the beginning on", sourceHasBars},
	{"every bar is whole, and of the symbol that was asked for", barsAreWhole},
	{"bars rise in time, an interval apart or more, and are in UTC", barsRise},
	{"the answer begins with the first bar after the given time", answerBeginsAfter},
	{"a limit cuts the answer's end off", limitCuts},
	{"pages join to the whole", pagesJoin},
	{"asking again gives the same, whatever became of the first answer", askingAgain},
	{"where there is no newer bar the answer is empty", nothingNewer},
	{"what is complete has every bar, and no other comes later", completeStaysComplete},
	{"a symbol that it does not have is ErrUnknownSymbol", unknownSymbol},
	{"many may ask at once", manyAsk},
	{"a call whose context has ended returns", endedCall},
}

// ask returns the bars after the given time.
func ask(t testing.TB, src signal.Source, symbol string, after time.Time, limit int) []signal.Bar {
	t.Helper()
	return askBatch(t, src, symbol, after, limit).Bars
}

func askBatch(t testing.TB, src signal.Source, symbol string, after time.Time, limit int) signal.Batch {
	t.Helper()
	batch, err := src.Bars(context.Background(), symbol, after, limit)
	if err != nil {
		t.Fatalf("Bars(%q, after %s, limit %d): %v", symbol, after, limit, err)
	}
	if len(batch.Bars) > limit {
		t.Errorf("Bars(%q, after %s): got %d bars with limit %d", symbol, after, len(batch.Bars), limit)
	}
	for i, b := range batch.Bars {
		if b.Time.Location() != time.UTC {
			t.Errorf("Bars(%q, after %s): time %s of bar %d is not in UTC", symbol, after, b.Time, i)
			break
		}
	}
	return batch
}

func sourceHasBars(t testing.TB, src signal.Source, symbol string) {
	if got := len(ask(t, src, symbol, time.Time{}, maxBars)); got < minBars {
		t.Fatalf("got %d bars of %q from the zero time on, the suite needs %d", got, symbol, minBars)
	}
}

func barsAreWhole(t testing.TB, src signal.Source, symbol string) {
	bars := ask(t, src, symbol, time.Time{}, maxBars)
	for i, b := range bars {
		if err := b.Validate(); err != nil {
			t.Errorf("bar %d (%s): %v", i, b.Time, err)
		}
		if b.Symbol != symbol {
			t.Errorf("bar %d (%s) is of %q, asked for %q", i, b.Time, b.Symbol, symbol)
		}
		if b.Interval != bars[0].Interval {
			t.Errorf("bar %d (%s) is of %s, the first one of %s", i, b.Time, b.Interval, bars[0].Interval)
		}
	}
}

func barsRise(t testing.TB, src signal.Source, symbol string) {
	bars := ask(t, src, symbol, time.Time{}, maxBars)
	for i, b := range bars {
		if i > 0 && b.Time.Before(bars[i-1].End()) {
			t.Errorf("bar %d opens at %s, before the end of the one before, %s", i, b.Time, bars[i-1].End())
		}
	}
}

func answerBeginsAfter(t testing.TB, src signal.Source, symbol string) {
	bars := ask(t, src, symbol, time.Time{}, minBars)
	if len(bars) < minBars {
		t.Fatalf("got %d bars, the suite needs %d", len(bars), minBars)
	}
	elsewhere := time.FixedZone("elsewhere", 5*3600+1800)
	for _, c := range []struct {
		what  string
		after time.Time
		first int
	}{
		{"the time of a bar, which leaves it out", bars[1].Time, 2},
		{"the nanosecond before a bar", bars[1].Time.Add(-1), 1},
		{"the nanosecond after it in another zone", bars[2].Time.Add(1).In(elsewhere), 3},
		{"the nanosecond before its end, which is not its time", bars[3].End().Add(-1).In(elsewhere), 4},
		{"the nanosecond before the first bar", bars[0].Time.Add(-1), 0},
		{"a year long before the first bar", time.Date(1900, 1, 1, 0, 0, 0, 1, time.UTC), 0},
	} {
		got := ask(t, src, symbol, c.after, 1)
		if len(got) != 1 || !got[0].Time.Equal(bars[c.first].Time) {
			t.Errorf("the first bar after %s (%s): got %v, want the one of %s", c.after, c.what, times(got), bars[c.first].Time)
		}
	}
}

func limitCuts(t testing.TB, src signal.Source, symbol string) {
	whole := ask(t, src, symbol, time.Time{}, minBars)
	for limit := 1; limit < minBars; limit++ {
		wantBars(t, "the first ones", ask(t, src, symbol, time.Time{}, limit), whole[:min(limit, len(whole))])
	}
}

func pagesJoin(t testing.TB, src signal.Source, symbol string) {
	whole := ask(t, src, symbol, time.Time{}, maxBars)
	var joined []signal.Bar
	after := time.Time{}
	for len(joined) < len(whole) {
		page := ask(t, src, symbol, after, min(3, len(whole)-len(joined)))
		if len(page) == 0 {
			break
		}
		joined = append(joined, page...)
		after = page[len(page)-1].Time
	}
	wantBars(t, "the pages joined", joined, whole)
}

func askingAgain(t testing.TB, src signal.Source, symbol string) {
	first := ask(t, src, symbol, time.Time{}, maxBars)
	kept := append([]signal.Bar(nil), first...)
	clear(first) // an answer belongs to whoever asked
	wantBars(t, "asked again, whatever became of the first answer", ask(t, src, symbol, time.Time{}, maxBars), kept)
}

func nothingNewer(t testing.TB, src signal.Source, symbol string) {
	if got := ask(t, src, symbol, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), maxBars); len(got) != 0 {
		t.Errorf("got bars %v after the year 9000, want none", times(got))
	}
}

// completeStaysComplete asks for pages of several sizes from several times on, and holds what each of them says to be
// complete against all bars that the source gives afterwards. A source that does not say keeps this promise.
func completeStaysComplete(t testing.TB, src signal.Source, symbol string) {
	whole := ask(t, src, symbol, time.Time{}, maxBars)
	begins := []time.Time{{}}
	for _, b := range whole[:min(len(whole), minBars)] {
		begins = append(begins, b.Time, b.End())
	}
	if len(whole) > 0 {
		begins = append(begins, whole[len(whole)-1].Time)
	}
	for _, after := range begins {
		for _, limit := range []int{1, 2, maxBars} {
			batch := askBatch(t, src, symbol, after, limit)
			wantComplete(t, batch, after, ask(t, src, symbol, after, maxBars))
		}
	}
}

// wantComplete checks a Batch against all the bars after the time that it was asked from.
func wantComplete(t testing.TB, batch signal.Batch, after time.Time, all []signal.Bar) {
	t.Helper()
	if batch.Complete.IsZero() {
		return
	}
	if batch.Complete.Location() != time.UTC {
		t.Errorf("Complete %s is not in UTC", batch.Complete)
	}
	given := make(map[int64]bool, len(batch.Bars))
	for _, b := range batch.Bars {
		given[b.Time.UnixNano()] = true
	}
	for _, b := range all {
		if !b.End().After(batch.Complete) && !given[b.Time.UnixNano()] {
			t.Errorf("the answer after %s was complete up to %s; a bar of %s was not in it and came later", after,
				batch.Complete.Format(time.RFC3339Nano), b.Time.Format(time.RFC3339Nano))
			return
		}
	}
}

func unknownSymbol(t testing.TB, src signal.Source, symbol string) {
	for _, other := range []string{"NO/SUCH:SYMBOL", symbol + ":NO-SUCH", ""} {
		batch, err := src.Bars(context.Background(), other, time.Time{}, maxBars)
		if !errors.Is(err, signal.ErrUnknownSymbol) || len(batch.Bars) != 0 {
			t.Errorf("Bars(%q) = %d bars, error %v; want none and ErrUnknownSymbol", other, len(batch.Bars), err)
		}
	}
}

func manyAsk(t testing.TB, src signal.Source, symbol string) {
	whole := ask(t, src, symbol, time.Time{}, maxBars)
	var wg sync.WaitGroup
	for n := range 8 {
		first := min(n/2, len(whole)) // two ask for the same
		after := time.Time{}
		if first > 0 {
			after = whole[first-1].Time
		}
		wg.Go(func() {
			for limit := 1; limit <= minBars; limit++ {
				batch, err := src.Bars(context.Background(), symbol, after, limit)
				if err != nil {
					t.Errorf("one of many at once: %v", err)
					return
				}
				wantBars(t, "one of many at once", batch.Bars, whole[first:min(first+limit, len(whole))])
			}
		})
	}
	wg.Wait()
}

// endedCall leaves open whether the answer is an error: what needs no waiting may be answered, in full. A call that hangs
// fails by that.
func endedCall(t testing.TB, src signal.Source, symbol string) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	batch, err := src.Bars(ctx, symbol, time.Time{}, maxBars)
	if err != nil && len(batch.Bars) != 0 {
		t.Errorf("got %d bars beside the error %v", len(batch.Bars), err)
	}
	again, wrong := src.Bars(context.Background(), symbol, time.Time{}, maxBars)
	if wrong != nil {
		t.Fatalf("after a call whose context had ended: %v", wrong)
	}
	if err == nil && len(batch.Bars) != len(again.Bars) {
		t.Errorf("a call whose context had ended: %d bars, which is neither an error nor the answer, %d", len(batch.Bars),
			len(again.Bars))
	}
}
