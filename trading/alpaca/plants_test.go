package alpaca_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/mortal"
)

// plant is a fault that somebody might build into an adapter, for a campaign to find.
type plant struct {
	below func(http.RoundTripper) http.RoundTripper // between the adapter and the process's network
	above func(*alpaca.Broker) trading.Broker
	meets func(*campaign) // what has to go wrong for it to show
	turns bool            // strategies have to want something else after a process has died for it to show
	dies  mortal.Moment   // when processes that are doomed have to die for it to show
}

// read reads a body that is in memory, and closes it.
func read(body io.ReadCloser) []byte {
	if body == nil {
		return nil
	}
	all, err := io.ReadAll(body)
	if err != nil {
		panic(err) // it is in memory
	}
	_ = body.Close()
	return all
}

// through is a RoundTripper made of a function.
type through func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func isOrder(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/v2/orders" }

// sendsTwice sends an order again whose answer was lost, under another client ID.
func sendsTwice(next http.RoundTripper) http.RoundTripper {
	return through(func(r *http.Request) (*http.Response, error) {
		if !isOrder(r) {
			return next.RoundTrip(r)
		}
		body := read(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		response, err := next.RoundTrip(r)
		if err == nil || errors.Is(err, mortal.ErrDead) {
			return response, err
		}
		again := r.Clone(context.WithoutCancel(r.Context()))
		other := bytes.Replace(body, []byte(`"client_order_id":"`), []byte(`"client_order_id":"x`), 1)
		again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(other)), int64(len(other))
		return next.RoundTrip(again)
	})
}

// losesReplaced takes an order in whose place a hand has put another one for canceled.
func losesReplaced(next http.RoundTripper) http.RoundTripper {
	return through(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err != nil || r.Header.Get("Upgrade") != "" {
			return response, err
		}
		told := bytes.ReplaceAll(read(response.Body), []byte(`"status":"replaced"`), []byte(`"status":"canceled"`))
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(told)), int64(len(told))
		return response, nil
	})
}

// hasty says that no request is ever on its way, and that an order may be sent again without harm.
type hasty struct{ *alpaca.Broker }

// Traits implements trading.Broker.
func (h hasty) Traits() trading.Traits {
	t := h.Broker.Traits()
	t.MaxFlight = time.Nanosecond
	return t
}

// takesFees takes what the venue takes for what it gives.
type takesFees struct{ *alpaca.Broker }

// CashEvents implements trading.CashReporter.
func (t takesFees) CashEvents(ctx context.Context, from trading.Cursor, limit int) ([]trading.CashEvent, trading.Cursor, error) {
	events, next, err := t.Broker.CashEvents(ctx, from, limit)
	for i := range events {
		events[i].Amount = events[i].Amount.Neg()
	}
	return events, next, err
}

// A campaign proves nothing unless it sees what is wrong.
func TestKillCampaignFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	lost := func(c *campaign) {
		c.venue.Inject(alpacatest.Fault{Method: "POST", Path: "/v2/orders", Taken: true})
	}
	for name, c := range map[string]struct {
		plant plant
		sees  string // "" where it shows in one way or another
	}{
		"it sends twice after a lost answer": {plant{below: sendsTwice, meets: lost}, "not in the journal"},
		"it does not wait for what is on its way": {
			plant{above: func(b *alpaca.Broker) trading.Broker { return hasty{b} }, dies: mortal.WhileSending, turns: true}, "",
		},
		"it takes fees for gains": {
			plant{above: func(b *alpaca.Broker) trading.Broker { return takesFees{b} }, meets: (*campaign).fee}, "is worth",
		},
		"it loses an order that was replaced": {
			plant{below: losesReplaced, meets: (*campaign).hand}, "in the journal",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := ""
			for seed := range uint64(60) {
				if found = strings.Join(kill(t, seed, c.plant).problems, "\n"); found != "" && strings.Contains(found, c.sees) {
					t.Logf("campaign %d: %s", seed, found)
					return
				}
			}
			t.Fatalf("it was not found: %s", found)
		})
	}
}
