package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

const (
	scanPage  = 1000 // signals, or entries of the journal, that are read at a time where not all of them are asked for
	scanPages = 20   // read for one answer; the next page goes on from there
)

// filter says which signals are asked for. Zero fields ask for everything.
type filter struct {
	symbol, strategy, params string
	interval                 time.Duration
	confidence               float64
	since, until             time.Time // of CreatedAt: from the one on, before the other
}

// parameters returns what reads the filter, and more.
func (f *filter) parameters(more map[string]setter) map[string]setter {
	more["symbol"], more["strategy"], more["params"] = setText(&f.symbol), setText(&f.strategy), setText(&f.params)
	more["interval"], more["min_confidence"] = setInterval(&f.interval), setConfidence(&f.confidence)
	more["since"], more["until"] = setTime(&f.since), setTime(&f.until)
	return more
}

func (f *filter) fits(s signal.Signal) bool {
	return (f.symbol == "" || s.Symbol == f.symbol) && (f.strategy == "" || s.Strategy == f.strategy) &&
		(f.params == "" || s.Params == f.params) && (f.interval == 0 || s.Interval == f.interval) &&
		s.Confidence >= f.confidence && !s.CreatedAt.Before(f.since) && (f.until.IsZero() || s.CreatedAt.Before(f.until))
}

// all reports whether every signal is asked for.
func (f *filter) all() bool { return *f == filter{} }

// query is the filter as a store knows it; false where it knows less than is asked.
func (f *filter) query(limit int) (signal.Query, bool) {
	q := signal.Query{Symbol: f.symbol, Strategy: f.strategy, MinConfidence: f.confidence, Limit: limit}
	return q, f.params == "" && f.interval == 0 && f.since.IsZero() && f.until.IsZero()
}

// values are the parameters that ask for the same.
func (f *filter) values() url.Values {
	values := url.Values{}
	set := func(name, value string, given bool) {
		if given {
			values.Set(name, value)
		}
	}
	set("symbol", f.symbol, f.symbol != "")
	set("strategy", f.strategy, f.strategy != "")
	set("params", f.params, f.params != "")
	set("interval", f.interval.String(), f.interval != 0)
	set("min_confidence", strconv.FormatFloat(f.confidence, 'g', -1, 64), f.confidence != 0)
	set("since", f.since.Format(time.RFC3339Nano), !f.since.IsZero())
	set("until", f.until.Format(time.RFC3339Nano), !f.until.IsZero())
	return values
}

// linkNext says where the next page is.
func linkNext(w http.ResponseWriter, path string, values url.Values, place string, at int64, limit int) {
	values.Set(place, strconv.FormatInt(at, 10))
	values.Set("limit", strconv.Itoa(limit))
	w.Header().Set("Link", fmt.Sprintf(`<%s?%s>; rel="next"`, path, values.Encode()))
}

// sift adds what fits of a page that was read after a cursor, until there are limit. next is up to where that went.
func (f *filter) sift(p page, limit int, found []signal.Signal) (_ []signal.Signal, next int64) {
	next = p.after
	for _, s := range p.signals {
		if len(found) == limit {
			break
		}
		if next = s.Seq; f.fits(s) {
			found = append(found, s)
		}
	}
	return found, next
}

// forward reads on after a first page, until there are limit signals that fit or there are no more. more says that there
// may be some after next.
func (a *api) forward(ctx context.Context, f *filter, p page, limit int) (
	found []signal.Signal, next int64, more bool, err error,
) {
	for range scanPages {
		if found, next = f.sift(p, limit, found); len(found) == limit || !p.full {
			more = p.full || len(p.signals) > 0 && next < p.signals[len(p.signals)-1].Seq
			return found, next, more, nil
		}
		if p, err = a.after(ctx, next, scanPage); err != nil {
			return nil, next, false, fmt.Errorf("read the signals after %d: %w", next, err)
		}
		if p.missing() { // the next page begins with that
			return found, next, true, nil
		}
	}
	return found, next, true, nil
}

// backward reads signals that fit with a Seq below before, 0 for the newest, newest first. next is where to go on, 0 for
// nowhere.
func (a *api) backward(ctx context.Context, f *filter, before int64, limit int) (found []signal.Signal, next int64, err error) {
	newest, err := a.latest(ctx, signal.Query{Limit: 1})
	if err != nil || len(newest) == 0 {
		return nil, 0, err
	}
	oldest, err := a.after(ctx, 0, 1)
	if err != nil || len(oldest.signals) == 0 {
		return nil, 0, err
	}
	end, first := min(cmp.Or(before, newest[0].Seq+1), newest[0].Seq+1), oldest.signals[0].Seq
	for range scanPages {
		if end <= first {
			return found, 0, nil
		}
		from := max(end-1-scanPage, first-1)
		p, err := a.after(ctx, from, scanPage)
		if err != nil {
			return nil, 0, fmt.Errorf("read the signals after %d: %w", from, err)
		}
		tooOld := len(p.signals) > 0
		for _, s := range slices.Backward(p.signals) {
			if s.Seq >= end {
				continue
			}
			tooOld = tooOld && s.CreatedAt.Before(f.since)
			if !f.fits(s) {
				continue
			}
			if found = append(found, s); len(found) == limit {
				return found, s.Seq, nil
			}
		}
		if end = from + 1; tooOld {
			return found, 0, nil
		}
	}
	return found, end, nil
}
