package sqldb_test

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// openNew opens a database of the kind that is always there, and what is inside it.
func openNew(t testing.TB) (*sqlite.DB, *sqldb.DB) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vigil.db"), sqlite.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, sqldb.Inside(db.Signals())
}

func TestAppendThatWaitsForItsTurnEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db, inside := openNew(t)
	release, err := inside.HoldWriter(t.Context())
	require.NoError(t, err)
	leader := make(chan error, 1)
	go func() { leader <- db.Signals().Append(t.Context(), storetest.Numbered(1)) }()
	for inside.Queued() > 0 || !inside.Leading() { // The leader has taken its own write, and waits for the connection.
		runtime.Gosched()
	}
	waiting, cancel := context.WithCancel(t.Context())
	follower := make(chan error, 1)
	go func() { follower <- db.Signals().Append(waiting, storetest.Numbered(2)) }()
	for inside.Queued() == 0 {
		runtime.Gosched()
	}
	cancel()
	require.ErrorIs(t, <-follower, context.Canceled)
	require.NoError(t, release())
	require.NoError(t, <-leader)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(3)), "the turns go on")
	signals, err := db.Signals().After(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, signals, 2)
	require.Equal(t, "s1", signals[0].ID)
	require.Equal(t, "s3", signals[1].ID)
}

// One that has been told to lead must do so, even if its context ends at that moment: no other caller would.
func TestTurnIsNotLostOnACallerThatGivesUp(t *testing.T) {
	t.Parallel()
	db, inside := openNew(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 30 {
		require.NoError(t, inside.CommitNothing(ended))
	}
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
}
