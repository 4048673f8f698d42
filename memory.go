package vigil

import (
	"context"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// memory is the Store of NewMemoryStore.
type memory struct {
	signals   *signal.Memory
	journal   *journal.Memory
	overrides overrides
}

// memorySignals is how many signals are kept in memory.
const memorySignals = 10_000

// NewMemoryStore returns a Store that is gone with the process: for tests, and for who looks around. It keeps the newest
// 10,000 signals, and all of the journal.
func NewMemoryStore() Store {
	return &memory{signals: signal.NewMemory(memorySignals), journal: journal.NewMemory()}
}

func (m *memory) Signals() Signals { return m.signals }

func (m *memory) Journal() journal.Journal { return m.journal }

func (m *memory) Bind(context.Context, []journal.Setting) error { return nil }

func (m *memory) Claim(ctx context.Context) (journal.Journal, error) { return m.journal.Claim(ctx) }

func (m *memory) Overrides(context.Context) ([]journal.Override, error) {
	return m.overrides.all(), nil
}

func (m *memory) SetOverride(_ context.Context, w journal.Override) error {
	m.overrides.note(w)
	return nil
}

func (m *memory) Room() error { return nil }
