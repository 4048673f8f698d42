package engine

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// A signal against which something stands for now, such as stale data or a halt, is refused, and waits: if it is still
// the latest of its strategy and symbol, and valid, when that is over, it sets its target then, at the price and under
// the limits of then.

// temporary is why nothing may be opened for now: it may be over in time.
type temporary struct{ error }

// isTemporary reports whether a signal was refused for no other reason.
func isTemporary(opening error, reason string) bool {
	var p temporary
	return errors.As(opening, &p) && reason == p.Error()
}

// inTime are the blocked signals that may still open something.
func inTime(blocked []journal.SignalSeen, now time.Time) (found []journal.SignalSeen) {
	for _, s := range blocked {
		if !now.After(s.ValidUntil) {
			found = append(found, s)
		}
	}
	return found
}

// unblock lets the signals set their targets that nothing stands against any more.
func (f *follower) unblock(ctx context.Context, r *run) error {
	blocked := view(f.ledger, (*book.Book).Blocked)
	if len(blocked) == 0 {
		return nil
	}
	for _, s := range inTime(blocked, f.env.now()) {
		if _, ok := f.env.price(s.Symbol); !ok && f.env.cfg.Pricer != nil || f.gate.blocked(s.Symbol) != nil {
			continue
		}
		free := journal.SignalApproved{SignalID: s.SignalID, By: "the engine, as nothing stands against it any more"}
		events, err := f.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
			if b.Check(free) != nil {
				return nil, nil //nolint:nilerr // Another strategy owns the instrument by now.
			}
			return []journal.Event{free}, nil
		})
		if err != nil {
			return err
		}
		if len(events) > 0 {
			f.env.log.Info("Signal tried again", "signal_id", s.SignalID, "symbol", s.Symbol, "was", s.Reason)
		}
	}
	return nil
}

// waitingSignal tells of a signal that waits.
func waitingSignal(s journal.SignalSeen) problem {
	text := s.Direction.String() + " of " + s.Symbol + " waits: " + s.Reason
	return condition("refusing/"+s.Symbol, health.Degraded, text,
		"it goes on by itself when that is over, unless its signal expires first", false)
}
