package trading

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// GiveUp ends an order whose fate the Broker cannot tell, on a person's word that it was not executed and is not going
// to be; by says whose. It is for orders that the Engine says "needs a person" of: those that the Broker has forgotten,
// and those without an answer where no bound is known for how long a request takes. If the order is executed after all
// its fills count, as every fill does.
//
// An error says that there is no such order, that its fate is known, or that sending it has not even returned.
func (e *Engine) GiveUp(ctx context.Context, clientID, by string) error {
	if strings.TrimSpace(by) == "" {
		return errors.New("trading: giving up an order needs a name")
	}
	_, err := e.write(ctx, nil, func(b *Book) ([]Event, error) {
		o, ok := b.Order(clientID)
		switch {
		case !ok:
			return nil, fmt.Errorf("trading: give up %q: %w", clientID, ErrUnknownOrder)
		case o.Status != StatusUnknown:
			return nil, fmt.Errorf("trading: give up %s: its fate is known, it is %s", clientID, o.Status)
		case e.isFlying(clientID):
			return nil, fmt.Errorf("trading: give up %s: its submission has not returned", clientID)
		}
		return []Event{Cancelled{clientID, "given up by " + by}}, nil
	})
	if err == nil {
		e.log.Warn("Order given up by a person", "client_id", clientID, "by", by)
	}
	return err
}

func (e *Engine) isFlying(clientID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.flying[clientID] > 0
}
