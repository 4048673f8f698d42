package sqlstore_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

func TestAClaimEndsWhatOthersMayWrite(t *testing.T) {
	t.Parallel()
	db, err := sqlstore.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), sqlstore.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	first := db.Journal()
	require.NoError(t, first.Append(t.Context(), time.Now(), journal.Halted{Reason: "one"}))
	second, err := db.ClaimJournal(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, first.Append(t.Context(), time.Now(), journal.Halted{Reason: "two"}), journal.ErrTakenOver)
	require.ErrorIs(t, first.KeepSnapshot(t.Context(), []byte("x")), journal.ErrTakenOver)
	require.NoError(t, second.Append(t.Context(), time.Now(), journal.Halted{Reason: "three"}))
	third, err := db.ClaimJournal(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, second.Append(t.Context(), time.Now(), journal.Halted{Reason: "four"}), journal.ErrTakenOver)
	entries, err := first.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, entries, 2, "all can read, and only who had it wrote")
	require.NoError(t, third.KeepSnapshot(t.Context(), []byte("x")))
}

// What is read after a claim is all that the one before will ever have written.
func TestNothingIsAppendedBehindAClaimsBack(t *testing.T) {
	t.Parallel()
	for n := range 8 {
		require.Zero(t, behindAClaimsBack(t, (*sqlstore.Journal).Append), "in round %d", n+1)
	}
}

// The test above proves nothing unless it sees a fence that is looked at too early: before an Append waits for its turn
// rather than when it has it.
func TestAFenceThatIsCheckedTooEarlyIsSeen(t *testing.T) {
	t.Parallel()
	for range 50 {
		if behindAClaimsBack(t, (*sqlstore.Journal).AppendFencedTooEarly) > 0 {
			return
		}
	}
	t.Error("nothing was appended behind a claim's back")
}

// behindAClaimsBack lets eight write until a claim ends them, and tells how many entries came after the claim.
func behindAClaimsBack(t *testing.T, write func(*sqlstore.Journal, context.Context, time.Time, ...journal.Event) error) int {
	t.Helper()
	db := openNew(t)
	mine, err := db.ClaimJournal(t.Context())
	require.NoError(t, err)
	var writers sync.WaitGroup
	var once sync.Once
	begun := make(chan struct{})
	for range 8 {
		writers.Go(func() {
			for {
				err := write(mine, t.Context(), time.Now(), journal.Halted{Reason: "x"})
				if errors.Is(err, journal.ErrTakenOver) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				once.Do(func() { close(begun) })
			}
		})
	}
	<-begun
	next, err := db.ClaimJournal(t.Context())
	require.NoError(t, err)
	then := count(t, next)
	writers.Wait()
	return count(t, next) - then
}

func count(t *testing.T, j *sqlstore.Journal) int {
	t.Helper()
	entries, err := j.Read(t.Context(), 0, 1_000_000)
	require.NoError(t, err)
	return len(entries)
}
