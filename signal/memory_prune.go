package signal

import (
	"context"
	"fmt"
)

// Prune implements Pruner. What a Memory drops beyond its capacity it drops all the same, whoever has read it: give it
// room for as much as the slowest follower may be behind.
func (m *Memory) Prune(ctx context.Context, r Retention) (removed int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if r.Count < 0 {
		return 0, fmt.Errorf("signal: prune signals: Retention.Count %d is negative", r.Count)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	newest := make(map[Stream]bool) // those of which a newer one was met
	held := 0
	for seq := m.last; seq > m.droppedLocked(); seq-- {
		s := &m.ring[(seq-1)%m.capacity]
		if s.ID == "" {
			continue
		}
		held++
		of := s.Stream()
		if newest[of] && r.canRemove(*s, held) {
			delete(m.byID, s.ID)
			m.gone = max(m.gone, seq)
			*s = Signal{}
			removed++
		}
		newest[of] = true
	}
	m.shortenLocked()
	return removed, nil
}

// shortenLocked moves the bound of what is held past what was removed at its old end.
func (m *Memory) shortenLocked() {
	m.removed = m.droppedLocked()
	for m.removed < m.last && m.atLocked(m.removed+1).ID == "" {
		m.removed++
	}
}

// canRemove reports whether a signal may be removed that is the n-th newest.
func (r Retention) canRemove(s Signal, n int) bool {
	tooMany := r.Count > 0 && n > r.Count
	return s.Seq <= r.Passed && (tooMany || s.CreatedAt.Before(r.Before))
}
