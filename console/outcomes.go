package console

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// maxApproved is how many approvals are looked through for those of the signals that are shown.
const maxApproved = 1000

// outcome is what became of one signal, for a list of many: the trail of each would be a request of its own.
type outcome struct {
	Seq       int64            `json:"seq"` // of the journal
	At        time.Time        `json:"at"`  // when it was decided
	SignalID  string           `json:"signal_id"`
	Strategy  string           `json:"strategy"`
	Symbol    string           `json:"symbol"`
	Direction signal.Direction `json:"direction"`
	Became    became           `json:"became"`
	Orders    []string         `json:"orders"` // client IDs of those that are remembered, oldest first
}

// outcomes answers GET /api/outcomes.
func (a *api) outcomes(w http.ResponseWriter, r *http.Request) {
	limit, before := signal.DefaultLimit, int64(0)
	if wrong := parse(r.URL.RawQuery, map[string]setter{"limit": setLimit(&limit), "before": setPlace(&before)}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if a.cfg.History == nil {
		absent(w, r, "outcomes", "History")
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	entries, err := a.before(ctx, w, before, journal.KindOf(journal.SignalSeen{}), limit)
	var found []outcome
	if err == nil {
		found, err = a.outcomesOf(ctx, w, entries)
	}
	if err != nil {
		a.unreadable(w, r, "outcomes", err)
		return
	}
	if len(entries) == limit {
		linkNext(w, r.URL.Path, url.Values{}, "before", entries[limit-1].Seq, limit)
	}
	a.json(w, r, http.StatusOK, found)
}

// outcomesOf returns what became of the signals that were seen. An order that is not remembered any more says nothing.
func (a *api) outcomesOf(ctx context.Context, w http.ResponseWriter, entries []journal.Entry) ([]outcome, error) {
	approvals, err := a.before(ctx, w, 0, journal.KindOf(journal.SignalApproved{}), maxApproved)
	if err != nil {
		return nil, err
	}
	approved := make(map[string]*journal.SignalApproved, len(approvals))
	for _, entry := range approvals {
		if e, ok := entry.Event.(journal.SignalApproved); ok {
			approved[e.SignalID] = &e
		}
	}
	orders, err := a.ordersBySignal(ctx)
	if err != nil {
		return nil, err
	}
	found := make([]outcome, 0, len(entries))
	for _, entry := range entries {
		seen, ok := entry.Event.(journal.SignalSeen)
		if !ok {
			continue
		}
		one := outcome{
			Seq: entry.Seq, At: entry.At.UTC(), SignalID: seen.SignalID, Strategy: seen.Strategy, Symbol: seen.Symbol,
			Direction: seen.Direction, Became: becameOfSignal(&seen, approved[seen.SignalID], orders[seen.SignalID]),
			Orders: []string{},
		}
		for _, o := range orders[seen.SignalID] {
			one.Orders = append(one.Orders, o.ClientID)
		}
		found = append(found, one)
	}
	return found, a.nameNewerOf(ctx, w, entries, found)
}

// nameNewerOf says of each signal of a page that was superseded by which one it was.
func (a *api) nameNewerOf(ctx context.Context, w http.ResponseWriter, entries []journal.Entry, found []outcome) error {
	superseded := make(map[int64]*became)
	for i := range found {
		if found[i].Became.What == string(journal.OutcomeSuperseded) {
			superseded[found[i].Seq] = &found[i].Became
		}
	}
	if len(superseded) == 0 {
		return nil
	}
	near, err := a.entriesNear(ctx, w, entries)
	for _, entry := range entries {
		if b := superseded[entry.Seq]; b != nil && err == nil {
			b.By = newerThan(near, entry.Seq, entry.Event.(journal.SignalSeen))
		}
	}
	return err
}

// ordersBySignal returns the orders that are remembered, oldest first, by the signal that each serves.
func (a *api) ordersBySignal(ctx context.Context) (map[string][]orderTrail, error) {
	if a.cfg.Orders == nil {
		return nil, nil
	}
	all, err := ask(ctx, a.reads, "orders", func(context.Context) ([]book.OrderState, error) { return a.cfg.Orders(), nil })
	by := make(map[string][]orderTrail)
	for _, o := range all {
		by[o.SignalID] = append(by[o.SignalID], orderTrail{OrderState: o, Became: becameOfOrder(o)})
	}
	return by, err
}
