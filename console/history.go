package console

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// incompleteHeader says that an answer may lack what the journal has moved to where it cannot be read.
const incompleteHeader = "Journal-Incomplete"

// about returns the entries about a signal or an order, oldest first; nothing where the host has no History.
func (a *api) about(ctx context.Context, w http.ResponseWriter, ref string) ([]journal.Entry, error) {
	if a.cfg.History == nil || ref == "" {
		return nil, nil
	}
	type key struct{ ref string }
	entries, err := a.entries(ctx, w, key{ref}, func(ctx context.Context) ([]journal.Entry, error) {
		return a.cfg.History.About(ctx, ref, maxTrail)
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal about %q: %w", ref, err)
	}
	return slices.Clone(entries), nil // it is shared
}

// before returns the entries of one kind before a number, 0 for the newest, newest first.
func (a *api) before(
	ctx context.Context, w http.ResponseWriter, seq int64, kind string, limit int,
) ([]journal.Entry, error) {
	type key struct {
		seq   int64
		kind  string
		limit int
	}
	entries, err := a.entries(ctx, w, key{seq, kind, limit}, func(ctx context.Context) ([]journal.Entry, error) {
		return a.cfg.History.Before(ctx, seq, []string{kind}, limit)
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal before %d: %w", seq, err)
	}
	return entries, nil
}

// entries calls the journal. Entries that come with an error are shown: others were moved to where they cannot be read.
func (a *api) entries(
	ctx context.Context, w http.ResponseWriter, key any, call func(context.Context) ([]journal.Entry, error),
) ([]journal.Entry, error) {
	type part struct {
		entries []journal.Entry
		err     error // why there are no more
	}
	found, err := ask(ctx, a.calls, key, func(ctx context.Context) (p part, err error) {
		if p.entries, err = call(ctx); len(p.entries) > 0 {
			p.err, err = err, nil
		}
		return p, err
	})
	if found.err != nil {
		w.Header().Set(incompleteHeader, "true")
		a.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "Journal is not whole", slog.Any("error", found.err))
	}
	return found.entries, err
}

// fillView is a fill as it is shown.
type fillView struct {
	Seq int64     `json:"seq"` // of the journal
	At  time.Time `json:"at"`  // when it was journaled
	trading.Fill
}

// fills answers GET /api/fills.
func (a *api) fills(w http.ResponseWriter, r *http.Request) {
	symbol, limit, before, as := "", signal.DefaultLimit, int64(0), format{}
	if wrong := parse(r.URL.RawQuery, map[string]setter{
		"symbol": setText(&symbol), "limit": setLimit(&limit), "before": setPlace(&before), "format": as.set,
	}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if a.cfg.History == nil {
		absent(w, r, "fills", "History")
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	found, next, err := a.fillsBefore(ctx, w, symbol, before, limit)
	if err != nil {
		a.unreadable(w, r, "fills", err)
		return
	}
	if next > 0 {
		values := url.Values{}
		if symbol != "" {
			values.Set("symbol", symbol)
		}
		linkNext(w, r.URL.Path, as.with(values), "before", next, limit)
	}
	answerList(a, w, r, as, fillTable, found)
}

// fillsBefore returns fills, newest first, and where to go on, 0 for nowhere.
func (a *api) fillsBefore(
	ctx context.Context, w http.ResponseWriter, symbol string, before int64, limit int,
) ([]fillView, int64, error) {
	found := []fillView{}
	size := scanPage
	if symbol == "" {
		size = limit
	}
	for range scanPages {
		page, err := a.before(ctx, w, before, journal.KindOf(journal.Filled{}), size)
		if err != nil {
			return nil, 0, err
		}
		for _, entry := range page {
			before = entry.Seq
			filled, ok := entry.Event.(journal.Filled)
			if !ok || symbol != "" && filled.Fill.Symbol != symbol {
				continue
			}
			if found = append(found, fillView{entry.Seq, entry.At.UTC(), filled.Fill}); len(found) == limit {
				return found, before, nil
			}
		}
		if len(page) < size {
			return found, 0, nil
		}
	}
	return found, before, nil
}
