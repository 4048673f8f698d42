package signaltest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// recording is a Source of ten bars, with one fault.
type recording struct {
	fault string
	bars  []signal.Bar
	calls *atomic.Int64
}

// recorded is when all bars of a recording have closed.
var recorded = time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC)

func newRecording(fault string) recording {
	r := recording{fault: fault, calls: new(atomic.Int64)}
	for i := range 10 {
		r.bars = append(r.bars, signal.Bar{Symbol: "BTC", Time: time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC),
			Interval: time.Minute, Open: 1, High: 3, Low: 1, Close: 2, Volume: float64(i)})
	}
	b := &r.bars[3]
	switch fault {
	case "has nothing":
		r.bars = nil
	case "a high below":
		b.High = 1
	case "another symbol's":
		b.Symbol = "ETH"
	case "another interval":
		b.Interval = time.Hour
	case "local time":
		b.Time = b.Time.In(time.FixedZone("", 3600))
	case "a bar twice":
		b.Time = r.bars[2].Time
	}
	return r
}

func (r recording) Bars(_ context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	calls := r.calls.Add(1)
	if symbol != "BTC" {
		switch r.fault {
		case "knows every symbol":
			return signal.Batch{}, nil
		case "another error":
			return signal.Batch{}, errors.New("no such symbol")
		}
		return signal.Batch{}, fmt.Errorf("%q: %w", symbol, signal.ErrUnknownSymbol)
	}
	var bars []signal.Bar
	for _, b := range r.bars {
		later := b.Time.After(after)
		if r.fault == "the bar itself again" {
			later = !b.Time.Before(after)
		}
		if r.fault == "by the end of a bar" {
			later = b.End().After(after)
		}
		if r.fault == "never ends" && after.Year() > 8000 {
			later = true
		}
		if later && (len(bars) < limit || r.fault == "ignores the limit") {
			bars = append(bars, b)
		}
	}
	switch {
	case r.fault == "the last ones" && len(bars) == limit:
		return signal.Batch{Bars: r.bars[len(r.bars)-limit:]}, nil
	case r.fault == "fails when canceled halfway":
		return signal.Batch{Bars: bars}, context.Canceled
	case r.fault == "hands out its own" && limit >= len(r.bars) && after.IsZero():
		return signal.Batch{Bars: r.bars}, nil
	case r.fault == "skips every third page" && limit == 3 && len(bars) == 3:
		return signal.Batch{Bars: bars[1:]}, nil
	case r.fault == "complete beyond a full page":
		return signal.Batch{Bars: bars, Complete: recorded}, nil
	case r.fault == "complete, and then an older bar comes" && calls%2 == 0 && len(bars) > 3:
		return signal.Batch{Bars: slices.Delete(bars, 2, 3), Complete: recorded}, nil
	case r.fault == "complete in local time":
		return signal.Batch{Bars: bars, Complete: r.bars[0].Time.In(time.FixedZone("", 3600))}, nil
	case len(bars) == 0:
		return signal.Batch{Complete: recorded}, nil
	}
	return signal.Batch{Bars: bars, Complete: bars[len(bars)-1].End()}, nil
}

func TestRecordingIsASource(t *testing.T) {
	t.Parallel()
	signaltest.TestSource(t, func(*testing.T) (signal.Source, string) {
		return signaltest.NewFlaky(newRecording("")), "BTC"
	})
}

// The suite must see each fault that is planted here, in the case that is about it.
func TestSourceSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]string{ // fault: the case that must fail for it
		"has nothing":                           "it has bars from the beginning on",
		"a high below":                          "every bar is whole, and of the symbol that was asked for",
		"another symbol's":                      "every bar is whole, and of the symbol that was asked for",
		"another interval":                      "every bar is whole, and of the symbol that was asked for",
		"local time":                            "bars rise in time, an interval apart or more, and are in UTC",
		"a bar twice":                           "bars rise in time, an interval apart or more, and are in UTC",
		"the bar itself again":                  "the answer begins with the first bar after the given time",
		"by the end of a bar":                   "the answer begins with the first bar after the given time",
		"ignores the limit":                     "a limit cuts the answer's end off",
		"the last ones":                         "a limit cuts the answer's end off",
		"skips every third page":                "pages join to the whole",
		"hands out its own":                     "asking again gives the same, whatever became of the first answer",
		"never ends":                            "where there is no newer bar the answer is empty",
		"complete beyond a full page":           "what is complete has every bar, and no other comes later",
		"complete in local time":                "what is complete has every bar, and no other comes later",
		"complete, and then an older bar comes": "what is complete has every bar, and no other comes later",
		"knows every symbol":                    "a symbol that it does not have is ErrUnknownSymbol",
		"another error":                         "a symbol that it does not have is ErrUnknownSymbol",
		"fails when canceled halfway":           "a call whose context has ended returns",
	}
	for fault, name := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, signaltest.SourceCases(), name)
			w := watch(t, func(t testing.TB) {
				signaltest.RunSourceCase(t, name, newRecording(fault), "BTC")
			})
			require.True(t, w.Failed(), "the case did not notice")
			w = watch(t, func(t testing.TB) {
				signaltest.RunSourceCase(t, name, newRecording(""), "BTC")
			})
			require.False(t, w.Failed(), w.said)
		})
	}
}

