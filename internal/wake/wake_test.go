package wake_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/wake"
)

func rung(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestBellWakesEverybodyWhoWaits(t *testing.T) {
	t.Parallel()
	var b wake.Bell
	b.Ring() // nobody waits
	first, second := b.Next(), b.Next()
	require.False(t, rung(first))
	b.Ring()
	require.True(t, rung(first))
	require.True(t, rung(second))
	require.False(t, rung(b.Next()), "a ring is over when it was heard")
}

// A waiter that asks for Next before it looks misses no change, however many ring.
func TestBellLosesNoRing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(*testing.T) { // a waiter that misses the last ring is a deadlock here
		const rings, ringers, waiters = 200, 4, 4
		var b wake.Bell
		var count atomic.Int64
		var wg sync.WaitGroup
		for range waiters {
			wg.Go(func() {
				for next := b.Next(); count.Load() < rings*ringers; next = b.Next() {
					<-next
				}
			})
		}
		for range ringers {
			wg.Go(func() {
				for range rings {
					count.Add(1)
					b.Ring()
				}
			})
		}
		wg.Wait()
	})
}

func TestBellThatNobodyHearsCostsNothing(t *testing.T) { //nolint:paralleltest // it counts allocations
	var b wake.Bell
	require.Zero(t, testing.AllocsPerRun(100, b.Ring))
}
