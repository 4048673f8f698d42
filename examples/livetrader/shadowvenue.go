package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// onlyAsks lets nothing pass but questions: whatever the code above it does, no order reaches a venue through it.
type onlyAsks struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (t onlyAsks) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return nil, fmt.Errorf("%w: %s %s", errSends, r.Method, r.URL.Path)
	}
	return t.Transport.RoundTrip(r)
}

// tellLive says what the live account holds: an order there would have met it.
func (a *app) tellLive(ctx context.Context, venue venueBroker) {
	held, err := venue.Positions(ctx)
	open, worse := venue.OpenOrders(ctx)
	if err = errors.Join(err, worse); err != nil {
		a.log.Warn("What the live account holds is not known", "venue", a.cfg.venueName(), "error", err)
	}
	a.log.Info("A shadow of the live account: orders go to an account on paper, and nothing is sent",
		"venue", a.cfg.venueName(), "held_there", len(held), "resting_there", len(open))
}

// shadowStore is a database that belongs to a shadow: an account on paper whose database is no other's on paper.
type shadowStore struct{ database }

// Bind implements vigil.Store.
func (s shadowStore) Bind(ctx context.Context, run []journal.Setting) error {
	bound := make([]journal.Setting, len(run))
	for n, setting := range run {
		if setting.Name == "mode" {
			setting.Value = shadowMode
		}
		bound[n] = setting
	}
	return s.database.Bind(ctx, bound)
}
