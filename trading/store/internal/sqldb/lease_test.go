package sqldb_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
)

// What is read after a claim is all that the one before will ever have written.
func TestClaimHasNothingAppendedBehindItsBack(t *testing.T) {
	t.Parallel()
	for n := range 8 {
		require.Zero(t, behindAClaimsBack(t, (*sqldb.Journal).Append), "in round %d", n+1)
	}
}

// The test above proves nothing unless it sees a fence that is looked at too early: before an Append waits for its turn
// rather than when it has it.
func TestClaimSeesAFenceThatIsCheckedTooEarly(t *testing.T) {
	t.Parallel()
	for range 50 {
		if behindAClaimsBack(t, (*sqldb.Journal).AppendFencedTooEarly) > 0 {
			return
		}
	}
	t.Error("nothing was appended behind a claim's back")
}

// behindAClaimsBack lets eight write until a claim ends them, and returns how many entries came after the claim.
func behindAClaimsBack(t *testing.T, write func(*sqldb.Journal, context.Context, time.Time, ...journal.Event) error) int {
	t.Helper()
	_, db := openNew(t)
	mine, err := db.Claim(t.Context())
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
	next, err := db.Claim(t.Context())
	require.NoError(t, err)
	then := storetest.Count(t, next)
	writers.Wait()
	return storetest.Count(t, next) - then
}
