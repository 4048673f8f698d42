package signaltest_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// asked is a call of a Source.
type asked struct {
	symbol string
	after  time.Time
	limit  int
}

// sourceFault is a fault of a Source, and what the suite has to say of it.
type sourceFault struct {
	fault string
	says  string
	plant func(next signal.Source) answerer
}

// answerer is a Source that is a function.
type answerer func(ctx context.Context, a asked) (signal.Batch, error)

func (f answerer) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	return f(ctx, asked{symbol, after, limit})
}

func bars(ctx context.Context, of signal.Source, a asked) (signal.Batch, error) {
	return of.Bars(ctx, a.symbol, a.after, a.limit)
}

// inTurn lets one ask after the other, as a fault that remembers something needs it.
func inTurn(f answerer) answerer {
	var mu sync.Mutex
	return func(ctx context.Context, a asked) (signal.Batch, error) {
		mu.Lock()
		defer mu.Unlock()
		return f(ctx, a)
	}
}

// changing changes the bars of each answer. They are the answer's own.
func changing(change func(a asked, bars []signal.Bar) []signal.Bar) func(signal.Source) answerer {
	return func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			batch.Bars = change(a, slices.Clone(batch.Bars))
			return batch, err
		}
	}
}

// askingOther asks for something else.
func askingOther(change func(a asked) asked) func(signal.Source) answerer {
	return func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) { return bars(ctx, next, change(a)) }
	}
}

// completing says something else of what is complete.
func completing(change func(a asked, b signal.Batch) time.Time) func(signal.Source) answerer {
	return func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if err == nil {
				batch.Complete = change(a, batch)
			}
			return batch, err
		}
	}
}

var sourceFaults = slices.Concat(faultsOfBars, faultsOfPages, faultsOfAsking)

var faultsOfBars = []sourceFault{
	{"answers in local time", "not in UTC", changing(func(_ asked, bars []signal.Bar) []signal.Bar {
		for i := range bars {
			bars[i].Time = bars[i].Time.In(time.FixedZone("elsewhere", 3600))
		}
		return bars
	})},
	{"answers pages in local time", "not in UTC", changing(func(a asked, bars []signal.Bar) []signal.Bar {
		for i := range bars {
			if !a.after.IsZero() {
				bars[i].Time = bars[i].Time.In(time.FixedZone("elsewhere", 3600))
			}
		}
		return bars
	})},
	{"answers in the zone that was asked in", "not in UTC", changing(func(a asked, bars []signal.Bar) []signal.Bar {
		for i := range bars {
			bars[i].Time = bars[i].Time.In(a.after.Location())
		}
		return bars
	})},
	{"gives the newest first", "before the end of the one before", changing(func(_ asked, bars []signal.Bar) []signal.Bar {
		slices.Reverse(bars)
		return bars
	})},
	{"gives the last bar twice", "before the end of the one before", changing(func(_ asked, bars []signal.Bar) []signal.Bar {
		return append(bars, bars[max(0, len(bars)-1):]...)
	})},
	{"names no symbol", "is of \"\", asked for", changing(func(_ asked, bars []signal.Bar) []signal.Bar {
		for i := range bars {
			bars[i].Symbol = ""
		}
		return bars
	})},
	{"gives a page's last bar an hour", "Interval", changing(func(a asked, bars []signal.Bar) []signal.Bar {
		if n := len(bars); n > 0 && !a.after.IsZero() {
			bars[n-1].Interval = time.Hour
		}
		return bars
	})},
	{"gives the last bar of an answer as it stands", "Close is ", changing(func(a asked, bars []signal.Bar) []signal.Bar {
		if n := len(bars); n == a.limit {
			bars[n-1].Close = bars[n-1].Open
		}
		return bars
	})},
	{"loses the last digit of a volume in a page", "Volume is ", changing(func(a asked, bars []signal.Bar) []signal.Bar {
		for i := range bars {
			if !a.after.IsZero() {
				bars[i].Volume = math.Nextafter(bars[i].Volume, math.Inf(1))
			}
		}
		return bars
	})},
}

func TestSourceSuiteNamesEachFault(t *testing.T) {
	t.Parallel()
	for _, p := range sourceFaults {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			find(t, p.says, signaltest.SourceCases(), func(tb testing.TB, name string) {
				signaltest.RunSourceCase(tb, name, p.plant(newRecording("")), "BTC")
			})
		})
	}
	t.Run("no fault", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, heard(t, "", signaltest.SourceCases(), func(tb testing.TB, name string) {
			signaltest.RunSourceCase(tb, name, newRecording(""), "BTC")
		}))
	})
}
