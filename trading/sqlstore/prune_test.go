package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

// Any row of appends and prunes leaves what it leaves in memory.
func TestPruneDoesWhatMemoryDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			ours, theirs := openNew(t).Signals(), signal.NewMemory(0)
			for n := range 60 {
				if random.IntN(4) > 0 {
					s := randomSignal(random, n)
					require.NoError(t, ours.Append(t.Context(), s))
					require.NoError(t, theirs.Append(t.Context(), s))
					continue
				}
				r := randomRetention(random, n)
				want, err := theirs.Prune(t.Context(), r)
				require.NoError(t, err)
				got, err := ours.Prune(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, want, got, "removed by %+v", r)
				require.Equal(t, held(t, theirs), held(t, ours), "left by %+v", r)
			}
		})
	}
}

// randomSignal returns one of four pairs, created about when its number says, or nobody knows when.
func randomSignal(random *rand.Rand, n int) signal.Signal {
	s := numbered(n)
	s.Symbol = []string{"A", "B"}[random.IntN(2)]
	s.Strategy = []string{"cross", "band"}[random.IntN(2)]
	s.CreatedAt = s.CreatedAt.Add(time.Duration(random.IntN(5)) * time.Minute)
	if random.IntN(8) == 0 {
		s.CreatedAt = time.Time{}
	}
	return s
}

func randomRetention(random *rand.Rand, n int) signal.Retention {
	var never time.Time
	some := numbered(random.IntN(n + 1)).CreatedAt
	befores := []time.Time{never, some, some, time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)}
	return signal.Retention{Before: befores[random.IntN(len(befores))], Count: random.IntN(6),
		Passed: random.Int64N(int64(n) + 2)}
}

func held(t *testing.T, store signal.Store) []signal.Signal {
	t.Helper()
	all, err := store.After(t.Context(), 0, 10_000)
	require.NoError(t, err)
	return append([]signal.Signal{}, all...)
}

// appendRow stores signals of one strategy and symbol, in one call.
func appendRow(t testing.TB, store signal.Store, count int) {
	t.Helper()
	row := make([]signal.Signal, count)
	for n := range row {
		row[n] = numbered(n + 1)
	}
	require.NoError(t, store.Append(t.Context(), row...))
}

func TestPruneOfMoreThanOneTransaction(t *testing.T) {
	t.Parallel()
	store := openNew(t).Signals()
	appendRow(t, store, 1234)
	removed, err := store.Prune(t.Context(), signal.Retention{Count: 3, Passed: 1 << 40})
	require.NoError(t, err)
	require.Equal(t, 1231, removed)
	left := held(t, store)
	require.Len(t, left, 3)
	require.EqualValues(t, 1232, left[0].Seq)
}

func TestPrunesAtOnceRemoveEachSignalOnce(t *testing.T) {
	t.Parallel()
	store := openNew(t).Signals()
	appendRow(t, store, 1300)
	var running sync.WaitGroup
	var mu sync.Mutex // guards total
	total := 0
	for range 4 {
		running.Go(func() {
			removed, err := store.Prune(t.Context(), signal.Retention{Count: 1, Passed: 1 << 40})
			mu.Lock()
			defer mu.Unlock()
			total += removed
			if err != nil {
				t.Errorf("Prune: %v", err)
			}
		})
	}
	running.Wait()
	require.Equal(t, 1299, total)
	require.Len(t, held(t, store), 1)
}

// What is gone by then is counted, and the next Prune goes on with the rest.
func TestAPruneThatIsBrokenOffSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	store := openNew(t).Signals()
	appendRow(t, store, 1234)
	all := signal.Retention{Count: 1, Passed: 1 << 40}
	sum, broken := 0, 0
	for looks := range 100 {
		ctx := &endsAfter{}
		ctx.Context, ctx.end = context.WithCancel(t.Context())
		ctx.looks.Store(int64(looks))
		removed, err := store.Prune(ctx, all)
		ctx.end()
		sum += removed
		require.Len(t, held(t, store), 1234-sum)
		if err == nil {
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		broken++
	}
	require.Equal(t, 1233, sum)
	require.Positive(t, broken)
}

func TestASeqIsNotGivenOutAgainAfterAPruneAndAReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	first := openAt(t, path)
	appendRow(t, first.Signals(), 10)
	_, err := first.Signals().Prune(t.Context(), signal.Retention{Count: 1, Passed: 1 << 40})
	require.NoError(t, err)
	require.NoError(t, first.Close())

	second := openAt(t, path).Signals()
	require.Len(t, held(t, second), 1, "what was pruned stays away")
	require.NoError(t, second.Append(t.Context(), numbered(3)), "an ID that was removed is new again")
	left := held(t, second)
	require.Len(t, left, 2)
	require.EqualValues(t, 10, left[0].Seq)
	require.EqualValues(t, 11, left[1].Seq)
}

// Each step is a call of its own for Close, so that a long Prune does not hold it up.
func TestAPruneAfterCloseSaysSo(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Close())
	for _, r := range []signal.Retention{{}, {Count: 1, Passed: 1}, {Before: time.Unix(1, 0), Passed: 1}} {
		_, err := db.Signals().Prune(t.Context(), r)
		require.ErrorIs(t, err, sqlstore.ErrClosed)
	}
}

func TestABadRetentionIsNamed(t *testing.T) {
	t.Parallel()
	_, err := openNew(t).Signals().Prune(t.Context(), signal.Retention{Count: -2})
	require.EqualError(t, err, "sqlstore: prune signals: Retention.Count -2 is negative")
}
