package alpaca

import (
	"context"
	"sync"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
)

// maxNames bounds what is kept of them: what is forgotten is asked for again.
const maxNames = 10_000

// names are the client IDs of the venue's orders, by its own IDs.
type names struct {
	mu sync.Mutex // guards of
	of map[string]string
}

func newNames() *names { return &names{of: make(map[string]string)} }

func (n *names) put(id, clientID string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.of) >= maxNames {
		clear(n.of)
	}
	n.of[id] = clientID
}

func (n *names) get(id string) (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	clientID, ok := n.of[id]
	return clientID, ok
}

// clientID returns under which client ID an order was sent: the first one's, where one took the place of another.
func (b *Broker) clientID(ctx context.Context, id string) (string, error) {
	if clientID, ok := b.names.get(id); ok {
		return clientID, nil
	}
	clientID, at := "", id
	for range maxReplaced {
		o, err := b.byID(ctx, at)
		if err != nil {
			return "", err
		}
		if clientID = o.ClientOrderID; o.Replaces == nil || *o.Replaces == "" {
			if isPart(o) {
				if clientID, err = b.partName(ctx, o); err != nil {
					return "", err
				}
			}
			break
		}
		at = *o.Replaces
	}
	b.names.put(id, clientID)
	return clientID, nil
}

func (b *Broker) byID(ctx context.Context, id string) (*alpaca.Order, error) {
	return ask(ctx, b.client, request{what: "ask for order " + id}, func(c *alpaca.Client) (*alpaca.Order, error) {
		return c.GetOrder(id)
	})
}
