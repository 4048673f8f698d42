package signal

import (
	"bytes"
	"context"
)

// SaveStates implements States.
func (m *Memory) SaveStates(ctx context.Context, states ...State) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range states {
		s.Bar, s.Data = s.Bar.UTC(), bytes.Clone(s.Data)
		m.states[s.Stream] = s
	}
	return nil
}

// LoadState implements States.
func (m *Memory) LoadState(ctx context.Context, of Stream) (State, bool, error) {
	if err := ctx.Err(); err != nil {
		return State{}, false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	s, ok := m.states[of]
	s.Data = bytes.Clone(s.Data)
	return s, ok, nil
}
