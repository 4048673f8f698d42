package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var _ signal.States = (*Signals)(nil)

// SaveStates implements signal.States. A Bar outside the years 1678 to 2262 is refused with the whole call.
func (s *Signals) SaveStates(ctx context.Context, states ...signal.State) error {
	return s.db.Failed("save states", s.saveStates(ctx, states))
}

func (s *Signals) saveStates(ctx context.Context, states []signal.State) error {
	if err := s.db.Enter(ctx); err != nil {
		return err
	}
	defer s.db.Leave()
	rows, err := newStateRows(states)
	if err != nil || len(rows) == 0 {
		return err
	}
	return s.db.group.commit(ctx, func(tx transaction) error {
		for _, row := range rows {
			if err := row.save(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// stateRow is a state as it is stored.
type stateRow struct {
	state signal.State
	bar   sql.NullInt64
}

// newStateRows refuses all of them if one cannot be stored: an error in the transaction would fail those who share it.
func newStateRows(states []signal.State) ([]stateRow, error) {
	rows := make([]stateRow, 0, len(states))
	for _, state := range states {
		bar, err := ToNanos("the Bar", state.Bar)
		if err != nil {
			return nil, fmt.Errorf("state of %s for %s: %w", state.Stream.Strategy, state.Stream.Symbol, err)
		}
		if state.Data == nil { // A driver may take nil for NULL.
			state.Data = []byte{}
		}
		rows = append(rows, stateRow{state, bar})
	}
	return rows, nil
}

func (r stateRow) save(tx transaction) error {
	_, err := tx.exec(tx.saveState, append(keyValues(r.state.Stream), r.bar, r.state.Seen, r.state.Data)...)
	return err
}

// keyValues are those of the columns that a state is found by.
func keyValues(k signal.Stream) []any {
	return []any{toText(k.Strategy), toText(k.Params), toText(k.Symbol), int64(k.Interval)}
}

// LoadState implements signal.States.
func (s *Signals) LoadState(ctx context.Context, key signal.Stream) (signal.State, bool, error) {
	state, err := s.loadState(ctx, key)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return signal.State{}, false, nil
	case err != nil:
		return signal.State{}, false, s.db.Failed("load the state of "+key.Strategy+" for "+key.Symbol, err)
	}
	return state, true, nil
}

func (s *Signals) loadState(ctx context.Context, key signal.Stream) (signal.State, error) {
	state := signal.State{Stream: key}
	if err := s.db.Enter(ctx); err != nil {
		return state, err
	}
	defer s.db.Leave()
	var bar sql.NullInt64
	err := s.db.prepared.state.QueryRowContext(ctx, keyValues(key)...).Scan(&bar, &state.Seen, &state.Data)
	state.Bar = fromNanos(bar)
	return state, err
}
