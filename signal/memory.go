package signal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-5dee1c0a/vigil/internal/wake"
)

// defaultCapacity is how many signals a Memory holds where none is named: with three symbols and a cycle of five
// seconds, several hours even of a strategy that speaks on every bar.
const defaultCapacity = 10_000

// Memory is a Store in memory, for tests and for hosts that need no more than the recent past. It holds a bounded
// number of signals and drops the oldest beyond it: a follower that is further behind than that misses what was
// dropped (Whole tells how far that is), and an ID that was dropped is not known any more. Nothing in it outlives the
// process; its identity is new each time, so that a cursor from an earlier life is noticed. It is safe for concurrent use.
type Memory struct {
	identity string
	capacity int64
	appended wake.Bell

	mu      sync.RWMutex // guards what follows
	ring    []Signal     // the signal of Seq s is at (s-1) % capacity; without an ID where it was pruned
	last    int64        // the newest Seq, 0 before the first
	removed int64        // nothing is held up to this Seq
	gone    int64        // the highest Seq that was pruned
	byID    map[string]int64
	states  map[Stream]State
}

var (
	_ Store      = (*Memory)(nil)
	_ Identified = (*Memory)(nil)
	_ Notifier   = (*Memory)(nil)
	_ Window     = (*Memory)(nil)
	_ States     = (*Memory)(nil)
	_ Pruner     = (*Memory)(nil)
)

// NewMemory returns an empty store that holds up to capacity signals; 0 or less means 10,000.
func NewMemory(capacity int) *Memory {
	if capacity <= 0 {
		capacity = defaultCapacity
	}
	return &Memory{identity: "memory-" + rand.Text(), capacity: int64(capacity), byID: make(map[string]int64),
		states: make(map[Stream]State)}
}

// Append implements Store. Durable means here: until it is dropped or the process ends.
func (m *Memory) Append(ctx context.Context, signals ...Signal) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, s := range signals { // Before the first is stored: all or none.
		if err := s.Validate(); err != nil {
			return fmt.Errorf("signal: store signals: %w", err)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.last
	var conflicts []error
	for _, s := range signals {
		if err := m.addLocked(s); err != nil {
			conflicts = append(conflicts, err)
		}
	}
	if m.last > before {
		m.appended.Ring()
	}
	return errors.Join(conflicts...)
}

// addLocked stores one signal, unless its ID is there already.
func (m *Memory) addLocked(s Signal) error {
	if seq, ok := m.byID[s.ID]; ok {
		if m.atLocked(seq).Same(s) {
			return nil
		}
		return fmt.Errorf("signal: store signal %s: %w", s.ID, ErrConflict)
	}
	m.last++
	s = s.clone()
	s.Seq = m.last
	s.BarTime, s.CreatedAt, s.ValidUntil = s.BarTime.UTC(), s.CreatedAt.UTC(), s.ValidUntil.UTC()
	m.byID[s.ID] = s.Seq
	if m.last <= m.capacity { // It grows as it fills, so that a large bound costs nothing by itself.
		m.ring = append(m.ring, s)
		return nil
	}
	oldest := &m.ring[(m.last-1)%m.capacity]
	if oldest.ID != "" {
		delete(m.byID, oldest.ID)
	}
	*oldest = s
	return nil
}

// atLocked returns the signal of a Seq that is still held.
func (m *Memory) atLocked(seq int64) Signal { return m.ring[(seq-1)%m.capacity] }

// Latest implements Store.
func (m *Memory) Latest(ctx context.Context, q Query) ([]Signal, error) {
	limit := q.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if err := checkLimit(ctx, limit); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []Signal
	for seq := m.last; seq > m.droppedLocked() && len(found) < limit; seq-- {
		if s := m.atLocked(seq); s.ID != "" && q.matches(s) {
			found = append(found, s.clone())
		}
	}
	return found, nil
}

// After implements Store. It begins with the oldest signal that is still held.
func (m *Memory) After(ctx context.Context, seq int64, limit int) ([]Signal, error) {
	if err := checkLimit(ctx, limit); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	from := min(max(seq, m.droppedLocked()), m.last)
	found := make([]Signal, 0, min(m.last-from, int64(limit)))
	for seq := from + 1; seq <= m.last && len(found) < limit; seq++ {
		if s := m.atLocked(seq); s.ID != "" {
			found = append(found, s.clone())
		}
	}
	return found, nil
}

// droppedLocked returns a Seq up to which none is held any more.
func (m *Memory) droppedLocked() int64 { return max(m.last-m.capacity, m.removed) }

// Whole implements Window.
func (m *Memory) Whole(ctx context.Context) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return max(0, m.last-m.capacity, m.gone), ctx.Err()
}

// Identity implements Identified.
func (m *Memory) Identity(context.Context) (string, error) { return m.identity, nil }

// Appended implements Notifier.
func (m *Memory) Appended() <-chan struct{} { return m.appended.Next() }

// matches reports whether the query asks for s.
func (q Query) matches(s Signal) bool {
	return (q.Stream == Stream{} || s.Stream() == q.Stream) && (q.Symbol == "" || s.Symbol == q.Symbol) &&
		(q.Strategy == "" || s.Strategy == q.Strategy) && s.Confidence >= q.MinConfidence
}

// checkLimit refuses a limit below one: a follower that asks for nothing would wait in silence for ever.
func checkLimit(ctx context.Context, limit int) error {
	if limit < 1 {
		return fmt.Errorf("signal: read signals: limit %d is below 1", limit)
	}
	return ctx.Err()
}
