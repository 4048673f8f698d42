package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const (
	maxTrail       = 1000 // entries of one signal or order
	maxTrailOrders = 50   // of one signal
)

// signalTrail is the answer of /api/signals/{id}.
type signalTrail struct {
	Signal *signal.Signal `json:"signal,omitempty"` // nothing where the store does not hold it any more
	Became became         `json:"became"`
	Orders []orderTrail   `json:"orders"` // that serve it, oldest first
	Trail  []entryView    `json:"trail"`  // of the signal and of its orders
}

// orderTrail is the answer of /api/orders/{client_id}.
type orderTrail struct {
	book.OrderState
	Became became      `json:"became"`
	Trail  []entryView `json:"trail,omitempty"`
}

// signal answers GET /api/signals/{id}.
func (a *api) signal(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	id := r.PathValue("id")
	found, err := a.trailOfSignal(ctx, w, id)
	switch {
	case err != nil:
		a.unreadable(w, r, "trail of the signal", err)
	case found == nil:
		answer.Refuse(w, r, answer.Problem{Status: http.StatusNotFound, Detail: fmt.Sprintf(
			"no signal %.100q is known: those below the threshold, or of a closed market, get no number and are only counted "+
				"(not_emitted in /api/generator)", id)})
	default:
		a.json(w, r, http.StatusOK, found)
	}
}

// trailOfSignal returns what is known of a signal; nil where nothing is.
func (a *api) trailOfSignal(ctx context.Context, w http.ResponseWriter, id string) (*signalTrail, error) {
	entries, err := a.about(ctx, w, id)
	if err != nil {
		return nil, err
	}
	t := &signalTrail{Orders: []orderTrail{}}
	var seen *journal.SignalSeen
	var seenAt int64
	var approved *journal.SignalApproved
	var made []string
	for _, entry := range entries {
		switch e := entry.Event.(type) {
		case journal.SignalSeen:
			seen, seenAt = &e, entry.Seq
		case journal.SignalApproved:
			approved = &e
		case journal.IntentMade:
			made = append(made, e.Order.ClientID)
		default: // what else is about it is in the trail
		}
	}
	if t.Signal, err = a.findSignal(ctx, id, seen); err != nil || t.Signal == nil && len(entries) == 0 {
		return nil, err
	}
	for _, clientID := range made[:min(len(made), maxTrailOrders)] {
		about, err := a.about(ctx, w, clientID)
		if err != nil {
			return nil, err
		}
		if one := newOrderTrail(clientID, about); one != nil {
			t.Orders = append(t.Orders, *one)
		}
		entries = append(entries, about...)
	}
	t.Became = becameOfSignal(seen, approved, t.Orders)
	if t.Trail, err = newTrail(inOrder(entries)); err != nil {
		return nil, err
	}
	if seen != nil && seen.Outcome == journal.OutcomeSuperseded {
		t.Became.By, err = a.supersededBy(ctx, w, seenAt, *seen)
		nameNewer(t.Trail, seenAt, t.Became.By)
	}
	return t, err
}

// inOrder returns the entries by their Seq, each once.
func inOrder(entries []journal.Entry) []journal.Entry {
	slices.SortFunc(entries, func(a, b journal.Entry) int { return int(a.Seq - b.Seq) })
	return slices.CompactFunc(entries, func(a, b journal.Entry) bool { return a.Seq == b.Seq })
}

// newOrderTrail makes the order of what the journal says about it; nil where that does not begin with its intent.
func newOrderTrail(clientID string, entries []journal.Entry) *orderTrail {
	found, err := book.Audit(each(entries), clientID)
	if err != nil {
		return nil
	}
	return &orderTrail{OrderState: found.Order, Became: becameOfAsked(found.Order, entries)}
}

func each(entries []journal.Entry) func(yield func(journal.Entry, error) bool) {
	return func(yield func(journal.Entry, error) bool) {
		for _, entry := range entries {
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// findSignal looks for a signal in the store: by the number that the journal has of it, or else among the newest.
func (a *api) findSignal(ctx context.Context, id string, seen *journal.SignalSeen) (*signal.Signal, error) {
	if seen != nil {
		identity, err := a.identity(ctx)
		if err != nil || identity != seen.Store && identity != "" {
			return nil, err
		}
		found, err := a.after(ctx, seen.Seq-1, 1)
		if err != nil || len(found.signals) == 0 || found.signals[0].ID != id {
			return nil, err
		}
		return &found.signals[0], nil
	}
	newest, err := a.latest(ctx, signal.Query{Limit: maxLimit})
	if i := slices.IndexFunc(newest, func(s signal.Signal) bool { return s.ID == id }); err == nil && i >= 0 {
		return &newest[i], nil
	}
	return nil, err
}

// order answers GET /api/orders/{client_id}: from the journal, or without one from what is remembered.
func (a *api) order(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	id := r.PathValue("client_id")
	found, err := a.trailOfOrder(w, r, id)
	if err != nil {
		a.unreadable(w, r, "trail of the order", err)
		return
	}
	if found == nil {
		all, answered := a.knownOrders(w, r)
		if answered {
			return
		}
		if i := slices.IndexFunc(all, func(o book.OrderState) bool { return o.ClientID == id }); i >= 0 {
			found = &orderTrail{OrderState: all[i], Became: becameOfOrder(all[i])}
		}
	}
	if found == nil {
		answer.Refuse(w, r, answer.Problem{Status: http.StatusNotFound, Detail: fmt.Sprintf("no order %.100q is known", id)})
		return
	}
	a.json(w, r, http.StatusOK, found)
}

// trailOfOrder returns an order and what the journal says about it and the signal that it serves; nil where that is
// nothing.
func (a *api) trailOfOrder(w http.ResponseWriter, r *http.Request, id string) (*orderTrail, error) {
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	entries, err := a.about(ctx, w, id)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	found, err := book.Audit(each(entries), id)
	if errors.Is(err, trading.ErrUnknownOrder) {
		return nil, nil // it is a signal's ID
	}
	if err != nil {
		return nil, err
	}
	served, err := a.about(ctx, w, found.Order.SignalID)
	if err != nil {
		return nil, err
	}
	for _, entry := range served {
		if of := journal.OrderOf(entry.Event); of == "" || of == id {
			entries = append(entries, entry)
		}
	}
	one := &orderTrail{OrderState: found.Order, Became: becameOfAsked(found.Order, entries)}
	one.Trail, err = newTrail(inOrder(entries))
	return one, err
}
