package console

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// storeHeader names the store that an answer's numbers are of.
const storeHeader = "Signal-Store"

// latestSignals answers GET /api/signals/latest.
func (a *api) latestSignals(w http.ResponseWriter, r *http.Request) {
	var f filter
	limit, before, as := signal.DefaultLimit, int64(0), format{}
	if wrong := parse(r.URL.RawQuery, f.parameters(map[string]setter{
		"limit": setLimit(&limit), "before": setPlace(&before), "format": as.set,
	})); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	found, next, err := a.newest(ctx, &f, before, limit)
	if err != nil {
		a.failed(w, r, fmt.Errorf("read the latest signals: %w", err))
		return
	}
	if len(found) == 0 && a.nothing(ctx, w, r, &f) {
		return
	}
	if next > 0 {
		linkNext(w, r.URL.Path, as.with(f.values()), "before", next, limit)
	}
	answerList(a, w, r, as, signalTable, found)
}

// newest returns the newest signals that fit, below before, and where to go on.
func (a *api) newest(ctx context.Context, f *filter, before int64, limit int) ([]signal.Signal, int64, error) {
	q, known := f.query(limit)
	if !known || before > 0 {
		return a.backward(ctx, f, before, limit)
	}
	found, err := a.latest(ctx, q)
	if err != nil || len(found) < limit {
		return found, 0, err
	}
	return found, found[limit-1].Seq, nil
}

// nothing says why a filter may have found nothing. It reports whether that was the answer.
func (a *api) nothing(ctx context.Context, w http.ResponseWriter, r *http.Request, f *filter) bool {
	if wrong := a.unknownSymbol(f.symbol); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return true
	}
	if err := a.hint(ctx, w, signal.Query{Symbol: f.symbol, Strategy: f.strategy}); err != nil {
		a.failed(w, r, fmt.Errorf("read the latest signals: %w", err))
		return true
	}
	return false
}

// signalsAfter answers GET /api/signals.
func (a *api) signalsAfter(w http.ResponseWriter, r *http.Request) {
	var f filter
	from, limit, as := cursor{}, signal.DefaultLimit, format{}
	if wrong := parse(r.URL.RawQuery, f.parameters(map[string]setter{
		"after": from.setAfter, "limit": setLimit(&limit), "store": from.setStore,
		"format": as.set,
	})); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	pageSize := scanPage
	if f.all() {
		pageSize = limit
	}
	first, identity, wrong, err := a.readAfter(ctx, from, pageSize)
	if wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	var found []signal.Signal
	var next int64
	var more bool
	if err == nil {
		found, next, more, err = a.forward(ctx, &f, first, limit)
	}
	if err != nil {
		a.failed(w, r, err)
		return
	}
	if len(found) == 0 && !more && !f.all() && a.nothing(ctx, w, r, &f) {
		return
	}
	nameSource(w, storeHeader, identity)
	if more {
		values := as.with(f.values())
		if identity != "" {
			values.Set("store", identity)
		}
		linkNext(w, r.URL.Path, values, "after", next, limit)
	}
	answerList(a, w, r, as, signalTable, found)
}

// readAfter reads what comes after the cursor, of the store whose identity it returns. A cursor whose successors are not
// all there any more is a problem.
func (a *api) readAfter(ctx context.Context, c cursor, limit int) (page, string, *answer.Problem, error) {
	var none page
	identity, err := a.identity(ctx)
	if err != nil {
		return none, "", nil, err
	}
	if wrong := c.foreign(identity); wrong != nil {
		return none, identity, wrong, nil
	}
	found, err := a.after(ctx, c.seq, limit)
	if err != nil {
		return none, identity, nil, fmt.Errorf("read the signals after %d: %w", c.seq, err)
	}
	wrong, err := a.gap(ctx, c, found)
	if err == nil && wrong == nil && len(found.signals) == 0 {
		wrong, err = a.pastEnd(ctx, c)
	}
	return found, identity, wrong, err
}

func (a *api) latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	return ask(ctx, a.calls, q, func(ctx context.Context) ([]signal.Signal, error) { return a.cfg.Signals.Latest(ctx, q) })
}

// page is what a store holds after a number.
type page struct {
	after   int64
	signals []signal.Signal
	full    bool  // there may be more
	whole   int64 // nothing is missing after this number; 0 where the store forgets nothing, or does not say
}

func (a *api) after(ctx context.Context, seq int64, limit int) (page, error) {
	type key struct {
		seq   int64
		limit int
	}
	return ask(ctx, a.calls, key{seq, limit}, func(ctx context.Context) (p page, err error) {
		p.after = seq
		if p.signals, err = a.cfg.Signals.After(ctx, seq, limit); err != nil {
			return p, err
		}
		p.full = len(p.signals) == limit
		if store, ok := a.cfg.Signals.(signal.Window); ok { // after reading, or what goes in between would be missed
			p.whole, err = store.Whole(ctx)
		}
		return p, err
	})
}

// missing reports whether signals after the page's number are gone, as far as the page reaches.
func (p page) missing() bool {
	last := p.whole
	if n := len(p.signals); p.full && n > 0 {
		last = min(last, p.signals[n-1].Seq)
	}
	found := int64(0)
	for _, s := range p.signals {
		if s.Seq <= last {
			found++
		}
	}
	return last-p.after > found
}

// nameSource says what an answer's numbers are of.
func nameSource(w http.ResponseWriter, header, identity string) {
	if identity != "" {
		w.Header().Set(header, url.PathEscape(identity)) // escaped, so that it is one line
	}
}

// failed logs what went wrong inside and answers without it: what a database says is not for everybody.
func (a *api) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil { // else whoever asked has gone, which is no failure of ours
		a.log(r, slog.LevelError, "Console request failed", err)
	}
	answer.Refuse(w, r, answer.Problem{Status: http.StatusServiceUnavailable, Detail: "the signals cannot be read at present"})
}

// log tells what became of a request, with the stack where the store panicked.
func (a *api) log(r *http.Request, level slog.Level, msg string, err error) {
	attrs := []slog.Attr{slog.String("path", r.URL.Path), slog.Any("error", err)}
	if stack := foreign.Stack(err); stack != "" {
		attrs = append(attrs, slog.String("stack", stack))
	}
	a.cfg.Logger.LogAttrs(r.Context(), level, msg, attrs...)
}
