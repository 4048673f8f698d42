package signaltest_test

import (
	"context"
	"errors"
	"fmt"
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
	calls *int
}

func newRecording(fault string) recording {
	r := recording{fault: fault, calls: new(int)}
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

func (r recording) Bars(_ context.Context, symbol string, after time.Time, limit int) ([]signal.Bar, error) {
	*r.calls++
	if symbol != "BTC" {
		switch r.fault {
		case "knows every symbol":
			return nil, nil
		case "another error":
			return nil, errors.New("no such symbol")
		}
		return nil, fmt.Errorf("%q: %w", symbol, signal.ErrUnknownSymbol)
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
		return r.bars[len(r.bars)-limit:], nil
	case r.fault == "fails when cancelled halfway":
		return bars, context.Canceled
	case r.fault == "hands out its own" && limit >= len(r.bars) && after.IsZero():
		return r.bars, nil
	case r.fault == "skips every third page" && limit == 3 && len(bars) == 3:
		return bars[1:], nil
	}
	return bars, nil
}

func TestARecordingIsASource(t *testing.T) {
	t.Parallel()
	signaltest.TestSource(t, func(*testing.T) (signal.Source, string) {
		return signaltest.NewFlaky(quiet{newRecording("")}), "BTC"
	})
}

// quiet is a recording that does not count, so that many may ask at once.
type quiet struct{ recording }

func (q quiet) Bars(ctx context.Context, symbol string, after time.Time, limit int) ([]signal.Bar, error) {
	q.calls = new(int)
	return q.recording.Bars(ctx, symbol, after, limit)
}

// The suite must see each fault that is planted here, in the case that is about it.
func TestSourceSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]string{ // fault: the case that must fail for it
		"has nothing":                  "it has bars from the beginning on",
		"a high below":                 "every bar is whole, and of the symbol that was asked for",
		"another symbol's":             "every bar is whole, and of the symbol that was asked for",
		"another interval":             "every bar is whole, and of the symbol that was asked for",
		"local time":                   "bars rise in time, an interval apart or more, and are in UTC",
		"a bar twice":                  "bars rise in time, an interval apart or more, and are in UTC",
		"the bar itself again":         "the answer begins with the first bar after the given time",
		"by the end of a bar":          "the answer begins with the first bar after the given time",
		"ignores the limit":            "a limit cuts the answer's end off",
		"the last ones":                "a limit cuts the answer's end off",
		"skips every third page":       "pages join to the whole",
		"hands out its own":            "asking again gives the same, whatever became of the first answer",
		"never ends":                   "where there is no newer bar the answer is empty",
		"knows every symbol":           "a symbol that it does not have is ErrUnknownSymbol",
		"another error":                "a symbol that it does not have is ErrUnknownSymbol",
		"fails when cancelled halfway": "a call whose context has ended returns",
	}
	for fault, name := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, signaltest.SourceCases(), name)
			w := watch(t, func(t testing.TB) {
				signaltest.RunSourceCase(t, name, quiet{newRecording(fault)}, "BTC")
			})
			require.True(t, w.Failed(), "the case did not notice")
			w = watch(t, func(t testing.TB) {
				signaltest.RunSourceCase(t, name, quiet{newRecording("")}, "BTC")
			})
			require.False(t, w.Failed(), w.said)
		})
	}
}

func TestFlakyDoesWhatItIsTold(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 1, 30, 0, time.UTC)
	ask := func(f *signaltest.Flaky) ([]signal.Bar, error) { return f.Bars(context.Background(), "BTC", begin, 2) }
	flaky := signaltest.NewFlaky(quiet{newRecording("")})
	want, err := ask(flaky)
	require.NoError(t, err)
	require.Len(t, want, 2)

	flaky.Set("BTC", signaltest.Failing, signaltest.Empty, signaltest.Frozen, signaltest.Fine, signaltest.Garbage)
	_, err = ask(flaky)
	require.ErrorIs(t, err, signaltest.ErrFlaky)
	got, err := ask(flaky)
	require.NoError(t, err)
	require.Empty(t, got)
	got, err = flaky.Bars(t.Context(), "BTC", begin.Add(time.Hour), 2)
	require.NoError(t, err)
	require.Equal(t, want, got, "frozen, whatever was asked")
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
			flaky := signaltest.NewFlaky(quiet{newRecording("")})
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