func TestFlakyDoesWhatItIsTold(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 1, 30, 0, time.UTC)
	ask := func(f *signaltest.Flaky) ([]signal.Bar, error) {
		batch, err := f.Bars(context.Background(), "BTC", begin, 2)
		return batch.Bars, err
	}
	flaky := signaltest.NewFlaky(newRecording(""))
	want, err := ask(flaky)
	require.NoError(t, err)
	require.Len(t, want, 2)

	flaky.Set("BTC", signaltest.Failing, signaltest.Empty, signaltest.Frozen, signaltest.Fine, signaltest.Garbage)
	_, err = ask(flaky)
	require.ErrorIs(t, err, signaltest.ErrFlaky)
	got, err := ask(flaky)
	require.NoError(t, err)
	require.Empty(t, got)
	batch, err := flaky.Bars(t.Context(), "BTC", begin.Add(time.Hour), 2)
	require.NoError(t, err)
	require.Equal(t, want, batch.Bars, "frozen, whatever was asked")
	require.Equal(t, want[1].End(), batch.Complete)
	got, _ = ask(flaky)
	require.Equal(t, want, got)
	for range 2 { // the last one stays
		got, err = ask(flaky)
		require.NoError(t, err)
		require.NotEmpty(t, got)
		for _, b := range got {
			wrong := b.Symbol != "BTC" || b.Interval != time.Minute || !b.Time.After(begin) || b.Validate() != nil
			require.True(t, wrong, "%+v", b)
		}
	}
	require.Equal(t, 7, flaky.Calls("BTC"))

	flaky.Set("BTC", signaltest.Panicking)
	require.PanicsWithValue(t, signaltest.ErrFlaky, func() { _, _ = ask(flaky) })
	_, err = flaky.Bars(t.Context(), "ETH", begin, 2)
	require.ErrorIs(t, err, signal.ErrUnknownSymbol, "faults are one symbol's")

	flaky.Set("BTC", signaltest.Exiting)
	returned, done := false, make(chan struct{})
	go func() {
		defer close(done)
		_, _ = ask(flaky)
		returned = true
	}()
	<-done
	require.False(t, returned)
	require.Equal(t, "exiting", signaltest.Exiting.String())
	require.Equal(t, "Fault(99)", signaltest.Fault(99).String())
}

func TestFlakyHangsUntilItIsReleased(t *testing.T) {
	t.Parallel()
	for fault, heeds := range map[signaltest.Fault]bool{signaltest.Hanging: true, signaltest.Deaf: false} {
		synctest.Test(t, func(t *testing.T) {
			flaky := signaltest.NewFlaky(newRecording(""))
			flaky.Set("BTC", fault)
			ctx, cancel := context.WithCancel(t.Context())
			results := make(chan error, 2)
			call := func(ctx context.Context) {
				_, err := flaky.Bars(ctx, "BTC", time.Time{}, 1)
				results <- err
			}
			go call(ctx)
			go call(context.Background())
			synctest.Wait()
			require.Equal(t, 2, flaky.Waiting())
			cancel()
			synctest.Wait()
			if heeds {
				require.ErrorIs(t, <-results, context.Canceled)
				require.Equal(t, 1, flaky.Waiting())
			} else {
				require.Equal(t, 2, flaky.Waiting())
			}
			flaky.Release()
			synctest.Wait()
			require.NoError(t, <-results)
			require.Zero(t, flaky.Waiting())
		})
	}
}
