package tradingtest_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// bentJournal is a Journal of which what is read is bent.
type bentJournal struct {
	journal.Journal
	append func(next journal.Journal, ctx context.Context, at time.Time, events []journal.Event) error
	limit  func(limit int) (int, error)
	read   func(entries []journal.Entry) []journal.Entry
}

func (b bentJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if b.append != nil {
		return b.append(b.Journal, ctx, at, events)
	}
	return b.Journal.Append(ctx, at, events...)
}

func (b bentJournal) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if b.limit != nil {
		var err error
		if limit, err = b.limit(limit); err != nil {
			return nil, err
		}
	}
	entries, err := b.Journal.Read(ctx, after, limit)
	if err == nil && b.read != nil {
		entries = b.read(slices.Clone(entries))
	}
	return entries, err
}

// journalMutants are journals as authors over databases make them.
var journalMutants = map[string]func(b *bentJournal){
	"an event that is the same as the one before is kept once": func(b *bentJournal) {
		b.read = func(all []journal.Entry) []journal.Entry {
			return slices.CompactFunc(all, func(x, y journal.Entry) bool {
				return x.At.Equal(y.At) && reflect.DeepEqual(x.Event, y.Event)
			})
		}
	},
	"entries come by their time": func(b *bentJournal) {
		b.read = func(all []journal.Entry) []journal.Entry {
			slices.SortStableFunc(all, func(x, y journal.Entry) int { return x.At.Compare(y.At) })
			return all
		}
	},
	"Read gives at most 500": func(b *bentJournal) {
		b.limit = func(limit int) (int, error) {
			if limit > 500 {
				limit = min(limit, 500)
			}
			return limit, nil
		}
	},
	"Read refuses more than 1000": func(b *bentJournal) {
		b.limit = func(limit int) (int, error) {
			if limit > 1000 {
				return 0, errors.New("too many")
			}
			return limit, nil
		}
	},
	"a fee is kept without its sign": func(b *bentJournal) {
		b.read = filledAs(func(f *journal.Filled) { f.Fill.Fee = f.Fill.Fee.Abs() })
	},
	"a price is kept to eighteen places": func(b *bentJournal) {
		b.read = filledAs(func(f *journal.Filled) { f.Fill.Price = f.Fill.Price.Round(18) })
	},
	"a quantity is kept to eight places": func(b *bentJournal) {
		b.read = filledAs(func(f *journal.Filled) { f.Fill.Quantity = f.Fill.Quantity.Round(8) })
	},
	"a fill's time is kept to the microsecond": func(b *bentJournal) {
		b.read = filledAs(func(f *journal.Filled) { f.Fill.Time = f.Fill.Time.Truncate(time.Microsecond) })
	},
	"a symbol is kept in capitals": func(b *bentJournal) {
		b.read = filledAs(func(f *journal.Filled) { f.Fill.Symbol = strings.ToUpper(f.Fill.Symbol) })
	},
	"a call with nothing in it writes an entry": func(b *bentJournal) {
		b.append = func(next journal.Journal, ctx context.Context, at time.Time, events []journal.Event) error {
			if len(events) == 0 {
				events = []journal.Event{journal.Rearmed{}}
			}
			return next.Append(ctx, at, events...)
		}
	},
	"a call goes on once its context has ended": func(b *bentJournal) {
		b.append = func(next journal.Journal, ctx context.Context, at time.Time, events []journal.Event) error {
			return next.Append(context.WithoutCancel(ctx), at, events...)
		}
	},
	"each event of a call is a call": func(b *bentJournal) {
		b.append = func(next journal.Journal, ctx context.Context, at time.Time, events []journal.Event) error {
			for _, e := range events {
				if err := next.Append(ctx, at, e); err != nil {
					return err
				}
			}
			return nil
		}
	},
}

// filledAs is a fault in how fills are kept.
func filledAs(change func(f *journal.Filled)) func([]journal.Entry) []journal.Entry {
	return func(all []journal.Entry) []journal.Entry {
		for i := range all {
			if f, ok := all[i].Event.(journal.Filled); ok {
				change(&f)
				all[i].Event = f
			}
		}
		return all
	}
}

func TestJournalSuiteFindsMutants(t *testing.T) {
	t.Parallel()
	for fault, bend := range journalMutants {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			found := slices.ContainsFunc(tradingtest.JournalCases(), func(name string) bool {
				b := bentJournal{Journal: journal.NewMemory()}
				bend(&b)
				return watchJournalCase(t, name, b).Failed()
			})
			require.True(t, found, "no case sees it")
		})
	}
}
