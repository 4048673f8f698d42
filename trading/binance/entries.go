package binance

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// entries are the orders that rest and would open something, by the venue's name of their instrument.
type entries struct {
	mu   sync.Mutex // guards open
	open map[string]string
}

func newEntries() *entries { return &entries{open: make(map[string]string)} }

// add notes an order that is about to be sent, if it is such a one. Those with a stop are not: the countdown does not
// reach them.
func (e *entries) add(venue string, o trading.Order) {
	if !o.ReduceOnly && o.Type == trading.Limit {
		e.put(venue, o.ClientID)
	}
}

func (e *entries) put(venue, clientID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open[clientID] = venue
}

func (e *entries) drop(clientID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, clientID)
}

// instruments returns those in which an entry rests.
func (e *entries) instruments() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Sorted(maps.Values(e.open))
	return slices.Compact(all)
}

// countDown gives a sign of life for each instrument in which an entry rests, and takes the countdown back where none does any
// more. armed are those of the last time; it returns those of this one.
func (b *Broker) countDown(ctx context.Context, armed map[string]bool) (map[string]bool, error) {
	now := make(map[string]bool)
	for _, venue := range b.entries.instruments() {
		if err := b.setCountdown(ctx, venue, b.client.cfg.Countdown); err != nil {
			return armed, err
		}
		now[venue] = true
	}
	for venue := range armed {
		if !now[venue] {
			if err := b.setCountdown(ctx, venue, 0); err != nil {
				now[venue] = true // it is taken back the next time
				return now, err
			}
		}
	}
	return now, nil
}

func (b *Broker) setCountdown(ctx context.Context, venue string, after time.Duration) error {
	asked := url.Values{"symbol": {venue}, "countdownTime": {strconv.FormatInt(after.Milliseconds(), 10)}}
	var answer struct{}
	return b.client.raw(ctx, request{what: "give a sign of life", weight: 10, class: urgent}, "POST", b.client.cfg.URL,
		"/fapi/v1/countdownCancelAll", asked, &answer)
}
