package sqlstore_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

func TestAClaimEndsWhatOthersMayWrite(t *testing.T) {
	t.Parallel()
	db, err := sqlstore.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlstore.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	first := db.Journal()
	require.NoError(t, first.Append(t.Context(), time.Now(), trading.Halted{Reason: "one"}))
	second, err := db.ClaimJournal(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, first.Append(t.Context(), time.Now(), trading.Halted{Reason: "two"}), trading.ErrTakenOver)
	require.ErrorIs(t, first.KeepSnapshot(t.Context(), []byte("x")), trading.ErrTakenOver)
	require.NoError(t, second.Append(t.Context(), time.Now(), trading.Halted{Reason: "three"}))
	third, err := db.ClaimJournal(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, second.Append(t.Context(), time.Now(), trading.Halted{Reason: "four"}), trading.ErrTakenOver)
	entries, err := first.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2, "all can read, and only who had it wrote")
	require.NoError(t, third.KeepSnapshot(t.Context(), []byte("x")))
}

// What is read after a claim is all that the one before will ever have written.
func TestNothingIsAppendedBehindAClaimsBack(t *testing.T) {
	t.Parallel()
	db, err := sqlstore.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlstore.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for range 20 {
		mine, err := db.ClaimJournal(t.Context())
		require.NoError(t, err)
		var writers sync.WaitGroup
		for range 8 {
			writers.Go(func() {
				for {
					err := mine.Append(t.Context(), time.Now(), trading.Halted{Reason: "x"})
					if errors.Is(err, trading.ErrTakenOver) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		require.Eventually(t, func() bool { return count(t, mine) > 0 }, 10*time.Second, time.Millisecond)
		next, err := db.ClaimJournal(t.Context())
		require.NoError(t, err)
		then := count(t, next)
		writers.Wait()
		require.Equal(t, then, count(t, next))
	}
}

func count(t *testing.T, j *sqlstore.Journal) int {
	t.Helper()
	entries, err := j.Read(t.Context(), 0, 1_000_000)
	require.NoError(t, err)
	return len(entries)
}
