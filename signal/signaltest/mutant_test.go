package signaltest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// mutant is a Memory of which some calls are another one's.
type mutant struct {
	*signal.Memory

	append   func(ctx context.Context, s []signal.Signal) error
	latest   func(ctx context.Context, q signal.Query) ([]signal.Signal, error)
	after    func(ctx context.Context, seq int64, limit int) ([]signal.Signal, error)
	appended func() <-chan struct{}
	whole    func(ctx context.Context) (int64, error)
	save     func(ctx context.Context, s []signal.State) error
	load     func(ctx context.Context, of signal.Stream) (signal.State, bool, error)
	close    func() error

	mu sync.Mutex // guards what a fault remembers
}

var (
	_ signal.Store    = (*mutant)(nil)
	_ signal.States   = (*mutant)(nil)
	_ signal.Window   = (*mutant)(nil)
	_ signal.Notifier = (*mutant)(nil)
)

// newMutant returns a Memory whose calls a fault may replace.
func newMutant(fault func(*mutant)) *mutant { return mutantOf(signal.NewMemory(0), fault) }

func mutantOf(memory *signal.Memory, fault func(*mutant)) *mutant {
	m := &mutant{
		Memory: memory,
		append: func(ctx context.Context, s []signal.Signal) error { return memory.Append(ctx, s...) },
		latest: memory.Latest, after: memory.After, appended: memory.Appended, whole: memory.Whole,
		save: func(ctx context.Context, s []signal.State) error { return memory.SaveStates(ctx, s...) },
		load: memory.LoadState, close: func() error { return nil },
	}
	fault(m)
	return m
}

func (m *mutant) Append(ctx context.Context, s ...signal.Signal) error { return m.append(ctx, s) }

func (m *mutant) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	return m.latest(ctx, q)
}

func (m *mutant) After(ctx context.Context, seq int64, limit int) ([]signal.Signal, error) {
	return m.after(ctx, seq, limit)
}

func (m *mutant) Appended() <-chan struct{} { return m.appended() }

func (m *mutant) Whole(ctx context.Context) (int64, error) { return m.whole(ctx) }

func (m *mutant) SaveStates(ctx context.Context, s ...signal.State) error { return m.save(ctx, s) }

func (m *mutant) LoadState(ctx context.Context, of signal.Stream) (signal.State, bool, error) {
	return m.load(ctx, of)
}

// closable is a mutant that can be closed.
type closable struct{ *mutant }

func (c closable) Close() error { return c.close() }

// planted is a fault, and what the suite has to say of it.
type planted struct {
	fault string
	says  string
	plant func(*mutant)
}

// heard is what a suite says of a mutant, case by case, until it has said something that holds the words.
func heard(t *testing.T, words string, cases []string, run func(tb testing.TB, name string)) (said string) {
	for _, name := range cases {
		watched := watch(t, func(tb testing.TB) { run(tb, name) })
		if watched.Failed() {
			said += fmt.Sprintf("%s: %s\n", name, strings.Join(watched.said, "\n\t"))
		}
		if said != "" && strings.Contains(said, words) {
			break
		}
	}
	return said
}

// find demands that a suite sees the fault and names it.
func find(t *testing.T, says string, cases []string, run func(tb testing.TB, name string)) {
	t.Helper()
	said := heard(t, says, cases, run)
	require.NotEmpty(t, said, "no case sees it")
	require.Contains(t, said, says)
}

func TestStatesSuiteNamesEachFault(t *testing.T) {
	t.Parallel()
	for _, p := range stateFaults {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			find(t, p.says, signaltest.StateCases(), func(tb testing.TB, name string) {
				signaltest.RunStateCase(tb, name, newMutant(p.plant))
			})
		})
	}
	t.Run("no fault", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, heard(t, "", signaltest.StateCases(), func(tb testing.TB, name string) {
			signaltest.RunStateCase(tb, name, newMutant(func(*mutant) {}))
		}))
	})
}

func TestStoreSuiteSeesWhatAClosedStoreDoes(t *testing.T) {
	t.Parallel()
	for fault, closed := range map[string]struct {
		call func(ctx context.Context) error
		says string
	}{
		"goes on":                {func(context.Context) error { return nil }, "Append after Close: no error"},
		"waits for the context":  {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "Append after Close did not return"},
		"waits, and is deaf too": {func(context.Context) error { time.Sleep(time.Hour); return errClosed }, "Append after Close did not return"},
		"":                       {func(context.Context) error { return errClosed }, ""},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				said := heard(t, closed.says, signaltest.StoreCases()[len(signaltest.StoreCases())-1:], func(tb testing.TB, name string) {
					signaltest.RunStoreCase(tb, name, func() signal.Store { return closingStore(closed.call) })
				})
				require.Contains(t, said, closed.says)
				require.Equal(t, closed.says == "", said == "", said)
				time.Sleep(2 * time.Hour)
			})
		})
	}
}

var errClosed = errors.New("closed")

// closingStore is a Store whose Append is another one's once it is closed.
func closingStore(call func(ctx context.Context) error) closable {
	return closable{newMutant(func(m *mutant) {
		m.close = func() error {
			m.append = func(ctx context.Context, _ []signal.Signal) error { return call(ctx) }
			m.latest = func(context.Context, signal.Query) ([]signal.Signal, error) { return nil, errClosed }
			m.after = func(context.Context, int64, int) ([]signal.Signal, error) { return nil, errClosed }
			return nil
		}
	})}
}

func TestStoreSuiteNamesEachFault(t *testing.T) {
	t.Parallel()
	for _, p := range storeFaults {
		t.Run(p.fault, func(t *testing.T) {
			t.Parallel()
			find(t, p.says, signaltest.StoreCases(), func(tb testing.TB, name string) {
				signaltest.RunStoreCase(tb, name, func() signal.Store { return newMutant(p.plant) })
			})
		})
	}
	t.Run("no fault", func(t *testing.T) {
		t.Parallel()
		require.Empty(t, heard(t, "", signaltest.StoreCases(), func(tb testing.TB, name string) {
			signaltest.RunStoreCase(tb, name, func() signal.Store { return newMutant(func(*mutant) {}) })
		}))
	})
}
