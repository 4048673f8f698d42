package signaltest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var faultsOfPages = []sourceFault{
	{"ignores the limit", "bars with limit 1", askingOther(func(a asked) asked { a.limit = max(a.limit, 5); return a })},
	{"gives one more than the limit", "bars with limit", askingOther(func(a asked) asked { a.limit = min(a.limit, 1<<30) + 1; return a })},
	{"gives no more than two", "got 2 bars", askingOther(func(a asked) asked { a.limit = min(a.limit, 2); return a })},
	{"gives the bar itself again", "the first bar after", askingOther(func(a asked) asked { a.after = a.after.Add(-1); return a })},
	{"passes over a bar that opens a nanosecond later", "the first bar after", askingOther(func(a asked) asked { a.after = a.after.Add(1); return a })},
	{"asks in whole minutes", "the first bar after", askingOther(func(a asked) asked { a.after = a.after.Round(time.Minute); return a })},
	{"asks by the wall clock of a zone", "after it in another zone", askingOther(func(a asked) asked {
		b := a.after
		a.after = time.Date(b.Year(), b.Month(), b.Day(), b.Hour(), b.Minute(), b.Second(), b.Nanosecond(), time.UTC)
		return a
	})},
	{"knows no time before 1970", "before the first bar", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			if !a.after.IsZero() && a.after.Unix() < 0 {
				return signal.Batch{}, nil
			}
			return bars(ctx, next, a)
		}
	}},
	{"loses the first bar of a page", "the first bar after", changing(func(a asked, bars []signal.Bar) []signal.Bar {
		if !a.after.IsZero() && len(bars) > 0 {
			return bars[1:]
		}
		return bars
	})},
	{"answers as it did the last time", "want", func(next signal.Source) answerer {
		var kept signal.Batch
		return inTurn(func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if kept.Bars == nil {
				kept = batch
			}
			return kept, err
		})
	}},
	{"gives away what it keeps", "whatever became of the first answer", func(next signal.Source) answerer {
		kept := make(map[asked]signal.Batch)
		return inTurn(func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if _, ok := kept[a]; !ok {
				kept[a] = batch
			}
			return kept[a], err
		})
	}},
	{"gives the newest where there is nothing newer", "want none", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if err == nil && len(batch.Bars) == 0 {
				return bars(ctx, next, asked{symbol: a.symbol, limit: a.limit})
			}
			return batch, err
		}
	}},
	{"fails where there is nothing newer", "after 9000", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if err == nil && len(batch.Bars) == 0 {
				err = signal.ErrUnknownSymbol
			}
			return batch, err
		}
	}},
	{"says that a page is complete up to the end", "was complete up to", completing(func(asked, signal.Batch) time.Time { return recorded })},
	{"says that a page is complete a bar too far", "was complete up to", completing(func(_ asked, b signal.Batch) time.Time {
		if len(b.Bars) == 0 {
			return time.Time{}
		}
		return b.Bars[len(b.Bars)-1].End().Add(time.Minute)
	})},
	{"says in local time what is complete", "not in UTC", completing(func(_ asked, b signal.Batch) time.Time {
		return b.Complete.In(time.FixedZone("elsewhere", 3600))
	})},
}

var faultsOfAsking = []sourceFault{
	{"has every symbol", "want none and ErrUnknownSymbol", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, asked{"BTC", a.after, a.limit})
			for i := range batch.Bars {
				batch.Bars[i].Symbol = a.symbol
			}
			return batch, err
		}
	}},
	{"has no bars of what it does not have", "want none and ErrUnknownSymbol", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			if a.symbol != "BTC" {
				return signal.Batch{}, nil
			}
			return bars(ctx, next, a)
		}
	}},
	{"takes the beginning of a symbol", `Bars("BTC:NO-SUCH")`, askingOther(func(a asked) asked {
		if strings.HasPrefix(a.symbol, "BTC") {
			a.symbol = "BTC"
		}
		return a
	})},
	{"takes no symbol for any", `Bars("")`, askingOther(func(a asked) asked {
		if a.symbol == "" {
			a.symbol = "BTC"
		}
		return a
	})},
	{"gives bars beside an unknown symbol", "want none and ErrUnknownSymbol", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if err != nil {
				batch, _ = bars(ctx, next, asked{"BTC", a.after, a.limit})
			}
			return batch, err
		}
	}},
	{"calls an unknown symbol by another name", "want none and ErrUnknownSymbol", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if err != nil {
				err = errors.New("no such symbol")
			}
			return batch, err
		}
	}},
	{"answers nothing when the context has ended", "neither an error nor the answer", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			if ctx.Err() != nil {
				return signal.Batch{Complete: recorded}, nil
			}
			return bars(ctx, next, a)
		}
	}},
	{"answers half when the context has ended", "neither an error nor the answer", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if ctx.Err() != nil {
				batch.Bars = batch.Bars[:len(batch.Bars)/2]
			}
			return batch, err
		}
	}},
	{"gives bars beside an error", "beside the error", func(next signal.Source) answerer {
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			batch, err := bars(ctx, next, a)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return batch, err
		}
	}},
	{"goes on failing once a context has ended", "after a call whose context had ended", func(next signal.Source) answerer {
		var broken error
		return inTurn(func(ctx context.Context, a asked) (signal.Batch, error) {
			if broken == nil {
				broken = ctx.Err()
			}
			if broken != nil {
				return signal.Batch{}, broken
			}
			return bars(ctx, next, a)
		})
	}},
	{"mixes what two ask at once", "one of many at once", func(next signal.Source) answerer {
		last := make(chan asked, 1)
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			select {
			case <-last:
			default:
			}
			select {
			case last <- a:
			default:
			}
			for range 10 {
				runtime.Gosched()
			}
			select {
			case a = <-last:
			default:
			}
			return bars(ctx, next, a)
		}
	}},
	{"fails when two ask at once", "one of many at once", func(next signal.Source) answerer {
		busy := make(chan struct{}, 1)
		return func(ctx context.Context, a asked) (signal.Batch, error) {
			select {
			case busy <- struct{}{}:
				defer func() { <-busy }()
			default:
				return signal.Batch{}, errors.New("busy")
			}
			runtime.Gosched()
			return bars(ctx, next, a)
		}
	}},
}
